"""What a page declares: JSON-LD, meta elements, microdata; and what it prints where it declares nothing."""

from datetime import UTC, datetime

import pytest
from lxml import etree

from pipelines.extract.jsonld import LinkedData
from pipelines.extract.metadata import Fields, read_fields
from pipelines.extract.parsing import parse

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


@pytest.mark.parametrize("head", ['<meta property="article:published_time" content="2024-05-01">', ""])
def test_a_capture_of_the_last_day_there_is_is_read(head: str) -> None:
    tree = parse(f"<html><head>{head}</head><body><h1>T</h1><p>On 1 May 2024.</p></body></html>".encode())
    assert tree is not None
    last = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    assert read_fields(tree, URL, latest=last).date_published == datetime(2024, 5, 1, tzinfo=UTC)
    assert read_fields(tree, "https://news.example.org/2024/05/01/x", latest=last).date_published is not None
    assert read_fields(tree, URL, latest=datetime(1, 1, 1, tzinfo=UTC)).date_published is None


@pytest.mark.parametrize(
    "page",
    [
        '<time datetime="2024-05-01T10:00:00+24:00">x</time>',
        '<meta property="rnews:datePublished" content="2024-05-01T10:00:00+99:00">',
    ],
)
def test_a_zone_of_a_day_or_more_is_no_date(page: str) -> None:
    assert fields(f"<html><body>{page}<p>Without a date.</p></body></html>").date_published is None


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
        '\n  {"@type": "NewsArticle", "headline": "Found",}',
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
        ('<header><a class="author">Jane Doe</a><h1>T</h1></header>', ("Jane Doe",)),
        ('<h1>T</h1><div id="authors"><span>Jane K. Doe</span></div>', ("Jane K. Doe",)),
        ('<h1>T</h1><div class="author-box"><p>Jane Doe</p><p>Chief Reporter</p></div>', ("Jane Doe",)),
        ('<h1>T</h1><a class="author-link" href="/a">Read more</a>', ()),
        (
            '<h1>T</h1><div><ul><li class="author">Jane Doe</li></ul></div><div><div><div><b class="author">John Roe</b></div></div></div>',
            ("Jane Doe",),
        ),
        ('<h1>T</h1><a rel="author">Jane Doe</a><a rel="author">More about Jane Doe</a>', ("Jane Doe",)),
        ('<h1>T</h1><div class="author"><a>Jane Doe</a><a href="mailto:j">jane@example.org</a></div>', ("Jane Doe",)),
        ('<h1>T</h1><div class="Byline"><b>佐伯真理子</b><time>2025年4月21日</time></div>', ("佐伯真理子",)),
        ("<h1>T</h1><div>كتب: ياسر منصور | الأربعاء 17 أبريل 2024</div>", ("ياسر منصور",)),
        (
            '<h1>T</h1><div data-component="byline-block"><time>1 day ago</time><span>Bethan Rhys</span><span>BBC</span></div>',
            ("Bethan Rhys", "BBC"),
        ),
        ("<h1>T</h1><div>خبرنگار: مینا شریفی</div>", ("مینا شریفی",)),
        ("<h1>T</h1><p>كتب المدير رسالة طويلة</p>", ()),
        ('<h1>T</h1><span class="author">Text: Ulla Brandt, Fotos: Nils Hoff</span>', ("Ulla Brandt",)),
        ('<h1>T</h1><span class="contributor-name">তাহমিনা আক্তার</span>', ("তাহমিনা আক্তার",)),
        (f"<h1>T</h1>{'<i></i>' * 400}<a href='/author/jane'>Jane Doe</a>", ("Jane Doe",)),
        (f"<h1>T</h1>{'<i></i>' * 400}<a href='/author/jane'>Jane Doe</a><a href='/author/john'>John Roe</a>", ()),
    ],
)
def test_printed_authors_are_found_below_the_headline(body: str, authors: tuple[str, ...]) -> None:
    assert fields(f"<html><body>{body}</body></html>").authors == authors


PROSE = "The bridge was closed for a year, and the town counted the days until it would be opened again."


