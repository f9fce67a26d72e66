"""URLs in style sheets, in every form CSS has for them, and in text that is no CSS at all."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.formats.style import decode_style, iter_style_urls, rewrite_style


@pytest.mark.parametrize(
    ("css", "found"),
    [
        ("a{background:url(x.png)}", [("x.png", "image")]),
        ("a{background:URL( 'x.png' )}", [("x.png", "image")]),
        ('a{background:url("a b.png")}', [("a b.png", "image")]),
        ("a{background:url( x.png\n)}", [("x.png", "image")]),
        (r"a{background:url(x\29.png)}", [("x).png", "image")]),
        (r"a{background:url(x\).png)}", [("x).png", "image")]),
        (r"a{background:url('x\'\000041 y.png')}", [("x'Ay.png", "image")]),
        ("a{background:url('x\\\ny.png')}", [("xy.png", "image")]),
        ("a{cursor:url(a.cur),url(b.cur) 2 2,auto}", [("a.cur", "image"), ("b.cur", "image")]),
        ("background-image: url(x.png)", [("x.png", "image")]),
        ("@import 'a.css';", [("a.css", "style")]),
        ("@import url(a.css) layer(base) supports(display: grid) screen;", [("a.css", "style")]),
        ('@IMPORT"a.css" print;@import url("b.css")', [("a.css", "style"), ("b.css", "style")]),
        ("@charset 'utf-8'; @import 'a.css'", [("a.css", "style")]),
        ("@namespace svg url(http://www.w3.org/2000/svg); a{b:url(c.png)}", [("c.png", "image")]),
        (
            "@font-face{font-family:x;src:url(a.woff2) format('woff2'),url(a.woff)}b{c:url(d.png)}",
            [("a.woff2", "font"), ("a.woff", "font"), ("d.png", "image")],
        ),
        ("@media print{@font-face{src:url(a.woff2)}}", [("a.woff2", "font")]),
        ("a{b:image-set('a.png' 1x, url(b.png) 2x)}", [("a.png", "image"), ("b.png", "image")]),
        ("a{b:-webkit-image-set(url(b.png) type('image/png') 2x)}", [("b.png", "image")]),
        ("a{b:cross-fade(url(a.png) 50%, url(b.png))}", [("a.png", "image"), ("b.png", "image")]),
        ("/* url(no.png) @import 'no.css' */a{b:url(yes.png)}", [("yes.png", "image")]),
        ("a{content:'url(no.png)';b:url(yes.png)}", [("yes.png", "image")]),
        ("a{content:'/*';b:url(yes.png)/* ' */}", [("yes.png", "image")]),
        ("a{content:'unclosed\n;b:url(yes.png)}", [("yes.png", "image")]),
        ("a{b:url(bad url.png)}c{d:url(yes.png)}", [("yes.png", "image")]),
        ("a{b:myurl(no.png)}", []),
        ("a{b:url()}", []),
        ("a{b:url(x.png", [("x.png", "image")]),
        (".a\\:b{c:url(d.png)}", [("d.png", "image")]),
        ("<!-- a{b:url(c.png)} -->", [("c.png", "image")]),
    ],
)
def test_urls_of_styles(css, found):
    assert list(iter_style_urls(css)) == found


@pytest.mark.parametrize(
    "piece",
    [
        "(",
        "url(",
        '"',
        "'",
        "/*",
        "*/",
        "\\",
        "@import ",
        "a",
        "-",
        "@",
        "image-set(",
        "url(\\",
        "{",
        "url( ",
        'url("',
        "/",
    ],
)
def test_hostile_styles_take_time_in_proportion(piece):
    """Twice the text, twice the time; a scanner that went back would take hours here."""
    begun = time.process_time()
    list(iter_style_urls(piece * 400_000))
    assert time.process_time() - begun < 5


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([*"\"'(){};\\@/* \nax1", "url(", "@import ", "/*", "*/", "image-set("]), max_size=60))
def test_any_text_is_scanned_to_its_end(pieces):
    text = "".join(pieces)
    for url, role in iter_style_urls(text):
        assert role in ("style", "font", "image")
        assert len(url) <= len(text)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40))
def test_a_quoted_url_comes_back(url):
    quoted = url.replace("\\", "\\\\").replace('"', '\\"')
    assert list(iter_style_urls(f'a{{b:url("{quoted}")}}')) == [(url, "image")]


def test_encodings_of_styles():
    text = 'a{b:url("ü.png")}'
    latin = text.encode("latin-1")
    assert decode_style(text.encode()) == text
    assert decode_style(b"\xef\xbb\xbf" + text.encode()) == text
    assert decode_style(b"\xff\xfe" + text.encode("utf-16-le")) == text
    assert decode_style(latin, "text/css; charset=ISO-8859-1") == text
    assert decode_style(b'@charset "iso-8859-1";' + latin).endswith(text)
    assert "�" in decode_style(latin)
    assert "�" in decode_style(b'@charset "utf-16";' + latin)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"a{background:u\72l(x)}", 'a{background:url("/x")}'),
        (r"@\69mport 'a';", '@import "/a";'),
        (r"\75\000072 \6C(y)", 'url("/y")'),
        (r"\u\rl(z)", 'url("/z")'),
        (r"\31\61 b", r"\31 ab"),  # not \31a, which is another character
        (r'"\\72 l(" .a\:b', r'"\\72 l(" .a\:b'),
        (r".\31 0{}", r".\31 0{}"),
    ],
)
def test_letters_spelled_as_escapes_are_letters(text: str, expected: str) -> None:
    """Else a browser finds a URL where nobody else did."""
    assert rewrite_style(text, lambda url, _role: f"/{url}") == expected
