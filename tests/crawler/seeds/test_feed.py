from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.seeds import Candidate
from crawler.seeds.feed import parse_feed

URL = "https://news.example/rss.xml"


def urls(reading):
    return [candidate.url for candidate in reading.candidates]


def rss(items: str, *, head: str = "", declaration: str = '<?xml version="1.0" encoding="utf-8"?>') -> bytes:
    return f'{declaration}<rss version="2.0"><channel><title>News</title>{head}{items}</channel></rss>'.encode()


def item(inside: str) -> str:
    return f"<item>{inside}</item>"


def test_rss_gives_url_title_and_dates():
    reading = parse_feed(
        rss(
            item(
                "<title>Storm &amp; flood</title><link>https://news.example/a/1</link>"
                "<guid isPermaLink='false'>x</guid><pubDate>Mon, 06 Sep 2021 00:01:00 +0200</pubDate>"
            ),
            head="<link>https://news.example/</link><language>en-gb</language>",
        ),
        url=URL,
    )
    assert reading.candidates == (
        Candidate(
            url="https://news.example/a/1", title="Storm & flood", published=datetime(2021, 9, 5, 22, 1, tzinfo=UTC)
        ),
    )
    assert (reading.form, reading.title, reading.language, reading.problem) == ("rss", "News", "en-gb", None)
    assert reading.newest == datetime(2021, 9, 5, 22, 1, tzinfo=UTC)


def test_atom_takes_the_alternate_link_and_its_own_fields():
    reading = parse_feed(
        b"""<?xml version="1.0"?>
        <feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fa" xml:base="https://news.example/fa/">
          <title type="text">Akhbar</title><link rel="self" href="/feed"/><updated>2024-05-02T00:00:00Z</updated>
          <entry>
            <source><title>Agency</title><link href="https://agency.example/"/><id>https://agency.example/</id></source>
            <title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Vote <b>counted</b></div></title>
            <link rel="replies" href="comments"/>
            <link rel="alternate" type="application/pdf" href="story.pdf"/>
            <link rel="alternate" type="text/html" href="story?utm_source=atom#c"/>
            <id>tag:news.example,2024:1</id>
            <published>2024-05-01T10:00:00+03:30</published><updated>2024-05-01T11:00:00Z</updated>
            <content type="xhtml"><div><title>not this</title><link href="/nor-this"/></div></content>
          </entry>
          <entry><title>By id</title><id>https://news.example/by-id</id></entry>
        </feed>""",
        url="https://news.example/feed",
    )
    first, second = reading.candidates
    assert first == Candidate(
        url="https://news.example/fa/story",
        title="Vote counted",
        published=datetime(2024, 5, 1, 6, 30, tzinfo=UTC),
        modified=datetime(2024, 5, 1, 11, tzinfo=UTC),
    )
    assert (second.url, second.title) == ("https://news.example/by-id", "By id")
    assert (reading.form, reading.title, reading.language, reading.problem) == ("atom", "Akhbar", "fa", None)


@pytest.mark.parametrize(
    "root",
    [
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">{}</rdf:RDF>',
        '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://my.netscape.com/rdf/simple/0.9/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">{}</r:RDF>',
        '<rss version="0.91" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>{}</channel></rss>',
    ],
)
def test_the_old_forms_of_rss(root):
    items = (
        "<channel rdf:about='https://news.example/'><title>Old</title><link>https://news.example/</link>"
        "<items><rdf:Seq><rdf:li rdf:resource='https://news.example/a'/></rdf:Seq></items></channel>"
        "<image><title>logo</title><url>https://news.example/logo.png</url></image>"
        "<item rdf:about='https://news.example/a'><title>A</title><link>https://news.example/a</link>"
        "<dc:date>2003-05-01T12:00:00+02:00</dc:date></item>"
    )
    reading = parse_feed(root.format(items).encode(), url=URL)
    assert reading.candidates == (
        Candidate(url="https://news.example/a", title="A", published=datetime(2003, 5, 1, 10, tzinfo=UTC)),
    )
    assert (reading.title, reading.form, reading.problem) == ("Old", "rss", None)


