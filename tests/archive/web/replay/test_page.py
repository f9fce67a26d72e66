"""Captured markup made to be shown from the archive: what is loaded, where links lead, what is gone, what stays."""

import gzip
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.formats.encoding import to_utf8
from archive.web.replay.addresses import Addresses
from archive.web.replay.elements import PLAIN
from archive.web.replay.page import rewrite_page
from archive.web.replay.tokens import iter_tokens

MAIN = "http://127.0.0.1:8080"
AT = "/20240501103000"


def rewrite(markup: str, url: str = "https://n.example/news/story.html?id=1") -> str:
    return rewrite_page(markup, Addresses("20240501103000", url, MAIN))


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ("<img src=a.png>", f'<img src="{AT}im_/https://n.example/news/a.png">'),
        ("<IMG SRC='/a.png?x=1&amp;y=2'>", f'<img src="{AT}im_/https://n.example/a.png?x=1&amp;y=2">'),
        ("<img src=//c.example/a.png>", f'<img src="{AT}im_/https://c.example/a.png">'),
        ("<img src='https:\\\\c.example\\a.png'>", f'<img src="{AT}im_/https://c.example/a.png">'),
        ("<img src='data:image/gif;base64,R0'>", '<img src="data:image/gif;base64,R0">'),
        ("<img srcset='a.png 1x, b.png 2x'>", f'<img srcset="{AT}im_/https://n.example/news/a.png 1x, {AT}im_/https://n.example/news/b.png 2x">'),
        ("<video poster=p.jpg autoplay>", f'<video poster="{AT}im_/https://n.example/news/p.jpg">'),
        ("<iframe src=f.html sandbox=allow-scripts></iframe>", f'<iframe src="{AT}fr_/https://n.example/news/f.html"></iframe>'),
        ("<td background=b.png>", f'<td background="{AT}im_/https://n.example/news/b.png">'),
        ("<link rel='shortcut icon' href=/i.ico>", f'<link rel="icon" href="{AT}im_/https://n.example/i.ico">'),
        ("<link rel=stylesheet href=s.css integrity=x crossorigin>", f'<link rel="stylesheet" href="{AT}cs_/https://n.example/news/s.css">'),
        ("<link rel=preload as=style href=/s.css onload=\"this.rel='stylesheet'\">", f'<link rel="stylesheet" href="{AT}cs_/https://n.example/s.css">'),
        ("<p style='background:url(a.png)'>", f'<p style="background:url(&quot;{AT}im_/https://n.example/news/a.png&quot;)">'),
        ("<style>@import 'a.css';</style>", f'<style>@import "{AT}cs_/https://n.example/news/a.css";</style>'),
        ("<svg><use href=s.svg#x /><use href='#y'/></svg>", f'<svg><use href="{AT}im_/https://n.example/news/s.svg#x" /><use href="#y" /></svg>'),
        ("<input type=image src=i.png><input type=text src=i.png>", f'<input type="image" src="{AT}im_/https://n.example/news/i.png"><input type="text">'),
        ("<object data=m.svg></object>", f'<object data="{AT}fr_/https://n.example/news/m.svg"></object>'),
    ],
)  # fmt: skip
def test_requisites_are_loaded_from_the_archive(markup: str, shown: str) -> None:
    assert rewrite(markup) == shown


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ("<a href=../b?c=1&copy=2#d>", f'<a href="{MAIN}/replay{AT}/https://n.example/b?c=1&amp;copy=2#d" target="_top">'),
        ("<a href='#top' target=_blank>", '<a href="#top">'),
        ("<a href='mailto:a@b.example'>", "<a>"),
        ("<a href='tel:1'>", "<a>"),
        ("<a href=' java\nscript:x'>", "<a>"),
        ("<a href='vbscript:x' ping=/p download>", "<a>"),
        ("<area href=x>", f'<area href="{MAIN}/replay{AT}/https://n.example/news/x" target="_top">'),
        ("<base href=https://o.example/d/><a href=x>", f'<a href="{MAIN}/replay{AT}/https://o.example/d/x" target="_top">'),
        ("<form action=/send method=post target=_top><button formaction=/x>", "<form><button>"),
    ],
)  # fmt: skip
def test_links_lead_to_the_archive_or_nowhere(markup: str, shown: str) -> None:
    assert rewrite(markup) == shown


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ("a<script>b</script >c", "ac"),
        ("a<noscript><b>c</b></noscript>", "a<b>c</b>"),
        ("a<!-- <b> -->c<!-->d<!x>e<?y?>f</ z>g", "acdefg"),
        ("<meta http-equiv=refresh content=0><meta name=viewport content=w>", '<meta name="viewport" content="w">'),
        ("<title>a</b></title>", "<title>a&lt;/b></title>"),
        ("<textarea><img onerror=x></textarea>", "<textarea>&lt;img onerror=x></textarea>"),
        ("<xmp><b>&amp;</xmp>c", "<pre>&lt;b>&amp;amp;</pre>c"),
        ("<amp-img src=a.png></amp-img>", f'<img src="{AT}im_/https://n.example/news/a.png">'),
        ("1 < 2 <3", "1 &lt; 2 &lt;3"),
        ("<style>a{width:calc(1px)}@media (width<9px){}</style>", "<style>a{width:calc(1px)}@media (width<9px){}</style>"),
        ("<p class=\"a\" id=\"b\">c</p>", '<p class="a" id="b">c</p>'),
        ("<svg><style/><path d=\"M0\"/></svg>", '<svg><style></style><path d="M0"/></svg>'),
    ],
)  # fmt: skip
def test_what_does_not_run_stays(markup: str, shown: str) -> None:
    assert rewrite(markup) == shown


