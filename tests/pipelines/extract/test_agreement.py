"""Readings are chosen by agreement, whatever a page does to a reader."""

import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html

from pipelines.extract import readers
from pipelines.extract.agreement import choose, cut_where_most_end, read_by_agreement
from pipelines.extract.body import blocks_of
from pipelines.extract.readers import READERS, Page, Reading, read_declared

STORY = tuple(
    f"In paragraph {number} the council heard why the old bridge over the river must close for {number} months, and who pays."
    for number in ("one", "two", "three", "four", "five", "six")
)
OTHER = tuple(
    f"Offer {number}: buy this wonderful machine now and it will brew for years to come." for number in "abcdef"
)


def reading(reader: str, *lines: str) -> Reading:
    return Reading(reader=reader, lines=lines)


def page(body: str, declared: str | None = None) -> Page:
    tree = html.document_fromstring(f"<html><body>{body}</body></html>")
    return Page(tree=tree, blocks=blocks_of(tree), url="https://news.example.org/1", declared_body=declared)


def paragraphs(lines: tuple[str, ...]) -> str:
    return "".join(f"<p>{line}</p>" for line in lines)


def test_the_reading_that_others_share_is_chosen() -> None:
    choice = choose([reading("a", *OTHER), reading("b", *STORY), reading("c", *STORY, "Nothing else.")])
    assert choice.reading.reader == "b"
    assert 0.5 < choice.agreement < 0.7


def test_the_favoured_reader_stays_where_others_agree_little_better() -> None:
    near = [reading("trafilatura", *STORY, "And a closing line."), reading("b", *STORY), reading("c", *STORY)]
    assert choose(near).reading.reader == "trafilatura"
    far = [reading("trafilatura", *OTHER), *near[1:]]
    assert choose(far).reading.reader == "b"


def test_a_reading_of_few_words_has_no_vote() -> None:
    choice = choose([reading("a", *STORY), reading("b", "Read more"), reading("c", "Read more"), reading("d")])
    assert choice.reading.reader == "a"
    assert choice.agreement == 0.0


def test_where_readers_hold_different_parts_the_one_that_holds_all_parts_is_taken() -> None:
    parts = [reading("trafilatura", *STORY[:3]), reading("b", *STORY[:3]), reading("c", *OTHER[:2])]
    assert choose(parts).reading.reader == "trafilatura"
    assert choose([*parts, reading("whole", *STORY, *OTHER)]).reading.reader == "whole"
    assert choose([*parts, reading("resiliparse", *STORY, *OTHER)]).reading.reader == "trafilatura"


def test_short_articles_are_still_read() -> None:
    assert choose([reading("a"), reading("b", "Only a line.")]).reading.reader == "b"
    assert choose([reading("a"), reading("b")]).reading.lines == ()


def test_scripts_without_spaces_are_compared_by_character() -> None:
    text = "市议会昨日决定关闭河上的旧桥六个月并公布了由谁来支付这笔费用"
    assert choose([reading("a", text), reading("b", text)]).agreement == 1.0
    assert choose([reading("a", text), reading("b", text[:20])]).agreement > 0.7


def test_a_declared_body_loses_its_markup_and_nothing_else() -> None:
    found = page("<p>x</p>", declared="<p>One &amp; two</p><p class='a'>Three <b>four</b>: 1 < 2</p>\nFive")
    assert read_declared(found).lines == ("One & two", "Three four: 1 < 2", "Five")
    assert read_declared(page("<p>x</p>")).lines == ()


def test_no_reader_changes_the_page_or_fails_on_an_empty_one() -> None:
    found = page(f"<article><h1>Bridge</h1>{paragraphs(STORY)}</article><ul><li><a href=/x>x</a></ul>")
    before = html.tostring(found.tree)
    for read in READERS["best"].values():
        read(found)
        assert html.tostring(found.tree) == before
        read(page(""))
    assert read_by_agreement(found).agreement > 0.9


def test_what_one_reader_holds_beyond_the_end_of_most_is_cut() -> None:
    tail = ("More from this desk", "A story about something else altogether.")
    found = page(paragraphs((*STORY, *tail)))
    ends = [(*STORY, *tail), STORY, STORY, STORY[:4]]
    assert cut_where_most_end((*STORY, *tail), ends, found.blocks) == STORY
    assert cut_where_most_end((*STORY, *tail), ends[:2], found.blocks) == (*STORY, *tail)
    assert cut_where_most_end((*STORY, "no block", *tail, "nor this"), ends, found.blocks) == (*STORY, "no block")


def test_lines_the_page_repeats_say_nothing_of_where_an_article_ends() -> None:
    found = page(paragraphs(("Share", *STORY, "Share")))
    assert cut_where_most_end((*STORY, "Share"), [(*STORY, "Share")] * 3, found.blocks) == (*STORY, "Share")


def test_a_declared_body_alone_is_taken_only_where_it_is_about_the_page() -> None:
    found = page("<p>Menu</p>", declared="\n".join(STORY))
    assert read_by_agreement(found).reading.lines != STORY
    about = msgspec.structs.replace(found, titles=("Old bridge over the river must close",))
    assert read_by_agreement(about).reading.lines == STORY


@pytest.mark.parametrize(
    "error", [RecursionError(), etree.LxmlError("x"), UnicodeEncodeError("utf-8", "x", 0, 1, "x"), KeyError("x")]
)
def test_a_reader_that_breaks_loses_its_vote_and_not_the_page(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(page: Page) -> Reading:
        raise error

    monkeypatch.setitem(readers.READERS["best"], "trafilatura", breaks)
    choice = read_by_agreement(page(f"<article>{paragraphs(STORY)}</article>"))
    assert choice.reading.lines == STORY
    assert choice.failed == ("trafilatura",)
    assert "trafilatura" not in choice.voters


def test_fast_reads_without_trafilatura() -> None:
    choice = read_by_agreement(page(f"<article>{paragraphs(STORY)}</article>"), "fast")
    assert choice.reading.lines == STORY
    assert choice.voters == ("resiliparse", "branch", "paragraphs")


LINES = st.lists(st.sampled_from([*STORY, *OTHER, "", "Kurz", "市议会昨日决定关闭河上的旧桥"]), max_size=6)


@given(st.dictionaries(st.sampled_from([*READERS["best"], "other"]), LINES, max_size=6), st.randoms())
def test_a_choice_is_total_and_does_not_depend_on_order(texts: dict[str, list[str]], rng: random.Random) -> None:
    found = [reading(name, *lines) for name, lines in sorted(texts.items())]
    choice = choose(found)
    assert choice == choose(found)
    assert 0.0 <= choice.agreement <= 1.0
    assert choice.reading in found or not found
    rng.shuffle(found)
    other = choose(found)
    assert other.agreement == pytest.approx(choice.agreement, abs=0.051)  # equal within what a reader is favoured by
    assert set(other.voters) == set(choice.voters)


@given(LINES, st.lists(LINES, max_size=5))
def test_a_cut_only_shortens(lines: list[str], others: list[list[str]]) -> None:
    blocks = page(paragraphs((*STORY, *OTHER))).blocks
    kept = cut_where_most_end(tuple(lines), others, blocks)
    assert kept == tuple(lines)[: len(kept)]