def test_json_feed():
    reading = parse_feed(
        b'{"version": "https://jsonfeed.org/version/1.1", "title": "News", "language": "ko", '
        b'"home_page_url": "https://news.example/", "items": ['
        b'{"id": 1, "url": "/a/1", "title": "One", "date_published": "2024-05-01T00:00:00Z"},'
        b'{"id": "https://news.example/a/2"}, {"id": "no-link"}, "odd", null]}',
        url="https://cdn.example/feed.json",
        content_type="application/json",
    )
    assert urls(reading) == ["https://news.example/a/1", "https://news.example/a/2"]
    assert reading.candidates[0].published == datetime(2024, 5, 1, tzinfo=UTC)
    assert (reading.form, reading.title, reading.language) == ("json feed", "News", "ko")


@pytest.mark.parametrize(
    ("inside", "url"),
    [
        ("<link>https://a.example/x</link>", "https://a.example/x"),
        ("<link>\n  https://a.example/x\n </link>", "https://a.example/x"),
        ("<link><![CDATA[https://a.example/?a=1&b=2]]></link>", "https://a.example/?a=1&b=2"),
        ("<link>https://a.example/?a=1&b=2&copy=3</link>", "https://a.example/?a=1&b=2&copy=3"),
        ("<link>https://a.example/?a=1&amp;b=2</link>", "https://a.example/?a=1&b=2"),
        ("<link>/relative/x</link>", "https://news.example/relative/x"),
        ("<link>//a.example/x</link>", "https://a.example/x"),
        ("<link href='https://a.example/x'/>", "https://a.example/x"),
        ("<LINK>https://a.example/x</LINK>", "https://a.example/x"),
        ("<guid>https://a.example/x</guid>", "https://a.example/x"),
        ("<guid isPermaLink='true'>https://a.example/x</guid><link></link>", "https://a.example/x"),
        ("<guid isPermaLink='false'>https://a.example/g</guid><link>https://a.example/x</link>", "https://a.example/x"),
        ("<guid>https://a.example/g</guid><link>https://a.example/x</link>", "https://a.example/x"),
        (
            "<link>https://feedproxy.example/~r/1</link><feedburner:origLink>https://a.example/x</feedburner:origLink>",
            "https://a.example/x",
        ),
        (
            "<atom:link rel='self' href='https://a.example/self'/><link>https://a.example/x</link>",
            "https://a.example/x",
        ),
        (
            "<source url='https://b.example/'><link>https://b.example/</link></source><link>/x</link>",
            "https://news.example/x",
        ),
        (
            "<media:content><media:title>t</media:title><link>/no</link></media:content><link>/x</link>",
            "https://news.example/x",
        ),
        ("<description><a href='/b'>unescaped <b>HTML<br></description><link>/x</link>", "https://news.example/x"),
        (
            "<link>https://пример.рф/новости</link>",
            "https://xn--e1afmkfd.xn--p1ai/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8",
        ),
        ("<link>HTTPS://A.Example:443/x</link>", "https://a.example/x"),
        ("<link>https://a.example</link>", "https://a.example/"),
    ],
)
def test_links_of_an_item(inside, url):
    assert urls(parse_feed(rss(item(inside)), url=URL)) == [url]


@pytest.mark.parametrize(
    "inside",
    [
        "",
        "<title>no link</title>",
        "<link>javascript:alert(1)</link>",
        "<link>mailto:a@b.example</link>",
        "<link>file:///etc/passwd</link>",
        "<link>http://user:secret@a.example/</link>",
        "<link>http://[::1/x</link>",
        "<guid isPermaLink='false'>https://a.example/g</guid>",
        f"<link>https://a.example/{'x' * 3000}</link>",
        "<enclosure url='https://a.example/x.mp3'/>",
    ],
)
def test_items_that_lead_nowhere_are_left_out(inside):
    reading = parse_feed(rss(item(inside) + item("<link>/x</link>")), url=URL)
    assert urls(reading) == ["https://news.example/x"]


def test_relative_links_start_from_the_site_when_the_feed_is_hosted_elsewhere():
    body = rss(item("<link>/a</link>"), head="<link>https://news.example/sport/</link>")
    assert urls(parse_feed(body, url="https://feeds.example/news")) == ["https://news.example/a"]


