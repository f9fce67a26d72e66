"""Readings are chosen by agreement, and the shape of a page alone finds its article."""

from lxml import html

from pipelines.extract.agreement import choose, read_by_agreement
from pipelines.extract.body import blocks_of
from pipelines.extract.readers import READERS, Page, Reading, read_branch, read_declared, read_paragraphs

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


def test_short_articles_are_still_read() -> None:
    assert choose([reading("a"), reading("b", "Only a line.")]).reading.reader == "b"
    assert choose([reading("a"), reading("b")]).reading.lines == ()


def test_scripts_without_spaces_are_compared_by_character() -> None:
    text = "市议会昨日决定关闭河上的旧桥六个月并公布了由谁来支付这笔费用"
    assert choose([reading("a", text), reading("b", text)]).agreement == 1.0
    assert choose([reading("a", text), reading("b", text[:20])]).agreement > 0.7


def test_the_branch_is_where_the_prose_grows() -> None:
    found = page(
        "<div><p>A teaser of another story, long enough to be prose in its own right, it seems.</p></div>"
        f"<main><section><h2>A subhead</h2>{paragraphs(STORY)}</section><section><a href=/x>More</a></section></main>"
    )
    assert read_branch(found).lines == ("A subhead", *STORY)


def test_an_article_in_pieces_of_one_kind_is_read_whole() -> None:
    pieces = "".join(f"<div class=piece>{paragraphs(STORY[i : i + 2])}</div><hr>" for i in (0, 2, 4))
    found = page(f"<div><div>{pieces}</div><div class=shop>{paragraphs(OTHER[:1])}</div></div>")
    assert read_paragraphs(found).lines == STORY


def test_a_declared_body_loses_its_markup_and_nothing_else() -> None:
    found = page("<p>x</p>", declared="<p>One &amp; two</p><p class='a'>Three <b>four</b>: 1 < 2</p>\nFive")
    assert read_declared(found).lines == ("One & two", "Three four: 1 < 2", "Five")
    assert read_declared(page("<p>x</p>")).lines == ()


def test_no_reader_changes_the_page_or_fails_on_an_empty_one() -> None:
    found = page(f"<article><h1>Bridge</h1>{paragraphs(STORY)}</article><ul><li><a href=/x>x</a></ul>")
    before = html.tostring(found.tree)
    for read in READERS:
        read(found)
        assert html.tostring(found.tree) == before
        read(page(""))
    assert read_by_agreement(found).agreement > 0.9
