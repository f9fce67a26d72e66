import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.diff import Diff, diff_texts, new_text, old_text, similarity
from archive.diff_forms import to_html, to_json, to_unified
from archive.model import Article
from archive.wording import common_space, split_words


def article(text: str = "", **fields: object) -> Article:
    return Article(url="https://news.example/a", text=text, **fields)  # type: ignore[arg-type]


def body_diff(old: str, new: str) -> Diff:
    return diff_texts(article(old), article(new))


def marked(old: str, new: str) -> str:
    """The one changed paragraph, with its words marked."""
    return to_unified(body_diff(old, new)).splitlines()[-1]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("Two people fled the town.", "Six people fled the town.", "[-Two-]{+Six+} people fled the town."),
        ("It cost 3,000 dollars at 10:30.", "It cost 3,500 dollars at 10:45.", None),
        ("The mayor said so.", "The mayor, a lawyer, said so.", "The mayor{+, a lawyer,+} said so."),
        ("house of brick fell", "tower of steel fell", "[-house of brick-]{+tower of steel+} fell"),
        ("وصل ثلاثة عمال إلى المصنع.", "وصل أربعة عمال إلى المصنع.", "وصل [-ثلاثة-]{+أربعة+} عمال إلى المصنع."),
        ("پل دیروز بسته می‌شود.", "پل دیروز باز می‌شود.", "پل دیروز [-بسته-]{+باز+} می‌شود."),
        ("昨天有三人受伤。", "昨天有五人受伤。", "昨天有[-三-]{+五+}人受伤。"),
        ("駅前で火事がありました。", "駅前で大きな火事がありました。", "駅前で{+大きな+}火事がありました。"),
        ("다리가 어제 닫혔다.", "다리가 오늘 닫혔다.", "다리가 [-어제-]{+오늘+} 닫혔다."),
        ("สะพานปิดเมื่อวาน", "สะพานเปิดเมื่อวาน", "สะพาน[-ปิ-]{+เปิ+}ดเมื่อวาน"),
        ("Мост закрыли вчера.", "Мост открыли вчера.", "Мост [-закрыли-]{+открыли+} вчера."),
        ("Köprü dün kapandı.", "Köprü dün açıldı.", "Köprü dün [-kapandı-]{+açıldı+}."),
    ],
)
def test_words_that_changed_are_marked(old: str, new: str, expected: str | None) -> None:
    expected = expected or "It cost [-3,000-]{+3,500+} dollars at [-10:30-]{+10:45+}."
    assert marked(old, new) == expected


FIRST = "The river rose above the old mark on Monday night."
SECOND = "Farmers moved their cattle to the hills before dawn."
THIRD = "The ministry promised new dykes within two years."


def test_a_new_and_a_gone_paragraph_leave_the_others_equal() -> None:
    diff = body_diff(f"{FIRST}\n{SECOND}", f"{FIRST}\n{THIRD}")
    assert [(hunk.op, hunk.old, hunk.new) for hunk in diff.body] == [
        ("equal", 0, 0),
        ("delete", 1, None),
        ("insert", None, 1),
    ]


def test_a_moved_paragraph_is_no_edit() -> None:
    diff = body_diff(f"{FIRST}\n{SECOND}\n{THIRD}", f"{THIRD}\n{FIRST}\n{SECOND}")
    assert [(hunk.op, hunk.old, hunk.new) for hunk in diff.body] == [("move", 2, 0), ("equal", 0, 1), ("equal", 1, 2)]
    assert diff.changed


def test_a_moved_and_edited_paragraph_shows_both() -> None:
    edited = THIRD.replace("two", "five")
    diff = body_diff(f"{FIRST}\n{SECOND}\n{THIRD}", f"{edited}\n{FIRST}\n{SECOND}")
    assert diff.body[0].op == "move"
    assert [span.text for span in diff.body[0].spans if span.op != "equal"] == ["two", "five"]


def test_an_edited_paragraph_is_found_among_new_ones() -> None:
    diff = body_diff(f"{FIRST}\n{SECOND}", f"{FIRST}\n{THIRD}\n{SECOND.replace('dawn', 'noon')}")
    assert [hunk.op for hunk in diff.body] == ["equal", "insert", "replace"]


def test_fields_are_told_apart_from_the_body() -> None:
    old = article(FIRST, headline="River rises", standfirst=None, authors=("Ann Lee", "Bo Chu"))
    new = article(FIRST, headline="River falls", standfirst="A wet week.", authors=("Ann Lee", "Cy Day"))
    diff = diff_texts(old, new)
    assert to_unified(diff).splitlines()[:3] == [
        "headline: River [-rises-]{+falls+}",
        "standfirst: {+A wet week.+}",
        "authors: Ann Lee; [-Bo Chu-]; {+Cy Day+}",
    ]
    assert all(hunk.op == "equal" for hunk in diff.body)


def test_nothing_changed() -> None:
    diff = diff_texts(article(FIRST, headline="River"), article(FIRST, headline="River"))
    assert not diff.changed
    assert to_unified(diff) == ""


def test_unified_leaves_out_what_is_far_from_a_change() -> None:
    lines = [f"Paragraph {number} stands here unchanged." for number in range(9)]
    shown = to_unified(body_diff("\n".join(lines), "\n".join([*lines[:4], THIRD, *lines[4:]]))).splitlines()
    assert shown == [
        "  … 3 unchanged",
        lines[3],
        "  paragraph 5, new",
        "{+" + THIRD + "+}",
        lines[4],
        "  … 4 unchanged",
    ]


