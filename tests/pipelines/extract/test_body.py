"""A reader's lines find their places on the page, and what it lost between them comes back."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from pipelines.extract.blocks import MAX_DEPTH, cut_blocks, key_of
from pipelines.extract.body import _align, blocks_of, lay_over
from pipelines.extract.parsing import parse

LINES = [f"Paragraph number {i} stands here for everyone to read." for i in range(5)]


def page(*blocks: str) -> html.HtmlElement:
    return html.document_fromstring("<html><body><div>" + "".join(blocks) + "</div></body></html>")


def texts(tree: html.HtmlElement, lines: list[str]) -> list[str]:
    return [line.text for line in lay_over(blocks_of(tree), tuple(lines)).lines]


def paragraphs(lines: list[str]) -> list[str]:
    return [f"<p>{line}</p>" for line in lines]


def test_a_lost_subhead_comes_back() -> None:
    tree = page(*paragraphs(LINES[:2]), "<h3>A bare subhead</h3>", *paragraphs(LINES[2:]))
    assert texts(tree, LINES) == [*LINES[:2], "A bare subhead", *LINES[2:]]


def test_a_lost_paragraph_comes_back_but_links_and_strangers_do_not() -> None:
    tree = page(
        *paragraphs(LINES[:2]),
        "<p>Short.</p>",
        "<p><a href=/x>Another story</a></p>",
        "<aside><p>A box</p></aside>",
        *paragraphs(LINES[2:]),
    )
    assert texts(tree, LINES) == [*LINES[:2], "Short.", *LINES[2:]]


def test_lines_take_the_pages_own_characters() -> None:
    tree = page(*paragraphs(["می‌رود و می‌آید", *LINES]))
    assert texts(tree, ["میرود و میآید", *LINES])[0] == "می‌رود و می‌آید"


def test_lines_that_are_no_blocks_stay_as_they_are() -> None:
    tree = page("<table><tr><td>One</td><td>Two</td></tr></table>", *paragraphs(LINES))
    assert texts(tree, ["One Two", *LINES]) == ["One Two", *LINES]


def test_a_line_that_stands_twice_on_the_page_is_taken_once() -> None:
    tree = page("<h1>The headline</h1>", *paragraphs(LINES), "<h4>The headline</h4>")
    assert texts(tree, ["The headline", *LINES]) == ["The headline", *LINES]


def test_blocks_end_at_block_elements_and_breaks() -> None:
    tree = html.document_fromstring(
        "<body>a <i>b</i><div>c<p>d<br>e <a href=x>link</a></p>f</div><script>no</script>g</body>"
    )
    blocks = cut_blocks(tree)
    assert [block.text for block in blocks] == ["a b", "c", "d", "e link", "f", "g"]
    assert blocks[3].tag == "p"
    assert blocks[3].link_chars == 4


def test_deep_nesting_does_not_end_in_recursion() -> None:
    tree = html.document_fromstring("<body>" + "<span>" * 5000 + "deep")
    assert cut_blocks(tree) is not None


@pytest.mark.parametrize("tag", ["span", "div"])
def test_nesting_as_deep_as_is_cut_leaves_half_of_the_stack_to_the_caller(tag: str) -> None:
    tree = parse(f"<body>first{f'<{tag}>' * MAX_DEPTH * 2}deep".encode())
    assert tree is not None

    def called_from(frames: int) -> int:
        return called_from(frames - 1) if frames else len(cut_blocks(tree))

    assert called_from(400) == 1


@given(st.lists(st.sampled_from("abcde"), max_size=12), st.lists(st.sampled_from("abcdefg"), max_size=20))
def test_alignment_rises_and_matches(lines: list[str], blocks: list[str]) -> None:
    places = _align(lines, blocks)
    assert all(place is None or blocks[place] == line for line, place in zip(lines, places, strict=True))
    known = [place for place in places if place is not None]
    assert all(first < second for first, second in pairwise(known))


@given(st.lists(st.text("ab c", min_size=1, max_size=4).map(str.strip).filter(bool), unique=True, max_size=30))
def test_lines_that_are_the_blocks_align_with_all_of_them(lines: list[str]) -> None:
    keys = [key_of(line) + str(i) for i, line in enumerate(lines)]
    assert _align(keys, keys) == list(range(len(keys)))
