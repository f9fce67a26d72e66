"""Keys equal those of the `surt` package, which pywb uses and which is asked here, in pywb's own environment."""

import json
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.errors import QueryInvalid
from archive.formats.urlkey import _full_urlkey, domain_range, host_range, match_range, prefix_range, urlkey

KEYS = [
    # host
    ("http://example.com", "com,example)/"),
    ("http://example.com/", "com,example)/"),
    ("https://EXAMPLE.com/", "com,example)/"),
    ("http://www.example.com/", "com,example)/"),
    ("http://www2.example.com/", "com,example)/"),
    ("http://www.com/", "com)/"),
    ("http://wwwx.example.com/", "com,example,wwwx)/"),
    ("http://news.bbc.co.uk/", "uk,co,bbc,news)/"),
    ("http://example.com./", "com,example)/"),
    ("http://ex..ample.com/", "com,ample,ex)/"),
    ("http://under_score.example.com/", "com,example,under_score)/"),
    ("http://localhost/", "localhost)/"),
    ("http://user:secret@example.com/", "com,example)/"),
    ("http://bücher.example/", "example,xn--bcher-kva)/"),
    ("http://例え.jp/", "jp,xn--r8jz45g)/"),
    ("http://%77ww.example.com/", "com,example)/"),
    # ports
    ("http://example.com:80/", "com,example)/"),
    ("https://example.com:443/", "com,example)/"),
    ("https://example.com:80/", "com,example:80)/"),
    ("http://example.com:8080/a", "com,example:8080)/a"),
    ("http://example.com:/a", "com,example)/a"),
    # addresses
    ("http://127.0.0.1:8900/a", "1,0,0,127:8900)/a"),
    ("http://2130706433/", "1,0,0,127)/"),
    ("http://0177.0.0.01/", "1,0,0,127)/"),
    ("http://10.258/", "2,1,0,10)/"),
    ("http://[::1]:8080/a", "::1:8080)/a"),
    # path
    ("http://example.com/A/B.HTML", "com,example)/a/b.html"),
    ("http://example.com/a/", "com,example)/a"),
    ("http://example.com/a//b///", "com,example)/a/b"),
    ("http://example.com/a/./b/../c", "com,example)/a/c"),
    ("http://example.com/..", "com,example)/.."),
    ("http://example.com/.well-known/x", "com,example)/.well-known/x"),
    ("http://example.com/a%2Fb", "com,example)/a/b"),
    ("http://example.com/%2541", "com,example)/a"),
    ("http://example.com/100%", "com,example)/100%25"),
    ("http://example.com/a b", "com,example)/a%20b"),
    ("http://example.com/é", "com,example)/%c3%a9"),
    ("http://example.com/%C3%A9", "com,example)/%c3%a9"),
    ("https://ir.voanews.com/a/%D8%A7%DB%8C/7.html", "com,voanews,ir)/a/%d8%a7%db%8c/7.html"),
    ("http://example.com/(S(4hqa0555fwsecu455xqckv45))/a.aspx", "com,example)/a.aspx"),
    ("http://example.com/(4hqa0555fwsecu455xqckv45)/a.aspx?b=1", "com,example)/a.aspx?b=1"),
    ("http://example.com/(4hqa0555fwsecu455xqckv45)/a.html", "com,example)/(4hqa0555fwsecu455xqckv45)/a.html"),
    # query
    ("http://example.com?a=1", "com,example)/?a=1"),
    ("http://example.com/?", "com,example)/"),
    ("http://example.com/?B=2&a=1", "com,example)/?a=1&b=2"),
    ("http://example.com/?b&a&a=", "com,example)/?a&a=&b"),
    ("http://example.com/?a-b=1&a=1", "com,example)/?a=1&a-b=1"),
    ("http://example.com/?a=1&", "com,example)/?&a=1"),
    ("http://example.com/?a=%26", "com,example)/?&a="),
    ("http://example.com/?a=1&sid=9682993c8daa2c5497996114facdc805", "com,example)/?&a=1"),
    ("http://example.com/?JSESSIONID=0123456789abcdef0123456789abcdef&a=1", "com,example)/?a=1"),
    ("http://example.com/?phpsessid=9682993c8daa2c5497996114facdc805", "com,example)/"),
    ("http://example.com/?aspsessionidABCDEFGH=abcdefghabcdefghabcdefgh&x=y", "com,example)/?x=y"),
    ("http://example.com/?cfid=12&cftoken=34&a=1", "com,example)/?a=1"),
    ("http://example.com/?cfid=cfid=1&cftoken=2", "com,example)/?cfid="),
    ("http://example.com/?sid=short", "com,example)/?sid=short"),
    # the rest
    ("http://example.com/a#b?c", "com,example)/a"),
    ("example.com/a", "com,example)/a"),
    ("//example.com/a", "com,example)/a"),
    (" http://example.com/a\n", "com,example)/a"),
    ("http://exam\tple.com/", "com,example)/"),
    ("http://https://example.com/", "com,example)/"),
    ("http:/example.com/a", "com,example)/a"),
    ("http:////example.com/a", "com,example)/a"),
    ("ftp://www.example.com/a", "com,example)/a"),
    ("dns:www.example.com", "dns:www.example.com"),
    ("urn:uuid:AB", "urn:uuid:ab"),
    ("mailto:someone@example.com", "mailto:someone@example.com"),
]


