"""Adds data of services to an issue: summaries and citations of papers, a portrait of each followed author."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from digest.authors import AuthorProfile, DocumentFrequencies, FollowedAuthor, classify
from digest.authors.summary import AuthorSummary, author_summary, researchers_named, service_ids
from digest.issues import Issue, Section
from digest.papers import Paper
from digest.papers.scholarly_metrics import Bibliometrics, Researcher
from digest.store import Store
from digest.subscriptions import Subscription

_LOOKED_AT = 200  # papers under a name, for the latest that are the person's
_LATEST = 3


def with_service_data(
    issue: Issue, subscription: Subscription, store: Store, known: Mapping[str, list[Bibliometrics]] | None = None
) -> Issue:
    """The issue with all that services said of its papers and of the people whom its reader follows.

    `known` are the figures of all papers that it may hold; without it they are asked for.
    """
    return _with_figures(_with_portraits(issue, subscription, store), store, known)


def _with_figures(issue: Issue, store: Store, known: Mapping[str, list[Bibliometrics]] | None) -> Issue:
    figures = store.bibliometrics.of_papers({item.paper.key for item in issue.items}) if known is None else known
    if not figures:
        return issue
    sections = (
        replace(
            section,
            items=tuple(replace(item, figures=tuple(figures.get(item.paper.key, ()))) for item in section.items),
        )
        for section in issue.sections
    )
    return replace(issue, sections=tuple(sections))


def _with_portraits(issue: Issue, subscription: Subscription, store: Store) -> Issue:
    """Adds the portrait of each followed author to the author's section."""
    people = {rule.title: rule.person for rule in subscription.rules if rule.person}
    sections = tuple(
        replace(section, portrait=_of_section(people[section.title], section, store))
        if section.author and section.items and section.title in people
        else section
        for section in issue.sections
    )
    return replace(issue, sections=sections)


def _of_section(person: FollowedAuthor, section: Section, store: Store) -> AuthorSummary:
    sure = [item.paper for item in section.items if not item.doubts]
    return portrait_of(person, store, sure, but={item.paper.key for item in section.items})


def portrait_of(
    person: FollowedAuthor, store: Store, papers: Sequence[Paper], *, but: Collection[str] = ()
) -> AuthorSummary:
    """The portrait of a person from their papers; the store adds their latest others, without those of `but`."""
    known = store.papers.get_many(person.known)
    profile = AuthorProfile.of(person, list(known.values()), background=DocumentFrequencies.of(list(known.values())))
    latest = list[Paper]()
    for paper in store.papers.by_author(_printed(person), most=_LOOKED_AT):
        if len(latest) < _LATEST and paper.key not in but and classify(profile, paper).outcome == "follow":
            latest.append(paper)
    theirs = {paper.key: paper for paper in (*papers, *known.values(), *latest)}
    said = researchers_named(
        person, (each for found in store.bibliometrics.of_papers(theirs).values() for each in found)
    )
    keys = [f"{service}:{one}" for service, ids in service_ids(person, said).items() for one in ids]
    return author_summary(person, theirs.values(), [*store.bibliometrics.of_people(keys).values(), *said], latest)


def researchers_on_papers(person: FollowedAuthor, store: Store, keys: Sequence[str]) -> dict[str, list[Researcher]]:
    """The researchers of that name on these papers, by the paper's key, with their newest numbers."""
    found = {key: researchers_named(person, figures) for key, figures in store.bibliometrics.of_papers(keys).items()}
    newest = store.bibliometrics.of_people({each.key for people in found.values() for each in people if each.id})
    return {key: [newest.get(each.key, each) for each in people] for key, people in found.items() if people}


def _printed(person: FollowedAuthor) -> list[str]:
    """A piece of each surname that stands in the store however its accents are written there."""
    surnames = (form.partition(",")[0] if "," in form else form.split()[-1] for form in person.forms)
    pieces = (max(re.findall(r"[A-Za-z]+", surname), key=len, default=surname) for surname in surnames)
    return list(dict.fromkeys(pieces))
