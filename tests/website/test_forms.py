"""The form of a subscription: documents go through it unharmed, and mistakes stand beside their fields."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from digest.config.subscriber_yaml import mistakes
from digest.render import PageRenderer
from digest.render.page_messages import PageMessages
from digest.text.translations import translations
from digest.website.form_errors import FormErrors, form_errors
from digest.website.forms import SubscriptionFields, fields_of_entry, fields_of_form
from digest.website.view import Form

_PAGE = """\
{% from "site/subscription.html.j2" import fields, summary %}
<form method="post">{{ summary(say, faults) }}
{{ fields(typed, say, faults, below, zones=["UTC"], trending=true) }}</form>
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> PageRenderer:
    folder = tmp_path_factory.mktemp("templates")
    (folder / "site").mkdir()
    (folder / "site" / "only.html.j2").write_text(_PAGE)
    return PageRenderer(folder)


def page(
    pages: PageRenderer, typed: SubscriptionFields, found: FormErrors | None = None, language: str = "en"
) -> html.HtmlElement:
    return html.fromstring(
        pages.page("only", typed=typed, say=PageMessages(translations(language), "form"), faults=found or {}, below=str)
    )


def post(page: html.HtmlElement, **changes: str) -> Form:
    """What a browser posts of a page, with some fields filled in otherwise."""
    for template in page.xpath("//template"):
        template.drop_tree()
    form = page.xpath("//form")[0]
    for name, value in changes.items():
        form.fields[name.replace("_", "-")] = value
    return Form(parse_qs(urlencode(form.form_values()), keep_blank_values=True))


_ODD = [
    "a",
    "Zhou",
    "Ω",
    "<b>",
    "&amp;",
    '"',
    "'",
    "  ",
    "\t",
    "\n",
    "\u00a0",
    "\u2028",
    "é",
    "e\u0301",
    "深度",
    "%",
    "+",
]
_texts = st.lists(st.sampled_from(_ODD), min_size=1, max_size=6).map("".join).filter(lambda text: text.strip() != "")
_names = st.sampled_from(["Yunhua Zhou", "Zhou, Yunhua", "J.-H. Li", "van der  Berg", "O'Neil", "Œrsted", "李 伟"])
_codes = st.sampled_from(["cs.LG", "cs.*", "math.MP", "q-bio", "stat.ML"])
_papers = st.sampled_from(
    ["2507.05197", "arxiv:2507.05197v2", "doi:10.1002/(SICI)49:8<693::AID>3.0.CO;2-O", "pmid:34929406"]
)
_queries = st.sampled_from(
    [
        "sparse",
        '"mixture of\n  experts" AND rout*',
        "ti:(a < b)",
        '{A & B} OR "x  y"',
        "gpt\u200b4",
        " au:del_maestro ANDNOT ti:checkerboard",
        "深度学习",
        "x" * 700,
    ]
)


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


def rule() -> st.SearchStrategy[Any]:
    words = st.fixed_dictionaries(
        {"query": _queries},
        optional={
            "syntax": st.sampled_from(["digest", "arxiv"]),
            "name": st.none() | _texts,
            "expand": st.dictionaries(st.sampled_from(["sparse", "gpt"]), st.lists(_texts, min_size=1, max_size=2)),
        },
    )
    people = st.lists(_names, max_size=3)
    author = st.fixed_dictionaries(
        {"author": _names},
        optional={
            "also": people,
            "ids": some(orcid=st.just("https://orcid.org/0000-0002-1825-0097"), s2=_texts, openalex=st.none()),
            "known": st.lists(_papers, max_size=3),
            "with": people,
            "categories": st.lists(_codes, max_size=2),
            "affiliations": st.lists(_texts, max_size=2),
            "except": some(categories=st.lists(_codes, max_size=2), papers=st.lists(_papers, max_size=2)),
            "when_unsure": st.sampled_from(["include", "ask", "drop"]),
        },
    )
    return _queries | words | author


