"""A folded line and what folding changed give the line back, whatever is written in it."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from archive.index.folding import fold
from archive.index.places import find_places
from archive.index.unfolding import Unfolding

ODD = "aB_ 水，カ한글'-\u200c\u00adßİŁ\u0301ีท.I\u0131çŒ…ｶﾞﷺ½\u0958क़ёЁأيﻻ\U0001d400"


@given(st.one_of(st.text(max_size=60), st.text(ODD, max_size=60)))
def test_a_line_comes_back_as_it_was(text: str) -> None:
    folded = fold(text)
    unfolding = Unfolding.of(text, folded)
    assert (folded if unfolding is None else unfolding.restore(folded)[0]) == text


@given(st.text(ODD, min_size=1, max_size=60), st.data())
def test_a_stretch_is_found_where_it_was(text: str, data: st.DataObject) -> None:
    folded = fold(text)
    unfolding = Unfolding.of(text, folded)
    assume(unfolding is not None and folded)
    assert unfolding is not None
    start = data.draw(st.integers(0, len(folded) - 1))
    end = data.draw(st.integers(start + 1, len(folded)))
    restored, [span] = unfolding.restore(folded, [(start, end)])
    assert restored == text
    assert span == find_places(text).original_span(start, end)


@given(st.text("aB_ 水カçŁЁأيI\u0131", min_size=1, max_size=60), st.data())
def test_a_part_is_restored_alone(text: str, data: st.DataObject) -> None:
    folded = fold(text)
    unfolding = Unfolding.of(text, folded)
    assume(unfolding is not None)
    assert unfolding is not None
    assert not unfolding.widths
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    part = unfolding.restore_part(folded, start, end)
    assert part == folded[:start] + text[start:end] + folded[end:]


@pytest.mark.parametrize("line", ["\u1100\u200d\u1161 end", "가\xad\u200b\u11a8 ß", "e\xad\u0301ß\u200b\u200b x"])
def test_signs_behind_what_is_dropped_belong_to_the_letter_before_it(line: str) -> None:
    unfolding = Unfolding.of(line, fold(line))
    assert unfolding
    assert unfolding.restore(fold(line))[0] == line
