"""Whatever a page says, its fields are read: nothing raises, and every bound holds."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.extract.dates import EARLIEST, parse_date, printed_day
from pipelines.extract.headline import MAX_HEADLINE_CHARS, Titles, choose_headline
from pipelines.extract.language import choose_language, detect_language, normalize_tag
from pipelines.extract.metadata import MAX_DATELINE_CHARS, MAX_KEYWORDS, read_fields
from pipelines.extract.names import MAX_NAME_CHARS, MAX_NAMES, clean_names, is_account, is_introduced
from pipelines.extract.parsing import parse

URL = "https://news.example.org/world/bridge.html"
LATEST = datetime(2026, 1, 1, tzinfo=UTC)

WORDS = st.sampled_from(
    ["By", "von", "Jane", "Doe", "and", "und", ",", "/", " - ", "|", ":", "2025-03-11", "T09:00", "+99:00", "11 March 2025",
     "3/4/2025", "é", "漢字", "기자", "记者", "سلام", "\u200c", "\x00", "\ud800", "@", "a@b.c", "(", ")", "&amp;", "'", '"', "9" * 30]
)  # fmt: skip
TEXT = st.lists(WORDS | st.text(max_size=20), max_size=20).map(" ".join) | st.text(max_size=500)

KEYS = st.sampled_from(
    ["@type", "@id", "@graph", "@value", "headline", "name", "author", "creator", "datePublished", "dateModified", "image", "url",
     "publisher", "logo", "articleSection", "keywords", "isAccessibleForFree", "hasPart", "itemListElement", "item", "dateline",
     "mainEntityOfPage", "articleBody", "inLanguage", "description"]
)  # fmt: skip
TYPES = st.sampled_from(["NewsArticle", "Article", "BreadcrumbList", "WebPage", "Person", ["NewsArticle", 3], None])
LINKED = st.recursive(
    TEXT | TYPES | st.booleans() | st.none() | st.integers() | st.just(URL) | st.floats(allow_nan=True),
    lambda values: st.lists(values, max_size=4) | st.dictionaries(KEYS, values, max_size=6),
    max_leaves=25,
)
MARKUP = st.lists(
    st.sampled_from(
        ["<h1>", "</h1>", "<a rel=author>", "<a href='/author/x'>", "</a>", "<p>", "</p>", "<b>", "</b>", "<div class=byline>", "</div>",
         "<span itemprop=author>", "<span itemprop=name>", "</span>", "<time datetime='2025-03-11'>", "<time>", "</time>", "<title>",
         "</title>", "<link rel=canonical href='http://[x'>", "<link rel=canonical href=/>", "<meta name=author content='Jane Doe'>",
         "<meta property=og:title content='T'>", "<meta name=date content='2025-13-45'>", "<i itemprop=datePublished content=x>", "<h2>"]
    ) | TEXT,
    max_size=40,
).map("".join)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(LINKED, MARKUP, st.sampled_from([URL, "", "http://[", "x", "https://news.example.org/2025/02/31/a"]))
def test_fields_are_read_from_anything(linked: object, markup: str, url: str) -> None:
    data = json.dumps(linked).replace("</", "<\\/")
    page = f'<html><head><script type="application/ld+json">{data}</script></head><body>{markup}</body></html>'
    tree = parse(page.encode("utf-8", "surrogatepass"))
    assert tree is not None
    found = read_fields(tree, url, latest=LATEST)
    assert found.headline is None or 0 < len(found.headline) <= MAX_HEADLINE_CHARS
    assert len(found.authors) <= MAX_NAMES
    assert len(found.keywords) <= MAX_KEYWORDS
    assert len(found.dateline or "") <= MAX_DATELINE_CHARS
    assert found.paywalled in {True, False, None}
    for date in (found.date_published, found.date_modified):
        assert date is None or EARLIEST <= date <= LATEST + timedelta(days=2)
    if found.date_published and found.date_modified:
        assert found.date_published <= found.date_modified
    for image in found.images:
        assert image.startswith(("http://", "https://"))


MANY = 100_000
WIDE = {
    "properties": b"<h1>T</h1>" + b"<span itemprop=author>x</span>" * MANY,
    "authors in each other": b"<h1>T</h1>" + b"<div class=author>" * 200 + b"<b class=author>99</b>" * MANY,
    "links": b"<h1>T</h1>" + b"<a rel=author href=/author/x>9</a>" * MANY,
    "an open h1": b"<h1>" * 200 + b"<b>x</b> " * MANY,
    "times": b"<time itemprop=datePublished>x</time>" * MANY,
    "separators": b"<title>" + b"a | " * MANY + b"</title><h1>a</h1>",
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("name", WIDE)
def test_no_work_grows_with_the_square_of_a_page(name: str) -> None:
    tree = parse(WIDE[name])
    assert tree is not None
    assert len(read_fields(tree, URL).authors) <= MAX_NAMES


@settings(deadline=None)
@given(TEXT)
def test_dates_are_aware_or_none(text: str) -> None:
    for found in (parse_date(text), parse_date(text, latest=LATEST), printed_day(text)):
        assert found is None or found.tzinfo is not None
    assert (parse_date(text, latest=LATEST) or LATEST) <= LATEST + timedelta(days=2)


@settings(deadline=None)
@given(st.lists(TEXT, max_size=30))
def test_names_are_short_and_few(values: list[str]) -> None:
    names = clean_names(values)
    assert len(names) <= MAX_NAMES
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert 1 < len(name) <= MAX_NAME_CHARS
        is_account(name)
    for value in values:
        is_introduced(value)


@settings(deadline=None)
@given(st.lists(TEXT, max_size=4), TEXT, TEXT, TEXT, st.lists(TEXT, max_size=2), st.booleans())
def test_a_headline_is_one_of_the_forms(
    shown: list[str], linked: str, shared: str, title: str, sites: list[str], is_news: bool
) -> None:
    titles = Titles(
        shown=tuple(shown), linked=linked, shared=shared, title=title, site_names=tuple(sites), is_news=is_news
    )
    found, forms = choose_headline(titles)
    assert (found is None) == (not forms)
    assert found is None or (0 < len(found) <= MAX_HEADLINE_CHARS and found == forms[0])


@settings(deadline=None)
@given(
    st.lists(TEXT | st.sampled_from(["en", "fa-AF", "xx", "zh_Hant", "de-DE"]), max_size=4), st.integers(1, 50), TEXT
)
def test_a_language_is_a_tag_or_none(declared: list[str], times: int, text: str) -> None:
    for found in (choose_language(declared, text * times), detect_language(text * times)):
        assert found is None or normalize_tag(found) == found