def test_one_url_is_one_candidate_with_what_all_its_items_say():
    reading = parse_feed(
        rss(item("<link>/a?utm_source=x</link>") + item("<link>/b</link>") + item("<link>/a</link><title>A</title>")),
        url=URL,
    )
    assert [(one.url[-1], one.title) for one in reading.candidates] == [("a", "A"), ("b", None)]


TITLES = [
    ("<title>caf&eacute; &nbsp; &unknown; &#8217; AT&T</title>", "café &unknown; ’ AT&T"),
    ("<title><![CDATA[Storm & <i>flood</i>]]></title>", "Storm & flood"),
    ("<title>&lt;b&gt;Storm&lt;/b&gt; &amp;amp; flood</title>", "Storm & flood"),
    ("<title>5 < 6 and more</title>", "5 < 6 and more"),
    ("<title>Storm <b>and flood</title>", "Storm and flood"),
    ("<title>Storm", "Storm"),
    ("<title>bell\x07\x00 rings</title>", "bell rings"),
    ("<title></title><media:title>other</media:title>", None),
    ("<media:title>other</media:title><title>Storm</title>", "Storm"),
    ("<title>خبر فوری</title>", "خبر فوری"),
]


@pytest.mark.parametrize(("inside", "title"), TITLES)
def test_titles_in_a_mess(inside, title):
    reading = parse_feed(rss(item(f"<link>/x</link>{inside}") + item("<link>/y</link>")), url=URL)
    assert reading.candidates[0].title == title
    assert len(reading.candidates) == 2


@pytest.mark.parametrize(
    ("codec", "label", "content_type"),
    [
        ("utf-8", "iso-8859-1", None),
        ("utf-8", "utf-8", "text/xml; charset=iso-8859-1"),
        ("utf-8", "us-ascii", "text/plain"),
        ("utf-8-sig", "utf-8", "text/html"),
        ("cp1256", "windows-1256", None),
        ("cp1256", "utf-8", "application/rss+xml; charset=windows-1256"),
        ("utf-16", "utf-16", None),
        ("utf-16-le", "utf-16", None),
        ("utf-16-be", "utf-8", None),
    ],
)
def test_encodings_whatever_the_label(codec, label, content_type):
    text = f'<?xml version="1.0" encoding="{label}"?><rss><channel><item><title>سلام</title><link>/x</link></item></channel></rss>'
    reading = parse_feed(text.encode(codec), url=URL, content_type=content_type)
    assert [one.title for one in reading.candidates] == ["سلام"]


@pytest.mark.parametrize(
    ("codec", "label", "title"),
    [
        ("cp1252", "utf-8", "Élysée – “oui”"),
        ("cp1252", "iso-8859-1", "Élysée – “oui”"),
        ("gb18030", "gb2312", "朱镕基"),
        ("cp949", "euc-kr", "똠방각하"),
        ("iso2022_jp", "iso-2022-jp", "新聞"),
        ("cp1251", "windows-1251", "Новости"),
        ("latin-1", "rot13", "É"),
        ("latin-1", "no-such-codec", "É"),
    ],
)
def test_labels_are_taken_as_their_writers_mean_them(codec, label, title):
    text = f'<?xml version="1.0" encoding="{label}"?><rss><item><title>{title}</title><link>/x</link></item></rss>'
    assert [one.title for one in parse_feed(text.encode(codec), url=URL).candidates] == [title]


def test_a_few_broken_bytes_do_not_change_the_encoding():
    body = rss(item("<title>ČČČČ</title><link>/x</link>")).replace("Č".encode() * 4, "ČČČ".encode() + b"\xc4")
    assert parse_feed(body, url=URL).candidates[0].title == "ČČČ\ufffd"


@pytest.mark.parametrize(
    "before",
    [
        "\n\n  ",
        "\ufeff",
        "<br />\n<b>Warning</b>: include() in <b>x.php</b> on line <b>3</b><br />\n",
        "<!-- < > rss -->",
        "OK",
    ],
)
def test_junk_before_the_document_is_passed_over(before):
    assert urls(parse_feed(before.encode() + rss(item("<link>/x</link>")), url=URL)) == ["https://news.example/x"]