@pytest.mark.parametrize(("url", "key"), KEYS)
def test_key_of_url(url, key):
    assert urlkey(url) == key


ASK_SURT = """
import json, sys
from surt import surt
def key(url):
    try:
        return surt(url)
    except Exception as error:
        return [type(error).__name__]
print(json.dumps([key(url) for url in json.load(sys.stdin)]))
"""


@pytest.fixture(scope="module")
def ask_surt(pywb_folder: Path) -> Callable[[Iterable[str]], list[str | list[str]]]:
    """The keys that surt gives to many URLs at once; in a list the name of the error where it gives none."""

    def ask(wanted: Iterable[str]) -> list[str | list[str]]:
        command = [str(pywb_folder / "python"), "-c", ASK_SURT]
        done = subprocess.run(command, input=json.dumps(list(wanted)).encode(), capture_output=True, check=True)
        return json.loads(done.stdout)

    return ask


def test_table_is_what_surt_says(ask_surt):
    assert ask_surt(url for url, _ in KEYS) == [key for _, key in KEYS]


ODD = [
    "http://example.org/?x=1&y=",
    "http://example.org/index.php?PHPSESSID=0123456789abcdefghijklmnopqrstuv",
    "http://example.org/a;jsessionid=0123456789abcdef0123456789abcdef",
    "http://example.org/a;jsessionid=0123456789abcdef0123456789abcdef?x=1",
    "http://example.org/a.jsp;jsessionid=abc",
    "http://example.org/index.html?ASPSESSIONIDABCDEFGH=ABCDEFGHIJKLMNOPQRSTUVWX&x=y",
    "http://example.org/(a(0123456789abcdefghijklmn)f(0123456789abcdefghijklmn))/p.aspx",
    "http://example.org/(S(0123456789abcdefghijklmn))/sub/p.aspx?q=1",
    "http://example.org/a?cfid=1234&cftoken=5678&x=1",
    "http://www1.example.org/",
    "http://www12.example.org/",
    "http://www123.example.org/",
    "http://WWW.EXAMPLE.ORG:80/",
    "http://example.org:443/",
    "https://example.org:444/",
    "ftp://example.org:21/file",
    "http://example.org//a",
    "http://example.org/a//",
    "http://example.org/%7Euser/",
    "http://example.org/~user/",
    "http://example.org/%E2%82%AC",
    "http://example.org/€",
    "http://example.org/?q=%E2%82%AC",
    "http://example.org/?q=€",
    "http://example.org/?q=a+b",
    "http://example.org/?q=a%20b",
    "http://example.org/?q=a b",
    "http://example.org/a%00b",
    "http://example.org/%",
    "http://example.org/%a",
    "http://example.org/%GG",
    "http://example.org/a?b?c",
    "http://example.org/a??b",
    "http://example.org/#frag",
    "http://example.org/a#b#c",
    "http://example.org?",
    "http://example.org/?&&&",
    "http://example.org/?b=2&a=1&b=1",
    "http://example.org/?b=2;a=1",
    "http://example.org/A?B=C",
    "http://3279880203/blah",
    "http://192.0.2.1/",
    "http://192.0.2/",
    "http://0xC0.0x00.0x02.0x01/",
    "http://[2001:db8::1]/a",
    "http://[2001:DB8::1]:8080/a",
    "http://user@example.org/",
    "http://user:pass@example.org:8080/",
    "http://example.org./a",
    "http://.example.org/",
    "http://example..org/",
    "http://-example.org/",
    "http://ex_ample.org/",
    "http://xn--bcher-kva.example/",
    "http://BÜCHER.example/",
    "http://пример.example/",
    "http://例子.example/路径",
    "http://example.org/路径?查询=值",
    "http://example.org/\\a\\b",
    "http://example.org/a/../../b",
    "http://example.org/a/./b",
    "http://example.org/./",
    "http://example.org/..",
    "http://example.org/a/..",
    "http://example.org/a/%2e%2e/b",
    "http://example.org/%2561",
    "http://example.org/%25%36%31",
    "http://example.org/a|b",
    'http://example.org/a"b',
    "http://example.org/<a>",
    "http://example.org/{a}",
    "http://example.org/a^b`c",
    "http://example.org/a'b",
    "http://example.org/a,b;c:d@e!f$g*h(i)j",
    "http://example.org/?url=http://example.com/?a=b",
    "http://example.org/http://example.com/",
    "http://example.org/web/2020/http://example.com/",
    "http://example.org:80:80/",
    "http://EXAMPLE.org/ a ",
    "https://www.example.org/news/2024/05/01/Story-Title.html?utm_source=feed&utm_medium=rss",
    "http://example.org/index.php?id=5&sid=0123456789abcdef0123456789abcdef&x=1",
    "http://example.org/index.php?sid=0123456789abcdef0123456789abcdef",
    "http://example.org/?jsessionid=0123456789abcdef0123456789abcdef",
    "http://example.org/a.html?",
    "http://example.org/a.html?#x",
    "http://example.org/robots.txt",
    "http://example.org/index.html",
    "http://example.org/index.htm",
    "http://example.org/default.asp",
    "filedesc:foo.arc",
    "warcinfo:foo.warc.gz",
    "dns:example.org",
    "whois:example.org",
    "metadata:example.org",
    "urn:x:y",
    "data:text/plain,hello",
    "javascript:alert(1)",
    "screenshot:http://example.org/",
    "about:blank",
    "mailto:a@example.org",
    "tel:+123",
    "example.org",
    "example.org/a?b",
    "www.example.org",
    "http:example.org/",
    "http://example.org:/",
    "http://1.2.3.4.5/",
    "http://256.1.1.1/",
    "http://example.org/a\\tb",
    "HTTP://Example.Org/Path",
    "HtTpS://example.org/",
    "https://m.example.org/a",
    "http://a.b.c.d.e.f.example.org/",
    "http://example.org/&amp;",
    "http://example.org/?a=1&amp;b=2",
    "http://example.org/?%41=%42",
    "http://example.org/?a=%2B",
    "http://example.org/?a=%3D&b=%3F",
    "http://example.org/?a=%23",
    "http://example.org/%23",
    "http://example.org/%3F",
    "http://example.org/%2F%2F",
    "http://example.org/+",
    "http://example.org/a%20",
    "http://example.org/%20a",
    "http://example.org/a%0Ab",
    "http://example.org/%C3%A9",
    "http://example.org/%E9",
    "http://example.org/?a=%E9",
    "http://example.org/%FF%FE",
    "http://example.org/%f0%9f%98%80",
    "http://example.org/😀",
]
"""What the canonicaliser of surt has rules for: their keys are asked of it when the test runs."""


