"""Every reader is bounded: no page breaks one, or keeps it busy for long."""

import time

import pytest

from pipelines.extract.agreement import read_by_agreement
from pipelines.extract.body import blocks_of
from pipelines.extract.boilerplate import remove_boilerplate
from pipelines.extract.parsing import parse
from pipelines.extract.readers import READERS, Page, bag_of, read_with_trafilatura
from pipelines.extract.tree import drop_silent

PARAGRAPH = "<p>The council heard on Tuesday why the old bridge must close for nine months, and who pays for it.</p>"
LINK = "<a href=/x>A link to some other story of the day</a> "
HOSTILE = {
    "a million nested tags": "<div>" * 1_000_000 + PARAGRAPH,
    "nested inline tags": "<b>a" * 200_000 + PARAGRAPH,
    "nested lists": "<ul><li>x" * 100_000,
    "nested tables": "<table><tr><td>x" * 50_000,
    "deep and wide": "<div>" * 200 + PARAGRAPH * 2_000,
    "five megabytes of paragraphs": f"<article>{PARAGRAPH * (5_000_000 // len(PARAGRAPH))}</article>",
    "a hundred thousand links": f"<div>{LINK * 100_000}{PARAGRAPH * 10}</div>",
    "line breaks": f"<div>{'a line of text here<br>' * 50_000}</div>",
    "as many classes as elements": "".join(f"<div class=c{n}>{PARAGRAPH}</div>" for n in range(2_000)),
    "nothing": "",
}


def page(body: str) -> Page:
    tree = parse(f"<html><body>{body}</body></html>".encode())
    assert tree is not None
    drop_silent(tree)
    remove_boilerplate(tree)
    return Page(tree=tree, blocks=blocks_of(tree), url="https://news.example.org/1")


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_page_breaks_a_reader_or_keeps_it_busy(body: str) -> None:
    found = page(body)
    for read in READERS["best"].values():
        began = time.process_time()
        read(found)
        assert time.process_time() - began < 10
    assert read_by_agreement(found).failed == ()


def test_trafilatura_is_spared_pages_that_would_take_it_minutes() -> None:
    assert read_with_trafilatura(page(f"{PARAGRAPH}{'<i>x</i>' * 30_000}")).lines == ()
    assert read_with_trafilatura(page(PARAGRAPH * 3)).lines != ()


def test_trafilaturas_last_resort_is_no_reading() -> None:
    """Of a short story it gives all of the page in one line."""
    lines = "<p>港口的旧桥今天重新开放，市长骑车走在最前面。</p><p>孩子们跟在后面，唱着歌。</p><p>修桥用了九个月。</p>"
    story = f"<article><h1>旧桥开放</h1><section><button>字号</button>{lines * 3}</section></article>"
    assert read_with_trafilatura(page(story)).lines == ()


def test_fast_readers_are_a_part_of_the_best() -> None:
    assert READERS["fast"].keys() < READERS["best"].keys()


def test_words_of_scripts_without_spaces_are_characters() -> None:
    assert bag_of("Die Brücke, die brücke 旧桥") == {"die": 2, "brücke": 2, "旧": 1, "桥": 1}