@pytest.mark.parametrize(
    ("head", "body", "authors"),
    [
        (
            '<meta name="author" content="The Example">',
            f"<p><b>Jane Doe/Mary Poe</b></p><p>{PROSE}</p>",
            ("Jane Doe", "Mary Poe"),
        ),
        (
            '<meta name="author" content="The Example">',
            f"<p><b>What we know so far</b></p><p>{PROSE}</p>",
            ("The Example",),
        ),
        ("", f"<p><b>Key Takeaways</b></p><p>{PROSE}</p>", ()),
        ('<meta name="author" content="The Example and AFP">', "", ("The Example and AFP",)),
        ('<meta name="author" content="jdoe@example.org">', '<p class="byline">By Jane Doe</p>', ("Jane Doe",)),
        ('<meta name="author" content="site admin">', '<p class="byline">By Jane Doe</p>', ("Jane Doe",)),
        ('<meta name="author" content="site admin">', "", ("site admin",)),
        (
            '<meta name="citation_author" content="Doe, Jane"><meta name="citation_author" content="Roe, J. K.">',
            "",
            ("Jane Doe", "J. K. Roe"),
        ),
    ],
)
def test_whoever_wrote_goes_before_outlet_and_account(head: str, body: str, authors: tuple[str, ...]) -> None:
    page = f'<html><head><meta property="og:site_name" content="The Example">{head}</head><body><h1>T</h1><div>{body}</div></body></html>'
    assert fields(page).authors == authors


def test_the_first_account_of_a_content_system_is_nobody() -> None:
    author = '{"@type": "Person", "name": "Example D", "url": "https://news.example.org/author/admin/"}'
    head = (
        f'<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "T", "author": {author}}}</script>'
    )
    assert fields(f"{head}<h1>T</h1><p>by Example D</p>").authors == ()
    assert fields(f'{head}<h1>T</h1><p>by Example D</p><a rel="author">Jane Doe</a>').authors == ("Jane Doe",)


def test_an_outlets_byline_with_agencies_names_nobody() -> None:
    head = '<meta property="og:site_name" content="Example News">'
    assert (
        fields(
            f'<html><head>{head}</head><body><h1>T</h1><p class="author">Example News with Agencies</p></body></html>'
        ).authors
        == ()
    )


def test_a_site_is_known_by_its_host() -> None:
    page = "<html><head><title>The Example - The bridge opens</title></head><body><h1>The Example</h1><p>x</p></body></html>"
    tree = parse(page.encode())
    assert tree is not None
    assert read_fields(tree, "https://www.theexample.org/1").headline == "The bridge opens"


@pytest.mark.parametrize(
    ("title", "body", "headline"),
    [
        ("The ferry sinks / News / Gazette", "<h2>News</h2><h3>The ferry sinks</h3>", "The ferry sinks"),
        ("Gazette - The ferry sinks", "<b>Gazette</b><h2>The ferry sinks</h2>", "The ferry sinks"),
        ("旧桥开放通行：社会频道", "<strong>旧桥开放通行</strong>", "旧桥开放通行"),
        ("The ferry sinks - Gazette", "<h2>Other news</h2>", "The ferry sinks"),
    ],
)
def test_without_an_h1_the_lesser_heading_that_the_title_holds_is_the_headline(
    title: str, body: str, headline: str
) -> None:
    assert fields(f"<html><head><title>{title}</title></head><body>{body}</body></html>").headline == headline


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


def test_references_are_resolved() -> None:
    data = LinkedData(['[{"@id": "#a", "@type": "Person", "name": "A"}]'])
    assert data.resolve({"@id": "#a"})["name"] == "A"
    assert data.resolve({"@id": "#b"}) == {"@id": "#b"}


def test_a_number_longer_than_python_reads_breaks_nothing() -> None:
    assert not linked('{"@type": "NewsArticle", "headline": "T", "wordCount": ' + "9" * 5000 + "}").declared_article


CRUMBS = """{"@type": "BreadcrumbList", "itemListElement": [
  {"@type": "ListItem", "position": 1, "name": "Home", "item": "https://news.example.org/"},
  {"@type": "ListItem", "position": 2, "item": {"@id": "https://news.example.org/region", "name": "Region"}},
  {"@type": "ListItem", "position": 3, "name": "Bridge opens", "item": "%s"}]}"""


def test_breadcrumbs_name_the_section_where_nothing_else_does() -> None:
    assert linked(CRUMBS % URL).section == "Region"
    assert (
        linked(f'[{CRUMBS % URL}, {{"@type": "NewsArticle", "headline": "T", "articleSection": "World"}}]').section
        == "World"
    )
    assert (
        linked(
            '{"@type": "BreadcrumbList", "itemListElement": [3, {"item": 4}, {"name": "Home", "item": "/"}]}'
        ).section
        is None
    )


def test_keywords_stand_once_and_name_neither_paper_nor_section() -> None:
    found = fields(
        """<meta property="og:site_name" content="The Example"><meta property="article:section" content="World">
        <meta name="keywords" content="bridge, Bridge, the example, world, road, ">"""
    )
    assert found.keywords == ("bridge", "road")


def test_an_article_is_not_canonically_the_front_page() -> None:
    front = '<link rel="canonical" href="https://news.example.org/">'
    article = '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "T"}</script>'
    assert fields(front).canonical_url == "https://news.example.org/"
    assert fields(front + article).canonical_url is None
    assert (
        fields(f'{front}{article}<meta property="og:url" content="/world/bridge">').canonical_url
        == "https://news.example.org/world/bridge"
    )


