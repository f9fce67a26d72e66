"""A diff as a reader sees it: in two columns, as HTML; whatever a page holds, it steers no terminal and brings no markup."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from archive.diff import Diff, diff_texts
from archive.diff_forms import to_columns, to_html, to_page, to_unified
from archive.model import Article, Image

OLD = "The bridge will close for three weeks in June.\nFerries run all night.\nLorries take the long road."
NEW = "Ferries run all night.\nThe bridge will close for five weeks in June.\nCorrection: an earlier version of this story said three."


def body(old: str, new: str, **fields: object) -> Diff:
    article = Article(url="u", text=old)
    return diff_texts(article, Article(url="u", text=new, **fields))  # type: ignore[arg-type]


def test_two_columns() -> None:
    diff = body("Two people fled the burning house.\nRain fell.", "Six people fled the burning house.\nRain fell.")
    assert to_columns(diff, 43) == (
        "  paragraph 1, edited\n"
        "[-Two-] people fled  │ {+Six+} people fled\n"
        "the burning house.   │ the burning house.\n"
        "Rain fell.           │ Rain fell.\n"
    )


def test_wide_letters_take_two_columns() -> None:
    shown = to_columns(body("昨天有三人在火灾中受伤。" * 3, "昨天有五人在火灾中受伤。" * 3), 61).splitlines()[1:]
    assert {cell_len(line.partition(" │ ")[0]) for line in shown} == {29}
    assert all(cell_len(line) <= 61 for line in shown)


def test_columns_have_colours_only_where_asked() -> None:
    diff = body("Two people fled.", "Six people fled.")
    assert "\x1b" not in to_columns(diff, 80)
    assert "\x1b[31m[-Two-]\x1b[0m people fled." in to_columns(diff, 80, color=True)


def test_a_narrow_terminal_gets_lines() -> None:
    diff = body("Two people fled.", "Six people fled.")
    assert to_columns(diff, 30) == to_unified(diff)


def test_notices_moves_and_pictures_are_named() -> None:
    diff = body(
        OLD, NEW, dateline="PORT ELDER", images=(Image(url="https://img.example/a.jpg", caption="The bridge."),)
    )
    shown = to_unified(diff)
    assert "dateline: {+PORT ELDER+}" in shown
    assert "picture: {+The bridge.+}" in shown
    assert "paragraph 2, moved and edited, from 1" in shown or "paragraph 1, moved, from 2" in shown
    assert "correction notice (paragraph 3), new" in shown
    assert 'class="insert correction"' in to_html(diff)


def test_a_page_needs_nothing_else() -> None:
    page = to_page(body(OLD, NEW), "<Bridge>", ["--- version 1", "+++ version 2"])
    assert page.startswith("<!DOCTYPE html>")
    assert "<title>&lt;Bridge&gt;</title>" in page
    assert not re.search(r"(src|href)=|<script|@import|url\(", page)
    assert "default-src 'none'" in page


class Tags(HTMLParser):
    """What a browser finds: tags that are open, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        assert {name for name, _ in attrs} <= {"class", "dir", "data-from"}

    def handle_data(self, data: str) -> None:
        self.text += data


HOSTILE = st.text(
    st.one_of(
        st.sampled_from("<>&\"'=/ \n\x1b[\x07\x9b\u202e\u2066\u2028\r\t三ก\u0301ab"), st.characters(codec="utf-8")
    ),
    max_size=40,
)
TEXTS = st.tuples(HOSTILE, HOSTILE)
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@given(TEXTS, TEXTS, st.integers(40, 90))
def test_no_text_steers_a_terminal(bodies: tuple[str, str], headlines: tuple[str, str], width: int) -> None:
    old, new = (Article(url="u", text=text, headline=head) for text, head in zip(bodies, headlines, strict=True))
    diff = diff_texts(old, new)
    for shown in (to_unified(diff), to_columns(diff, width)):
        assert not STEERING.search(shown)
    for shown in (to_unified(diff, color=True), to_columns(diff, width, color=True)):
        assert not STEERING.search(re.sub(r"\x1b\[(31|32|0)m", "", shown))


@given(TEXTS, TEXTS)
def test_no_text_becomes_markup(bodies: tuple[str, str], headlines: tuple[str, str]) -> None:
    old, new = (Article(url="u", text=text, headline=head) for text, head in zip(bodies, headlines, strict=True))
    diff = diff_texts(old, new)
    assert Tags(to_html(diff)).found <= {"p", "ins", "del"}
    main = to_page(diff, headlines[1]).partition("<main>")[2].partition("</main>")[0]
    assert Tags(main).found <= {"p", "ins", "del"}


@pytest.mark.parametrize("text", ["<img src=x onerror=alert(1)>", "</p><script>alert(1)</script>", '" onload="x'])
def test_hostile_markup_is_text(text: str) -> None:
    assert text in Tags(to_html(body("a", text))).text
