"""Whole pages: every story of the newsroom is read exactly, the seed's too; hostile pages end in a result or a clear error."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.model import Article
from crawler.demo.pages import NAMES, encode, render, render_listing
from crawler.demo.paths import link_to
from crawler.demo.story import Family, Story, expected_article, printed_stories, story_of
from pipelines.errors import PayloadTooLarge, PipelineError
from pipelines.extract import EXTRACTOR, extract_article, read_page
from pipelines.extract.profile import SiteRules

SHARED = Path(os.environ.get("NEWSMORGUE_SHARED") or Path(__file__).resolve().parents[3].parent / "shared")
FAMILIES: tuple[Family, ...] = tuple(NAMES)
URL = "https://news.example.org/a/story/1.html"


NOW = datetime(2025, 6, 1, tzinfo=UTC)


def as_expected(article: Article) -> dict[str, Any]:
    """The fields of `expected_article`, from what was read."""
    fields = {name: getattr(article, name) for name in article.__struct_fields__}
    fields["images"] = [{"caption": image.caption, "credit": image.credit} for image in article.images]
    return fields


def read(story: Story, family: Family) -> dict[str, Any]:
    payload = encode(story, render(family, story))
    return as_expected(extract_article(payload, url=URL, content_type=f"text/html; charset={story.charset}"))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("story", printed_stories(), ids=lambda story: f"{story.language}-{story.number}")
def test_every_story_is_read_exactly_in_every_familys_markup(story: Story, family: Family) -> None:
    found = read(story, family)
    expected = expected_article(msgspec.structs.replace(story, family=family))
    assert {name: found[name] for name in expected} == expected


@pytest.mark.shared
@pytest.mark.parametrize("family", FAMILIES)
def test_the_seed_story_is_read_exactly(family: Family) -> None:
    expected = json.loads((SHARED / "data/seed/voa-iraq-survey.expected.json").read_text(encoding="utf-8"))
    found = read(story_of(expected), family)
    assert found["headline"] == expected["headline"]
    assert [image["caption"] for image in found["images"]] == [image["caption"] for image in expected["images"]]
    assert found["text"] == expected["text"]


def test_a_changed_advert_and_ticker_change_nothing() -> None:
    for story in printed_stories()[:6]:
        other = msgspec.structs.replace(story, surroundings=story.surroundings + 1)
        for family in FAMILIES:
            assert render(family, story) != render(family, other)
            assert read(story, family) == read(other, family)


@pytest.mark.parametrize("family", FAMILIES)
def test_listings_are_no_articles(family: Family) -> None:

    from pipelines.extract import read_page

    links = [link_to(story) for story in printed_stories()]
    page = render_listing(family, links, base="https://news.example.org", language="en", section="world")
    found = read_page(
        page.encode(), url="https://news.example.org/world", headers=(), captured=datetime(2025, 6, 1, tzinfo=UTC)
    )
    assert not found.is_article


def test_the_article_says_who_read_it() -> None:
    article = extract_article(b"<p>x", url=URL)
    assert (article.url, article.extractor) == (URL, EXTRACTOR)
    assert 0 <= article.confidence <= 1


HOSTILE = {
    "empty": b"",
    "no body": b"<html><head><title>T</title></head></html>",
    "frameset": b"<html><frameset><frame src=x></frameset></html>",
    "not html": b"%PDF-1.4 \x00\x01\x02",
    "all bytes": bytes(range(256)) * 100,
    "nested divs": b"<div>" * 100_000 + b"hello",
    "nested inline": b"<p>" + b"<b><i>" * 20_000 + b"hello",
    "nested quotes": b"<blockquote><p>x" * 3_000,
    "open tags": b"<" * 100_000,
    "long attribute": b"<p class='" + b"share-ad " * 50_000 + b"'>x</p>",
    "many attributes": b"<p " + b"a=b " * 50_000 + b">x</p>",
    "many breaks": b"<p>" + b"a<br>" * 5_000,
    "one long word": b"<p>" + b"x" * 1_000_000,
    "control references": b"<p>a&#1;b&#xFFFF;c<b class=ad>x</b>d&#0;e" * 100,
    "deep linked data": b"<script type='application/ld+json'>" + b'{"a":' * 50_000 + b"</script>",
    "spaces in linked data": b"<script type='application/ld+json'>" + b" " * 200_000 + b"--> " * 1000 + b"</script>",
    "long headline": b"<title>" + b"a - " * 50_000 + b"</title><h1>" + b"b " * 50_000 + b"</h1>",
    "long byline": b"<h1>T</h1><p class=byline>By " + b"A, " * 50_000,
    "many metas": b"<meta name=author content='A B and C D'>" * 10_000,
    "brackets in a caption": b"<figure><img src=x><figcaption>" + b"(" * 50_000 + b"</figcaption></figure>",
    "many captions": b"<div class=caption>x</div>" * 5_000,
    "many figures": b"<figure><figcaption>x</figcaption></figure>" * 5_000,
    "long lists": b"<article>"
    + b"<p>Words that stay.</p>" * 5
    + b"<ul>"
    + b"<li>item</li>" * 5_000
    + b"</ul><p>End of it.</p>",
    "dashes": b"<p>" + b"A - " * 50_000 + b"</p>",
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages_give_a_result(name: str) -> None:
    article = extract_article(HOSTILE[name], url=URL)
    assert isinstance(article.text, str)
    assert len(article.headline or "") <= 400
    assert len(article.authors) <= 20


def test_a_page_beyond_all_measure_is_refused() -> None:
    with pytest.raises(PayloadTooLarge, match="more than"):
        extract_article(b"<p>" + b"x" * 30_000_000, url=URL)


PIECES = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<div",
        "class='share'>",
        "<div>",
        "</div>",
        "<h1>Title</h1>",
        "<h2>",
        "</h2>",
        "<figure>",
        "<figcaption>",
        "<img",
        "src=x>",
        "</figure>",
        "<ul><li>",
        "<table><tr><td>",
        "<a",
        "href=/x>",
        "</a>",
        "<span",
        "class=dateline>",
        "</span>",
        "<b>",
        "<br>",
        "<article>",
        "</article>",
        "<blockquote>",
        "<script>",
        "</script>",
        "<!--",
        "-->",
        "&amp;",
        "&#1;",
        "&#xD800;",
        "<time>",
        "<form>",
        "<meta",
        "name=author",
        "content=A>",
        "<title>",
        "<svg>",
        "<template>",
        "\x00",
        "\ud7ff",
        "\u200c",
        "سلام",
        "漢字",
        "words,",
        "<?xml",
        "?>",
        "<![CDATA[",
    ]
)


@settings(max_examples=200)
@given(st.lists(PIECES | st.text(max_size=30), max_size=60))
def test_no_page_raises_anything_but_pipeline_errors(pieces: list[str]) -> None:
    payload = " ".join(pieces).encode("utf-8", "surrogatepass")
    try:
        extract_article(payload, url=URL)
    except PipelineError:
        pytest.fail("a small page is never too large")


@settings(max_examples=100)
@given(st.binary(max_size=300), st.sampled_from([None, "text/html; charset=utf-16", "text/html; charset=gb2312", "x"]))
def test_no_bytes_raise_anything(payload: bytes, content_type: str | None) -> None:
    article = extract_article(b"<html><body><p>" + payload, url=URL, content_type=content_type)
    assert article.url == URL
    assert 0 <= article.confidence <= 1


def test_a_sources_language_is_for_pages_that_name_none() -> None:
    story = next(story for story in printed_stories() if story.language == "fa")
    page = f"<html><body><h1>{story.headline}</h1><p>{expected_article(story)['text']}</p></body></html>".encode()

    def language(payload: bytes, source: str | None) -> str | None:
        captured = datetime(2026, 1, 1, tzinfo=UTC)
        return read_page(
            payload, url=URL, headers=(), captured=captured, rules=SiteRules(language=source)
        ).article.language

    assert language(page, None) == "fa"
    assert language(page, "prs") == "prs"
    assert language(page, "en") == "fa"
    assert language(page.replace(b"<html>", b"<html lang=fa-AF>"), "prs") == "fa-AF"


def test_an_extraction_says_who_read_it_and_who_agreed() -> None:
    story = "".join(
        f"<p>Paragraph {n} tells at some length why the old bridge over the river must close.</p>" for n in range(9)
    )
    page = f"<html><head><title>Old bridge must close</title></head><body><article>{story}</article></body></html>".encode()
    headers = (("content-type", "text/html; charset=utf-8"),)
    best = read_page(page, url="https://news.example.org/1", headers=headers, captured=NOW)
    assert (best.reader, best.voters[0], best.failed_readers) == ("trafilatura", "trafilatura", ())
    assert best.agreement > 0.95
    fast = read_page(
        page, url="https://news.example.org/1", headers=headers, captured=NOW, rules=SiteRules(quality="fast")
    )
    assert fast.article.text == best.article.text
    assert "trafilatura" not in fast.voters


def test_two_captures_that_differ_by_a_paragraph_are_read_by_the_same_reader() -> None:
    story = [
        f"<p>Paragraph {n} tells at some length why the old bridge over the river must close.</p>" for n in range(9)
    ]
    headers = (("content-type", "text/html"),)
    found = [
        read_page(
            f"<article>{''.join(lines)}</article>".encode(), url="https://x.example/1", headers=headers, captured=NOW
        )
        for lines in (
            story,
            story[:-1],
            [*story, "<p>A closing paragraph was added in the evening, after the vote.</p>"],
        )
    ]
    assert len({one.reader for one in found}) == 1
    assert len({one.article.text for one in found}) == 3


@pytest.mark.parametrize(
    "payload", [b"%PDF-1.7\n1 0 obj << /Type /Catalog >>", b'{"text": "no page"}', b"\x89PNG\r\n\x1a\n" + bytes(99)]
)
def test_what_is_no_page_is_no_article_whoever_calls_it_one(payload: bytes) -> None:
    article = extract_article(payload * 1, url=URL, content_type="text/html")
    assert (article.text, article.headline, article.confidence) == ("", None, 0.0)
