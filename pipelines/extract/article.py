"""The front doors of extraction: from a payload to an Article.

Declared fields are read from the whole page. Its body is read where the site's profile says it stands, or, where there is
no profile or the page does not fit it, by the readers' agreement.
"""

from collections.abc import Sequence
from datetime import datetime
from zlib import crc32

import msgspec
from lxml.html import HtmlElement

from archive.model import Article
from pipelines.extract.agreement import likeness, read_by_agreement
from pipelines.extract.assembly import Assembled, Extraction, Reading, assemble, clear
from pipelines.extract.body import lay_over
from pipelines.extract.decode import decode_content, gunzip_if_gzipped
from pipelines.extract.metadata import Fields, read_fields
from pipelines.extract.profile import OWN, Profile, Quality, SiteRules
from pipelines.extract.readers import Page
from pipelines.extract.template import read_with_templates
from pipelines.extract.tree import check_size, drop_all, parse
from pipelines.extract.verdict import count_signs
from pipelines.extract.version import EXTRACTOR

Headers = tuple[tuple[str, str], ...]

NO_RULES = SiteRules()
_SAMPLE = 20
_SAMPLE_LIKENESS = 0.75
_LONGER, _LONGER_CHARS = 1.5, 200


def extract_article(
    payload: bytes,
    *,
    url: str,
    content_type: str | None = None,
    captured: datetime | None = None,
    quality: Quality = "best",
) -> Article:
    """Read the article from a page whose content codings are undone.

    `captured` bounds the dates that are believed. Raises `PayloadTooLarge`.
    """
    page = _Given(payload=gunzip_if_gzipped(payload), url=url, content_type=content_type, captured=captured)
    return _read(page, SiteRules(quality=quality)).article


def read_page(
    payload: bytes, *, url: str, headers: Headers, captured: datetime, rules: SiteRules = NO_RULES
) -> Extraction:
    """Read a captured page: undo its content codings, read it, and say whether it is an article.

    Raises `PayloadUnreadable`.
    """
    content_type = header(headers, "content-type")
    decoded = decode_content(payload, header(headers, "content-encoding"))
    if not _is_html(decoded, content_type):
        empty = Article(url=url, extractor=EXTRACTOR)
        return Extraction(article=empty, is_article=False, reason="not-html")
    return _read(_Given(payload=decoded, url=url, content_type=content_type, captured=captured), rules)


def header(headers: Headers, name: str) -> str:
    """The values of a header, joined as RFC 9110 section 5.3 has it; empty where there is none."""
    return ", ".join(value for key, value in headers if key.lower() == name)


def _is_html(payload: bytes, content_type: str) -> bool:
    """The declared type, and where there is none, what the payload begins with."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind in {"", "text/plain", "application/octet-stream", "unknown/unknown"}:
        return payload[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"
    return "html" in kind


class _Given(msgspec.Struct, frozen=True, kw_only=True):
    """A page, as it was given."""

    payload: bytes
    url: str
    content_type: str | None
    captured: datetime | None

    def parse(self, prune: Sequence[str]) -> HtmlElement | None:
        tree = parse(self.payload, self.content_type)
        for expression in prune if tree is not None else ():
            drop_all(tree, expression)
        return tree


def _read(page: _Given, rules: SiteRules) -> Extraction:
    check_size(page.payload)
    tree = page.parse(rules.prune)
    if tree is None:
        return Extraction(article=Article(url=page.url, extractor=EXTRACTOR), is_article=False, reason="empty")
    fields = read_fields(tree, page.url, latest=page.captured)
    profile = rules.profile
    if profile is None:
        return read_tree(tree, page.payload, page.url, fields, quality=rules.quality).extraction
    if not rules.own and (found := read_with_profile(tree, page.payload, page.url, fields, profile)):
        if not _is_sampled(page.payload):
            return found
        other = read_tree(tree, page.payload, page.url, fields, recurring=profile.recurring_keys, quality="fast")
        if likeness(found.article.text, other.extraction.article.text) >= _SAMPLE_LIKENESS:
            return found
        tree = page.parse(rules.prune)  # the readers have taken it apart
        assert tree is not None
    assembled = read_tree(tree, page.payload, page.url, fields, recurring=profile.recurring_keys, quality=rules.quality)
    return msgspec.structs.replace(assembled.extraction, profile=profile.label + OWN)


def _is_sampled(payload: bytes) -> bool:
    """Whether a page is read twice, to see that the profile still holds: one in twenty, the same at every reading."""
    return crc32(payload) % _SAMPLE == 0


def read_tree(
    tree: HtmlElement,
    payload: bytes,
    url: str,
    fields: Fields,
    *,
    recurring: frozenset[str] = frozenset(),
    quality: Quality = "best",
) -> Assembled:
    """Read a page by the agreement of readers; takes out of the tree what is no text."""
    signs = count_signs(tree, fields)
    cleared = clear(tree, url)
    choice = read_by_agreement(Page(tree=tree, blocks=cleared.blocks, url=url, declared_body=fields.body), quality)
    reading = Reading(
        reader=choice.reading.reader,
        agreement=choice.agreement,
        body=lay_over(cleared.blocks, choice.reading.lines),
    )
    return assemble(cleared, reading, payload=payload, url=url, fields=fields, signs=signs, recurring=recurring)


def read_with_profile(
    tree: HtmlElement, payload: bytes, url: str, fields: Fields, profile: Profile
) -> Extraction | None:
    """Read a page where its site's profile says its text stands; `None` where none of the templates fits it.

    Leaves the tree as it is.
    """
    found = read_with_templates(tree, url, profile.templates)
    if found is None:
        return None
    reading = Reading(reader="profile", agreement=1.0, body=found.body)
    signs = count_signs(tree, fields)
    extraction = assemble(
        found.cleared, reading, payload=payload, url=url, fields=fields, signs=signs, recurring=profile.recurring_keys
    ).extraction
    if not extraction.is_article or _declares_more(fields, extraction.article.text):
        return None
    return msgspec.structs.replace(extraction, profile=profile.label)


def _declares_more(fields: Fields, text: str) -> bool:
    """The page declares a body much longer than what was found: part of it stands elsewhere."""
    return fields.body is not None and len(fields.body) > _LONGER * len(text) + _LONGER_CHARS
