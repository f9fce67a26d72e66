"""Scripts without spaces are compared by what a reader takes for one sign: no mark of a diff begins or ends within it."""

import itertools
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.alignment import Budget
from archive.diff import diff_texts
from archive.diff_forms import to_columns
from archive.model import Article
from archive.wording import compare_words, split_signs, split_words


@pytest.mark.parametrize(
    "signs",
    [
        "เพื่อ น บ้า น",  # a vowel on three sides of its consonant
        "เปลี่ย น แป ล ง",
        "หั ว เราะ แพะ เลือ ก",
        "จั น ทร์",  # the last is not spoken
        "น้ำ ท่ ว ม",
        "ເຮົາ ໄດ້ ວຽ ກ ຖະ",
        "ខ្ញុំ ស្រ ឡា ញ់ ក ម្ពុ ជា",  # letters below letters
        "ព្រះ ម ហា ក្ស ត្រ",
        "မြန် မာ နိုင် ငံ တော်",  # whole syllables: Burmese shows where they end
        "မန္တ လေး အင်္ဂ လိပ် ယောက်ျား",
        "👨‍👩‍👧 🇹🇭 👍🏽 ❤️",
    ],
)
def test_signs_are_kept_whole(signs: str) -> None:
    assert split_words(signs.replace(" ", "")) == signs.split(" ")
    assert split_signs(signs.replace(" ", "")) == signs.split(" ")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("น้ำท่วมบ้าน", "น้ำท่วมป่า", "น้ำท่วม[-บ้าน-]{+ป่า+}"),
        ("ខ្ញុំទៅ", "ខ្ញំទៅ", "[-ខ្ញុំ-]{+ខ្ញំ+}ទៅ"),
        ("ကျွန်တော်သွား", "ကျွန်မသွား", "ကျွန်[-တော်-]{+မ+}သွား"),
        ("He sent 👍🏽 twice", "He sent 👍🏿 twice", "He sent [-👍🏽-]{+👍🏿+} twice"),
    ],
)
def test_marks_show_whole_signs(old: str, new: str, expected: str) -> None:
    marks = {"equal": "{}", "delete": "[-{}-]", "insert": "{{+{}+}}"}
    assert "".join(marks[op].format(text) for op, text in compare_words(old, new, Budget(10_000))) == expected


_letters = st.text(
    alphabet=st.characters(min_codepoint=0x0E00, max_codepoint=0x109F, exclude_categories=("Cn",))
    | st.characters(min_codepoint=0x1780, max_codepoint=0x17FF, exclude_categories=("Cn",))
    | st.sampled_from("\u200b\u200d\ufe0f 1a.👍🏽")
)


@given(_letters)
def test_nothing_is_lost(text: str) -> None:
    assert "".join(split_words(text)) == text
    assert "".join(split_signs(text)) == text


@given(st.text("กขรลวน\u0e31\u0e34\u0e35\u0e37\u0e48\u0e4cเแะาำยอ", min_size=1), st.text("กขม\u17d2\u17bbកម"))
def test_no_mark_is_parted_from_its_letter(thai: str, more: str) -> None:
    pieces = split_words("ก" + thai + more)
    parted = [
        (before, piece)
        for before, piece in itertools.pairwise(pieces)
        if unicodedata.category(piece[0])[0] == "M" and before[-1] in "กขรลวนยอมកម"
    ]
    assert parted == []


def test_hostile_runs_take_no_time() -> None:
    for run in (
        "\u0e48" * 100_000,
        "เ" * 100_000,
        "က္" * 50_000,
        "ក្" * 50_000,
        "👍\u200d" * 50_000,
        "เก" * 50_000 + "า",
    ):
        assert "".join(split_words(run)) == run
        assert "".join(split_signs(run)) == run
    old, new = Article(url="u", text="က္" * 20_000), Article(url="u", text="က္" * 20_001)
    assert diff_texts(old, new).changed


def test_lines_of_a_terminal_are_not_broken_within_a_sign() -> None:
    word = "ကြောင့်" * 30
    lines = to_columns(diff_texts(Article(url="u", text=word), Article(url="u", text=word + "က")), 80).splitlines()
    assert len(lines) >= 3
    for line in lines[1:]:
        for cell in line.split("│"):
            assert not cell.strip() or unicodedata.category(cell.strip().lstrip("[-{+")[0])[0] != "M"
