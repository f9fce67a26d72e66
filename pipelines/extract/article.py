"""The front doors of extraction: from a payload to an Article.

Declared fields are read from the whole page. Its body is read where the site's profile says it stands, or, where there is
no profile or the page does not fit it, by the readers' agreement.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from lxml.html import HtmlElement

from archive.model import Article
from pipelines.extract.agreement import read_by_agreement
from pipelines.extract.assembly import Assembled, Extraction, Reading, assemble, clear
from pipelines.extract.body import lay_over
from pipelines.extract.decode import decode_content, gunzip_if_gzipped
from pipelines.extract.metadata import Fields, read_fields
from pipelines.extract.profile import Profile
from pipelines.extract.readers import Page
from pipelines.extract.template import Found, read_with_templates
from pipelines.extract.tree import check_size, drop_all, parse
from pipelines.extract.verdict import count_signs
from pipelines.extract.version import EXTRACTOR

OWN = ":own"
"""Ends the label of readings that the readers made although the site has a profile: the page did not fit it."""

Headers = tuple[tuple[str, str], ...]


def extract_article(
    payload: bytes, *, url: str, content_type: str | None = None, captured: datetime | None = None
) -> Article:
    """Read the article from a page whose content codings are undone.

    `captured` bounds the dates that are believed. Raises `PayloadTooLarge`.
    """
    return _read(gunzip_if_gzipped(payload), url, content_type, captured, ()).article


def read_page(
    payload: bytes,
    *,
    url: str,
    headers: Headers,
    captured: datetime,
    prune: Sequence[str] = (),
    profile: Profile | None = None,
) -> Extraction:
    """Read a captured page: undo its content codings, read it, and say whether it is an article.

    `prune` holds XPath expressions of what is never part of an article of this source. Raises `PayloadUnreadable`.
    """
    content_type = _header(headers, "content-type")
    decoded = decode_content(payload, _header(headers, "content-encoding"))
    if not _is_html(decoded, content_type):
        empty = Article(url=url, extractor=EXTRACTOR)
        return Extraction(article=empty, is_article=False, reason="not-html")
    return _read(decoded, url, content_type, captured, prune, profile)


def _header(headers: Headers, name: str) -> str:
    return ", ".join(value for key, value in headers if key.lower() == name)


def _is_html(payload: bytes, content_type: str) -> bool:
    """The declared type, and where there is none, what the payload begins with."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind in {"", "text/plain", "application/octet-stream", "unknown/unknown"}:
        return payload[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"
    return "html" in kind


def _read(
    payload: bytes,
    url: str,
    content_type: str | None,
    captured: datetime | None,
    prune: Sequence[str],
    profile: Profile | None = None,
) -> Extraction:
    check_size(payload)
    tree = parse(payload, content_type)
    if tree is None:
        return Extraction(article=Article(url=url, extractor=EXTRACTOR), is_article=False, reason="empty")
    for expression in prune:
        drop_all(tree, expression)
    fields = read_fields(tree, url, latest=captured)
    if profile is not None:
        extraction = read_with_profile(tree, payload, url, fields, profile)
        if extraction is not None:
            return extraction
    recurring = profile.recurring_keys if profile else frozenset()
    extraction = read_tree(tree, payload, url, fields, recurring=recurring).extraction
    return msgspec.structs.replace(extraction, profile=profile.label + OWN if profile else None)


def read_tree(
    tree: HtmlElement, payload: bytes, url: str, fields: Fields, *, recurring: frozenset[str] = frozenset()
) -> Assembled:
    """Read a page by the agreement of readers; takes out of the tree what is no text."""
    signs = count_signs(tree, fields)
    cleared = clear(tree, url)
    choice = read_by_agreement(Page(tree=tree, blocks=cleared.blocks, url=url, declared_body=fields.body))
    reading = Reading(
        reader=choice.reading.reader,
        agreement=choice.agreement,
        body=lay_over(cleared.blocks, choice.reading.lines),
    )
    return assemble(cleared, reading, payload=payload, url=url, fields=fields, signs=signs, recurring=recurring)


def read_with_profile(
    tree: HtmlElement, payload: bytes, url: str, fields: Fields, profile: Profile
) -> Extraction | None:
    """Read a page where its site's profile says its text stands; `None` where none of the templates fits it."""
    found = read_with_templates(tree, url, profile.templates)
    if found is None:
        return None
    reading = Reading(reader="profile", agreement=1.0, body=found.body)
    signs = count_signs(tree, fields)
    extraction = assemble(
        found.cleared, reading, payload=payload, url=url, fields=fields, signs=signs, recurring=profile.recurring_keys
    ).extraction
    if not extraction.is_article:
        return None
    return msgspec.structs.replace(extraction, profile=profile.label)

