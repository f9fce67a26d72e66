"""Pages that mean harm end in a result or a clear error, in bounded time and memory; what is read obeys its invariants."""

import importlib
import json
import pkgutil
import random
import re
import runpy
import time
import unicodedata
from collections.abc import Iterator
from concurrent.futures import Future
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.model import Article
from crawler.demo.pages import NAMES, encode, render
from crawler.demo.story import printed_stories
from pipelines.errors import PipelineError
from pipelines.extract import extract_article, read_page
from pipelines.extract.headline import fold
from pipelines.pool import WorkerPool

HERE = Path(__file__).resolve().parent
MEMORY_BYTES = 2 << 30
"""What a worker of the crawl has."""
SECONDS = 25
"""CPU, on any machine; nearly all take less than one."""
GROWTH_BYTES = 700 << 20
SLOW = {
    "20 MB of linked data",
    "20 MB of script",
    "20 MB of comment",
    "attribute of 20 MB",
    "nested tags of many kinds",
    "linked data of many scripts",
    "a hundred thousand links",
    "a hundred thousand links to share",
    "a hundred thousand author links",
    "a hundred thousand headings",
    "a hundred thousand times",
    "a hundred thousand ids",
    "a hundred thousand breaks",
    "a hundred thousand dates",
    "a hundred thousand canonical links",
    "a hundred thousand list items",
}
"""The dearest: one to four seconds each."""

TOO_LARGE = {
    "page of 50 MB", "page just under the bound", "page of 20 MB of text", "page of 20 MB in one word", "20 MB of short paragraphs",
    "a million nested tags", "a million nested inline tags", "a hundred thousand pictures", "a million cells", "open brackets",
    "comment openings", "empty tags", "declarations", "linked body of markup", "gzip bomb", "gzip bomb in members", "gzip bomb in gzip", "gzip bomb that does not say so",
    "deflate bomb", "brotli bomb", "zstd bomb", "zstd bomb with a large window",
}  # fmt: skip
UNREADABLE = {"rubbish called gzip", "rubbish called br", "rubbish called zstd", "rubbish called deflate"}
NOT_HTML = {
    "PDF", "PDF called so", "picture", "picture called so", "JSON", "JSON called so", "plain text called so", "archive",
    "feed",
}  # fmt: skip
NO_STORY = {
    "null bytes alone", "5 MB of undecodable bytes", "empty", "no body", "frameset", "a hundred thousand ids", "nested figures",
    # Deeper than 2,048 elements, or inside what is never shown.
    "nested tags of many kinds", "nested tables", "nested links", "nested forms and buttons", "templates in templates",
    "pictures in vectors",
}  # fmt: skip


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(HERE))
        with WorkerPool(2, "hostile_pages:run", timeout_seconds=60, memory_bytes=MEMORY_BYTES, queue_size=500) as pool:
            yield pool


@cache
def load_answers() -> list[str]:
    namespace = runpy.run_path(str(HERE / "hostile_pages.py"))
    return list(namespace["ANSWERS"])


@pytest.fixture(scope="module")
def reports(pool: WorkerPool, request: pytest.FixtureRequest) -> dict[str, "Future[bytes]"]:
    """All that this run asks for, read by two workers at once."""
    asked = [item.callspec.params["answer"] for item in request.session.items if _is_of_answer(item)]
    return {answer: pool.submit(answer.encode()) for answer in asked}