subscriptions = st.fixed_dictionaries(
    {
        "name": _texts,
        "when": st.sampled_from(
            ["daily 7:30", "Mon, tue 18:00", "weekends 00:00", "At  once", "monday-friday 09:05", "weekdays 23:59"]
        ),
        "rules": st.lists(rule(), min_size=1, max_size=5),
    },
    optional={
        "categories": st.lists(_codes, max_size=3),
        "trending": st.none() | some(source=st.just("huggingface"), top=st.integers(1, 100)),
        "attach": st.sampled_from([None, "bibtex", "ris"]),
        "exclude": st.none() | _queries,
        "sources": st.lists(st.sampled_from(["arxiv", "pubmed"]), max_size=2),
        "limit": st.integers(1, 1000) | st.sampled_from(["30", "7"]),
        "quiet": st.sampled_from(["silent", "send"]),
        "updates": st.sampled_from([None, "none", "published", "all"]),
    },
)


def reader(*subscriptions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"email": "ada@example.org", "subscriptions": list(subscriptions)} | more


@settings(max_examples=300)
@given(subscriptions)
def test_a_document_comes_back_from_the_form_as_it_was(pages: PageRenderer, document: dict[str, Any]) -> None:
    if mistakes(reader(document)):
        return
    seen = fields_of_entry(document, "UTC")
    back = fields_of_form(post(page(pages, seen)), seen)
    assert back == seen
    assert back.subscription(document) == document
    assert form_errors(reader(document), back, translations("en"), before=document) == {}


LI = {"author": "Wei Li", "also": ["W. Li"], "except": {"categories": ["math.DS"]}, "ids": {"s2": "1"}}


def edited(pages: PageRenderer, document: dict[str, Any], **changes: str) -> dict[str, Any]:
    seen = fields_of_entry(document)
    return fields_of_form(post(page(pages, seen), **changes), seen).subscription(document)


def test_what_is_changed_is_changed_and_nothing_else(pages: PageRenderer) -> None:
    rules = ["sparse", {"query": "gpt", "expand": {"gpt": ["llm"]}, "syntax": "arxiv"}, LI]
    old = {"name": "All", "when": "weekends 9:00", "rules": rules, "limit": 7, "sources": ["arxiv"]}
    assert edited(pages, old, rule_0="dense") == old | {"rules": ["dense", *rules[1:]]}
    assert edited(pages, old, rule_0="") == old | {"rules": rules[1:]}
    assert edited(pages, old, rule_1="gpt4") == old | {"rules": [rules[0], {"query": "gpt4", "syntax": "arxiv"}, LI]}
    known = {"known": ["arxiv:2507.05197", "pmid:1"]}
    assert edited(pages, old, rule_2_known="arxiv:2507.05197,\r\n pmid:1") == old | {"rules": [*rules[:2], LI | known]}
    orcid = {"ids": {"s2": "1", "orcid": "0000-0002-1825-0097"}}
    assert edited(pages, old, rule_2_orcid="0000-0002-1825-0097") == old | {"rules": [*rules[:2], LI | orcid]}
    assert edited(pages, old, rule_2="Wei Lin") == old | {"rules": [*rules[:2], {"author": "Wei Lin"}]}
    assert edited(pages, old, limit="30", name="") == {key: each for key, each in old.items() if key != "limit"} | {
        "limit": 30,
        "name": "sparse",
    }
    assert edited(pages, old, hour="10:15") == old | {"when": "saturday,sunday 10:15"}
    assert edited(pages, old, rhythm="once") == old | {"when": "at once"}


def test_a_new_subscription_says_no_more_than_was_typed() -> None:
    given = Form({"rule-0": ["sparse"], "rule-3": ["Wei Li"], "rule-3-kind": ["author"], "rule-4": [" "]})
    assert fields_of_form(given).subscription() == {
        "name": "sparse",
        "when": "weekdays 07:30",
        "rules": ["sparse", {"author": "Wei Li"}],
    }


def test_a_person_who_was_chosen_is_followed_by_their_paper() -> None:
    choice = {"rule-0": ["Wei Li"], "rule-0-kind": ["author"], "rule-0-choice": ["arxiv:2507.05197"]}
    assert fields_of_form(Form(choice)).rows[0].rule(None) == {"author": "Wei Li", "known": ["arxiv:2507.05197"]}
    hostile = choice | {"rule-0-choice": ["<script>"]}
    assert fields_of_form(Form(hostile)).rows[0].rule(None) == {"author": "Wei Li"}


