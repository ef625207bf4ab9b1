"""The sample morning of `digest demo`: as the services would send it, with all it promises, some for each reader."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import combinations

import pytest
from lxml import etree

from digest.app import load
from digest.config import Config
from digest.issues.matching import RuleSet, match_arrivals
from digest.papers import Paper
from digest.papers.updates import Arrival
from digest.resources import shipped
from digest.sources import read_saved
from digest.subscriptions import Subscription, first_slot

DEMO = shipped("config") / "demo"
MORNING = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 7, 35, tzinfo=UTC)

RAW = "{http://arxiv.org/OAI/arXivRaw/}"
OAI = "{http://www.openarchives.org/OAI/2.0/}"
ARXIV = "{http://arxiv.org/schemas/atom}"
DC = "{http://purl.org/dc/elements/1.1/}"
PRISM = "{http://prismstandard.org/namespaces/basic/2.0/}"

ID = re.compile(r"\d{4}\.\d{4,5}")
CATEGORY = re.compile(r"[a-z]+(-[a-z]+)?(\.([A-Z]{2}|[a-z]+(-[a-z]+)?))?")


def root(name: str) -> etree._Element:
    return etree.fromstring((DEMO / name).read_bytes(), etree.XMLParser(resolve_entities=False, no_network=True))


def text(element: etree._Element, path: str) -> str:
    found = element.findtext(path)
    assert found is not None, f"{path} is missing"
    return str(found)


RECORDS = {text(record, f".//{RAW}id"): record for record in root("oai.xml").iter(f"{OAI}record")}
ITEMS = {text(item, "guid").removeprefix("oai:arXiv.org:"): item for item in root("feed.xml").iter("item")}
ARTICLES = list(root("journal.xml").iter("item"))


def announced(item: etree._Element) -> str:
    return text(item, f"{ARXIV}announce_type")


def versions(record: etree._Element) -> list[tuple[str, datetime]]:
    return [
        (str(version.get("version")), parsedate_to_datetime(text(version, f"{RAW}date")))
        for version in record.iter(f"{RAW}version")
    ]


def summaries() -> Iterator[tuple[str, str]]:
    """(which, what it says), each paper once."""
    for key, record in RECORDS.items():
        yield key, text(record, f".//{RAW}abstract")
    for guid, item in ITEMS.items():
        if guid.rpartition("v")[0] not in RECORDS:
            yield guid, text(item, "description").partition("Abstract: ")[2]
    for article in ARTICLES:
        yield text(article, "guid"), text(article, "description")


def said_in_feed(guid: str) -> str:
    return text(ITEMS[guid], "description")


def test_a_day_of_about_sixty() -> None:
    works = {*RECORDS, *(guid.rpartition("v")[0] for guid in ITEMS)}
    assert (len(RECORDS), len(ITEMS), len(ARTICLES)) == (46, 37, 5)
    assert len(works) + len(ARTICLES) == 63
    assert len(RECORDS.keys() & {guid.rpartition("v")[0] for guid in ITEMS}) == 25


def test_all_kinds_of_announcements_in_arxivs_order() -> None:
    kinds = [announced(item) for item in ITEMS.values()]
    assert Counter(kinds) == {"new": 27, "cross": 4, "replace": 4, "replace-cross": 2}
    order = ["new", "cross", "replace", "replace-cross"]
    assert kinds == sorted(kinds, key=order.index)
    for kind in order:
        ids = [guid for guid, item in ITEMS.items() if announced(item) == kind]
        assert ids == sorted(ids)


def test_identifiers_and_categories_are_well_formed() -> None:
    for key, record in RECORDS.items():
        assert ID.fullmatch(key)
        assert text(record, f"{OAI}header/{OAI}identifier") == f"oai:arXiv.org:{key}"
        assert all(CATEGORY.fullmatch(category) for category in text(record, f".//{RAW}categories").split())
    for guid, item in ITEMS.items():
        key, _, version = guid.rpartition("v")
        assert ID.fullmatch(key)
        assert 1 <= int(version) < 6
        assert text(item, "link") == f"https://arxiv.org/abs/{key}"
        assert said_in_feed(guid).startswith(f"arXiv:{guid} Announce Type: {announced(item)} \nAbstract: ")
        assert all(CATEGORY.fullmatch(str(category.text)) for category in item.iter("category"))
    for article in ARTICLES:
        assert re.fullmatch(r"10\.5555/lamplight\.2026\.\d{4}", text(article, f"{PRISM}doi"))
        assert text(article, "guid") == f"https://doi.org/{text(article, f'{PRISM}doi')}"


@pytest.mark.parametrize("key", RECORDS)
def test_dates_of_a_record_agree(key: str) -> None:
    history = versions(RECORDS[key])
    changed = date.fromisoformat(text(RECORDS[key], f"{OAI}header/{OAI}datestamp"))
    dates = [when for _, when in history]
    assert [name for name, _ in history] == [f"v{number}" for number in range(1, len(history) + 1)]
    assert dates == sorted(dates)
    assert MORNING - timedelta(days=1) <= changed <= MORNING
    assert dates[-1].date() <= changed
    if len(history) == 1:
        assert changed - dates[0].date() < timedelta(days=14), "arXiv would not call it new"
    else:
        assert changed - dates[0].date() > timedelta(days=14), "a revision of what was new the other week"
    for element in RECORDS[key].iter(f"{RAW}date"):
        assert element.text == f"{parsedate_to_datetime(str(element.text)):%a, %d %b %Y %H:%M:%S} GMT"


def test_the_feed_announces_what_the_harvest_brings() -> None:
    for guid, item in ITEMS.items():
        assert text(item, "pubDate") == "Fri, 20 Nov 2026 00:00:00 -0500"
        key, _, version = guid.rpartition("v")
        assert (announced(item) in ("new", "cross")) == (version == "1")
        if key in RECORDS:
            record = RECORDS[key]
            assert versions(record)[-1][0] == f"v{version}"
            assert text(record, f".//{RAW}title") == text(item, "title")
            assert text(record, f".//{RAW}categories").split() == [str(each.text) for each in item.iter("category")]
            assert said_in_feed(guid).endswith(text(record, f".//{RAW}abstract").strip())
            # a new paper of Thursday evening's list came in between two deadlines, 14:00 in New York
            if announced(item) == "new":
                assert datetime(2026, 11, 18, 19, tzinfo=UTC) <= versions(record)[0][1]
                assert versions(record)[0][1] <= datetime(2026, 11, 19, 19, tzinfo=UTC)


def test_no_two_summaries_share_five_words_in_a_row() -> None:
    runs = {}
    for which, said in summaries():
        words = re.findall(r"\w+", said.casefold())
        assert 20 <= len(words) <= 90, which
        runs[which] = {tuple(words[start : start + 5]) for start in range(len(words) - 4)}
    shared = [(one, other) for one, other in combinations(runs, 2) if runs[one] & runs[other]]
    assert shared == []


@pytest.mark.parametrize(
    "spelled",
    [r"J\"org", r"Jakub\r{u}v", r"{\L}ukasz", r"Mikol\'a\v{s}", r"Anders S{\o}gaard", r"Kra{\ss}", r"Guimar\~aes"],
)
def test_names_come_in_tex_as_from_arxiv(spelled: str) -> None:
    names = [text(record, f".//{RAW}authors") for record in RECORDS.values()]
    names += [text(item, f"{DC}creator") for item in ITEMS.values()]
    assert any(spelled in line for line in names)


@pytest.mark.parametrize(
    "written",
    [
        *("$\\alpha$-synuclein", "H$_2$O", "H<sub>2</sub>O", "$O(N\\log N)$", "77.5% of", "18 %", "1\\%"),
        *("LLM ", "LLMs", "fine-tuning", "fine-tuned", "Finetuning", "pre-training", "pretraining"),
    ],
)
def test_what_makes_text_hard_is_there(written: str) -> None:
    papers = [*RECORDS.values(), *ITEMS.values(), *ARTICLES]
    assert any(written in "".join(map(str, paper.itertext())) for paper in papers)


def test_titles_with_markup_signs() -> None:
    titles = [text(record, f".//{RAW}title") for record in RECORDS.values()]
    assert "Constraining the Low-Mass Slope of the Star Formation Sequence at 0.5<z<2.5" in titles
    assert "ChatGPT and Software Testing Education: Promises & Perils" in titles
    assert max(map(len, titles)) > 120


def test_a_withdrawal_is_told_as_arxiv_tells_it() -> None:
    record = RECORDS["0901.3666"]
    last = list(record.iter(f"{RAW}version"))[-1]
    assert (text(last, f"{RAW}source_type"), text(last, f"{RAW}size")) == ("I", "0kb")
    assert "withdrawn" in text(record, f".//{RAW}comments")
    assert announced(ITEMS["0901.3666v3"]) == "replace"
    others = [each for key, each in RECORDS.items() if key != "0901.3666"]
    assert all(kind.text != "I" for each in others for kind in each.iter(f"{RAW}source_type"))


def test_two_people_of_one_name() -> None:
    fields = {
        text(record, f".//{RAW}categories").split()[0]
        for record in RECORDS.values()
        if "Yunhua Zhou" in text(record, f".//{RAW}authors")
    }
    assert fields == {"cs.CL", "cs.LG", "math.DS"}
    assert any("Yunhua Fang" in text(item, f"{DC}creator") for item in ITEMS.values()), "and one who shares half of it"


def test_collaborations_large_and_lone() -> None:
    assert text(RECORDS["1101.3650"], f".//{RAW}authors").startswith("HESS Collaboration: A. Abramowski, ")
    assert text(RECORDS["1101.3650"], f".//{RAW}authors").count(",") > 150
    assert text(RECORDS["1906.11238"], f".//{RAW}authors") == "The Event Horizon Telescope Collaboration"


def test_the_journal_has_names_in_four_scripts_and_one_old_paper() -> None:
    creators = {str(creator.text) for article in ARTICLES for creator in article.iter(f"{DC}creator")}
    assert {"山田花子", "홍길동", "Олена Приклад", "Jan Novák"} <= creators
    dates = [parsedate_to_datetime(text(article, "pubDate")) for article in ARTICLES]
    assert [when < NOW - timedelta(days=7) for when in dates].count(True) == 1
    assert max(dates) < NOW
    for article, when in zip(ARTICLES, dates, strict=True):
        assert text(article, f"{DC}date") == when.date().isoformat()


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """The sample's config, with ports filled in as the demo does."""
    folder = tmp_path_factory.mktemp("demo")
    for file in DEMO.rglob("*.yaml"):
        filled = folder / file.relative_to(DEMO)
        filled.parent.mkdir(exist_ok=True)
        filled.write_text(file.read_text("utf-8").replace("SMTPPORT", "2525").replace("PORT", "8080"), "utf-8")
    return load(folder, env={})


