"""Authors as publishers pack them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.feeds.creators import split_creators


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        (["Ada Quill", "Bo Rye"], ["Ada Quill", "Bo Rye"]),
        (["Inoda, Toshio"], ["Toshio Inoda"]),
        (["Sant’Ana, Josué", "de Araujo, Mayara R."], ["Josué Sant’Ana", "Mayara R. de Araujo"]),
        (["Brandão S, Saeedi H, Brandt A."], ["Brandão S", "Saeedi H", "Brandt A"]),
        (["García-Castaño J, Balao F, Lorenzo M, et al. "], ["García-Castaño J", "Balao F", "Lorenzo M"]),
        (["Ada Quill, Bo Rye and Cy Fenn"], ["Ada Quill", "Bo Rye", "Cy Fenn"]),
        (["Ada Quill, Bo Rye"], ["Ada Quill", "Bo Rye"]),
        (["\n  Ada Quill, \n  Bo Rye,\n Cy Fenn \n"], ["Ada Quill", "Bo Rye", "Cy Fenn"]),
        (["张三;李四;王五"], ["张三", "李四", "王五"]),
        (["Quill, Ada; Rye, Bo"], ["Ada Quill", "Bo Rye"]),
        (["Quill, A., Rye, B. C."], ["A. Quill", "B. C. Rye"]),
        (["<b>Ada</b> &amp;c"], ["Ada &c"]),
        (["Ada Quill", "Ada Quill"], ["Ada Quill"]),
        (["COIN Collaboration"], ["COIN Collaboration"]),
        ([], []),
    ],
)
def test_names_come_apart(raw: list[str], names: list[str]) -> None:
    assert [author.name for author in split_creators(raw)] == names


@given(st.lists(st.text("aB ,;.\n&-é", max_size=30), max_size=4))
def test_no_list_of_names_is_too_odd(raw: list[str]) -> None:
    assert all(author.name for author in split_creators(raw))
