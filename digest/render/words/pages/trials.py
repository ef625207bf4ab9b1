"""What is said of a rule that is tried out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """`{}` are figures, or what was typed."""

    read: str  # how a rule is read
    a_day: str  # papers on a usual day; days; all
    one_a_day: str  # days; all
    seldom: str  # less than one on a usual day: papers; days
    once: str  # one paper in so many days
    never: str  # none in so many days
    no_papers: str  # there is nothing yet to look into
    samples: str
    synonym: str  # a term; how it is called too; a rule that says both
    people: str  # the legend of a choice: a name, and of how many people it seems to be
    one_of: str  # papers; fields; co-authors or nothing
    one_paper: str  # the same of a single one
    with_: str  # co-authors
    no_field: str
    latest: str  # a title
    anyone: str  # no choice


TRIALS = {
    "en": Trials(
        read="Read as {}",
        a_day="This rule would have brought about {0} papers a day in the last {1} days ({2} in all).",
        one_a_day="This rule would have brought one paper a day in the last {0} days ({1} in all).",
        seldom="This rule would have brought {0} papers in the last {1} days, and none on many of them.",
        once="This rule would have brought one paper in the last {} days.",
        never="This rule would have brought nothing in the last {} days.",
        no_papers="There are no papers here yet to try it on; it will find them as they come.",
        samples="For example:",
        synonym="{0} is also called {1}: write {2}",
        people="{0} seems to be {1} people. Whom do you mean?",
        one_of="{0} papers in {1}{2}",
        one_paper="one paper in {1}{2}",
        with_=", with {}",
        no_field="no category",
        latest="such as “{}”",
        anyone="I do not know: all of them",
    ),
    "de": Trials(
        read="Gelesen als {}",
        a_day="Diese Regel hätte in den letzten {1} Tagen etwa {0} Arbeiten am Tag gebracht ({2} im Ganzen).",
        one_a_day="Diese Regel hätte in den letzten {0} Tagen eine Arbeit am Tag gebracht ({1} im Ganzen).",
        seldom="Diese Regel hätte in den letzten {1} Tagen {0} Arbeiten gebracht, an vielen davon keine.",
        once="Diese Regel hätte in den letzten {} Tagen eine Arbeit gebracht.",
        never="Diese Regel hätte in den letzten {} Tagen nichts gebracht.",
        no_papers="Hier sind noch keine Arbeiten, um sie auszuprobieren; sie findet sie, sobald sie kommen.",
        samples="Zum Beispiel:",
        synonym="{0} heißt auch {1}: Schreiben Sie {2}",
        people="{0} scheint der Name von {1} Leuten zu sein. Wen meinen Sie?",
        one_of="{0} Arbeiten in {1}{2}",
        one_paper="eine Arbeit in {1}{2}",
        with_=", mit {}",
        no_field="keiner Kategorie",
        latest="etwa „{}“",
        anyone="Ich weiß es nicht: alle",
    ),
}
