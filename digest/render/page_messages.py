"""The messages that a page's template reads, by key or, within the page's own group, by a short name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from digest.text.translations import Translations, languages, translations

PAGE_GROUPS: Mapping[str, str] = {
    "front": "front",
    "link": "front",
    "confirm": "front",
    "told": "front",
    "editing": "editing",
    "remove": "editing",
    "settings": "settings",
    "forget": "settings",
    "feedback": "feedback",
    "issue": "issue",
    "me": "account",
    "paper": "paper",
    "trending": "trending",
}
"""The group of messages that `say.NAME` means in each template of templates/site."""

CHOICES: Mapping[str, Mapping[str, str]] = {
    "form.unsures": {
        "ask": "form.unsures.ask",
        "include": "form.unsures.include",
        "drop": "form.unsures.drop",
    },
    "form.rhythms": {
        "daily": "form.rhythms.daily",
        "weekdays": "form.rhythms.weekdays",
        "chosen": "form.rhythms.chosen",
        "once": "form.rhythms.once",
    },
    "form.day_names": {
        "monday": "form.day_names.monday",
        "tuesday": "form.day_names.tuesday",
        "wednesday": "form.day_names.wednesday",
        "thursday": "form.day_names.thursday",
        "friday": "form.day_names.friday",
        "saturday": "form.day_names.saturday",
        "sunday": "form.day_names.sunday",
    },
    "form.updates_of": {
        "": "form.updates_of.default",
        "none": "form.updates_of.none",
        "published": "form.updates_of.published",
        "all": "form.updates_of.all",
    },
    "form.attachments": {
        "": "form.attachments.default",
        "bibtex": "form.attachments.bibtex",
        "ris": "form.attachments.ris",
    },
    "settings.formats": {"html": "settings.formats.html", "text": "settings.formats.text"},
}
"""What a field of a form can be set to: its values, each with the key of its label, in the order of the form."""

_PARAGRAPHS: Mapping[str, tuple[str, ...]] = {
    "front.lede": ("front.lede.1", "front.lede.2"),
    "settings.forget_list": (
        "settings.forget_list.1",
        "settings.forget_list.2",
        "settings.forget_list.3",
        "settings.forget_list.4",
    ),
}


class PageMessages:
    """`say("front.title")` in a template is a message by its key, with places and a number as `Translations` has them.

    `say.title` is the same message for short, where `front` is the group of the page; where it has places, they are
    empty braces for `format`. A template of the service's own folder may use either.
    """

    def __init__(self, t: Translations, group: str) -> None:
        self._t = t
        self._group = group

    def __call__(self, key: str, number: int | None = None, /, **places: object) -> str:
        return self._t(key, number, **places)

    def choices(self, key: str) -> dict[str, str]:
        """The values of a field, each with its label."""
        return {value: self._t(label) for value, label in CHOICES[key].items()}

    def paragraphs(self, key: str) -> tuple[str, ...]:
        return tuple(self._t(each) for each in _PARAGRAPHS[key])

    @property
    def code(self) -> str:
        """The language tag, for the attribute `lang`."""
        return self._t.tag

    @property
    def languages(self) -> dict[str, str]:
        """The languages that a reader may choose, each by its own name; none is that of the service."""
        return {"": self._t("settings.languages.default")} | {
            tag: translations(tag)("language.name") for tag in languages()
        }

    def __getattr__(self, name: str) -> object:
        key = f"{self._group}.{name}"
        if key in CHOICES:
            return self.choices(key)
        if key in _PARAGRAPHS:
            return self.paragraphs(key)
        try:
            return re.sub(r"\{\w+\}", "{}", self._t(key))
        except LookupError as error:
            raise AttributeError(str(error)) from None
