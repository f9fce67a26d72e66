"""What a page declares: JSON-LD, meta elements, microdata; and what it prints where it declares nothing."""

from datetime import UTC, datetime

import pytest

from pipelines.extract.headline import choose_headline
from pipelines.extract.jsonld import LinkedData
from pipelines.extract.metadata import Fields, read_fields
from pipelines.extract.tree import parse

URL = "https://news.example.org/world/bridge-reopens.html"


def fields(page: str, url: str = URL) -> Fields:
    tree = parse(page.encode())
    assert tree is not None
    return read_fields(tree, url)


def linked(json: str) -> Fields:
    return fields(f'<html><head><script type="application/ld+json">{json}</script></head><body><p>x</p></body></html>')


FULL = """{"@context": "https://schema.org", "@graph": [
  {"@type": "WebSite", "@id": "#site", "name": "The Example", "url": "https://news.example.org/"},
  {"@type": "Person", "@id": "#jane", "name": "Jane Doe"},
  {"@type": ["NewsArticle"], "headline": "Bridge &amp; road reopen", "description": "After a year.",
   "author": [{"@id": "#jane"}, {"@type": "Person", "name": "John Roe"}], "publisher": {"@type": "Organization", "name": "The Example"},
   "datePublished": "2025-03-11T09:00:00+01:00", "dateModified": "2025-03-11T10:30:00Z", "inLanguage": "en",
   "articleSection": ["World", "Region"], "keywords": "bridge, road", "image": {"@type": "ImageObject", "url": "/img/1.jpg"},
   "articleBody": "The bridge reopened."}]}"""


def test_a_full_article_node_is_read() -> None:
    found = linked(FULL)
    assert found.headline == "Bridge & road reopen"
    assert found.descriptions == ("After a year.",)
    assert found.authors == ("Jane Doe", "John Roe")
    assert found.date_published == datetime(2025, 3, 11, 8, tzinfo=UTC)
    assert found.date_modified == datetime(2025, 3, 11, 10, 30, tzinfo=UTC)
    assert found.languages == ("en",)
    assert found.section == "World"
    assert found.keywords == ("bridge", "road")
    assert found.images == ("https://news.example.org/img/1.jpg",)
    assert found.body == "The bridge reopened."
    assert found.declared_article


@pytest.mark.parametrize(
    "json",
    [
        '[{"@type": "NewsArticle", "headline": "Found"}]',
        '{"@type": "WebPage", "mainEntity": {"@type": "Article", "headline": "Found"}}',
        '<!-- {"@type": "NewsArticle", "headline": "Found"} -->',
        '//<![CDATA[\n{"@type": "NewsArticle", "headline": "Found"}\n//]]>',
        '{"@type": "NewsArticle", "headline": "Found",}',
        '{"@type": "NewsArticle", "description": "two\nlines", "headline": "Found"};',
        '{"@type": "https://schema.org/NewsArticle", "headline": {"@value": "Found"}}',
    ],
)
def test_the_article_is_found_in_odd_shapes(json: str) -> None:
    assert linked(json).headline == "Found"


@pytest.mark.parametrize("json", ["{", "null", "[]", "3", '"text"', '{"@type": 3}', '{"@graph": null}', '{"a":' * 3000])
def test_broken_linked_data_is_passed_over(json: str) -> None:
    assert not linked(json).declared_article


def test_articles_a_page_lists_are_not_its_own() -> None:
    nodes = ",".join(f'{{"@type": "NewsArticle", "headline": "Story {i}", "url": "/s/{i}"}}' for i in range(5))
    assert not linked(f"[{nodes}]").declared_article
    own = f'{{"@type": "NewsArticle", "headline": "Own", "mainEntityOfPage": {{"@id": "{URL}"}}}}'
    assert linked(f"[{nodes}, {own}]").headline == "Own"


def test_meta_elements_are_read() -> None:
    found = fields(
        """<html lang="fa"><head><title>پل باز شد | نمونه</title>
        <meta property="og:title" content="پل باز شد"><meta property="og:site_name" content="نمونه">
        <meta property="og:type" content="article"><meta property="og:locale" content="fa_IR">
        <meta name="author" content="نوشته‌های مریم"><meta property="article:published_time" content="2025-03-11T09:00:00+0330">
        <meta property="article:section" content="جهان"><meta name="keywords" content="پل، رود"><meta name="description" content="خلاصه">
        <link rel="canonical" href="/world/bridge"></head><body><h1>پل باز شد</h1></body></html>"""
    )
    assert found.headline == "پل باز شد"
    assert found.authors == ("نوشته‌های مریم",)
    assert found.date_published == datetime(2025, 3, 11, 5, 30, tzinfo=UTC)
    assert found.languages == ("fa", "fa_IR")
    assert (found.section, found.keywords) == ("جهان", ("پل", "رود"))
    assert found.canonical_url == "https://news.example.org/world/bridge"
    assert found.declared_article


