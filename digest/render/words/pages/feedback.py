"""What the pages say on which a reader tells what they think of a paper."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """`{}` is a person's name, a term, or what is wrong with one."""

    more: str  # a question, and its button
    more_note: str
    more_button: str
    more_kept: str
    less: str
    less_note: str
    less_button: str
    less_kept: str
    replaces_more: str  # what they said before
    replaces_less: str
    undo: str  # a button
    author: str
    author_note: str
    is_theirs: str  # a button
    is_not: str
    said_theirs: str
    said_not: str
    nobody: str  # no followed person's rule matches
    mute: str
    mute_note: str
    mute_which: str  # legend of the choices
    mute_other: str  # label of the field
    mute_other_note: str
    mute_button: str
    mute_nothing: str  # no term was given
    mute_wrong: str  # `{}` says what is wrong
    mute_full: str
    muted: str
    unmute: str  # a button
    to_issue: str  # a link


FEEDBACK = {
    "en": Feedback(
        more="More like this?",
        more_note="Nothing has been kept yet. Press the button, and it is kept that you want more papers like this "
        "one; letters to come can put such papers first.",
        more_button="More like this",
        more_kept="Kept: more like this",
        less="Less like this?",
        less_note="Nothing has been kept yet. Press the button, and it is kept that you want fewer papers like this "
        "one; letters to come can put such papers last. To read nothing of a subject any more, mute a term.",
        less_button="Less like this",
        less_kept="Kept: less like this",
        replaces_more="Before you said: more like this. The button replaces that.",
        replaces_less="Before you said: less like this. The button replaces that.",
        undo="Take it back",
        author="Is this the person you follow?",
        author_note="Your answer counts from the next letter on, for this paper and for those that are like it. "
        "Nothing is kept before you press a button.",
        is_theirs="This is {}",
        is_not="This is not {}",
        said_theirs="You said: this is {}.",
        said_not="You said: this is not {}.",
        nobody="None of the people whom you follow goes by a name that stands on this paper, so there is nothing to "
        "answer.",
        mute="Mute a term",
        mute_note="From the next letter on you read nothing more that matches the term, in none of your "
        "subscriptions. Nothing is muted before you press the button, and you can take it back here and on your page.",
        mute_which="Which one?",
        mute_other="Or another one",
        mute_other_note="Any rule will do: survey, “federated learning”, cat:cs.CV, au:Zhou.",
        mute_button="Mute",
        mute_nothing="Choose a term, or write one.",
        mute_wrong="This is no rule: {}",
        mute_full="You have muted so many terms that there is no room for more: take one back first.",
        muted="You read nothing more with: {}",
        unmute="Unmute",
        to_issue="Back to the issue",
    ),
    "de": Feedback(
        more="Mehr davon?",
        more_note="Noch ist nichts gemerkt. Ein Druck auf den Knopf, und es ist gemerkt, dass Sie mehr solche "
        "Arbeiten möchten; künftige Briefe können sie nach vorn stellen.",
        more_button="Mehr davon",
        more_kept="Gemerkt: mehr davon",
        less="Weniger davon?",
        less_note="Noch ist nichts gemerkt. Ein Druck auf den Knopf, und es ist gemerkt, dass Sie weniger solche "
        "Arbeiten möchten; künftige Briefe können sie nach hinten stellen. Um von etwas gar nichts mehr zu lesen, "
        "schalten Sie einen Begriff stumm.",
        less_button="Weniger davon",
        less_kept="Gemerkt: weniger davon",
        replaces_more="Bisher sagten Sie: mehr davon. Der Knopf ersetzt das.",
        replaces_less="Bisher sagten Sie: weniger davon. Der Knopf ersetzt das.",
        undo="Zurücknehmen",
        author="Ist das die Person, der Sie folgen?",
        author_note="Ihre Antwort gilt vom nächsten Brief an, für diese Arbeit und für ähnliche. Vor dem Druck auf "
        "einen Knopf wird nichts gemerkt.",
        is_theirs="Das ist {}",
        is_not="Das ist nicht {}",
        said_theirs="Sie sagten: Das ist {}.",
        said_not="Sie sagten: Das ist nicht {}.",
        nobody="Niemand, dem Sie folgen, heißt wie jemand auf dieser Arbeit; zu antworten gibt es also nichts.",
        mute="Einen Begriff stummschalten",
        mute_note="Vom nächsten Brief an lesen Sie nichts mehr, worauf der Begriff passt, in keinem Ihrer "
        "Abonnements. Vor dem Druck auf den Knopf ändert sich nichts; zurücknehmen können Sie es hier und auf Ihrer "
        "Seite.",
        mute_which="Welchen?",
        mute_other="Oder einen anderen",
        mute_other_note="Jede Regel geht: survey, „federated learning“, cat:cs.CV, au:Zhou.",
        mute_button="Stummschalten",
        mute_nothing="Wählen Sie einen Begriff, oder schreiben Sie einen.",
        mute_wrong="Das ist keine Regel: {}",
        mute_full="Sie haben so viele Begriffe stummgeschaltet, dass für weitere kein Platz ist: Nehmen Sie erst einen "
        "zurück.",
        muted="Sie lesen nichts mehr mit: {}",
        unmute="Wieder lesen",
        to_issue="Zurück zur Ausgabe",
    ),
}
