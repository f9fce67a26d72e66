import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import QueryInvalid
from archive.index.query import All, Any, Leaf, Node, Not, Term, parse_query, pattern


def word(text: str, field: str | None = None) -> Leaf:
    return Leaf(text=text, field=field)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("quake", word("quake")),
        ("quake AND coast", All((word("quake"), word("coast")))),
        ('"two words" more', All((word("two words"), word("more")))),
        ("“two words”", word("two words")),
        ("«دو کلمه»", word("دو کلمه")),
        ("a OR b c", All((Any((word("a"), word("b"))), word("c")))),
        ("a b OR c OR d", All((word("a"), Any((word("b"), word("c"), word("d")))))),
        ("a -b", All((word("a"), Not(word("b"))))),
        ("a NOT b", All((word("a"), Not(word("b"))))),
        ("a -(b OR c)", All((word("a"), Not(Any((word("b"), word("c"))))))),
        ('a -"b c"', All((word("a"), Not(word("b c"))))),
        ("(a b) OR c", Any((All((word("a"), word("b"))), word("c")))),
        ("headline:quake", word("quake", "headline")),
        ('Author:"Ann Lee"', word("Ann Lee", "author")),
        ("headline:(a OR b) c", All((Any((word("a", "headline"), word("b", "headline"))), word("c")))),
        ("a -source:voa", All((word("a"), Not(word("voa", "source"))))),
        ("（地震 OR 津波）", Any((word("地震"), word("津波")))),
        ("well-known", word("well-known")),
        # What is no syntax is words.
        ('"never closed', word("never closed")),
        ("(a b", All((word("a"), word("b")))),
        ("a) b", All((word("a"), word("b")))),
        ("OR a", word("a")),
        ("a OR", word("a")),
        ("a OR OR b", Any((word("a"), word("b")))),
        ("a & b", All((word("a"), word("b")))),
        ("a () b", All((word("a"), word("b")))),
        ("colour:red", word("colour:red")),
        ("headline: quake", All((word("headline:"), word("quake")))),
        ("and or not", All((word("and"), word("or"), word("not")))),
        ("a - b", All((word("a"), word("b")))),
    ],
)
def test_a_query_is_read(query: str, expected: Node) -> None:
    assert parse_query(query) == expected


@pytest.mark.parametrize(
    "query", ["", " ", "-", "!?", '""', "OR", "()", "-quake", "NOT (a b)", "-a -b", "((", "\ud800"]
)
def test_a_query_without_a_word_to_look_for_is_refused(query: str) -> None:
    with pytest.raises(QueryInvalid, match=r"(?s)^query: .* holds no word to look for \(write at least one word\)$"):
        parse_query(query)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("a " * 10_000, "2000"),
        ("a " * 900, "128 words"),
        ("水" * 500, "128 words"),
        ("(" * 9 + "a" + ")" * 9, "8 deep"),
        ("-(" * 900 + "a", "8 deep"),
    ],
)
def test_a_query_beyond_measure_is_refused(query: str, reason: str) -> None:
    with pytest.raises(QueryInvalid, match=reason) as refused:
        parse_query(query)
    assert len(str(refused.value)) < 120


def test_a_word_of_several_tokens_is_a_phrase() -> None:
    assert pattern(word("O'Neil")).terms == (Term(0, "o"), Term(1, "neil"))
    assert pattern(word("O'Neil")).joined == "oneil"
    assert pattern(word("می‌شود")) == ((Term(0, "می"), Term(1, "شود")), "میشود")
    assert pattern(word("Ann Lee")).joined is None


def test_a_run_without_spaces_is_a_phrase_of_pairs() -> None:
    assert pattern(word("東京都")).terms == (Term(0, "東京"), Term(1, "京都"))
    assert pattern(word("AI時代")).terms == (Term(0, "ai"), Term(1, "時代"))
    assert pattern(word("東京 大阪")).terms == (Term(0, "東京"), Term(2, "大阪"))


def test_two_runs_of_one_character_are_two_terms() -> None:
    assert pattern(Leaf(text="火.火")).terms == (Term(0, "火"), Term(1, "火", prefix=True))


def test_a_single_character_at_the_end_begins_any_pair() -> None:
    assert pattern(word("水")).terms == (Term(0, "水", prefix=True),)
    assert pattern(word("2026年")).terms == (Term(0, "2026"), Term(1, "年", prefix=True))
    assert pattern(word("社 AI")).terms == (Term(0, "社"), Term(1, "ai"))


def refusal(query: str) -> str:
    try:
        parse_query(query)
    except QueryInvalid as refused:
        return str(refused)
    return ""


@given(st.one_of(st.text(max_size=60), st.text('ab"()-: ORNTADheadlinsource水\u200c', max_size=60)))
def test_any_text_is_read_or_refused_in_one_line(query: str) -> None:
    assert len(refusal(query).splitlines()) <= 1
