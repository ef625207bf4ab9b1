"""What the form of a subscription says: its labels, and what is wrong in a field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """`{}` is a number where there is one."""

    rules: str
    rules_note: str
    rule: str  # the label of one: `{}` is which
    kind: str
    words: str
    author: str
    example_head: str
    example: str
    which: str  # a summary: whose papers, of all who bear the name
    which_note: str
    known: str
    known_note: str
    people: str
    people_note: str
    author_categories: str
    author_categories_note: str
    orcid: str
    unsure: str
    unsures: Mapping[str, str]
    more_rules: str  # a button
    try_out: str  # a button
    when: str
    rhythms: Mapping[str, str]
    days: str
    day_names: Mapping[str, str]
    hour: str
    zone: str
    zone_note: str
    more: str  # a summary
    name: str
    name_note: str
    exclude: str
    exclude_note: str
    categories: str
    categories_note: str
    updates: str
    updates_of: Mapping[str, str]
    quiet: str
    limit: str
    attach: str
    attachments: Mapping[str, str]
    trending: str
    mistakes: str  # the head of the summary of mistakes
    column: str  # `{}` is where in a rule
    # What is wrong:
    no_address: str
    no_rule: str
    no_day: str
    no_hour: str
    no_zone: str
    no_limit: str
    too_many_rules: str
    too_long: str  # `{}` characters at most
    too_many: str  # `{}` entries at most


FORMS = {
    "en": Forms(
        rules="What to look for",
        rules_note="Words are looked for in title and abstract; AND, OR, NOT, quotes for phrases and * at the end of a "
        "word help. You get every paper that one of the rules finds.",
        rule="Rule {}",
        kind="Kind",
        words="Words",
        author="Author",
        example_head="For example:",
        example='"mixture of experts" AND rout*',
        which="Which person of that name?",
        which_note="Many people share a name. Whatever you say here tells their papers apart; nothing of it has to be.",
        known="Papers of theirs",
        known_note="arXiv number, DOI or PubMed id, one a line.",
        people="People they write with",
        people_note="One name a line.",
        author_categories="Their fields",
        author_categories_note="Categories, such as cs.CL, cs.LG.",
        orcid="ORCID",
        unsure="Where it is not sure that a paper is theirs",
        unsures={"ask": "show it, and ask me", "include": "show it", "drop": "leave it out"},
        more_rules="More rules",
        try_out="Try the rules",
        when="When",
        rhythms={
            "daily": "every day",
            "weekdays": "Monday to Friday",
            "chosen": "on these days:",
            "once": "at once, whenever something new comes",
        },
        days="Days",
        day_names={
            "monday": "Mon",
            "tuesday": "Tue",
            "wednesday": "Wed",
            "thursday": "Thu",
            "friday": "Fri",
            "saturday": "Sat",
            "sunday": "Sun",
        },
        hour="At",
        zone="Time zone",
        zone_note="Such as Europe/Berlin or America/New_York.",
        more="More",
        name="A name for it",
        name_note="Stands in the subject; left empty, it is made from the first rule.",
        exclude="Leave out",
        exclude_note="A rule: papers that it finds are not sent.",
        categories="Only in these categories",
        categories_note="Such as cs.LG, math.*; empty: everywhere.",
        updates="Changes of papers",
        updates_of={
            "": "withdrawals of papers that I had",
            "none": "none",
            "published": "withdrawals, and when it comes out in a journal",
            "all": "all, new versions too",
        },
        quiet="send a letter also when there is nothing new",
        limit="At most so many papers in a letter",
        attach="References as a file",
        attachments={"": "no", "bibtex": "BibTeX", "ris": "RIS"},
        trending="add what readers of Hugging Face vote for",
        mistakes="Something has to be mended first",
        column="(at character {})",
        no_address="This is no mail address: write one such as ada@example.org.",
        no_rule="Nothing is looked for yet: write some words, or the name of an author.",
        no_day="Choose at least one day.",
        no_hour="This is no hour of a day: write one such as 07:30.",
        no_zone="This time zone is not known: write one such as Europe/Berlin or America/New_York.",
        no_limit="Write a number from 1 to 1000.",
        too_many_rules="A subscription can have {} rules: leave some out, or make a second subscription.",
        too_long="This is too long: {} characters at most.",
        too_many="These are too many: {} at most.",
    ),
    "de": Forms(
        rules="Wonach gesucht wird",
        rules_note="Wörter werden in Titel und Abstract gesucht; AND, OR, NOT, Anführungszeichen um eine Wendung und * "
        "am Ende eines Wortes helfen. Sie bekommen jede Arbeit, die eine der Regeln findet.",
        rule="Regel {}",
        kind="Art",
        words="Wörter",
        author="Autor",
        example_head="Zum Beispiel:",
        example='"mixture of experts" AND rout*',
        which="Welche Person dieses Namens?",
        which_note="Viele heißen gleich. Alles, was Sie hier sagen, hilft, ihre Arbeiten auseinanderzuhalten; nichts "
        "davon muss sein.",
        known="Arbeiten von ihr",
        known_note="arXiv-Nummer, DOI oder PubMed-Id, eine je Zeile.",
        people="Mit wem sie schreibt",
        people_note="Ein Name je Zeile.",
        author_categories="Ihre Fächer",
        author_categories_note="Kategorien wie cs.CL, cs.LG.",
        orcid="ORCID",
        unsure="Wenn nicht sicher ist, dass eine Arbeit von ihr ist",
        unsures={"ask": "zeigen und fragen", "include": "zeigen", "drop": "weglassen"},
        more_rules="Mehr Regeln",
        try_out="Regeln ausprobieren",
        when="Wann",
        rhythms={
            "daily": "jeden Tag",
            "weekdays": "Montag bis Freitag",
            "chosen": "an diesen Tagen:",
            "once": "sofort, wenn etwas Neues kommt",
        },
        days="Tage",
        day_names={
            "monday": "Mo",
            "tuesday": "Di",
            "wednesday": "Mi",
            "thursday": "Do",
            "friday": "Fr",
            "saturday": "Sa",
            "sunday": "So",
        },
        hour="Um",
        zone="Zeitzone",
        zone_note="Etwa Europe/Berlin oder America/New_York.",
        more="Mehr",
        name="Ein Name dafür",
        name_note="Steht im Betreff; bleibt er leer, wird er aus der ersten Regel gemacht.",
        exclude="Weglassen",
        exclude_note="Eine Regel: Was sie findet, wird nicht geschickt.",
        categories="Nur in diesen Kategorien",
        categories_note="Etwa cs.LG, math.*; leer: überall.",
        updates="Änderungen an Arbeiten",
        updates_of={
            "": "Rücknahmen von Arbeiten, die ich bekommen habe",
            "none": "keine",
            "published": "Rücknahmen, und wenn eine in einer Zeitschrift erscheint",
            "all": "alle, auch neue Fassungen",
        },
        quiet="auch dann einen Brief schicken, wenn es nichts Neues gibt",
        limit="Höchstens so viele Arbeiten in einem Brief",
        attach="Literaturangaben als Datei",
        attachments={"": "nein", "bibtex": "BibTeX", "ris": "RIS"},
        trending="dazu, wofür Leser von Hugging Face stimmen",
        mistakes="Etwas muss zuerst berichtigt werden",
        column="(bei Zeichen {})",
        no_address="Das ist keine Mailadresse: Schreiben Sie eine wie ada@example.org.",
        no_rule="Noch wird nichts gesucht: Schreiben Sie ein paar Wörter oder den Namen eines Autors.",
        no_day="Wählen Sie mindestens einen Tag.",
        no_hour="Das ist keine Uhrzeit: Schreiben Sie eine wie 07:30.",
        no_zone="Diese Zeitzone gibt es nicht: Schreiben Sie eine wie Europe/Berlin oder America/New_York.",
        no_limit="Schreiben Sie eine Zahl von 1 bis 1000.",
        too_many_rules="Ein Abonnement kann {} Regeln haben: Lassen Sie welche weg, oder legen Sie ein zweites an.",
        too_long="Das ist zu lang: höchstens {} Zeichen.",
        too_many="Das sind zu viele: höchstens {}.",
    ),
}
