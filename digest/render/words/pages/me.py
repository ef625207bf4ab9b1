"""What a reader's own page says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """`{}` is a day, a name, a number or an address, as the comment says."""

    title: str
    letters_to: str  # `{}` is the address
    # What was done, by its key in the address:
    done: Mapping[str, str]
    # Suppressed:
    suppressed: str  # `{}` is the day
    suppressed_by: Mapping[str, str]  # by the kind of evidence; "" is by hand
    suppressed_words: str  # `{}` are the words of a server
    suppressed_note: str
    lift: str  # a button
    # Subscriptions:
    subscriptions: str
    rules: str
    person: str  # a rule: `{}` is whom it follows
    trending: str
    exclude: str  # `{}` is a rule
    next: str  # `{}` is when
    next_once: str
    next_none: str
    left: str
    left_all: str
    edit: str  # links and buttons
    latest: str
    feed: str
    leave: str
    come_back: str
    come_back_all: str
    new: str
    remove: str
    feed_note: str
    # Pause:
    pause: str
    paused: str  # `{}` is the day
    pause_until: str  # a label
    pause_note: str
    pause_button: str
    unpause: str
    bad_day: str
    # Settings:
    settings: str
    change_settings: str
    # What was said:
    said: str
    said_nothing: str
    muted: str
    unmute: str
    answers: str
    is_theirs: str  # `{}` is a name
    is_not: str
    opinions: str
    more: str
    less: str
    take_back: str
    # History:
    history: str
    history_none: str
    papers: Mapping[str, str]  # "one" and "many", with a number
    # Data:
    data: str
    export: str
    export_note: str
    renew: str
    renew_note: str
    forget: str
    # Readers of files:
    in_file: str  # `{}` is the file
    in_file_ask: str  # words of a link to a mail to the owner


ME = {
    "en": Me(
        title="Your page",
        letters_to="Letters go to {}.",
        done={
            "paused": "No letters until that day.",
            "unpaused": "Letters come again.",
            "left": "You have left it: no more letters of this subscription.",
            "back": "Letters of this subscription come again.",
            "unmuted": "You read papers with this term again.",
            "untold": "Taken back.",
            "lifted": "Letters go to your address again.",
            "kept": "Kept. It counts from the next letter on.",
            "added": "Added. Its first letter looks back a week.",
            "removed": "Removed.",
            "renewed": "Older links are useless now. This page has a new address: keep it, or ask for it by mail.",
        },
        suppressed="No letters go to your address since {}.",
        suppressed_by={
            "hard": "The server of your mailbox said that there is no such mailbox, or that it takes nothing from us.",
            "soft": "For days the server of your mailbox did not take our letters; perhaps the mailbox was full.",
            "complaint": "A letter of ours was marked as spam in your mailbox.",
            "": "The people who run this service stopped it.",
        },
        suppressed_words="The words were: “{}”",
        suppressed_note="If that is over, press the button: what is due goes to this address again. Only do so if you "
        "can read mail there: if letters come back once more, they stop once more.",
        lift="Send me letters again",
        subscriptions="What you get",
        rules="Rules",
        person="Papers by {}",
        trending="What readers of Hugging Face vote for",
        exclude="without {}",
        next="Next letter: {}",
        next_once="A letter comes whenever something new arrives.",
        next_none="Its first letter is being planned.",
        left="You have left this one.",
        left_all="You have left all of your subscriptions, so no letters come.",
        edit="Change",
        latest="The latest issue",
        feed="Feed",
        leave="Unsubscribe",
        come_back="Send it again",
        come_back_all="Send me letters again",
        new="Add a subscription",
        remove="Remove",
        feed_note="A feed's address is yours alone: whoever has it reads along, until you make older links useless.",
        pause="Pause",
        paused="Paused: the first letters come again on {}.",
        pause_until="No letters until",
        pause_note="What comes meanwhile is in the first letter after that day.",
        pause_button="Pause",
        unpause="End the pause now",
        bad_day="This is no day to come: write one such as 2026-12-24.",
        settings="About you",
        change_settings="Change name, time zone, language, format or address",
        said="What you have said of papers",
        said_nothing="Nothing yet: the links below the papers of a letter lead there.",
        muted="Muted",
        unmute="Unmute",
        answers="People",
        is_theirs="is by {}",
        is_not="is not by {}",
        opinions="More or less like it",
        more="more like this",
        less="less like this",
        take_back="Take it back",
        history="Your last letters",
        history_none="None yet.",
        papers={"one": "{} paper", "many": "{} papers"},
        data="Your data",
        export="Everything we keep of you:",
        export_note="The YAML file can be put into a folder of config files as it is; what you said and were sent "
        "stands in it as remarks.",
        renew="Make older links useless",
        renew_note="If a letter of yours went further than you like, make older links useless: all to this page, to "
        "issues and feeds that were made before stop working. Those to unsubscribe go on.",
        forget="Delete everything",
        in_file="Your subscriptions are set up in {} by the people who run this service, and cannot be changed here.",
        in_file_ask="Write to them to have something changed.",
    ),
    "de": Me(
        title="Ihre Seite",
        letters_to="Briefe gehen an {}.",
        done={
            "paused": "Bis zu diesem Tag kommen keine Briefe.",
            "unpaused": "Es kommen wieder Briefe.",
            "left": "Abbestellt: Von diesem Abonnement kommen keine Briefe mehr.",
            "back": "Von diesem Abonnement kommen wieder Briefe.",
            "unmuted": "Sie lesen wieder Arbeiten mit diesem Begriff.",
            "untold": "Zurückgenommen.",
            "lifted": "An Ihre Adresse gehen wieder Briefe.",
            "kept": "Gespeichert. Es gilt vom nächsten Brief an.",
            "added": "Hinzugefügt. Der erste Brief blickt eine Woche zurück.",
            "removed": "Entfernt.",
            "renewed": "Ältere Verweise gelten nicht mehr. Diese Seite hat eine neue Adresse: Heben Sie sie auf, oder "
            "lassen Sie sie sich schicken.",
        },
        suppressed="An Ihre Adresse gehen seit {} keine Briefe.",
        suppressed_by={
            "hard": "Der Server Ihres Postfachs sagte, dass es dieses Postfach nicht gibt oder dass es von uns keine "
            "Briefe annimmt.",
            "soft": "Tagelang nahm der Server Ihres Postfachs unsere Briefe nicht an; vielleicht war es voll.",
            "complaint": "Ein Brief von uns wurde in Ihrem Postfach als Spam gemeldet.",
            "": "Die Betreiber dieses Dienstes haben sie angehalten.",
        },
        suppressed_words="Die Worte waren: „{}“",
        suppressed_note="Wenn das vorbei ist, drücken Sie den Knopf: Was fällig ist, geht wieder an diese Adresse. Tun "
        "Sie das nur, wenn Sie dort Post lesen können: Kommen Briefe noch einmal zurück, enden sie noch einmal.",
        lift="Wieder Briefe schicken",
        subscriptions="Was Sie bekommen",
        rules="Regeln",
        person="Arbeiten von {}",
        trending="Wofür Leser von Hugging Face stimmen",
        exclude="ohne {}",
        next="Nächster Brief: {}",
        next_once="Ein Brief kommt, sobald etwas Neues da ist.",
        next_none="Der erste Brief wird gerade geplant.",
        left="Dieses haben Sie abbestellt.",
        left_all="Sie haben alle Ihre Abonnements abbestellt; es kommen also keine Briefe.",
        edit="Ändern",
        latest="Die letzte Ausgabe",
        feed="Feed",
        leave="Abbestellen",
        come_back="Doch wieder schicken",
        come_back_all="Wieder Briefe schicken",
        new="Ein Abonnement hinzufügen",
        remove="Entfernen",
        feed_note="Die Adresse eines Feeds ist Ihre allein: Wer sie hat, liest mit, bis Sie ältere Verweise ungültig "
        "machen.",
        pause="Pause",
        paused="Pause: Am {} kommen wieder die ersten Briefe.",
        pause_until="Keine Briefe bis",
        pause_note="Was in der Zwischenzeit kommt, steht im ersten Brief nach diesem Tag.",
        pause_button="Pausieren",
        unpause="Pause jetzt beenden",
        bad_day="Das ist kein künftiger Tag: Schreiben Sie einen wie 2026-12-24.",
        settings="Zu Ihnen",
        change_settings="Name, Zeitzone, Sprache, Format oder Adresse ändern",
        said="Was Sie zu Arbeiten gesagt haben",
        said_nothing="Noch nichts: Die Verweise unter den Arbeiten eines Briefes führen dorthin.",
        muted="Stummgeschaltet",
        unmute="Wieder lesen",
        answers="Personen",
        is_theirs="ist von {}",
        is_not="ist nicht von {}",
        opinions="Mehr oder weniger davon",
        more="mehr davon",
        less="weniger davon",
        take_back="Zurücknehmen",
        history="Ihre letzten Briefe",
        history_none="Noch keine.",
        papers={"one": "{} Arbeit", "many": "{} Arbeiten"},
        data="Ihre Daten",
        export="Alles, was wir von Ihnen aufheben:",
        export_note="Die YAML-Datei kann so, wie sie ist, in einen Ordner von Konfigurationsdateien; was Sie gesagt "
        "und bekommen haben, steht darin als Anmerkungen.",
        renew="Ältere Verweise ungültig machen",
        renew_note="Wenn ein Brief von Ihnen weiter kam, als Ihnen lieb ist, machen Sie ältere Verweise ungültig: Alle "
        "bisherigen auf diese Seite, auf Ausgaben und Feeds gelten dann nicht mehr. Die zum Abbestellen gelten weiter.",
        forget="Alles löschen",
        in_file="Ihre Abonnements richten die Betreiber dieses Dienstes in {} ein; hier lassen sie sich deshalb nicht "
        "ändern.",
        in_file_ask="Schreiben Sie ihnen, wenn sich etwas ändern soll.",
    ),
}