def test_odd_urls_have_the_key_that_surt_gives_them(ask_surt):
    for url, expected in zip(ODD, ask_surt(ODD), strict=True):
        if isinstance(expected, str):
            assert urlkey(url) == expected, url
        else:
            with pytest.raises(QueryInvalid):
                urlkey(url)


def test_host_and_port_need_no_scheme():
    # surt reads a scheme named "example.com" here, which nobody means.
    assert urlkey("example.com:8080/a") == "com,example:8080)/a"
    assert urlkey("localhost:8080") == "localhost:8080)/"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "http://",
        "https:///",
        "http://?a",
        "http://a b/",
        "not a url",
        "http://example.com:http/",
        "http://x:99999/",
        "http://x/\ud800",
        "http://x\udbff/?\udc00",
    ],
)
def test_what_is_no_url_is_named(text):
    with pytest.raises(QueryInvalid, match="is no URL"):
        urlkey(text)


hosts = st.sampled_from(
    [
        "example.com",
        "WWW.Example.Com",
        "www1.www.com",
        "10.258",
        "1.2.3.4",
        "[::1]",
        "bücher.de",
        "a_b.c-d.org",
        "x.",
        "u:p@x.org",
    ]
)
ports = st.sampled_from(["", "", ":80", ":443", ":8080", ":"])
segments = st.sampled_from(
    [
        "a",
        "B",
        "..",
        ".",
        "%41",
        "%2541",
        "%2F",
        "é",
        "É",
        "اخبار",
        "新闻\u3000",
        "%C3%A9",
        "%",
        "%zz",
        "%25%32%35",
        "(S(4hqa0555fwsecu455xqckv45))",
        "(4hqa0555fwsecu455xqckv45)",
        "x.aspx",
        "x.aspx%3f",
        "~u",
        "|",
        "\\",
        "",
        "a b",
    ]
)
arguments = st.sampled_from(
    [
        "a=1",
        "b",
        "b=",
        "A=2",
        "a-b=1",
        "x=%26y",
        "%25",
        "é",
        "=",
        "?",
        "a=b=c",
        "cfid=1&cftoken=2",
        "cfid=cfid=1&cftoken=2",
        "",
        "sid=" + "9" * 32,
        "xPHPSESSID=" + "a" * 32,
        "jsessionid=" + "0" * 32,
        "ASPSESSIONIDabcdefgh=" + "z" * 24,
    ]
)


