"""What the pages say on which a reader changes a subscription, adds one and removes one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Editing:
    """`{}` is the subscription, or a number."""

    edit: str
    edit_note: str
    keep: str  # a button
    new: str
    new_note: str
    add: str  # a button
    full: str
    remove: str  # a link, and a button
    ask: str
    ask_note: str
    last: str
    last_note: str
    elsewhere: str  # it was changed in another window
    back: str  # a link


EDITING = {
    "en": Editing(
        edit="Change “{}”",
        edit_note="The changed rules are read anew over the last week; nothing that you had comes twice.",
        keep="Keep",
        new="One more subscription",
        new_note="It goes to the same address, in a letter of its own.",
        add="Add it",
        full="You have {} subscriptions, which is as many as one reader can have.",
        remove="Remove this subscription",
        ask="Remove “{}”?",
        ask_note="Nothing has changed yet. The button removes the subscription with its rules for good. To have no "
        "letters of it for a while, unsubscribe or pause instead.",
        last="This is your only subscription",
        last_note="Unsubscribe from it, and it stays here for when you come back; or delete everything.",
        elsewhere="This was changed in another window; here it is as it is now.",
        back="Your page",
    ),
    "de": Editing(
        edit="„{}“ ändern",
        edit_note="Geänderte Regeln lesen die letzte Woche noch einmal; was Sie schon hatten, kommt nicht zweimal.",
        keep="Speichern",
        new="Noch ein Abonnement",
        new_note="Es geht an dieselbe Adresse, in einem eigenen Brief.",
        add="Hinzufügen",
        full="Sie haben {} Abonnements; mehr kann es für eine Person nicht geben.",
        remove="Dieses Abonnement entfernen",
        ask="„{}“ entfernen?",
        ask_note="Noch hat sich nichts geändert. Der Knopf entfernt das Abonnement mit seinen Regeln für immer. Um nur "
        "eine Weile keine Briefe davon zu bekommen, bestellen Sie es ab, oder pausieren Sie.",
        last="Das ist Ihr einziges Abonnement",
        last_note="Bestellen Sie es ab, dann bleibt es hier, bis Sie wiederkommen; oder löschen Sie alles.",
        elsewhere="Das wurde in einem anderen Fenster geändert; so ist es jetzt.",
        back="Ihre Seite",
    ),
}
