import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.extract.slicing import cut_slice

PAGE = b"""<!DOCTYPE html><html><head><title>River falls</title><script>var a = "</head>";</script>
<script type="application/ld+json">{"@type": "NewsArticle"}</script></head><body class="x">
<nav><div class="menu"><p>All of our sections</p></div></nav>
<script type="application/ld+json">{"@type": "WebPage"}</script>
<div class="page"><!-- <div> --><div class="story wide"><script>"<div>"</script><div>A</div><style>div {}</style>B</div>
<script type="application/ld+json">{"@type": "BreadcrumbList"}</script></div><footer><p>Caf\xc3\xa9 of the day</p></footer></body></html>"""


def test_head_linked_data_and_frame_are_kept() -> None:
    piece = cut_slice(PAGE, "div.story")
    assert piece is not None
    text = piece.document.decode()
    assert text.startswith("<!DOCTYPE html><html><head><title>River falls</title>")
    assert text.count("ld+json") == 3
    assert '<div class="story wide"><div>A</div>B</div>' in text
    assert not any(gone in text for gone in ("menu", "footer", "var a", "<style", "<!--"))


def test_paragraphs_left_out_are_counted_in_characters() -> None:
    piece = cut_slice(PAGE, "div.story")
    assert piece is not None
    assert piece.outside == len("All of our sections") + len("Café of the day")


@pytest.mark.parametrize(
    ("frame", "inside"),
    [
        ("article", "one"),
        ("article#b", "two"),
        ('article[itemprop="text"]', "three"),
        ('article[class*="Story_"]', "four"),
    ],
)
def test_a_frame_is_found_by_all_that_a_selector_says(frame: str, inside: str) -> None:
    page = (
        b"<html><head></head><body><article>one</article><ARTICLE ID=b>two</ARTICLE>"
        b"<article itemprop='text'>three</article><article class=\"Story_body__1aB\">four</article></body></html>"
    )
    piece = cut_slice(page, frame)
    assert piece is not None
    assert inside.encode() in piece.document
    assert piece.document.lower().count(b"<article") == 1


@pytest.mark.parametrize(
    "page",
    [
        b"",
        b"<div class=story>no head ends here</div>",
        b"<head></head><body><p>no frame</p></body>",
        b"<head></head><body><div class=story>never closed",
        b"<head></head><body><!-- never closed <div class=story>a</div>",
        b"<head></head><body><script>never closed <div class=story>a</div>",
    ],
)
def test_what_cannot_be_cut_is_left_to_the_parser(page: bytes) -> None:
    assert cut_slice(page, "div.story") is None


def test_other_selectors_are_not_cut() -> None:
    for frame in ("body", "body.theme", "div.a > p", "//div", ".story"):
        assert cut_slice(PAGE, frame) is None


@given(
    st.lists(st.sampled_from([*PAGE.replace(b"><", b"> <").split(b" "), b"<div", b">", b"</div>", b"<!--", b"\xff"]))
)
def test_no_bytes_break_it(pieces: list[bytes]) -> None:
    piece = cut_slice(b"".join(pieces), "div.story")
    assert piece is None or piece.document.endswith(b"</body></html>")


@pytest.mark.parametrize(
    "piece", [b"<script ", b"<script>", b"<!--", b"<div ", b"<div class=story", b"<p ", b"<script ld+json", b"</div>"]
)
def test_time_grows_with_the_page_and_no_faster(piece: bytes) -> None:
    head = b"<head></head><body><div class=story>"
    started = time.process_time()
    cut_slice(head + piece * 200_000, "div.story")
    cut_slice(head[:-17] + piece * 200_000 + b"<div class=story></div>", "div.story")
    assert time.process_time() - started < 5