@pytest.mark.parametrize(
    ("href", "canonical"),
    [
        ("https://www.example.org/a#top", "https://www.example.org/a"),
        ("//m.example.org/a", "https://m.example.org/a"),
        ("https://other.example.com/a", None),
        ("javascript:alert(1)", None),
        ("http://[broken", None),
        ("", None),
    ],
)
def test_a_canonical_url_is_absolute_and_stays_on_its_site(href: str, canonical: str | None) -> None:
    assert fields(f'<link rel="canonical" href="{href}">').canonical_url == canonical


@pytest.mark.parametrize(
    ("body", "authors"),
    [
        ('<h1>T</h1><a rel="author" href="/a/1">Jane Doe</a>', ("Jane Doe",)),
        ('<h1>T</h1><span itemprop="author"><b itemprop="name">Jane Doe</b></span>', ("Jane Doe",)),
        ('<h1>T</h1><span typeof="schema:Person">Jane Doe</span>', ("Jane Doe",)),
        (
            '<h1>T</h1><div><a href="/author/jane">Jane Doe</a>, <a href="/author/john">John Roe</a></div>',
            ("Jane Doe", "John Roe"),
        ),
        (
            '<h1>T</h1><div class="article__byline">Von <span class="byline__name">Jörg Müller</span></div>',
            ("Jörg Müller",),
        ),
        ("<h1>T</h1><p>By Jane Doe</p>", ("Jane Doe",)),
        ("<h1>T</h1><p>By the river stood a mill.</p>", ()),
        ('<a class="author">Somebody Else</a><h1>T</h1>', ()),
    ],
)
def test_printed_authors_are_found_below_the_headline(body: str, authors: tuple[str, ...]) -> None:
    assert fields(f"<html><body>{body}</body></html>").authors == authors


def test_an_outlet_gives_way_to_a_person() -> None:
    head = '<meta property="og:site_name" content="The Example"><meta name="author" content="The Example">'
    assert fields(f"{head}<h1>T</h1>").authors == ("The Example",)
    assert fields(f'{head}<h1>T</h1><a rel="author">Jane Doe</a>').authors == ("Jane Doe",)


def test_a_printed_date_is_found_where_none_is_declared() -> None:
    assert fields('<h1>T</h1><time datetime="2025-03-11">x</time>').date_published == datetime(2025, 3, 11, tzinfo=UTC)
    assert fields("<h1>T</h1><p class='date'>11 March 2025</p>").date_published == datetime(2025, 3, 11, tzinfo=UTC)


def test_dates_after_the_capture_are_not_believed() -> None:
    tree = parse(b'<meta property="article:published_time" content="2031-01-01">')
    assert tree is not None
    assert read_fields(tree, URL, latest=datetime(2025, 1, 1, tzinfo=UTC)).date_published is None


@pytest.mark.parametrize(
    ("h1", "declared", "shared", "title", "headline"),
    [
        ("Bridge opens", "Bridge opens", "Bridge opens - Example", "Bridge opens | Example", "Bridge opens"),
        ("Example", "Bridge opens", "Bridge opens", "Bridge opens - Example", "Bridge opens"),
        ("Shown", "Declared", "Shared", "Titled | Example", "Shown"),
        ("", "", "", "Example: Bridge opens", "Bridge opens"),
        ("", "", "", "Bridge opens", "Bridge opens"),
        ("", "", "", "", None),
    ],
)
def test_the_headline_is_the_form_that_is_repeated_else_the_shown_one(
    h1: str, declared: str, shared: str, title: str, headline: str | None
) -> None:
    tree = parse(f"<html><head><title>{title}</title></head><body><h1>{h1}</h1></body></html>".encode())
    assert tree is not None
    assert choose_headline(tree, declared, shared, "Example")[0] == headline


def test_references_are_resolved() -> None:
    tree = parse(b'<script type="application/ld+json">[{"@id": "#a", "@type": "Person", "name": "A"}]</script>')
    assert tree is not None
    assert LinkedData(tree).resolve({"@id": "#a"})["name"] == "A"
    assert LinkedData(tree).resolve({"@id": "#b"}) == {"@id": "#b"}
