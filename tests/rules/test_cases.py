"""The cases that the language was agreed by, each under its number: what matches, what does not, what is told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.papers import Paper
from digest.rules import QueryError, parse
from tests.support.papers import paper

IN_LAST_MINUTE = datetime(2026, 1, 31, 23, 59, 30, tzinfo=UTC)
JANUARY = "submittedDate:[202601010000 TO 202601312359]"


def text(abstract: str) -> Paper:
    return paper("", abstract)


CASES: list[tuple[str, str, Paper, bool]] = [
    ("1", "LLM", text("We evaluate LLMs"), True),
    ("2", "LLMs", text("an LLM agent"), True),
    ("3", '"LLM"', text("LLMs are"), False),
    ("4", "LLM", text("large language models"), False),
    ("5a", "LLM", text("VLLM"), False),
    ("5b", "LLM", text("vLLM serving"), False),
    ("6", "{LLM}", text("llm"), False),
    ("7", "mixture-of-experts", text("Mixture of Experts"), True),
    ("8", '"mixture of expert"', text("mixture-of-experts"), True),
    ("9", "pretraining", text("pre-training"), True),
    ("10", "pre-training", text("pretrained"), False),
    ("11", "pretrain*", text("pre-trained"), True),
    ("12", "training", text("pre-training"), True),
    ("13", "cooperative", text("co-operative"), True),
    ("14", "matrix", text("sparse matrices"), True),
    ("15", "analysis", text("meta-analyses"), True),
    ("16a", "bias", text("biases"), True),
    ("16b", "bia", text("biases"), False),
    ("16c", "bia", text("bias"), False),
    ("17", "university", text("universe"), False),
    ("18", "general", text("generative"), False),
    ("19", "organ", text("organization"), False),
    ("20", "β-catenin", text("beta-catenin"), True),
    ("21a", '"alpha synuclein"', text("α-synuclein"), True),
    ("21b", '"alpha synuclein"', text(r"$\alpha$-synuclein"), True),
    ("22a", "µm", text("μm"), True),
    ("22b", "µm", text(r"$\mu$m"), True),
    ("23a", "Schrodinger", text("Schrödinger"), True),
    ("23b", "Schrodinger", text(r"Schr\"odinger"), True),
    ("24a", "Schroedinger", text("Schrödinger"), False),
    ("24b", "au:Schroedinger", paper("", "", "Erwin Schrödinger"), True),
    ("25a", "H2O", text("H$_2$O"), True),
    ("25b", "H2O", text("H₂O"), True),
    ("26", '"O(N log N)"', text(r"$O(N\log N)$"), True),
    ("27", '"feature splitting"', text(r"\emph{feature splitting}"), True),
    ("28", "capability", text(r"\textit{capability}"), True),
    ("29", '"closed book"', text("``closed-book''"), True),
    ("30a", "IL-2", text("IL-20"), False),
    ("30b", "IL-2", text("IL-2R"), False),
    ("31", "p53", text("TP53"), False),
    ("32", "GPT-4", text("GPT-4o"), False),
    ("33", "gpt4", text("GPT-4"), True),
    ("34", "{SHH}", text("shh"), False),
    ("35", "WHO guideline", text("patients who follow a guideline"), True),
    ("36", "{WHO} guideline", text("patients who follow a guideline"), False),
    ("37", "C++", text("C language"), False),
    ("38", "alpha OR beta AND gamma", text("alpha"), True),
    ("39", "alpha AND beta OR gamma AND delta", text("gamma, delta"), True),
    ("40", "one AND two OR three", text("one"), False),
    ("41", "mouse NOT cat OR dog", text("cat, dog"), True),
    ("42", "graph neural", paper("graph", "neural"), True),
    ("43", '"graph neural"', paper("a graph", "neural nets"), False),
    ("44", "ti:graph neural", paper("nets", "a neural graph"), False),
    ("45", "ti:(graph neural)", paper("Graphs in neural nets"), True),
    ("46", "ti:(space AND au:time)", paper("space", "", "M. Time"), True),
    ("47", "au:del_maestro ANDNOT ti:checkerboard", paper("ice", "", "Adrian Del Maestro"), True),
    (
        "48",
        "au:del_maestro ANDNOT (ti:checkerboard OR ti:Pyrochlore)",
        paper("Pyrochlore", "", "Adrian Del Maestro"),
        False,
    ),
    ("50", "cat:cs.LG ANDNOT ti:survey", paper("nets", cats="cs.LG"), True),
    ("51a", "cat:cs", paper("nets", cats="stat.ML cs.LG"), True),
    ("51b", "pcat:cs", paper("nets", cats="stat.ML cs.LG"), False),
    ("52", "cat:cs.*", paper("nets", cats="cs.CL"), True),
    ("53", "cat:math.MP", paper("nets", cats="math-ph"), True),
    ("54a", '"hip pain"~2', text("pain after total hip"), True),
    ("54b", '"hip pain"~2', text("pain in right hip"), True),
    ("55", '"hip pain"~2', text("hip and lower back and knee pain"), False),
    ("56", "hip PRE/2 pain", text("pain in hip"), False),
    ("57a", "salmon NEAR virus", text(f"salmon {'x ' * 15}virus"), True),
    ("57b", "salmon NEAR virus", text(f"salmon {'x ' * 16}virus"), False),
    ("58", "(alpha OR beta) NEAR/3 gamma", text("beta x gamma"), True),
    ("60", '"neural net*"', text("neural networks"), True),
    ("63a", "wom?n", text("woman"), True),
    ("63b", "wom?n", text("women"), True),
    ("63c", "wom?n", text("womn"), False),
    ("65", "cats and dogs", text("cats with dogs"), True),
    ("66", '"state of the art"', text("state-of-the-art"), True),
    ("67", "theory of mind", text("a mind needs a theory"), True),
    ("68", '"to be or not to be"', text("to be or not to be"), True),
    ("73a", "Li", paper("ions", "", "Wei Li"), False),
    ("73b", "all:Li", paper("ions", "", "Wei Li"), True),
    ("75a", "doi:10.1088/0004-637X/753/1/35", paper(doi="10.1088/0004-637x/753/1/35"), True),
    ("75b", "id:2507.05197", paper(arxiv="2507.05197", version=2), True),
    ("75c", "id:2507.05197v1", paper(arxiv="2507.05197", version=2), False),
    ("75d", "id:2507.05197v1", paper(arxiv="2507.05197", version=1), True),
    ("76a", JANUARY, paper(published=IN_LAST_MINUTE), True),
    ("76b", JANUARY.replace("]", "}"), paper(published=IN_LAST_MINUTE), False),
    ("76c", JANUARY.replace("[", "{"), paper(published=datetime(2026, 1, 1, 0, 0, 59, tzinfo=UTC)), False),
    ("78a", "alpha -beta", text("alpha beta"), False),
    ("78b", "alpha -beta", text("alpha"), True),
    ("78c", "alpha - beta", text("alpha beta"), True),
    ("78d", "state-of", text("state-of"), True),
    ("78e", "state-of", text("state"), False),
    ("79", "深度学习", text("基于深度学习的"), True),
    ("80a", "naïve", text("naive"), True),
    ("80b", "naïve", text("nai\u0308ve"), True),
    ("80c", "nai\u0308ve", text("naïve"), True),
    ("81a", "fine-tuning", text("\ufb01ne-tuning"), True),
    ("81b", "LLM", text("ＬＬＭ"), True),
    ("81c", "\ufb01ne-tuning", text("fine-tuning"), True),
    ("81d", "ＬＬＭ", text("LLM"), True),
    ("82", '"red-team*"', text("red teaming"), True),
    ("84a", "tiab:x", paper("x", None, withdrawn=True), True),
    ("84b", "tiab:x", paper("y", "", withdrawn=True), False),
    ("85a", "AIDS", text("hearing aids"), True),
    ("85b", "aid", text("hearing aids"), True),
    ("85c", "{AIDS}", text("hearing aids"), False),
    ("86a", "GPU", text("GPUs"), True),
    ("86b", "GP", text("a GPS receiver"), False),
    ("87", '"pretraining data"', text("pre-training data"), True),
    ("88", '"pre training"', text("pretraining"), True),
    ("89", "gpt4", text("GPT-4-turbo"), True),
    ("90", "sparse NEAR/1 routing", text("sparse mixture-of-experts routing"), False),
    ("92", "graph not neural", text("graph neural"), False),
    ("93", 'au:"Zhou Y"', paper("", "", "Yunhua Zhou"), True),
    ("94", "au:zhou", paper("", "", "Zhouping Li"), False),
    ("95", "O(n)", text("runs in $O(n)$ time"), True),
]

ERRORS = [
    ("49", "ANDNOT ti:x", 0, "almost everything"),
    ("52", "cat:cs.L", 4, "cs.LG"),
    ("59", "(alpha AND beta) NEAR/3 gamma", 0, "(alpha OR beta) NEAR/3 gamma"),
    ("61", "*oxide", 0, "wildcard may not begin"),
    ("62", "ze*", 0, "three letters"),
    ("70", 'foo"bar', 3, "quote"),
    ("71", "(alpha OR beta", 0, "never closed"),
    ("72a", "", 0, "nothing"),
    ("72b", '"  "', 0, "nothing"),
    ("74a", "ti:a:b", 3, "`a:`"),
    ("74b", "http://x.y", 0, "quote the text"),
    ("77", "date:[20260131 TO 20260101]", 5, "turn the two dates round"),
    ("91", "alpha OR NOT beta", 9, "almost everything"),
]

HINTS = [
    ("35", "WHO guideline", 0, "{WHO}"),
    ("38", "alpha OR beta AND gamma", 0, "alpha OR (beta AND gamma)"),
    ("41", "mouse NOT cat OR dog", 0, "(mouse AND NOT cat) OR dog"),
    ("44", "ti:graph neural", 9, "ti:(graph neural)"),
    ("65", "cats and dogs", 5, "quote the phrase"),
    ("67", "theory of mind", 7, "quote the phrase"),
    ("69", '"OR"', 0, "no operator"),
    ("78", "alpha - beta", 6, "passed over"),
    ("85", "AIDS", 0, "{AIDS}"),
    ("92", "graph not neural", 6, "write NOT"),
    ("95", "O(n)", 1, "quote it"),
]


@pytest.mark.parametrize(("rule", "given", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_match(rule: str, given: Paper, expected: bool) -> None:
    query = parse(rule)
    assert query.matches(given) == expected
    assert bool(query.hits(given)) <= expected


@pytest.mark.parametrize(("rule", "position", "what"), [pytest.param(*case[1:], id=case[0]) for case in ERRORS])
def test_error(rule: str, position: int, what: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(rule)
    assert caught.value.position == position
    assert what in str(caught.value)
    assert caught.value.mend


@pytest.mark.parametrize(("rule", "position", "what"), [pytest.param(*case[1:], id=case[0]) for case in HINTS])
def test_hint(rule: str, position: int, what: str) -> None:
    assert [hint.position for hint in parse(rule).hints if what in hint.what] == [position]


def test_4_with_expand() -> None:
    expanded = parse("LLM", expand={"LLM": ["large language model"]})
    assert expanded.matches(text("large language models"))
    assert expanded.matches(text("LLMs"))