def _is_of_answer(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and item.originalname == ANSWER_TEST and hasattr(item, "callspec")


ANSWER_TEST = "test_hostile_answers_end_in_a_result_or_a_clear_error"


@pytest.mark.parametrize(
    "answer",
    [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in load_answers()],
    ids=lambda name: name.replace(" ", "-"),
)
def test_hostile_answers_end_in_a_result_or_a_clear_error(answer: str, reports: dict[str, "Future[bytes]"]) -> None:
    report = json.loads(reports[answer].result(120))
    assert report["cpu"] < SECONDS
    assert report["peak"] < GROWTH_BYTES
    if answer in TOO_LARGE:
        assert report["error"] == "PayloadTooLarge"
        assert "more than" in report["message"]
    elif answer in UNREADABLE:
        assert report["error"] == "PayloadUnreadable"
    elif answer in NOT_HTML:
        assert report["reason"] == "not-html"
    else:
        assert "error" not in report, report
        assert report["story"] >= 4 or answer in NO_STORY, report
        assert (
            report["is_article"]
            or answer in NO_STORY
            or answer == "plain text"
            or answer == "a hundred thousand inputs"
        )


# What is read obeys its invariants, whatever the page

URL = "https://news.example.org/2024/05/01/harbour-bridge"
CAPTURED = datetime(2024, 5, 2, tzinfo=UTC)


def check(article: Article) -> None:
    lines = article.text.split("\n") if article.text else []
    assert all(line and line == line.strip() for line in lines)
    assert not [char for line in lines for char in line if unicodedata.category(char) in {"Cc", "Cs"}]
    assert not lines or not article.headline or fold(lines[0]) != fold(article.headline)
    assert 0 <= article.confidence <= 1
    for date in (article.date_published, article.date_modified):
        assert date is None or date.utcoffset() is not None
    for value in (
        article.headline,
        article.standfirst,
        article.dateline,
        article.section,
        *article.authors,
        *article.keywords,
    ):
        assert value is None or (
            value.strip() and not [char for char in value if unicodedata.category(char) in {"Cc", "Cs"}]
        )
    encoded = msgspec.json.encode(article)
    encoded.decode()
    assert msgspec.json.decode(encoded, type=Article) == article


def assert_both_doors_hold(payload: bytes, kind: str = "text/html; charset=utf-8", coding: str = "") -> None:
    """What either door gives of a page passes `check`, or the page is refused in our own words; nothing else is raised."""
    headers = (("Content-Type", kind), ("Content-Encoding", coding))
    for door in (
        lambda: extract_article(payload, url=URL, content_type=kind, captured=CAPTURED),
        lambda: read_page(payload, url=URL, headers=headers, captured=CAPTURED).article,
    ):
        try:
            article = door()
        except PipelineError:
            continue
        check(article)


KINDS = st.sampled_from(
    [
        "text/html",
        "text/html; charset=utf-16",
        "text/html; charset=gb2312",
        "text/html;charset=x",
        "",
        "application/xhtml+xml",
        "a/b",
    ]
)
CODINGS = st.sampled_from(["", "", "gzip", "br", "zstd", "deflate", "gzip, gzip", "identity", ",", "x" * 50])
BEGINNINGS = st.sampled_from(
    [b"", b"<html><body><p>", b"\xff\xfe", b"\xfe\xff", b"\x1f\x8b\x08", b"<?xml version='1.0'?>", b"{"]
)


TEXT = st.one_of(
    st.text(max_size=60),
    st.text(st.characters(categories=["L", "M", "N", "P", "S", "Z", "C"]), max_size=40),
    st.sampled_from([
        "The harbour bridge will close for three weeks in June while its deck is replaced, the port said on Wednesday.",
        "KYIV, Ukraine (AP) — Officials opened the bridge again.", "پل بندر برای سه هفته بسته می‌شود.", "港口大桥将关闭三周，工人更换桥面。",
        "สะพานท่าเรือจะปิดสามสัปดาห์", "By Ana Reyes and John Roe", "Photo: Ana Reyes", "May 1, 2024 10:30", "Harbour bridge to close", "a|b|c", "- x",
        "&lt;b&gt;&#55296;&#0;&nbsp;", "\x85\u2028\u2029\x1c\x0b", "\u200f\u202e\u200c",
    ]),
)  # fmt: skip
TAGS = st.sampled_from(
    [
        "p",
        "p",
        "p",
        "div",
        "div",
        "span",
        "a",
        "b",
        "i",
        "h1",
        "h2",
        "ul",
        "ol",
        "li",
        "table",
        "tr",
        "td",
        "figure",
        "figcaption",
        "img",
        "br",
        "blockquote",
        "article",
        "section",
        "main",
        "header",
        "time",
        "nav",
        "aside",
        "footer",
        "form",
        "button",
        "select",
        "option",
        "script",
        "style",
        "noscript",
        "template",
        "svg",
        "math",
        "iframe",
        "title",
        "head",
        "body",
        "html",
        "pre",
        "q",
        "address",
        "details",
        "summary",
        "dl",
        "dt",
        "dd",
        "center",
        "font",
        "picture",
        "source",
        "video",
        "audio",
        "object",
    ]
)
CLASSES = st.lists(
    st.sampled_from(
        [
            "caption",
            "credit",
            "byline",
            "author",
            "dateline",
            "share",
            "related",
            "ad",
            "newsletter",
            "comments",
            "paywall",
            "hidden",
            "standfirst",
            "lead",
            "label",
            "sr-only",
            "ticker",
            "player",
            "date",
            "time",
            "title",
            "btnShare-top",
            "x1",
        ]
    ),
    max_size=3,
).map(" ".join)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["class", "id", "href", "src", "style", "itemprop", "rel", "datetime", "content", "property", "typeof", "alt", "lang", "hidden", "x:y"]),
    CLASSES | st.sampled_from(["author", "datePublished", "/author/x", "http://[", "data:x", "2024-13-45", "2024-05-01T25:61:99+99:99",
                               "display:none", "creditText", "name", "9" * 30, "javascript:", "//", "0001-01-01", "9999-12-31T23:59:59-12:00"]) | st.text(max_size=20),
    max_size=3,
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT
    | st.sampled_from(["2024-05-01", "NewsArticle", "Person", URL, "\ud800", "x\udfffy", "\x00", "en", "https://[x", "1e400"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["@type", "@id", "@value", "@graph", "headline", "name", "author", "creator", "datePublished", "dateModified", "image",
                         "url", "contentUrl", "keywords", "articleBody", "articleSection", "inLanguage", "publisher", "description",
                         "mainEntityOfPage", "dateline", "dateCreated"]), inner, max_size=6),
    max_leaves=12,
)  # fmt: skip
LINKED = st.builds(
    lambda node, kind, cut: "<script type='application/ld+json'>"
    + json.dumps({"headline": "Harbour bridge to close", **node, "@type": kind})[: cut or None]
    + "</script>",
    st.dictionaries(st.sampled_from(["headline", "author", "datePublished", "dateModified", "image", "keywords", "articleBody", "articleSection",
                                     "inLanguage", "publisher", "description", "mainEntityOfPage", "dateline", "url", "@id", "@graph"]), VALUES, max_size=5),
    st.sampled_from(["NewsArticle", "WebPage", "LiveBlogPosting", ["NewsArticle", None]]),
    st.sampled_from([0, 0, 0, 0, 90, -1]),
)  # fmt: skip
METAS = st.builds(
    lambda name, value: f"<meta property='{name}' content='{value}'>",
    st.sampled_from(["og:title", "og:type", "og:url", "og:image", "og:site_name", "article:author", "article:published_time", "author", "date",
                     "keywords", "og:locale", "description", "article:section"]),
    TEXT | st.sampled_from(["article", "2024-05-01T10:00:00Z", "en_US", URL, "http://[", "&#xD800;", "a, b; c"]),
)  # fmt: skip


