import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from archive.index.folding import compounds, fold, tokens
from archive.index.query import Leaf, Term, parse_query, pattern, positive_leaves
from archive.index.snippet import LENGTH, make_snippet
from archive.index.sought import Sought


def snippet(text: str, query: str) -> str:
    sought = [Sought.of(leaf) for leaf in positive_leaves(parse_query(query))]
    return make_snippet(text.split("\n"), sought).replace("\x02", "[").replace("\x03", "]")


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("A strong quake. The QUAKE was felt.", "quake", "A strong [quake]. The [QUAKE] was felt."),
        ("Felt in Café Noir.", "cafe", "Felt in [Café] Noir."),
        ("One quake\nMany people fled the quake", "quake people", "Many [people] fled the [quake]"),
        ("aid came; the aid convoy left", '"aid convoy"', "aid came; the [aid] [convoy] left"),
        ("Kara Ankara'da konuştu", "ankarada", "Kara [Ankara'da] konuştu"),
        ("Kadın IĞDIR’a gitti", "ığdır", "Kadın [IĞDIR]’a gitti"),
        ("кот ещё спит", "еще", "кот [ещё] спит"),
        ("أعلنت الوزارة إغلاق المدرسة", "اغلاق المدرسه", "أعلنت الوزارة [إغلاق] [المدرسة]"),
        ("پل بسته می‌شود", "میشود", "پل بسته [می‌شود]"),
        ("پل بسته ميشود", "می‌شود", "پل بسته [ميشود]"),
        ("駅で火事があり、火は消えた", "火事", "駅で[火事]があり、火は消えた"),
        ("駅で火事があり、火は消えた", "火", "駅で[火]事があり、[火]は消えた"),
        ("市长昨天宣布关闭大桥", "关闭大桥", "市长昨天宣布[关闭大桥]"),
        ("서울에서 열린 회의", "서울", "[서울]에서 열린 회의"),
        ("สะพานปิดเมื่อวาน", "ปิด", "สะพาน[ปิด]เมื่อวาน"),
        ("ガソリンの値段 ｶﾞｿﾘﾝ", "ガソリン", "[ガソリン]の値段 [ｶﾞｿﾘﾝ]"),
        ("no such word\nnor here", "quake", "no such word"),
        ("not this, but quake", "quake -this", "not this, but [quake]"),
    ],
)
def test_hits_are_marked_in_the_original(text: str, query: str, expected: str) -> None:
    assert snippet(text, query) == expected


def test_a_long_paragraph_is_cut_around_the_hit() -> None:
    shown = snippet("early words " * 100 + "quake " + "later words " * 100, "quake")
    assert "[quake]" in shown
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert len(shown) <= LENGTH + 4
    assert not shown.startswith("…arly")


def test_a_paragraph_without_end_is_searched_too() -> None:
    shown = snippet("x" * 10_000 + " quake", "quake")
    assert "[quake]" in shown
    assert len(shown) <= LENGTH + 4


def test_marks_of_the_page_are_no_marks() -> None:
    sought = [Sought.of(Leaf(text="quake"))]
    assert make_snippet(["a \x02fake\x03 quake"], sought) == "a fake \x02quake\x03"


def test_no_text_no_snippet() -> None:
    assert make_snippet(["", " "], [Sought.of(Leaf(text="quake"))]) == ""


@given(
    st.text(st.sampled_from("ab 水火カ\u200c'\u0301ß\n"), max_size=600),
    st.sampled_from(["a", "水", "a b", "ab 水火", "ss", "a'b"]),
)
def test_a_snippet_is_text_of_the_article_with_paired_marks(text: str, query: str) -> None:
    shown = make_snippet(text.split("\n"), [Sought.of(leaf) for leaf in positive_leaves(parse_query(query))])
    assert shown.replace("\x02", "").replace("\x03", "").strip("…") in text
    assert [mark for mark in shown if mark in "\x02\x03"] == ["\x02", "\x03"] * shown.count("\x02")
    assert "\x02\x03" not in shown


def holds(text: str, leaf: Leaf) -> bool:
    """Whether the index finds a leaf in a text: the same, said with tokens and positions."""
    terms, joined = pattern(leaf)
    found, together = tokens(text), compounds(text)

    def fits(token: str, term: Term) -> bool:
        return token.startswith(term.text) if term.prefix else token == term.text

    in_place = any(
        all(start + term.offset < len(found) and fits(found[start + term.offset], term) for term in terms)
        for start in range(len(found))
    )
    single = terms[0].text if len(terms) == 1 else None
    return in_place or joined in found or bool({joined, single} & set(together))


LETTERS = "ab1 水火カ한글'-\u200cß\u0301ีท.,I\u0131çß…ｶﾞ"


@given(st.text(LETTERS, max_size=40), st.text(LETTERS, min_size=1, max_size=6))
def test_what_the_index_finds_is_marked(text: str, query: str) -> None:
    leaf = Leaf(text=query)
    assume(tokens(query))
    shown = make_snippet([text], [Sought.of(leaf)])
    if holds(text, leaf):
        assert "\x02" in shown


@given(st.text(LETTERS, max_size=40), st.text("ab1'-I\u0131ç", min_size=1, max_size=5))
def test_nothing_is_marked_but_what_the_index_finds(text: str, query: str) -> None:
    leaf = Leaf(text=query)
    assume(tokens(query))
    if "\x02" in make_snippet([text], [Sought.of(leaf)]):
        assert holds(text, leaf)


@given(st.text(LETTERS, max_size=60), st.sampled_from(["a", "b1", "水", "水火", "ｶﾞ", "ss", "한글"]))
def test_marks_stand_around_what_was_sought(text: str, query: str) -> None:
    shown = make_snippet([text], [Sought.of(Leaf(text=query))])
    for marked in re.findall("\x02([^\x03]*)\x03", shown):
        assert fold(query) in fold(marked).replace("'", "").replace("-", "").replace("\u200c", "")
