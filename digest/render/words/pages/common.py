"""What pages of every room say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """The frame of a page, and what is said where there is none."""

    code: str  # of the HTML attribute `lang`
    home: str
    trending: str
    skip: str  # a link past the head of the page
    no_link: str  # a link that is not ours, or cut, or too old
    no_link_note: str
    too_much: str  # asked too often
    too_much_note: str
    elsewhere: str  # posted from another site
    elsewhere_note: str
    not_now: str  # the database cannot be asked
    not_now_note: str


COMMON = {
    "en": Common(
        code="en",
        home="Subscribe",
        trending="Trending",
        skip="Skip to the content",
        no_link="This link does not work",
        no_link_note="Perhaps it was cut. Take the one in the foot of your latest letter, or answer that letter: a "
        "person reads it.",
        too_much="Too much at once",
        too_much_note="So much was asked from your network that it has to wait. Nothing was changed; please try again "
        "in a few minutes.",
        elsewhere="This came from another page",
        elsewhere_note="Nothing was changed. Please open the page itself, and press its button there.",
        not_now="Not now",
        not_now_note="The service cannot look into its records at this moment. Nothing was changed; please try again "
        "in a few minutes.",
    ),
    "de": Common(
        code="de",
        home="Bestellen",
        trending="Viel beachtet",
        skip="Zum Inhalt",
        no_link="Dieser Verweis gilt nicht",
        no_link_note="Vielleicht ist er abgeschnitten. Nehmen Sie den am Fuß Ihres letzten Briefes, oder antworten Sie "
        "darauf: Das liest ein Mensch.",
        too_much="Zu viel auf einmal",
        too_much_note="Aus Ihrem Netz kam so viel, dass es warten muss. Geändert hat sich nichts; bitte versuchen Sie "
        "es in ein paar Minuten noch einmal.",
        elsewhere="Das kam von einer anderen Seite",
        elsewhere_note="Geändert hat sich nichts. Bitte öffnen Sie die Seite selbst und drücken Sie dort den Knopf.",
        not_now="Gerade nicht",
        not_now_note="Der Dienst kann im Augenblick nicht nachsehen. Geändert hat sich nichts; bitte versuchen Sie es "
        "in ein paar Minuten noch einmal.",
    ),
}