BROKEN = [
    ("a stray end tag", item("<title>A</b></title><link>/a</link>") + item("<link>/b</link>")),
    ("a missing end tag", "<item><title>A</title><link>/a</link>" + item("<link>/b</link>")),
    ("an unclosed field", "<item><title>A<link>/a</item>" + item("<link>/b</link>")),
    ("a bare attribute", "<item a=1 b><link>/a</link></item>" + item("<link>/b</link>")),
    ("an unclosed quote", "<item a='1><link>/a</link></item>" + item("<link>/b</link>") + item("<link>/a</link>")),
    ("an unknown prefix", item("<x:y>1</x:y><link>/a</link>") + item("<link>/b</link>")),
    ("nested too deep", item("<link>/a</link>" + "<d>" * 5000) + item("<link>/b</link>")),
]


@pytest.mark.parametrize("items", [items for _, items in BROKEN], ids=[name for name, _ in BROKEN])
def test_one_broken_item_costs_no_other(items):
    assert sorted(urls(parse_feed(rss(items), url=URL))) == ["https://news.example/a", "https://news.example/b"]


def test_a_feed_cut_short_gives_what_it_has_and_says_so():
    whole = rss(item("<link>/a</link>") + item("<link>/b</link><title>B</title>"))
    reading = parse_feed(whole[: whole.index(b"<title>B")], url=URL)
    assert urls(reading) == ["https://news.example/a", "https://news.example/b"]
    assert reading.problem == "is cut short: it has no </rss>"


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"<!doctype html><html><body><item><link>/x</link></item></body></html>", "is HTML, not a feed"),
        (b"<!doctype html><title>News</title><a href=/x>x</a>", "is HTML, not a feed"),
        (
            b"<urlset><url><loc>https://a.example/</loc></url></urlset>",
            'is a sitemap, not a feed (write kind = "sitemap")',
        ),
        (b"<opml version='2.0'></opml>", "is a list of feeds, not a feed (add the feeds it names)"),
        (b"not a feed at all", "is not a feed"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "is not a feed"),
        (b'{"items": []}', "is JSON, but no JSON Feed"),
        (b'{"items": [', "is JSON that cannot be read"),
        (b"[" * 100_000, "is not a feed"),
        (b'{"a":' * 100_000, "is JSON that cannot be read"),
    ],
)
def test_what_is_no_feed_says_what_it_is(payload, problem):
    reading = parse_feed(payload, url=URL)
    assert (reading.problem, reading.candidates, reading.form) == (problem, (), None)


def test_an_empty_feed_has_no_problem():
    reading = parse_feed(rss(""), url=URL)
    assert (reading.candidates, reading.problem, reading.newest) == ((), None, None)


def test_entities_of_the_document_are_never_expanded():
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    body = (
        f'<!DOCTYPE rss [<!ENTITY l0 "ha"><!ENTITY x SYSTEM "file:///etc/passwd">{laughs}]>'
        "<rss><channel><item><title>&l9; &x;</title><link>/x</link></item></channel></rss>"
    )
    reading = parse_feed(body.encode(), url=URL)
    assert [one.title for one in reading.candidates] == ["&l9; &x;"]


@given(st.binary(max_size=300))
def test_no_bytes_make_it_raise(payload):
    for start in (b"", b"<rss>", b"<feed>", b'{"version":"https://jsonfeed.org/version/1","items":', b"\x1f\x8b"):
        reading = parse_feed(start + payload, url=URL)
        assert all(one.url.startswith("http") for one in reading.candidates)


TAGS = [f"<{slash}{name}>" for slash in ("", "/") for name in ("rss", "item", "title", "link", "guid")]
MARKS = ["<link href='/a'/>", "<![CDATA[", "]]>", "<!--", "-->", "<!DOCTYPE", "<?", "&amp;", "\ud7ff", *"<>&'\"/x "]


@given(st.lists(st.sampled_from(TAGS + MARKS), max_size=60).map("".join))
def test_no_tag_soup_makes_it_raise(text):
    reading = parse_feed(("<rss>" + text).encode(), url=URL)
    assert all(one.url.startswith("https://news.example/") for one in reading.candidates)
