"""Filters that are no expressions are compared as what they are: with the same outcome."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.web.cdx_filter import PatternTest, _test
from archive.web.pattern import Pattern

WORDS = st.text(alphabet=string.ascii_letters[:4] + "0/:-_ ", max_size=4)


@pytest.mark.parametrize("kind", ["whole", "begins"])
@given(value=WORDS, text=WORDS, is_wanted=st.booleans())
def test_literal_expressions_are_compared(kind: str, value: str, text: str, is_wanted: bool) -> None:
    test = _test(lambda _row: text, kind, value, is_wanted)
    assert not isinstance(test, PatternTest)
    assert test(None) is (Pattern(value, whole=kind == "whole").matches(text) is is_wanted)


@pytest.mark.parametrize("value", ["2..", "(?i)a", "a|b", "a*", "a+", "[ab]", "a{2}", "^a", "a$", r"\d", "é", "a?"])
def test_other_expressions_are_told_apart(value: str) -> None:
    assert isinstance(_test(lambda _row: "", "whole", value, True), PatternTest)
