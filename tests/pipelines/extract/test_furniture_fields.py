"""Captions, datelines and standfirsts leave the text and become fields; lines that repeat a field leave too."""

import time

import pytest

from archive.model import Image
from pipelines.extract import extract_article
from pipelines.extract.parsing import parse
from pipelines.extract.pictures import take_pictures
from pipelines.extract.tree import text_of

URL = "https://news.example.org/a"
BODY = "".join(
    f"<p>Paragraph {i} of the story is long enough to be kept by every reader, and says nothing new.</p>"
    for i in range(8)
)


def read(above: str = "", inside: str = "", head: str = ""):
    page = f"""<html lang="en"><head><title>The bridge is open</title>{head}</head><body>
        <h1>The bridge is open</h1>{above}<article>{inside}{BODY}</article></body></html>"""
    return extract_article(page.encode(), url=URL)


def pictures(inside: str) -> tuple[Image, ...]:
    tree = parse(f"<body><article>{inside}</article></body>".encode())
    assert tree is not None
    found = take_pictures(tree, URL)
    assert "caption" not in text_of(tree)
    return found


@pytest.mark.parametrize(
    ("inside", "image"),
    [
        (
            '<figure><img src="/i.jpg" alt="The caption"><figcaption>The caption</figcaption></figure>',
            Image(url="https://news.example.org/i.jpg", caption="The caption"),
        ),
        (
            '<figure><img data-src="/i.jpg" src="data:image/gif;base64,x"><figcaption><span class="caption">The caption</span>'
            '<span class="credit">Ana Reyes/AP</span></figcaption></figure>',
            Image(url="https://news.example.org/i.jpg", caption="The caption", credit="Ana Reyes/AP"),
        ),
        (
            '<div class="wp-caption"><img srcset="/i.jpg 1x, /j.jpg 2x"><p class="wp-caption-text">The caption</p></div>',
            Image(url="https://news.example.org/i.jpg", caption="The caption"),
        ),
        (
            '<div><div><img src="/i.jpg"></div><div class="field-caption">The caption</div>'
            '<div class="field-credit"><div class="field__label">Photo</div><div>Ana Reyes</div></div></div>',
            Image(url="https://news.example.org/i.jpg", caption="The caption", credit="Ana Reyes"),
        ),
        (
            '<div class="image-field label-visually_hidden"><div class="label visually-hidden">Photo</div><div><img src="/i.jpg"></div>'
            "<div>The caption</div></div>",
            Image(url="https://news.example.org/i.jpg", caption="The caption"),
        ),
        (
            '<figure class="sr-only-off"><img src="/i.jpg"><figcaption><span class="srOnly">Caption of the picture:</span> The caption '
            '<span class="credit"><span class="sr-only">By</span> Ana Reyes</span></figcaption></figure>',
            Image(url="https://news.example.org/i.jpg", caption="The caption", credit="Ana Reyes"),
        ),
        (
            '<figure><img src="/i.jpg"><figcaption><p><span class="sr-only md:not-sr-only">The harbour</span> '
            '<span class="sr-only focus:not-sr-only">Skip this.</span> on Monday</p></figcaption></figure>',
            Image(url="https://news.example.org/i.jpg", caption="The harbour on Monday"),
        ),
    ],
)
def test_captions_and_credits_become_fields(inside: str, image: Image) -> None:
    assert pictures(inside) == (image,)


def test_hidden_words_of_a_sentence_beside_a_caption_stay() -> None:
    box = (
        '<div><img src="/i.jpg"><p class="caption"><span class="sr-only">Photo</span>The caption</p>'
        '<p>It costs <span class="sr-only">ten</span> million.</p></div>'
    )
    tree = parse(f"<html><body>{BODY}{box}{BODY}</body></html>".encode())
    assert tree is not None
    (image,) = take_pictures(tree, "https://news.example.org/")
    assert image.caption == "The caption"
    assert "It costs ten million." in tree.text_content()


def test_figures_in_each_other_do_not_each_list_what_they_hold() -> None:
    tree = parse(f"<body>{'<figure>' * 400}{'<br>' * 20_000}<blockquote></blockquote>".encode())
    assert tree is not None

    def listing() -> float:
        started = time.process_time()
        assert len(list(tree.iter())) > 20_000
        return time.process_time() - started

    once = min(listing() for _ in range(5))
    started = time.process_time()
    assert take_pictures(tree, URL) == ()
    assert time.process_time() - started < 70 * once


def test_the_words_of_a_box_named_for_its_picture_are_its_caption() -> None:
    box = '<div class="image-widget"><img src="/i.jpg"><p>{}</p><p>Foto: Ana Reyes</p></div>'
    (image,) = pictures(box.format("Igquma lezimoto ebhulohweni."))
    assert image == Image(
        url="https://news.example.org/i.jpg", caption="Igquma lezimoto ebhulohweni.", credit="Ana Reyes"
    )