@pytest.fixture(scope="module")
def papers() -> list[Paper]:
    """Each paper of the morning once; the harvest knows more than the feed."""
    found: dict[str, Paper] = {}
    for kind, name in (("arxiv", "oai.xml"), ("arxiv", "feed.xml"), ("feeds", "journal.xml")):
        for paper in read_saved(kind, (DEMO / name).read_bytes(), name).papers:
            found.setdefault(paper.key, paper)
    return list(found.values())


ZHOU = ["arxiv:2402.12399", "arxiv:2506.13216", "arxiv:2507.05197"]
EXPECTED = {
    "ada": [
        ZHOU,
        ["arxiv:2006.16668", "arxiv:2101.03961", "arxiv:2202.09368", "arxiv:2402.12399"],
        ["arxiv:2208.07339", "arxiv:2305.14314"],
    ],
    "grace": [
        ["arxiv:1602.03837", "arxiv:1906.11238"],
        ["arxiv:1102.0499", "arxiv:1102.0512", "arxiv:1703.01424"],
        ["arxiv:0901.3666", "doi:10.5555/lamplight.2026.0118"],
        ["arxiv:1102.0396", "doi:10.5555/lamplight.2026.0117"],
    ],
    "chen": [
        [f"arxiv:{key}" for key in "2106.09685 2203.15556 2305.14314 2412.16620 2506.13216 2508.13426".split()],
        ["arxiv:2305.18290", "arxiv:2507.05197"],
        ["arxiv:2001.04451", "arxiv:2205.14135", "arxiv:2208.07339"],
    ],
}


