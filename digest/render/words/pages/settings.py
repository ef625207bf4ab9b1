"""What the pages say on which a reader changes what is about them, moves, takes their data along, and goes for good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`{}` is an address."""

    title: str
    name: str
    zone: str
    zone_note: str
    language: str
    languages: Mapping[str, str]  # "" is the house's
    format: str
    formats: Mapping[str, str]
    keep: str  # a button
    back: str  # a link
    address: str
    address_note: str
    address_new: str
    address_button: str
    address_same: str
    address_wrong: str
    address_domains: str  # `{}` are the domains whose people may sign up
    asked: str
    asked_note: str
    too_long: str
    no_zone: str
    # Delete everything:
    forget: str
    forget_goes: str
    forget_list: tuple[str, ...]
    forget_stays: str
    forget_button: str
    forgotten: str
    forgotten_note: str
    file_stays: str  # `{}` is a file
    # An old link:
    old: str
    old_note: str
    old_button: str
    sent: str
    sent_note: str


SETTINGS = {
    "en": Settings(
        title="About you",
        name="Your name",
        zone="Time zone",
        zone_note="Such as Europe/Berlin or America/New_York.",
        language="Language of your letters",
        languages={"": "that of the service", "en": "English", "de": "Deutsch"},
        format="Format",
        formats={"html": "with a layout (and as text beside it)", "text": "text alone"},
        keep="Keep",
        back="Your page",
        address="Another address",
        address_note="Your letters go to {}. Both addresses are asked by mail, and until both have agreed nothing "
        "changes.",
        address_new="New address",
        address_button="Ask both addresses",
        address_same="Your letters go there already.",
        address_wrong="This is no mail address: write one such as ada@example.org.",
        address_domains="Here letters go to these domains alone: {}.",
        asked="Look into both mailboxes",
        asked_note="A letter is on its way to each of them. When both have agreed, your letters go to the new address; "
        "the links hold for two days. If nothing comes, it was asked too often today.",
        too_long="This is too long: {} characters at most.",
        no_zone="This time zone is not known: write one such as Europe/Berlin or America/New_York.",
        forget="Delete everything?",
        forget_goes="Nothing has been deleted yet. The button deletes, for good and at once:",
        forget_list=(
            "your name, your address and your settings,",
            "your subscriptions with all their rules, so that no letters come any more,",
            "what you have said of papers: answers, opinions, muted terms,",
            "the issues and letters you were sent, and what we know you have read of.",
        ),
        forget_stays="One thing stays, where it is there: that your address is to get no letters, because mail to it "
        "came back or was marked as spam. Otherwise somebody could have letters sent there again.",
        forget_button="Delete everything",
        forgotten="Everything is deleted",
        forgotten_note="We know nothing of you any more. Thank you for reading, and goodbye.",
        file_stays="What is written in {} is kept by the people who run this service: ask them to delete it.",
        old="This link has grown old",
        old_note="It was yours, but it is older than sixty days. Press the button, and a new one goes to your address.",
        old_button="Mail me a new link",
        sent="Look into your mailbox",
        sent_note="If letters go to you from here, a new link is on its way to your address. If nothing comes, it was "
        "asked too often today.",
    ),
    "de": Settings(
        title="Zu Ihnen",
        name="Ihr Name",
        zone="Zeitzone",
        zone_note="Etwa Europe/Berlin oder America/New_York.",
        language="Sprache Ihrer Briefe",
        languages={"": "die des Dienstes", "en": "English", "de": "Deutsch"},
        format="Format",
        formats={"html": "gestaltet (und daneben als Text)", "text": "nur Text"},
        keep="Speichern",
        back="Ihre Seite",
        address="Eine andere Adresse",
        address_note="Ihre Briefe gehen an {}. Beide Adressen werden per Mail gefragt; bis beide zugestimmt haben, "
        "ändert sich nichts.",
        address_new="Neue Adresse",
        address_button="Beide Adressen fragen",
        address_same="Dorthin gehen Ihre Briefe schon.",
        address_wrong="Das ist keine Mailadresse: Schreiben Sie eine wie ada@example.org.",
        address_domains="Hier gehen Briefe nur an diese Domains: {}.",
        asked="Sehen Sie in beide Postfächer",
        asked_note="An jedes ist ein Brief unterwegs. Wenn beide zugestimmt haben, gehen Ihre Briefe an die neue "
        "Adresse; die Verweise gelten zwei Tage lang. Wenn nichts kommt, wurde heute zu oft gefragt.",
        too_long="Das ist zu lang: höchstens {} Zeichen.",
        no_zone="Diese Zeitzone gibt es nicht: Schreiben Sie eine wie Europe/Berlin oder America/New_York.",
        forget="Alles löschen?",
        forget_goes="Noch ist nichts gelöscht. Der Knopf löscht, sofort und für immer:",
        forget_list=(
            "Ihren Namen, Ihre Adresse und Ihre Einstellungen,",
            "Ihre Abonnements mit allen Regeln, so dass keine Briefe mehr kommen,",
            "was Sie zu Arbeiten gesagt haben: Antworten, Meinungen, stummgeschaltete Begriffe,",
            "die Ausgaben und Briefe, die Sie bekommen haben, und wovon wir wissen, dass Sie es gelesen haben.",
        ),
        forget_stays="Eines bleibt, wo es vorliegt: dass Ihre Adresse keine Briefe bekommen soll, weil Post von dort "
        "zurückkam oder als Spam gemeldet wurde. Sonst könnte jemand wieder Briefe dorthin schicken lassen.",
        forget_button="Alles löschen",
        forgotten="Alles ist gelöscht",
        forgotten_note="Wir wissen nichts mehr von Ihnen. Danke fürs Lesen, und leben Sie wohl.",
        file_stays="Was in {} steht, heben die Betreiber dieses Dienstes auf: Bitten Sie sie, es zu löschen.",
        old="Dieser Verweis ist zu alt",
        old_note="Er war Ihrer, ist aber älter als sechzig Tage. Ein Druck auf den Knopf, und ein neuer geht an Ihre "
        "Adresse.",
        old_button="Einen neuen Verweis schicken",
        sent="Sehen Sie in Ihr Postfach",
        sent_note="Wenn von hier Briefe an Sie gehen, ist ein neuer Verweis an Ihre Adresse unterwegs. Wenn nichts "
        "kommt, wurde heute zu oft gefragt.",
    ),
}