@st.composite
def urls(draw):
    url = draw(st.sampled_from(["http://", "https://", "http:/", "ftp://", "https://http://"]))
    url += draw(hosts) + draw(ports)
    url += "".join("/" + segment for segment in draw(st.lists(segments, max_size=5)))
    if draw(st.booleans()):
        url += "?" + "&".join(draw(st.lists(arguments, max_size=4)))
    return url + draw(st.sampled_from(["", "", "#f"]))


def test_any_url_has_the_key_that_surt_gives_it(ask_surt):
    found: set[str] = set()

    @settings(max_examples=1000)
    @given(urls())
    def collect(url):
        found.add(url)

    collect()  # all of them first: surt is asked once, in another process
    many = sorted(found)
    for url, key in zip(many, ask_surt(many), strict=True):
        assert urlkey(url) == key, url


@settings(max_examples=500)
@given(urls(), st.text(st.characters(), max_size=8))
def test_the_quick_way_gives_the_same_key(url, end):
    for one in (url, url + end, url + "/" + end + "?" + end):
        try:
            key = _full_urlkey(one)
        except QueryInvalid:
            with pytest.raises(QueryInvalid):
                urlkey(one)
        else:
            assert urlkey(one) == key


@given(
    st.text(st.characters(), max_size=60)
    | st.text(st.characters(categories=["Cs"]), max_size=3).map("http://x/".__add__)
)
def test_any_text_has_a_printable_key_or_is_named(text):
    try:
        key = urlkey(text)
    except QueryInvalid:
        return
    assert key.isascii()
    assert key.isprintable()
    assert " " not in key


@given(urls())
def test_key_lies_in_the_ranges_of_its_url(url):
    key = urlkey(url)
    for match in ("exact", "host", "domain"):
        start, end = match_range(url, match)
        assert start <= key < end


def test_ranges():
    assert match_range("http://example.com/a", "exact") == ("com,example)/a", "com,example)/a\0")
    assert prefix_range("http://example.com/a") == ("com,example)/a", "com,example)/b")
    assert prefix_range("http://example.com/a/") == ("com,example)/a/", "com,example)/a0")
    assert host_range("www.example.com") == ("com,example)", "com,example*")
    assert host_range("example.com:8080") == ("com,example:8080)", "com,example:8080*")
    assert domain_range("http://example.com/a") == ("com,example)", "com,example-")
    assert domain_range("com") == ("com)", "com-")


def test_domain_takes_subdomains_and_no_neighbours():
    start, end = domain_range("example.com")
    assert start <= urlkey("http://news.example.com/a") < end
    assert not start <= urlkey("http://example.computer/") < end
    assert not start <= urlkey("http://example-news.com/") < end


def test_range_of_what_has_no_host_is_refused():
    with pytest.raises(QueryInvalid, match="no host"):
        host_range("urn:uuid:1")
    with pytest.raises(QueryInvalid, match="no way to match"):
        match_range("http://example.com/", "fuzzy")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/" + "%25" * 200_000,
        "http://example.com/%" + "25" * 200_000,
        "http://example.com/?" + "cfid=" * 100_000 + "&cftoken=",
        "http://example.com/?" + "sid=" * 100_000,
        "http://example.com/" + "(4hqa0555fwsecu455xqckv45)/" * 10_000 + "?.aspx",
        "http://example.com/" + "../" * 100_000,
        "http://example.com/" + "/" * 300_000,
        "http://" + "a." * 100_000 + "com/",
        "http://" + "9" * 100_000 + "/",
        "http://" + "é" * 100_000 + "/",
        "http:" + "//http:" * 50_000,
    ],
)
def test_long_urls_take_linear_time(url):
    began = time.thread_time()
    urlkey(url)
    assert time.thread_time() - began < 2
