"""From a payload to an Article: the order in which a page is taken apart.

Declared fields first, from the whole page; then what is no text leaves the tree, piece by piece; what remains is read.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from lxml.html import HtmlElement

from archive.model import Article, Image
from pipelines.extract.agreement import read_by_agreement
from pipelines.extract.body import Line, blocks_of, lay_over
from pipelines.extract.boilerplate import remove_boilerplate
from pipelines.extract.dateline import split_dateline, take_dateline
from pipelines.extract.decode import decode_content, gunzip_if_gzipped
from pipelines.extract.headline import fold
from pipelines.extract.language import choose_language
from pipelines.extract.lines import Known, apply_rules
from pipelines.extract.metadata import read_fields
from pipelines.extract.pictures import take_pictures
from pipelines.extract.readers import Page
from pipelines.extract.standfirst import find_standfirst
from pipelines.extract.tree import check_size, drop_all, drop_silent, parse, text_of
from pipelines.extract.verdict import count_signs, judge, shape_of
from pipelines.extract.version import EXTRACTOR

Headers = tuple[tuple[str, str], ...]


class Extraction(msgspec.Struct, frozen=True, kw_only=True):
    """What was read from a page, and whether it is an article at all."""

    article: Article
    is_article: bool
    reason: str | None = None
    """Why it is none (`pipelines.extract.verdict`)."""
    reader: str | None = None
    """Whose reading of the body was chosen."""
    agreement: float = 0.0
    """How far the readers agree with it, 0 to 1 (`pipelines.extract.agreement`)."""


def extract_article(
    payload: bytes, *, url: str, content_type: str | None = None, captured: datetime | None = None
) -> Article:
    """Read the article from a page whose content codings are undone.

    `captured` bounds the dates that are believed. Raises `PayloadTooLarge`.
    """
    return _read(gunzip_if_gzipped(payload), url, content_type, captured, ()).article


def read_page(
    payload: bytes, *, url: str, headers: Headers, captured: datetime, prune: Sequence[str] = ()
) -> Extraction:
    """Read a captured page: undo its content codings, read it, and say whether it is an article.

    `prune` holds XPath expressions of what is never part of an article of this source. Raises `PayloadUnreadable`.
    """
    content_type = _header(headers, "content-type")
    decoded = decode_content(payload, _header(headers, "content-encoding"))
    if not _is_html(decoded, content_type):
        empty = Article(url=url, extractor=EXTRACTOR)
        return Extraction(article=empty, is_article=False, reason="not-html")
    return _read(decoded, url, content_type, captured, prune)


def _header(headers: Headers, name: str) -> str:
    return ", ".join(value for key, value in headers if key.lower() == name)


def _is_html(payload: bytes, content_type: str) -> bool:
    """The declared type, and where there is none, what the payload begins with."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind in {"", "text/plain", "application/octet-stream", "unknown/unknown"}:
        return payload[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"
    return "html" in kind


def _read(
    payload: bytes, url: str, content_type: str | None, captured: datetime | None, prune: Sequence[str]
) -> Extraction:
    check_size(payload)
    tree = parse(payload, content_type)
    if tree is None:
        return Extraction(article=Article(url=url, extractor=EXTRACTOR), is_article=False, reason="empty")
    for expression in prune:
        drop_all(tree, expression)
    return _read_tree(tree, payload, url, captured)


def _read_tree(tree: HtmlElement, payload: bytes, url: str, captured: datetime | None) -> Extraction:
    fields = read_fields(tree, url, latest=captured)
    signs = count_signs(tree, fields)
    times = frozenset(fold(text_of(time)) for time in tree.iter("time")) - {""}

    drop_silent(tree)
    dateline = take_dateline(tree) or fields.dateline
    remove_boilerplate(tree)
    pictures = take_pictures(tree, url)

    blocks = blocks_of(tree)
    choice = read_by_agreement(Page(tree=tree, blocks=blocks, url=url, declared_body=fields.body))
    body = lay_over(blocks, choice.reading.lines)
    titles = frozenset(map(fold, fields.titles))
    lead = find_standfirst(body, titles, fields.descriptions)
    known = Known(
        titles=titles,
        captions=frozenset(fold(image.caption) for image in pictures if image.caption),
        authors=tuple(map(fold, fields.authors)),
        times=times,
    )
    lines = apply_rules((line for line in body.lines if lead is None or line.text != lead.text), known)
    dateline, lines = _without_dateline(lines, dateline)
    text = "\n".join(line.text for line in lines)
    verdict = judge(payload, url, text, fields, signs, shape_of(lines))
    article = Article(
        url=url,
        canonical_url=fields.canonical_url,
        headline=fields.headline,
        standfirst=lead.text if lead else None,
        authors=fields.authors,
        dateline=dateline,
        date_published=fields.date_published,
        date_modified=fields.date_modified,
        language=choose_language(fields.languages, text or fields.headline or ""),
        section=fields.section,
        keywords=fields.keywords,
        images=pictures or tuple(Image(url=image) for image in fields.images[:1]),
        text=text,
        extractor=EXTRACTOR,
        confidence=round(verdict.confidence * (1 + choice.agreement) / 2, 2),
    )
    return Extraction(
        article=article,
        is_article=verdict.reason is None,
        reason=verdict.reason,
        reader=choice.reading.reader,
        agreement=round(choice.agreement, 3),
    )


def _without_dateline(lines: list[Line], dateline: str | None) -> tuple[str | None, list[Line]]:
    if not lines:
        return dateline, lines
    found, rest = split_dateline(lines[0].text, dateline)
    return dateline or found, [Line(text=rest, block=lines[0].block), *lines[1:]]