@pytest.mark.parametrize(
    "inside",
    [
        '<div class="image-text"><img src="/i.jpg"><p>A paragraph beside its picture.</p></div>',
        '<div class="image"><img src="/i.jpg"><h3>A subhead</h3></div>',
        f'<div class="image"><img src="/i.jpg">{BODY}</div>',
        '<div class="image"><p>A word on images.</p></div>',
    ],
)
def test_a_box_that_holds_more_than_a_picture_stays(inside: str) -> None:
    tree = parse(f"<body><article>{inside}</article></body>".encode())
    assert tree is not None
    before = text_of(tree)
    take_pictures(tree, URL)
    assert text_of(tree) == before


def test_quotations_and_tables_in_figures_are_no_pictures() -> None:
    tree = parse(
        b"<body><figure><blockquote>Said she.</blockquote></figure><figure><table><tr><td>1</td></tr></table></figure>"
    )
    assert tree is not None
    assert take_pictures(tree, URL) == ()
    assert text_of(tree) == "Said she. 1"


def test_a_marked_standfirst_becomes_a_field() -> None:
    article = read(above='<p class="article__standfirst">After a year of repairs, cars may cross again.</p>')
    assert article.standfirst == "After a year of repairs, cars may cross again."
    assert article.standfirst not in article.text


@pytest.mark.parametrize("named", ['class="sub-title"', 'class="chapeau"', 'id="story_lead"', 'class="preamble"'])
def test_a_standfirst_is_marked_in_many_words(named: str) -> None:
    article = read(above=f"<p {named}>After a year of repairs, cars may cross again.</p>")
    assert article.standfirst == "After a year of repairs, cars may cross again."
    assert article.standfirst not in article.text


def test_a_run_of_text_in_the_storys_own_element_is_no_standfirst() -> None:
    first = "<b>Arnova</b> - The mayor was the first who crossed the bridge on Tuesday, on a bicycle, and she did not look down."
    article = read(inside=first)
    assert article.standfirst is None
    assert "crossed the bridge on Tuesday" in article.text


def test_the_first_of_paragraphs_in_boxes_of_their_own_is_no_standfirst() -> None:
    said = "The mayor was the first who crossed the bridge on Tuesday, on a bicycle, and {} did not look down."
    page = "".join(f"<div><p>{said.format(name)}</p></div>" for name in ("Ana", "Ben", "Cleo", "Dov", "Eve"))
    article = extract_article(
        f"<html><title>The bridge is open</title><h1>The bridge is open</h1><article>{page}</article></html>".encode(),
        url=URL,
    )
    assert article.standfirst is None
    assert "Ana did not look down" in article.text


def test_a_declared_description_shown_above_the_body_is_the_standfirst() -> None:
    said = "After a year of repairs, cars may cross again."
    article = read(above=f"<div class='x1'>{said}</div>", head=f'<meta name="description" content="{said}">')
    assert article.standfirst == said


def test_a_description_equal_to_a_paragraph_of_the_body_is_none() -> None:
    said = "Paragraph 0 of the story is long enough to be kept by every reader, and says nothing new."
    article = read(head=f'<meta name="description" content="{said}">')
    assert article.standfirst is None
    assert article.text.startswith(said)


def test_a_description_that_is_not_shown_is_no_standfirst() -> None:
    assert read(head='<meta name="description" content="Words that stand nowhere on the page.">').standfirst is None


@pytest.mark.parametrize(
    "inside",
    [
        '<p><span class="dateline">ARNOVA — </span>First words of the story that is told here at some length.</p>',
        '<p><b class="x-dateline">ARNOVA</b> – First words of the story that is told here at some length.</p>',
        '<div class="dateline">ARNOVA</div><p>First words of the story that is told here at some length.</p>',
        '<span class="dateline">ARNOVA —</span><p>First words of the story that is told here at some length.</p>',
        "<p>ARNOVA — First words of the story that is told here at some length.</p>",
    ],
)
def test_datelines_become_a_field(inside: str) -> None:
    article = read(inside=inside)
    assert article.dateline == "ARNOVA"
    assert article.text.split("\n")[0] == "First words of the story that is told here at some length."


def test_lines_that_repeat_a_field_leave_the_text() -> None:
    article = read(
        inside='<h2>The bridge is open</h2><p class="z1">Jane Doe and others</p><p>11.03.2025 09:00</p><p>***</p>'
        "<p><a href=/b>Another story altogether that may be read as well</a></p>",
        head='<meta name="author" content="Jane Doe">',
    )
    assert article.text.startswith("Paragraph 0")


def test_a_short_subhead_and_a_repeated_short_line_stay() -> None:
    article = read(inside=f"<p>{'A first paragraph that is long enough. ' * 3}</p><h3>Then</h3><p>Yes.</p><p>Yes.</p>")
    assert article.text.split("\n")[1:4] == ["Then", "Yes.", "Yes."]
