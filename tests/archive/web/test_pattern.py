"""Expressions of strangers, held against Python's own engine."""

import random
import re
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import QueryInvalid
from archive.web.pattern import Pattern

# Expressions without what the two engines see differently.
ATOMS = st.sampled_from(
    ["a", "b", "c", ".", "[ab]", "[^a]", r"\d", r"\w", "(a|b)", "(?:ab|c)", "(a|ab)", "^", "$", r"\."]
)
REPEATS = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{1,2}", "{1,}", "*?"])
PARTS = st.builds(lambda atom, repeat: atom if atom in "^$" else atom + repeat, ATOMS, REPEATS)
SEQUENCES = st.lists(PARTS, max_size=5).map("".join)
EXPRESSIONS = st.lists(SEQUENCES, min_size=1, max_size=3).map("|".join)


@given(prefix=st.sampled_from(["", "(?i)"]), parts=EXPRESSIONS, text=st.text(alphabet="abcAB1.", max_size=8))
def test_matches_what_python_matches(prefix: str, parts: str, text: str) -> None:
    expression = prefix + parts
    assert Pattern(expression).matches(text) is bool(re.match(expression, text))
    assert Pattern(expression, whole=True).matches(text) is bool(re.fullmatch(expression, text))


@pytest.mark.parametrize(
    ("expression", "text", "found"),
    [
        (r"https?://([^/]*\.)?example\.org(:\d+)?/", "https://www.example.org:8080/a", True),
        ("[^x-z]+$", "abc", True),
        ("[]a]b", "]b", True),
        (r"[\]]", "]", True),
        ("[[a]", "[", True),
        ("[a&&b]", "&", True),
        ("text/(html|plain)$", "text/html", True),
        ("text/(html|plain)$", "text/html5", False),
        ("", "anything", True),
        ("(?i).*[.]PDF$", "/report.pdf", True),
        ("(?i)[^A-C]+$", "xb", False),
        ("(?i)ПОЖАР", "пожар", True),
        ("خبر.*", "خبر تازه", True),
        ("a{0}b", "b", True),
        ("(a|b{0}){0}*c{0,0}+$", "", True),
        ("a{0}{3}b", "ab", False),
    ],
)
def test_examples(expression: str, text: str, found: bool) -> None:
    assert Pattern(expression).matches(text) is found


@pytest.mark.parametrize(
    "expression",
    [
        "(",
        ")",
        "*a",
        "a{3,1}",
        "[z-a]",
        "(?=a)",
        "a(?i)b",
        "(?i:a)",
        r"\1",
        "[a",
        "a" * 201,
        "(" * 11 + ")" * 11,
        "((a{99}){99}){9}",
        "[+--]",
    ],
)
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(QueryInvalid):
        Pattern(expression)


@pytest.mark.parametrize("expression", ["(a+)+$", "(a|a)*$", "a?" * 60 + "a" * 60 + "$", "(a*)*b", "(a|b)*a(a|b){30}$"])
def test_no_expression_takes_long(expression: str) -> None:
    pattern = Pattern(expression)
    began = time.thread_time()
    pattern.matches("a" * 3000 + "c")
    assert time.thread_time() - began < 2


def test_nothing_repeated_is_nothing_and_takes_no_time() -> None:
    began = time.thread_time()
    assert Pattern("(?:a{0}{999}{999}{999}){0}{999}{999}{999}b").matches("b")
    assert time.thread_time() - began < 2


def test_no_expression_takes_much_memory() -> None:
    pattern = Pattern("(a|b)*a(a|b){150}$")
    source = random.Random(1)
    texts = ["".join(source.choice("ab") for _ in range(300)) for _ in range(4)]
    tracemalloc.start()
    try:
        found = [pattern.matches(text) for text in texts]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == [text[-151] == "a" for text in texts]
    assert peak < 20_000_000
