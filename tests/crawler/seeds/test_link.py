import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.seeds.link import clean_link, same_site
from crawler.source import is_web_url

BASE = "https://news.example/section/page"


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("x", "https://news.example/section/x"),
        ("../x", "https://news.example/x"),
        ("https://a.example/b/../c", "https://a.example/c"),
        ("?page=2", "https://news.example/section/page?page=2"),
        (" /x\n/y ", "https://news.example/x/y"),
        ("/x?fbclid=1&id=2&at_medium=RSS&UTM_Source=q", "https://news.example/x?id=2"),
        ("/x?utm_source=a&utm_medium=b", "https://news.example/x"),
        ("/x?outm_source=a", "https://news.example/x?outm_source=a"),
        ("/x?b=2&a=1", "https://news.example/x?b=2&a=1"),
        ("/x#!/route", "https://news.example/x"),
        ("/a b", "https://news.example/a%20b"),
        ("/100%", "https://news.example/100%"),
        ("/caf%C3%A9", "https://news.example/caf%C3%A9"),
        ("/خبر", "https://news.example/%D8%AE%D8%A8%D8%B1"),
        ("HTTP://NEWS.EXAMPLE:80", "http://news.example/"),
        ("http://127.0.0.1:8900/fundus/x.html", "http://127.0.0.1:8900/fundus/x.html"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x"),
        ("", None),
        ("data:text/html,x", None),
        ("ftp://news.example/", None),
        ("http://a@b.example/", None),
    ],
)
def test_links(href, url):
    assert clean_link(href, BASE) == url


@given(st.text(max_size=80))
def test_a_clean_link_is_a_web_url_and_stays_what_it_is(href):
    url = clean_link(href, BASE)
    if url is not None:
        assert is_web_url(url)
        assert url.isascii()
        assert clean_link(url, BASE) == url


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("https://www.a.example/x", "http://a.example/", True),
        ("https://m.a.example/x", "https://www.a.example/", True),
        ("https://sport.a.example/", "https://www.a.example/", True),
        ("http://127.0.0.1:1/", "http://127.0.0.1:2/", False),
        ("https://a.example/", "https://b.example/", False),
        ("https://[", "https://b.example/", False),
        ("/x", "/y", False),
    ],
)
def test_what_is_one_site(one, two, same):
    assert same_site(one, two) is same
    assert same_site(two, one) is same
