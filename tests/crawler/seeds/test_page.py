import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.seeds.page import parse_page

URL = "https://www.news.example/sport/"


def urls(html, **options):
    return [one.url for one in parse_page(html.encode(), url=URL, **options).candidates]


def test_links_of_the_site_with_their_text():
    reading = parse_page(
        b"<!doctype html><html lang='pt-BR'><title> Front </title><a href='/a'><img src=x alt=pic></a>"
        b"<a href='/a?utm_source=front#top'>Storm <b>and</b>\n flood<script>x</script></a><a href='b'>B</a>"
        b"<map><area href='/c'></map><a>none</a><a href=''>self</a><a href='#top'>top</a>",
        url=URL,
    )
    assert [(one.url, one.title) for one in reading.candidates] == [
        ("https://www.news.example/a", "Storm and flood"),
        ("https://www.news.example/sport/b", "B"),
        ("https://www.news.example/c", None),
    ]
    assert (reading.title, reading.language, reading.form, reading.problem) == ("Front", "pt-BR", "page", None)


def test_base_href_counts():
    assert urls("<base href='/other/'><base href='/no/'><a href=x>x</a>") == ["https://www.news.example/other/x"]


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("<a href='https://news.example/x'>", True),
        ("<a href='https://live.news.example/x'>", True),
        ("<a href='https://social.example/share?u=x'>", False),
        ("<a href='https://news.example:8443/x'>", False),
        ("<a rel='nofollow' href='/x'>", True),
        ("<a rel='nofollow sponsored' href='/x'>", False),
        ("<a rel='UGC' href='/x'>", False),
        ("<a href='/x.jpg'>", False),
        ("<a href='/feed.xml'>", False),
        ("<a href='/x.html'>", True),
        ("<a href='/sport/'>", False),
        ("<a href='javascript:void(0)'>", False),
        ("<a href='tel:+1'>", False),
        ("<a href='http://[bad'>", False),
    ],
)
def test_which_links_count(link, kept):
    assert bool(urls(f"<html><body>{link}text</a>")) is kept


def test_the_text_is_decoded_as_it_is_written():
    text = "<html><meta charset='iso-8859-1'><a href='/x'>{}</a>"
    assert parse_page(text.format("خبر").encode(), url=URL).candidates[0].title == "خبر"
    page = parse_page(text.format("뉴스").encode("cp949"), url=URL, content_type="text/html; charset=EUC-KR")
    assert page.candidates[0].title == "뉴스"


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        (b"", "is empty"),
        (b"plain text", "is not HTML"),
        (b"<?xml version='1.0'?><rss></rss>", "is not HTML"),
        (b"\x89PNG\r\n", "is not HTML"),
        (b"<html><p>nothing</p></html>", "has no links to its own site"),
    ],
)
def test_what_is_no_page_of_links_says_so(payload, problem):
    assert parse_page(payload, url=URL).problem == problem


@pytest.mark.timeout(30)
def test_a_page_wrapped_in_links_takes_no_quadratic_time():
    page = parse_page(b"<html>" + b"<a href=x>y" * 200_000, url=URL)
    assert len(page.candidates) == 1


@given(st.binary(max_size=300))
def test_no_bytes_make_it_raise(payload):
    for start in (b"", b"<html>", b"<html><a href='", b"<?xml encoding='utf-16'?><html>"):
        reading = parse_page(start + payload, url=URL)
        assert all(one.url.startswith("http") for one in reading.candidates)
