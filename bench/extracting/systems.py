"""The systems that bench/extraction.py measures: each takes a page's bytes and its address, and gives what the score reads.

Every system runs with its own defaults and parses the page itself. Those that take text only (newspaper4k, readability-lxml,
news-please, goose3) are handed the bytes decoded from UTF-8, which all pages are in: they are spared the search for the
encoding. None may fetch anything. A field that a system does not give is left out, not empty: it has no score then.
"""

import importlib.metadata
import inspect
import logging
import sys
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

Row = dict[str, Any]
System = Callable[[bytes, str], Row]


class Missing(Exception):
    """The system cannot be measured here; the message says why."""


def newsmorgue(html: bytes, url: str) -> Row:
    return _article(html, url)


def newsmorgue_fast(html: bytes, url: str) -> Row:
    from pipelines.extract import extract_article

    if "quality" not in inspect.signature(extract_article).parameters:
        raise Missing("extract_article has no parameter `quality` yet")
    return _article(html, url, quality="fast")


def _article(html: bytes, url: str, **options: str) -> Row:
    from pipelines.extract import extract_article

    article = extract_article(html, url=url, **options)
    return {
        "text": article.text,
        "standfirst": article.standfirst,
        "title": article.headline,
        "authors": list(article.authors),
        "date": _day(article.date_published),
    }


def trafilatura(html: bytes, url: str) -> Row:
    import trafilatura

    document = trafilatura.bare_extraction(html, url=url, include_comments=False, with_metadata=True)
    if document is None:
        return {"text": "", "title": None, "authors": None, "date": None}
    return {"text": document.text, "title": document.title, "authors": document.author, "date": document.date}


def resiliparse(html: bytes, _url: str) -> Row:
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.encoding import detect_encoding
    from resiliparse.parse.html import HTMLTree

    tree = HTMLTree.parse_from_bytes(html, detect_encoding(html, html5_compatible=True))
    return {"text": extract_plain_text(tree, main_content=True, list_bullets=False, alt_texts=False)}


def newspaper4k(html: bytes, url: str) -> Row:
    import newspaper

    article = newspaper.Article(url, fetch_images=False)
    article.download(input_html=_text(html))
    article.parse()
    return {
        "text": article.text,
        "title": article.title,
        "authors": list(article.authors),
        "date": _day(article.publish_date),
    }


def readability_lxml(html: bytes, url: str) -> Row:
    from readability import Document
    from resiliparse.extract.html2text import extract_plain_text

    # It gives markup; resiliparse's plain writer, which costs .2 ms, makes the lines.
    document = Document(_text(html), url=url)
    return {"text": extract_plain_text(document.summary(), list_bullets=False), "title": document.short_title()}


def news_please(html: bytes, url: str) -> Row:
    from newsplease import NewsPlease

    article = NewsPlease.from_html(_text(html), url=url, fetch_images=False)
    return {
        "text": article.maintext or "",
        "title": article.title,
        "authors": list(article.authors or ()),
        "date": _day(article.date_publish),
    }


def goose3(html: bytes, url: str) -> Row:
    import goose3

    article = _goose().extract(url=url, raw_html=_text(html))
    assert isinstance(article, goose3.article.Article)
    return {
        "text": article.cleaned_text,
        "title": article.title,
        "authors": list(article.authors),
        "date": _day(article.publish_datetime_utc) or article.publish_date,
    }


@cache
def _goose() -> Any:
    import goose3

    return goose3.Goose({"enable_image_fetching": False})


SYSTEMS: dict[str, tuple[System, str | None]] = {
    "newsmorgue": (newsmorgue, None),
    "newsmorgue-fast": (newsmorgue_fast, None),
    "trafilatura": (trafilatura, "trafilatura"),
    "resiliparse": (resiliparse, "resiliparse"),
    "newspaper4k": (newspaper4k, "newspaper4k"),
    "readability-lxml": (readability_lxml, "readability-lxml"),
    "news-please": (news_please, "news-please"),
    "goose3": (goose3, "goose3"),
}
"""Each with the distribution it comes from; `None` is this project."""


def why_missing(name: str) -> str | None:
    """Why a system cannot run here; `None` when it can."""
    run, distribution = SYSTEMS[name]
    try:
        run(b"<html><body><p>A page to begin with.</p></body></html>", "https://news.example.org/1")
    except (ImportError, Missing) as error:
        if distribution and _version(distribution) is None:
            return f"{distribution} is not installed (make bench installs requirements/bench.txt)"
        return str(error)
    except Exception:  # noqa: BLE001 - it runs, and this page is none to it; what it makes of others is counted
        return None
    return None


def versions(names: list[str]) -> str:
    """The measured releases of the peers, in one line."""
    found = [(distribution, _version(distribution)) for name in names if (distribution := SYSTEMS[name][1])]
    return ", ".join(f"{name} {version}" for name, version in found if version)


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def prepare() -> None:
    """Quiet this process, and keep it from the network: each system has the page, and nothing else, to go by."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.getaddrinfo":
        raise OSError(f"{arguments[0]}: a system under measurement asks for a host")
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        raise OSError(f"{arguments[1][0]}: a system under measurement opens a connection")


def _text(html: bytes) -> str:
    return html.decode("utf-8", errors="replace")


def _day(moment: Any) -> str | None:
    return moment.isoformat() if moment else None
