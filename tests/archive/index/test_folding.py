import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.index.folding import LONGEST_TOKEN, compounds, fold, patterns_for, tokens
from archive.index.places import Places, find_places, keeps_places

SAME_WORD = [
    ("Quake", "QUAKE"),
    ("Straße", "STRASSE"),
    ("café", "CAFE\u0301"),
    ("Łódź", "lodz"),
    ("Trần Hưng Đạo", "tran hung dao"),
    ("İstanbul", "istanbul"),
    ("ISPARTA", "ısparta"),
    ("Iğdır", "igdir"),
    ("Ёлка", "елка"),
    ("за\u0301мок", "замок"),
    ("Αθήνα", "ΑΘΗΝΑ"),
    ("ὁδός", "οδος"),
    ("كتابٌ", "كتاب"),
    ("العـــربية", "العربيه"),
    ("أخبار إيران آسيا", "اخبار ايران اسيا"),
    ("مستشفى", "مستشفي"),
    ("علي", "علی"),
    ("كشور", "کشور"),
    ("مسئول", "مسیول"),
    ("خانهٔ", "خانه"),
    ("شؤون", "شوون"),
    ("\ufefb", "لا"),
    ("۱۴۰۵", "1405"),
    ("٢٠٢٦", "2026"),
    ("२०२६", "2026"),
    ("שָׁלוֹם", "שלום"),
    ("ｶﾞｿﾘﾝ", "ガソリン"),
    ("Ｎｅｗｓ１２", "news12"),
    ("한국", unicodedata.normalize("NFD", "한국")),
    ("น้ำ", "น้ํา"),
    ("e\u00admail", "email"),
    ("\u202bخبر\u202c", "خبر"),
]


@pytest.mark.parametrize(("left", "right"), SAME_WORD)
def test_spellings_of_one_word_fold_alike(left: str, right: str) -> None:
    assert tokens(left) == tokens(right) != []


@pytest.mark.parametrize(
    ("left", "right"), [("мой", "мои"), ("її", "іі"), ("は", "ば"), ("หา", "ห้า"), ("کتاب", "کتب"), ("की", "का")]
)
def test_different_words_stay_apart(left: str, right: str) -> None:
    assert tokens(left) != tokens(right)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rain, wind & hail: 3,000 homes", ["rain", "wind", "hail", "3", "000", "homes"]),
        ("snake_case", ["snake", "case"]),
        ("地震", ["地震", "震"]),
        ("水", ["水"]),
        ("東京、大阪", ["東京", "京", "大阪", "阪"]),
        ("スーパー・マーケット", ["スー", "ーパ", "パー", "ー", "マー", "ーケ", "ケッ", "ット", "ト"]),
        ("AI時代", ["ai", "時代", "代"]),
        ("서울에서 온", ["서울", "울에", "에서", "서", "온"]),
        ("ข่าว", ["ข่", "่า", "าว", "ว"]),
        ("हिन्दी समाचार।", ["हिन्दी", "समाचार"]),
        ("می‌رود", ["می", "رود"]),
        ("Ankara'da", ["ankara", "da"]),
        ("𠮷野家", ["𠮷野", "野家", "家"]),
        ("", []),
        ("— … !", []),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


def test_words_in_parts_are_also_one_word() -> None:
    assert compounds("می‌شود e‑mail Ankara’da") == ["میشود", "email", "ankarada"]
    assert compounds("two words - apart") == []


def test_an_endless_word_is_cut() -> None:
    assert [len(token) for token in tokens("x" * 150)] == [LONGEST_TOKEN, LONGEST_TOKEN, 150 - 2 * LONGEST_TOKEN]


def spans(text: str) -> list[tuple[str, int, int]]:
    """The tokens of a text, each with its place in the original."""
    folded, places = fold(text), find_places(text)
    found = []
    for match in patterns_for(folded).run.finditer(folded):
        unspaced = match["unspaced"] is not None
        for start in range(match.start(), match.end()) if unspaced else [match.start()]:
            end = min(start + 2, match.end()) if unspaced else match.end()
            found.append((folded[start:end], *places.original_span(start, end)))
    return found


def test_spans_point_into_the_original() -> None:
    text = "گفت: «كتاب‌هايش»، ﷺ در ｶﾞｷﾞ و İzmir"
    found = [(token, text[start:end]) for token, start, end in spans(text)]
    assert found == [
        ("گفت", "گفت"),
        ("کتاب", "كتاب"),
        ("هایش", "هايش"),
        *[(word, "ﷺ") for word in ("صلی", "الله", "علیه", "وسلم")],
        ("در", "در"),
        ("ガギ", "ｶﾞｷﾞ"),
        ("ギ", "ｷﾞ"),
        ("و", "و"),
        ("izmir", "İzmir"),
    ]


TEXT = st.text(st.one_of(st.characters(), st.sampled_from("aé e\u0301ıİßـيكة\u200c'-水道カﾞ\u1100\u1161\u11a8한ำ้_٣ﷺ")))


@given(TEXT)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(TEXT)
def test_spans_are_the_tokens_in_order(text: str) -> None:
    located = spans(text)
    assert [token for token, _, _ in located] == tokens(text)
    assert all(0 <= start < end <= len(text) for _, start, end in located)
    assert [start for _, start, _ in located] == sorted(start for _, start, _ in located)


@given(TEXT)
def test_each_token_is_what_its_own_place_folds_to(text: str) -> None:
    # A cluster is never parted, so its place may fold to more than the token, and never to less.
    assert all(token in fold(text[start:end]) for token, start, end in spans(text))


@given(TEXT)
def test_a_text_that_keeps_its_places_is_one_piece(text: str) -> None:
    if keeps_places(text):
        assert len(fold(text)) == len(text)
        assert find_places(text) == Places([0], [0], [0])


@given(TEXT, TEXT)
def test_tokens_hold_no_space_and_lines_are_independent(left: str, right: str) -> None:
    assert not any(character.isspace() for token in tokens(left) for character in token)
    assert tokens(f"{left}\n{right}") == tokens(left) + tokens(right)