def test_colour_and_no_control_character_of_the_page() -> None:
    diff = body_diff("one \x1b[2J\x07 two", "one \x1b[2J\x07 \u202esix")
    shown = to_unified(diff, color=True)
    assert "\x1b[31m[-two-]\x1b[0m" in shown
    assert "\x1b[2J" not in shown
    assert "\x07" not in shown
    assert "\u202e" not in shown


def test_html_is_escaped_and_turns_with_its_script() -> None:
    diff = diff_texts(article('<b>"old"</b>', headline="a"), article("<script>alert(1)</script>", headline="<i>"))
    html = to_html(diff)
    assert "<script>" not in html
    assert "<b>" not in html
    assert '<p class="headline" dir="auto"><del>a</del><ins>&lt;i&gt;</ins></p>' in html
    assert html.count("dir=") == html.count("<p")


def test_json_has_every_field() -> None:
    assert json.loads(to_json(body_diff("Ann fled home.", "Bob fled home."))) == {
        "headline": [],
        "standfirst": [],
        "authors": [],
        "body": [
            {
                "op": "replace",
                "old": 0,
                "new": 0,
                "spans": [
                    {"op": "delete", "text": "Ann"},
                    {"op": "insert", "text": "Bob"},
                    {"op": "equal", "text": " fled home."},
                ],
                "role": "text",
            }
        ],
        "dateline": [],
        "images": [],
        "significance": 0.091,
    }


def test_similarity_ignores_order_and_spelling() -> None:
    assert similarity(f"{FIRST}\n{SECOND}", f"{SECOND}\n{FIRST.upper()}") == 1.0
    assert similarity("", "") == 1.0
    assert similarity(FIRST, "") == 0.0
    assert similarity("كتاب علي", "کتاب علی") == 1.0
    assert 0.6 < similarity("昨天有三人受伤。", "昨天有五人受伤。") < 1.0
    assert similarity(FIRST, THIRD) < 0.5


PARAGRAPH = st.one_of(
    st.sampled_from([FIRST, SECOND, THIRD, FIRST.replace("Monday", "Friday"), "", "a", "a b", "三人受伤。"]),
    st.text(st.sampled_from("ab c三五.,\u200c\u0e1b\u0e34\u0301"), max_size=12),
    st.text(st.characters(blacklist_characters="\n"), max_size=12),
)
TEXT = st.lists(PARAGRAPH, max_size=8).map("\n".join)


@settings(max_examples=300)
@given(TEXT, TEXT)
def test_a_diff_holds_both_texts(old: str, new: str) -> None:
    diff = body_diff(old, new)
    assert old_text(diff) == old
    assert new_text(diff) == new
    assert diff.changed == (old != new)
    assert all(span.text for hunk in diff.body for span in hunk.spans)
    assert [hunk.new for hunk in diff.body if hunk.new is not None] == list(range(len(new.split("\n")) if new else 0))


@given(st.lists(st.sampled_from("abcd")), st.lists(st.sampled_from("abcd")))
def test_authors_come_back_too(old: list[str], new: list[str]) -> None:
    spans = diff_texts(article(authors=tuple(old)), article(authors=tuple(new))).authors
    assert [span.text for span in spans if span.op != "insert"] == old
    assert [span.text for span in spans if span.op != "delete"] == new


def hostile_texts() -> dict[str, tuple[str, str]]:
    return {
        "one paragraph of numbers": (" ".join(map(str, range(60_000))), " ".join(map(str, range(60_000, 0, -1)))),
        "two letters": ("ab" * 100_000, "ba a" * 60_000),
        "many paragraphs": (
            "\n".join(f"a{i} b c d" for i in range(4_000)),
            "\n".join(f"c{i} d b e" for i in range(4_000)),
        ),
        "empty lines": ("\n" * 200_000, "\n" * 150_000 + "x" + "\n" * 9),
        "reversed": ("\n".join(map(str, range(30_000))), "\n".join(map(str, range(30_000, 0, -1)))),
        "long alike": (
            "\n".join(["a b c d " * 200 + str(i) for i in range(200)]),
            "\n".join(["b a d c " * 200 + str(i) for i in range(200)]),
        ),
        "each edited": (
            "\n".join(f"The ferry number {i} left the quay at noon with mail." for i in range(10_000)),
            "\n".join(f"The ferry number {i} left the quay at night with mail." for i in range(10_000)),
        ),
        "a megabyte": ("A word, and 3 more. " * 50_000, "Word, and 4 others; " * 50_000),
        "marks": ("\u0301" * 100_000, "a" + "\u0301" * 100_000),
        "digits": ("1," * 100_000, "1." * 100_000),
    }


@pytest.mark.parametrize("name", hostile_texts())
def test_hostile_texts_cost_seconds_at_most(name: str) -> None:
    old, new = hostile_texts()[name]
    began = time.thread_time()
    diff = body_diff(old, new)
    assert time.thread_time() - began < 15
    assert (old_text(diff), new_text(diff)) == (old, new)


_spaced = st.text(alphabet="ab é\u0301ا中ท.\u00a0 1,", max_size=30)


@given(_spaced, _spaced, _spaced, _spaced)
def test_what_is_left_out_of_a_comparison_cuts_no_word(head: str, old: str, new: str, tail: str) -> None:
    old, new = head + old + tail, head + new + tail
    start, end = common_space(old, new)
    assert old[:start] == new[:start]
    assert old[len(old) - end :] == new[len(new) - end :]
    assert start + end <= min(len(old), len(new))
    for text in (old, new):
        parts = (text[:start], text[start : len(text) - end], text[len(text) - end :])
        assert [piece for part in parts for piece in split_words(part)] == split_words(text)
