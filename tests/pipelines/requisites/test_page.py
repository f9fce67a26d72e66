"""The requisites of pages: each way HTML has to name something that is loaded, and what is none."""

import time
from contextlib import suppress

import pytest

from pipelines.errors import PayloadTooLarge
from pipelines.requisites.gathering import MAX_HOSTS, MAX_REQUISITES
from pipelines.requisites.page import page_requisites

SITE = "https://news.example/world/story.html"


def found(markup, url=SITE, **options):
    return {one.url: one.role for one in page_requisites(markup.encode(), url=url, **options)}


def names(markup):
    return {url.removeprefix("https://news.example/world/") for url in found(f"<!DOCTYPE html><body>{markup}</body>")}


@pytest.mark.parametrize(
    ("markup", "urls"),
    [
        ("<img src=a.jpg>", {"a.jpg"}),
        ("<img src=' a.jpg\n'>", {"a.jpg"}),
        ("<img src=a.jpg#top>", {"a.jpg"}),
        ("<img srcset='a.jpg 1x, b.jpg 2x' src=c.jpg>", {"a.jpg", "b.jpg", "c.jpg"}),
        ("<img src='data:image/gif;base64,AAAA' data-src=a.jpg>", {"a.jpg"}),
        ("<img data-srcset='a.jpg 320w, b.jpg 640w'>", {"a.jpg", "b.jpg"}),
        ("<img data-lazy-src=a.jpg data-original=b.jpg>", {"a.jpg", "b.jpg"}),
        ("<img data-src='{base}/a.jpg' data-original='true' data-image='{\"a\":\"b.c\"}'>", set()),
        (
            "<picture><source srcset='a.webp 1x, b.webp 2x' type=image/webp><source data-srcset=c.jpg><img src=d.jpg></picture>",
            {"a.webp", "b.webp", "c.jpg", "d.jpg"},
        ),
        ("<noscript><img src=a.jpg></noscript>", {"a.jpg"}),
        ("<amp-img src=a.jpg srcset='b.jpg 2x'></amp-img>", {"a.jpg", "b.jpg"}),
        ("<video poster=a.jpg src=film.mp4><source src=film.webm></video><audio src=b.mp3></audio>", {"a.jpg"}),
        ("<link rel=stylesheet href=a.css>", {"a.css"}),
        ("<link rel='alternate StyleSheet' href=a.css>", {"a.css"}),
        ("<link rel='shortcut icon' href=a.ico>", {"a.ico"}),
        ("<link rel=preload as=font href=a.woff2><link rel=preload as=style href=b.css>", {"a.woff2", "b.css"}),
        ("<link rel=preload as=image href=a.jpg imagesrcset='b.jpg 2x'>", {"a.jpg", "b.jpg"}),
        ("<link rel=preload as=script href=a.js><link rel=canonical href=b.html><link rel=amphtml href=c.html>", set()),
        ("<script src=a.js></script><iframe src=b.html></iframe><a href=c.html>c</a>", set()),
        ("<style>@import 'a.css'; b{c:url(d.png)}</style>", {"a.css", "d.png"}),
        ("<p style='background:url(&quot;a b.png&quot;)'>", {"a b.png"}),
        ("<div data-bg=a.jpg></div><div data-background-image='url(b.jpg)'></div>", {"a.jpg", "b.jpg"}),
        ("<svg><image href=a.png /><use xlink:href='b.svg#one'/><use href='#two'/></svg>", {"a.png", "b.svg"}),
        ("<input type=image src=a.png><input type=text src=b.png>", {"a.png"}),
        ("<object type=image/svg+xml data=a.svg></object><object data=b.html></object>", {"a.svg"}),
        ("<embed type='image/png' src=a.png>", {"a.png"}),
        ("<table background=a.gif><tr><td background=b.gif></table>", {"a.gif", "b.gif"}),
        ("<img src=a.gif width=1 height=1><img src=b.gif width=0px height=1><img src=c.gif width=1>", {"c.gif"}),
        (
            "<img src=''><img src='#'><img src=story.html><img src='javascript:1'><img src='blob:x'><img src='mailto:x'>",
            set(),
        ),
        ("<img src='http://[::1/'><img src='https://'><img src='file:///etc/passwd'>", set()),
        ("<!-- <img src=a.jpg> --><img src=b.jpg>", {"b.jpg"}),
        ("<img src=a.jpg><img src=./a.jpg><img src=/world/a.jpg>", {"a.jpg"}),
    ],
)
def test_requisites_of_markup(markup, urls):
    assert names(markup) == urls


def test_urls_are_made_absolute():
    assert set(found("<base href='/static/'><img src=a.jpg><img src=//cdn.example/b.jpg><img src=../c.jpg>")) == {
        "https://news.example/static/a.jpg",
        "https://cdn.example/b.jpg",
        "https://news.example/c.jpg",
    }
    assert set(found("<base href='javascript:1'><img src=a.jpg>")) == {"https://news.example/world/a.jpg"}
    assert set(found("<base href=https://one.example/><base href=https://two.example/><img src=a.jpg>")) == {
        "https://one.example/a.jpg"
    }


def test_roles():
    page = "<link rel=stylesheet href=/a.css><style>@font-face{src:url(/b.woff2)}</style><img src=/c.jpg>"
    assert found(page) == {
        "https://news.example/a.css": "style",
        "https://news.example/b.woff2": "font",
        "https://news.example/c.jpg": "image",
    }


def test_the_page_is_decoded_as_it_says():
    page = '<meta charset="windows-1251"><img src="/фото.jpg">'.encode("windows-1251")
    assert [one.url for one in page_requisites(page, url=SITE)] == ["https://news.example/фото.jpg"]


def test_the_weightiest_are_kept_where_there_are_too_many():
    images = "".join(f"<img src=/{n}.jpg srcset='/{n}-1.jpg 1x, /{n}-2.jpg 2x'>" for n in range(MAX_REQUISITES - 1))
    urls = list(found(images + "<link rel=stylesheet href=/late.css>"))
    assert len(urls) == MAX_REQUISITES
    assert urls[0] == "https://news.example/late.css"
    assert not [url for url in urls if "-1.jpg" in url or "-2.jpg" in url]


def test_a_page_leads_to_a_bounded_number_of_hosts():
    images = "".join(f"<img src=https://host{n}.example/a.jpg>" for n in range(200)) + "<img src=own.jpg>"
    urls = set(found(images))
    assert len(urls) == MAX_HOSTS + 1
    assert "https://news.example/world/own.jpg" in urls


@pytest.mark.parametrize(
    "piece",
    [
        "<img src=a.jpg>",
        "<img srcset='",
        "<img data-src='./",
        "<p style='(",
        "<style>url(",
        "<div data-bg='url(",
        "<picture>",
    ],
)
def test_hostile_pages_take_little_time(piece):
    begun = time.process_time()
    with suppress(PayloadTooLarge):
        found(piece * (1_000_000 // len(piece)))
    assert time.process_time() - begun < 10


def test_what_is_larger_than_any_page_is_refused():
    with pytest.raises(PayloadTooLarge):
        found("<b>" * 600_000)