LAZY = f'src="{AT}im_/https://n.example/real.jpg"'


@pytest.mark.parametrize(
    ("markup", "is_shown"),
    [
        ("<img data-src=/real.jpg>", True),
        ("<img src=data:image/gif;base64,R0 data-original=/real.jpg>", True),
        ("<img src=/img/placeholder.gif data-lazy-src=/real.jpg>", True),
        ("<img src=/shown.jpg data-src=/real.jpg>", False),
        ("<img data-src='{{ image.url }}'>", False),
        ("<img data-src=lazy>", False),
    ],
)
def test_lazy_images_take_their_place_where_nothing_stands(markup: str, is_shown: bool) -> None:
    assert (LAZY in rewrite(markup)) == is_shown


def test_lazy_image_and_its_fallback_are_shown_once() -> None:
    fallback = "<noscript><img src=/real.jpg></noscript>"
    for markup in ("<img data-src=/real.jpg>" + fallback, fallback + "<img data-src=/real.jpg>"):
        assert rewrite(markup).count(LAZY) == 1


def test_plain_pages_stay_as_they_are() -> None:
    page = '<!DOCTYPE html><html lang="en"><body class="x"><h1 id="y">A &amp; B</h1><p>text</p><br/></body></html>'
    assert rewrite(page) == page


PIECES = [
    *"<>/=\"'! -a\n&;#", "<script", "</script>", "<!--", "-->", "<img ", "src=", "onerror=alert(1)", "<svg>", "</svg>", "<style>",
    "</style>", "<title>", "</title>", "<textarea", "<a href=javascript:x ", "<iframe srcdoc=", "<![CDATA[", "]]>", "<noscript>",
    "<math>", "<base href=", "<meta http-equiv=refresh ", "url(", "<plaintext>", "<xmp>", "<!doctype ", "\x00", "&lt;", "data-src=x/y",
]  # fmt: skip
_TAGS = re.compile(r"<[A-Za-z/!?][^<]*")


@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_every_tag_that_is_written_is_harmless_wherever_it_stands(pieces: list[str]) -> None:
    shown = rewrite("".join(pieces))
    for tag in _TAGS.findall(shown):
        assert not re.match(r"</?(script|base|noscript|xmp|plaintext)(?![^\s/>])|<!--", tag, re.IGNORECASE), tag
        outside_quotes = re.sub(r'"[^"]*"', "", tag.partition(">")[0])
        assert not re.search(r"\s(on\w+|srcdoc|action)(=|\s|$)", outside_quotes, re.IGNORECASE), tag
        assert (
            "javascript:" not in tag.partition(">")[0]
            or PLAIN.match(tag)
            or "im_/" in tag
            or "replay/" in tag
            or "fr_/" in tag
        )


@pytest.mark.parametrize("piece", ["<", "<a ", "<a b=", '<a b="', "<!--", "<![CDATA[", "</", "<script>", "<script><!--", "<!doctype ", "<a b='x' ",
                                   "<svg>", "<noscript>", "<style>url(", "<img data-src=x/y><noscript>", "&", "<img src=&amp"])  # fmt: skip
def test_time_grows_with_the_page(piece: str) -> None:
    begun = time.process_time()
    rewrite(piece * (300_000 // len(piece)))
    assert time.process_time() - begun < 4


@pytest.mark.shared
@pytest.mark.slow
def test_real_pages_are_rewritten(shared: Path) -> None:
    pages = sorted((shared / "data/articles").rglob("*.html.gz"))
    assert len(pages) > 800
    for page in pages:
        shown = rewrite(to_utf8(gzip.decompress(page.read_bytes())).decode("utf-8", "replace"))
        assert not re.search(r"<script|<base|<[a-z]+[^<>]* on[a-z]+=", shown), page.name


def test_signs_that_begin_no_tag_are_one_piece_of_text() -> None:
    """A page of them alone must not cost a token for each."""
    assert [token.kind for token in iter_tokens("<" * 1000 + "< 1 <= 2")] == ["text"]
    assert rewrite("1 < 2 <= 3 <") == "1 &lt; 2 &lt;= 3 &lt;"