def element(tag: str, attributes: dict[str, str], children: list[str], closed: bool) -> str:
    written = "".join(f" {name}='{value}'" for name, value in attributes.items())
    return f"<{tag}{written}>{''.join(children)}" + (f"</{tag}>" if closed else "")


MARKUP = st.recursive(
    TEXT | LINKED | METAS | st.sampled_from(["<!--", "-->", "<![CDATA[", "]]>", "</div>", "<", "<?x", "\x00"]),
    lambda inner: st.builds(element, TAGS, ATTRIBUTES, st.lists(inner, max_size=5), st.booleans()),
    max_leaves=25,
)


PAGES = [
    encode(story, render(family, story))
    for number, story in enumerate(printed_stories())
    for family in list(NAMES)[number % 3 :][:1]
]


def to_bytes(page: str) -> bytes:
    return page.encode("utf-8", "surrogatepass")


def mutate(page: bytes, seed: int, kind: str) -> bytes:
    chance = random.Random(seed)
    begin, end = sorted(chance.randrange(len(page) + 1) for _ in range(2))
    match kind:
        case "cut":
            return page[:end]
        case "without":
            return page[:begin] + page[end:]
        case "doubled":
            return page[:end] + page[begin:]
        case "flipped":
            changed = bytearray(page)
            for _ in range(chance.choice([1, 10, 100, 1000])):
                changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
            return bytes(changed)
        case "tags shuffled":
            tags = page.split(b"<")
            chance.shuffle(tags)
            return b"<".join(tags)
        case _:
            size = max(1, end - begin)
            pieces = [page[at : at + size] for at in range(0, len(page), size)]
            chance.shuffle(pieces)
            return b"".join(pieces)


def in_a_story(head: list[str], pieces: list[str]) -> str:
    lines = "".join(
        f"<p>Line {i} of the story says what no other line of it does, in words enough.</p>" for i in range(6)
    )
    title = "<title>Harbour bridge to close</title>"
    return f"<html><head>{''.join(head)}{title}</head><body><article>{''.join(pieces)}{lines}"