@pytest.mark.parametrize("who", EXPECTED)
def test_each_rule_finds_its_papers(who: str, config: Config, papers: list[Paper]) -> None:
    subscription = only_subscription(config, who)
    arrivals = [Arrival(serial=n, work=n, event="new", at=NOW, paper=paper) for n, paper in enumerate(papers, 1)]
    followed = [(who, subscription)]
    [candidates] = match_arrivals(RuleSet(followed), followed, arrivals, {paper.key: paper for paper in papers})
    found = [
        sorted(candidate.paper.key for candidate in candidates if index in candidate.rules)
        for index, _ in enumerate(subscription.rules)
    ]
    assert [rule.query.hints for rule in subscription.rules] == [()] * len(found), "they shall be examples to follow"
    assert found == EXPECTED[who]


def test_letters_are_neither_thin_nor_long(config: Config) -> None:
    for who, rules in EXPECTED.items():
        different = {key for rule in rules for key in rule}
        limit = only_subscription(config, who).limit
        assert 4 <= min(len(different), limit) <= 9
        assert (len(different) > limit) == (who == "chen"), "one letter says how many more there were"


def test_the_narrowing_of_ada_is_needed(config: Config, papers: list[Paper]) -> None:
    follow = only_subscription(config, "ada").rules[0].query
    both = {paper.key for paper in papers if follow.matches(paper)}
    assert both == {*ZHOU, "arxiv:2502.16497", "arxiv:2502.17151"}


def test_every_readers_hour_has_come(config: Config) -> None:
    for subscriber in config.subscribers:
        for subscription in subscriber.subscriptions:
            slot = first_slot(subscription.when, subscriber.timezone, NOW)
            assert slot.due <= NOW
            assert slot.local.startswith(MORNING.isoformat())


def only_subscription(config: Config, who: str) -> Subscription:
    (subscriber,) = (each for each in config.subscribers if each.id == who)
    (subscription,) = subscriber.subscriptions
    return subscription
