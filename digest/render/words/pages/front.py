"""What the front page says, and the pages behind its forms."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """`{}` is the name of the house, an address or some domains."""

    title: str
    lede: tuple[str, ...]
    subscribe: str
    email: str
    email_note: str
    only: str  # which domains may
    wrong_domain: str
    button: str
    promise: str
    closed: str
    closed_note: str
    write: str  # the words of a mailto
    link: str
    link_note: str
    link_button: str
    link_none: str  # an address is no address
    trending: str
    all_trending: str
    sent: str
    sent_lines: tuple[str, ...]
    sent_link_lines: tuple[str, ...]
    confirm: str
    confirm_lede: str
    confirm_rules: str
    confirm_when: str
    confirm_note: str
    confirm_button: str
    done: str
    done_note: str
    old: str
    old_note: str
    in_a_file: str
    in_a_file_note: str
    to_front: str
    move: str
    move_note: str
    move_button: str
    moved: str
    moved_note: str
    half: str
    half_note: str
    taken: str
    taken_note: str
    gone: str
    gone_note: str


FRONT = {
    "en": Front(
        title="New papers, by letter",
        lede=(
            "You say what you look for: words, or the people whose work you follow. Every morning, or whenever you "
            "like, the papers that came out since arrive in your mailbox, each with what made it match.",
            "A paper comes once, however many services list it and however often it is revised. People who share a "
            "name are told apart. There is no account and no password: a link in each letter opens your own page, and "
            "one press ends it all.",
        ),
        subscribe="Subscribe",
        email="Your address",
        email_note="Letters go there, and nothing else is done with it.",
        only="Letters go to addresses at {} alone.",
        wrong_domain="Letters go to addresses at {} alone: write one of those.",
        button="Subscribe",
        promise="A first letter asks you to confirm; nothing is sent before you have.",
        closed="Letters by arrangement",
        closed_note="Letters from here are set up by the people who run this service.",
        write="Write to them",
        link="You read already?",
        link_note="We mail you the link to your own page, where you change rules, pause and leave.",
        link_button="Mail me the link",
        link_none="This is no mail address: write one such as ada@example.org.",
        trending="Much noticed this week",
        all_trending="All of them",
        sent="Look into your mailbox",
        sent_lines=(
            "A letter is on its way to the address that you gave. It has a link: follow it, and press the button "
            "there, and your letters begin. It holds for two days.",
            "Nothing there after a quarter of an hour? Look among the unwanted mail. We write at most three times a "
            "day to one address.",
        ),
        sent_link_lines=(
            "A letter is on its way to the address that you gave. If letters go to that address, it has the link to "
            "your page.",
            "Nothing there after a quarter of an hour? Look among the unwanted mail. We write at most three times a "
            "day to one address.",
        ),
        confirm="Confirm your letters",
        confirm_lede="This was asked for, for the address to which the link was sent:",
        confirm_rules="Papers found by",
        confirm_when="When",
        confirm_note="Nothing has happened yet. If it was not you, just close this page.",
        confirm_button="Yes, send me these letters",
        done="This was confirmed before",
        done_note="Your letters are on their way. The link to your page is in each of them, or we mail it to you.",
        old="This link has grown old",
        old_note="It holds for two days, and once; perhaps it was cut, too. Nothing was sent. Ask once more, and a new "
        "letter comes.",
        in_a_file="You get letters already",
        in_a_file_note="Yours are set up by the people who run this service; write to them to have them changed.",
        to_front="To the front page",
        move="Send the letters to another address?",
        move_note="Both addresses have to agree. Nothing has changed yet.",
        move_button="Agree",
        moved="Your letters have moved",
        moved_note="They go to the new address from now on.",
        half="One half is done",
        half_note="Now the other address has to agree: a letter with a link is there. Until then nothing changes.",
        taken="This address has letters of its own",
        taken_note="It is that of another reader, so nothing has changed.",
        gone="There is nothing to agree to any more",
        gone_note="It was done before, or asked for more than two days ago. On your page you can ask anew.",
    ),
    "de": Front(
        title="Neue Arbeiten, als Brief",
        lede=(
            "Sie sagen, was Sie suchen: Wörter, oder die Leute, deren Arbeit Sie verfolgen. Jeden Morgen, oder wann "
            "Sie wollen, kommen die seither erschienenen Arbeiten in Ihr Postfach, jede mit dem Grund, "
            "aus dem sie passt.",
            "Eine Arbeit kommt einmal, in wie vielen Diensten sie auch steht und wie oft sie auch überarbeitet wird. "
            "Leute gleichen Namens werden auseinandergehalten. Es gibt kein Konto und kein Passwort: Ein Verweis in "
            "jedem Brief öffnet Ihre eigene Seite, und ein Druck beendet alles.",
        ),
        subscribe="Bestellen",
        email="Ihre Adresse",
        email_note="Dorthin gehen die Briefe, und sonst geschieht nichts mit ihr.",
        only="Briefe gehen nur an Adressen bei {}.",
        wrong_domain="Briefe gehen nur an Adressen bei {}: Schreiben Sie eine davon.",
        button="Bestellen",
        promise="Ein erster Brief bittet um Bestätigung; vorher wird nichts geschickt.",
        closed="Briefe nach Absprache",
        closed_note="Briefe von hier richten die Betreiber dieses Dienstes ein.",
        write="Ihnen schreiben",
        link="Sie lesen schon mit?",
        link_note="Wir schicken Ihnen den Verweis auf Ihre eigene Seite, auf der Sie Regeln ändern, pausieren und "
        "abbestellen.",
        link_button="Verweis schicken",
        link_none="Das ist keine Mailadresse: Schreiben Sie eine wie ada@example.org.",
        trending="In dieser Woche viel beachtet",
        all_trending="Alle ansehen",
        sent="Sehen Sie in Ihr Postfach",
        sent_lines=(
            "An die angegebene Adresse ist ein Brief unterwegs. Folgen Sie dem Verweis darin und drücken Sie dort den "
            "Knopf, dann kommen Ihre Briefe. Er gilt zwei Tage lang.",
            "Nach einer Viertelstunde nichts da? Sehen Sie bei der unerwünschten Post nach. Wir schreiben einer "
            "Adresse höchstens dreimal am Tag.",
        ),
        sent_link_lines=(
            "An die angegebene Adresse ist ein Brief unterwegs. Wenn Briefe an diese Adresse gehen, steht der Verweis "
            "auf Ihre Seite darin.",
            "Nach einer Viertelstunde nichts da? Sehen Sie bei der unerwünschten Post nach. Wir schreiben einer "
            "Adresse höchstens dreimal am Tag.",
        ),
        confirm="Bestätigen Sie Ihre Briefe",
        confirm_lede="Das wurde bestellt, für die Adresse, an die der Verweis ging:",
        confirm_rules="Arbeiten, die das findet",
        confirm_when="Wann",
        confirm_note="Noch ist nichts geschehen. Wenn Sie es nicht waren, schließen Sie diese Seite einfach.",
        confirm_button="Ja, diese Briefe will ich",
        done="Das ist schon bestätigt",
        done_note="Ihre Briefe kommen. Der Verweis auf Ihre Seite steht in jedem, oder wir schicken ihn Ihnen.",
        old="Dieser Verweis ist zu alt",
        old_note="Er gilt zwei Tage lang und einmal; vielleicht ist er auch abgeschnitten. Geschickt wurde nichts. "
        "Bestellen Sie noch einmal, dann kommt ein neuer Brief.",
        in_a_file="Sie bekommen schon Briefe",
        in_a_file_note="Ihre richten die Betreiber dieses Dienstes ein; um sie zu ändern, schreiben Sie ihnen.",
        to_front="Zur ersten Seite",
        move="Die Briefe an eine andere Adresse schicken?",
        move_note="Beide Adressen müssen zustimmen. Noch hat sich nichts geändert.",
        move_button="Zustimmen",
        moved="Ihre Briefe sind umgezogen",
        moved_note="Von jetzt an gehen sie an die neue Adresse.",
        half="Die eine Hälfte ist getan",
        half_note="Jetzt muss die andere Adresse zustimmen: Dort liegt ein Brief mit einem Verweis. Bis dahin ändert "
        "sich nichts.",
        taken="Diese Adresse hat schon eigene Briefe",
        taken_note="Sie gehört jemand anderem, der mitliest; geändert hat sich nichts.",
        gone="Hier ist nichts mehr zuzustimmen",
        gone_note="Es war schon getan, oder ist mehr als zwei Tage her. Auf Ihrer Seite können Sie es neu verlangen.",
    ),
}