DAMAGE = st.sampled_from(["cut", "without", "doubled", "flipped", "tags shuffled", "shuffled"])
PAYLOADS: dict[str, st.SearchStrategy[bytes]] = {
    "bytes": st.builds(lambda begin, rest: begin + rest, BEGINNINGS, st.binary(max_size=400)),
    "markup": st.lists(MARKUP, max_size=6).map("".join).map(to_bytes),
    "declarations": st.builds(in_a_story, st.lists(LINKED | METAS, max_size=4), st.lists(MARKUP, max_size=3)).map(
        to_bytes
    ),
    "damage": st.builds(mutate, st.sampled_from(PAGES), st.integers(0, 1 << 32), DAMAGE),
}


@pytest.mark.parametrize("kind", PAYLOADS)
@settings(max_examples=40)
@given(data=st.data())
def test_what_is_read_of_any_page_obeys_its_invariants(kind: str, data: st.DataObject) -> None:
    kind_and_coding = data.draw(st.tuples(KINDS, CODINGS)) if kind == "bytes" else ()
    assert_both_doors_hold(data.draw(PAYLOADS[kind]), *kind_and_coding)


@pytest.mark.slow
@pytest.mark.parametrize("kind", PAYLOADS)
@settings(max_examples=1500)
@given(data=st.data())
def test_what_is_read_of_a_great_many_pages_obeys_its_invariants(kind: str, data: st.DataObject) -> None:
    kind_and_coding = data.draw(st.tuples(KINDS, CODINGS)) if kind == "bytes" else ()
    assert_both_doors_hold(data.draw(PAYLOADS[kind]), *kind_and_coding)


def test_a_first_line_that_is_a_dateline_alone_leaves_no_empty_line() -> None:
    lines = "".join(
        f"<p>Line {i} of the story says what no other line of it does, in words enough.</p>" for i in range(6)
    )
    declared = '<script type="application/ld+json">{"@type":"NewsArticle","headline":"H","dateline":"Sarrow"}</script>'
    article = extract_article(f"{declared}<article><h1>H</h1><p>Sarrow —</p>{lines}".encode(), url=URL)
    assert article.dateline == "Sarrow"
    check(article)
    assert article.text.startswith("Line 0")


@pytest.mark.parametrize("opener", ["<span>", "<font size=2>", "<div>"])
def test_elements_that_nobody_closes_do_not_end_the_story(opener: str) -> None:
    lines = [f"Line {i} of the story says what no other line of it does, in words enough." for i in range(200)]
    article = extract_article(f"<article>{''.join(f'<p>{opener}{line}' for line in lines)}".encode(), url=URL)
    assert [line for line in lines if line not in article.text] == []


# Patterns cannot backtrack without end


@cache
def patterns() -> dict[str, "re.Pattern[Any]"]:
    import pipelines.extract

    modules = [
        importlib.import_module(f"pipelines.extract.{one.name}")
        for one in pkgutil.iter_modules(pipelines.extract.__path__)
    ]
    return {
        f"{module.__name__.rpartition('.')[2]}.{name}": value
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, re.Pattern)
    }


WHOLE_PAGES = (
    "tree._CHARACTER_REFERENCE", "tree._QUOTED", "tree._SPACE", "tree._INVISIBLE", "readers._TAG", "readers._BREAK", "agreement._WORD",
    "headline._WORD", "blocks._UNSEEN", "verdict._CHALLENGE", "verdict._CONSENT", "jsonld._TRAILING_COMMA", "jsonld._SURROGATE",
)  # fmt: skip
"""What is matched against text of any length; the others see a field of some hundred characters."""
HOSTILE_UNITS = [
    *" aA1-(<&,\"'[\n@.:/=©é中#|", "a ", "A ", "a-", "- ", "<a", "<!--", "(a", "a(", " and ", "a@", "@a.", '="', "By ", "1:", "/*", "<meta ",
    "charset=", "photo:", "via ", "a, ", "; ", "2024-", "(a/", "\\u", "</p", "<p ", "&#x1", "&#", "aA", " | ", ". ", "=a ",
]  # fmt: skip


@pytest.mark.parametrize("name", sorted(patterns()))
def test_no_pattern_takes_long(name: str) -> None:
    pattern = patterns()[name]
    size, most = (30_000, 1.0) if name in WHOLE_PAGES else (400, 0.1)
    for unit in HOSTILE_UNITS:
        for end in ("", "!"):
            text = unit * (size // len(unit)) + end
            hostile = text.encode() if isinstance(pattern.pattern, bytes) else text
            began = time.process_time()
            for _ in pattern.finditer(hostile):
                pass
            assert time.process_time() - began < most, (unit, end)
