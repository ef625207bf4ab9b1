"""Golden letters: one issue of each kind and the hard ones, which tests lint, compare and take pictures of."""

from __future__ import annotations

from dataclasses import replace

from digest.authors.summary import AuthorSummary
from digest.issues import Absence, Issue, Section
from digest.letters import LetterFactory
from digest.mail.message import Mailbox
from digest.papers.scholarly_metrics import Researcher
from digest.render import Renderer
from tests.support.issues import TODAY, by_zhou, daily, flood, issue, item, on_sparse, paper

FACTORY = LetterFactory(
    renderer=Renderer(),
    sender=Mailbox(name="Morning Papers", address="papers@example.org"),
    owner=Mailbox(address="desk@example.org"),
    postal="Example Lab, 1 Example Street, Example Town",
    site="https://papers.example.org",
    keys=("a key for tests",),
)

GOLDEN: dict[str, Issue] = {
    "daily": daily(),
    "alert": replace(issue(on_sparse(item(paper()))), kind="alert"),
    "trending": issue(Section(title="Trending papers", items=(item(paper(votes=41, comments_count=3)),))),
    "quiet": issue(),
    "bibtex": replace(daily(), attach="bibtex"),
    "ris": replace(daily(), attach="ris"),
    "flood": flood(300),
    "authors": issue(on_sparse(item(paper(names=[f"Author Number{number}" for number in range(3000)])))),
    "CJK": issue(on_sparse(item(paper(title="稀疏專家模型的路由", abstract="我們研究路由。" * 80, names=["周雲華"])))),
    "Arabic": issue(on_sparse(item(paper(title="توجيه خليط الخبراء", abstract="ندرس التوجيه. " * 40)))),
    "Hebrew": issue(on_sparse(item(paper(title="ניתוב בתערובת מומחים", abstract="אנו חוקרים ניתוב. " * 40)))),
    "by a person": issue(by_zhou(item(paper(), author=0))),
    "missing": replace(
        daily(),
        absences=(Absence(kind="arxiv", part="cs.CL", why="late"), Absence(kind="feeds", part="A\u202eB", why="fault")),
    ),
    "portrait": issue(
        replace(
            by_zhou(item(paper(), author=0)),
            portrait=AuthorSummary(
                name="Yunhua Zhou",
                fields=("cs.CL",),
                numbers=Researcher(
                    service="openalex",
                    id="A1",
                    name="Z",
                    papers=57,
                    citations=900,
                    h_index=22,
                    affiliation="F",
                    at=TODAY,
                ),
                latest=(paper("2402.00009", title="An earlier one"),),
            ),
        )
    ),
}