def test_the_lead_image_is_absolute_and_not_the_papers_logo() -> None:
    found = linked(
        """{"@type": "NewsArticle", "headline": "T", "image": ["/logo.svg", {"contentUrl": "/i/1.jpg"}],
        "publisher": {"name": "The Example", "logo": {"@type": "ImageObject", "url": "/logo.svg"}}}"""
    )
    assert found.images == ("https://news.example.org/i/1.jpg",)


@pytest.mark.parametrize(
    ("dateline", "found"), [("KYIV, Ukraine —", "KYIV, Ukraine"), ("11 March 2025", None), ("x" * 90, None)]
)
def test_a_declared_dateline_names_a_place(dateline: str, found: str | None) -> None:
    assert linked(f'{{"@type": "NewsArticle", "headline": "T", "dateline": "{dateline}"}}').dateline == found


@pytest.mark.parametrize(
    ("published", "modified", "kept"),
    [
        ("2025-03-11T09:00:00+01:00", "2025-03-11T10:30:00+01:00", "2025-03-11T10:30:00+01:00"),
        ("2025-03-11T09:00:00+01:00", "2025-03-11T09:00:00+01:00", "2025-03-11T09:00:00+01:00"),
        ("2025-03-11T09:00:00+01:00", "2025-03-11T07:59:00Z", None),
        ("2025-03-11T09:00:00+01:00", "2025-03-10", None),
    ],
)
def test_what_was_saved_before_it_was_published_is_not_modified(
    published: str, modified: str, kept: str | None
) -> None:
    found = linked(
        f'{{"@type": "NewsArticle", "headline": "T", "datePublished": "{published}", "dateModified": "{modified}"}}'
    )
    assert found.date_published == datetime.fromisoformat(published)
    assert found.date_modified == (datetime.fromisoformat(kept) if kept else None)


@pytest.mark.parametrize(
    ("page", "day"),
    [
        ("<h1>T</h1><div><span>Updated: Dec 12, 2025</span></div>", (2025, 12, 12)),
        ("<header><p>12. März 2025</p><h1>T</h1></header>", (2025, 3, 12)),
        ("<h1>T</h1><p>2025년 3월 12일</p>", (2025, 3, 12)),
        ("<h1>T</h1><p>12.03.2025 | 09:15</p>", (2025, 3, 12)),
        ("<h1>T</h1><p>Mi 12.03.25 | 09:15 Uhr</p>", (2025, 3, 12)),
        ("<h1>T</h1><p>２０２５年３月１２日</p>", (2025, 3, 12)),
        ("<h1>T</h1><p>2025. március 12., szerda 10:15</p>", (2025, 3, 12)),
        ("<h1>T</h1><p>الأربعاء 12 مارس 2025 - 11:05 ص</p>", (2025, 3, 12)),
        ("<h1>T</h1><p>12 במרץ 2025</p>", (2025, 3, 12)),
        ("<h1>T</h1><p>12 Μαρτίου 2025</p>", (2025, 3, 12)),
        (
            "<title>The bridge</title><p>1 April 2025</p><h2>The bridge</h2><p>12 March 2025 by a reporter</p>",
            (2025, 3, 12),
        ),
        ('<meta name="publishdate" content="2025-03-12"><h1>T</h1>', (2025, 3, 12)),
        ("<h1>T</h1><p>3/25/2025</p>", (2025, 3, 25)),
        ('<time datetime="2025-01-01">teaser</time><h1>T</h1><time datetime="2025-03-12">x</time>', (2025, 3, 12)),
        ('<h1>T</h1><b itemprop="datePublished" content="2025-03-12">x</b>', (2025, 3, 12)),
    ],
)
def test_the_date_near_the_headline_is_the_articles(page: str, day: tuple[int, int, int]) -> None:
    assert fields(f"<html><body>{page}</body></html>").date_published == datetime(*day, tzinfo=UTC)


def test_the_address_may_name_the_day() -> None:
    assert fields("<h1>T</h1>", "https://news.example.org/2025/03/12/bridge").date_published == datetime(
        2025, 3, 12, tzinfo=UTC
    )
    assert fields("<h1>T</h1>", "https://news.example.org/2025/99/12/bridge").date_published is None


def test_an_address_that_is_none_breaks_nothing() -> None:
    assert fields('<h1>T</h1><link rel="canonical" href="/a">', "http://[broken").headline == "T"


def test_reading_fields_leaves_the_page_as_it_is() -> None:
    tree = parse(
        b"<html><body><div><p>No headline and no date here.</p><script>x</script><nav>x</nav></div></body></html>"
    )
    assert tree is not None
    before = etree.tostring(tree)
    assert read_fields(tree, URL).date_published is None
    assert etree.tostring(tree) == before