def wrong(zone: str = "UTC", email: str = "a@example.org", **given: str | list[str]) -> dict[str, list[str]]:
    fields = {name.replace("_", "-"): value if isinstance(value, list) else [value] for name, value in given.items()}
    seen = fields_of_form(Form({"rule-0": ["sparse"], "zone": [zone]} | fields))
    document = reader(seen.subscription(), timezone=seen.zone, email=email)
    found = form_errors(document, seen, translations("en"), sources=("arxiv",))
    return {field: [fault.what for fault in each] for field, each in found.items()}


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"rule_0": 'foo"bar'}, "rule-0", 'never closed: write the other " behind the phrase (at character 4)'),
        ({"rule_0": "", "rule_7": "ti:"}, "rule-7", "governs nothing"),
        ({"rule_0": ""}, "rule-0", "Nothing is looked for yet"),
        ({"rule_0": "x" * 501}, "rule-0", "500 characters"),
        ({f"rule_{n}": "sparse" for n in range(41)}, "rule-40", "40 rules"),
        ({"rule_0": "?", "rule_0_kind": "author"}, "rule-0", "no name"),
        ({"rule_0": "Li", "rule_0_kind": "author", "rule_0_known": "zz"}, "rule-0-known", "`zz` is no paper"),
        ({"rule_0": "Li", "rule_0_kind": "author", "rule_0_orcid": "1"}, "rule-0-orcid", "`1` is no ORCID"),
        ({"rule_0": "Li", "rule_0_kind": "author", "rule_0_people": "…"}, "rule-0-people", "`…` is no name"),
        ({"rule_0": "Li", "rule_0_kind": "author", "rule_0_people": "a\n" * 51}, "rule-0-people", "50 at most"),
        ({"rule_0": "Li", "rule_0_kind": "author", "rule_0_categories": "cs.XX"}, "rule-0-categories", "cs.XX"),
        ({"rule_0": "Li", "rule_0_kind": "author", "rule_0_unsure": "x"}, "rule-0-unsure", "include or ask or drop"),
        ({"rhythm": "chosen"}, "days", "at least one day"),
        ({"hour": "25:00"}, "hour", "no hour of a day"),
        ({"hour": ""}, "hour", "no hour of a day"),
        ({"zone": "Mars"}, "zone", "time zone is not known"),
        ({"email": "ada"}, "email", "no mail address"),
        ({"email": f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}"}, "email", "too long"),
        ({"name": "x" * 101}, "name", "100 characters"),
        ({"exclude": "ti:"}, "exclude", "governs nothing"),
        ({"categories": "cs.XX"}, "categories", "cs.XX"),
        ({"limit": "0"}, "limit", "from 1 to 1000"),
        ({"limit": "many"}, "limit", "from 1 to 1000"),
        ({"attach": "docx"}, "attach", "bibtex or ris"),
        ({"updates": "some"}, "updates", "expected none or published or all"),
        ({"trending": "on", "boxes": ["quiet", "trending"]}, "trending", "needs the source"),
        ({"trending": "on", "boxes": ["trending"], "rhythm": "once"}, "trending", "counted by the day"),
    ],
)
def test_a_mistake_is_told_beside_its_field(given: dict[str, Any], field: str, words: str) -> None:
    found = wrong(**given)
    assert words in " ".join(found.pop(field))
    assert found.keys() <= {"email", "rule-0"}


def test_the_page_ties_words_to_fields_and_keeps_what_was_typed(pages: PageRenderer) -> None:
    seen = fields_of_form(Form({"rule-0": ['"<b>x'], "hour": ["99:99"], "rule-1": [""]}))
    found = form_errors(reader(seen.subscription()), seen, translations("de"))
    made = page(pages, seen, found, "de")
    field = made.xpath("//input[@id='rule-0']")[0]
    assert (field.get("value"), field.get("aria-invalid")) == ('"<b>x', "true")
    assert "never closed" in made.xpath(f"//*[@id='{field.get('aria-describedby')}']")[0].text_content()
    assert [link.get("href") for link in made.xpath("//*[@role='alert']//a")] == ["#rule-0", "#hour"]
    assert {element.get("lang") for element in made.xpath("//*[@id='rule-0-fault']/p")} == {"en"}
    ids = made.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert {label.get("for") for label in made.xpath("//label[@for]")} <= set(ids)
