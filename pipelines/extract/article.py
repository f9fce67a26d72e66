"""The front doors of extraction: from a payload to an Article.

Declared fields are read from the whole page. Its body is read where the site's profile says it stands, or, where there is
no profile or the page does not fit it, by the readers' agreement.
"""

from datetime import datetime
from zlib import crc32

import msgspec

from archive.formats.encoding import to_utf8
from archive.model import Article
from archive.versions import OWN
from pipelines.extract.agreement import Choice, likeness, read_by_agreement
from pipelines.extract.assembly import Assembled, ChosenBody, Cleared, Extraction, assemble, clear
from pipelines.extract.body import lay_over
from pipelines.extract.boilerplate import remove_other_stories
from pipelines.extract.decode import decode_content, gunzip_if_gzipped
from pipelines.extract.headline import fold_title
from pipelines.extract.metadata import Fields
from pipelines.extract.opening import OpenPage, RawPage, open_page, open_slice
from pipelines.extract.parsing import check_size
from pipelines.extract.profile import NO_RULES, Profile, Quality, SiteRules
from pipelines.extract.publisher import read_container, rules_for
from pipelines.extract.readers import Page, Reading
from pipelines.extract.removals import Removal, note
from pipelines.extract.slicing import Slice, cut_slice
from pipelines.extract.sniffing import is_html, is_no_page
from pipelines.extract.template import Found, read_slice, read_with_templates
from pipelines.extract.version import EXTRACTOR

Headers = tuple[tuple[str, str], ...]

_CHECK_LIKENESS = 0.75
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

    What is no page has neither text nor confidence. `captured` bounds the dates that are believed. Raises `PayloadTooLarge`.
    """
    raw = RawPage(payload=gunzip_if_gzipped(payload), url=url, content_type=content_type, captured=captured)
    if is_no_page(raw.payload):
        return _empty(url, "not-html").article
    return read_raw_page(raw, SiteRules(quality=quality)).article


def explain_article(payload: bytes, *, url: str, content_type: str | None = None) -> Extraction:
    """Read the article as `extract_article` does, and say what each rule took from the page. Raises `PayloadTooLarge`."""
    removals: list[Removal] = []
    raw = RawPage(payload=gunzip_if_gzipped(payload), url=url, content_type=content_type)
    page = None if is_no_page(raw.payload) else open_page(raw, NO_RULES)
    if page is None:
        return _empty(url, "not-html" if is_no_page(raw.payload) else "empty")
    extraction = read_with_readers(page, removals=removals).extraction
    return msgspec.structs.replace(extraction, removals=tuple(removals))


def read_page(
    payload: bytes, *, url: str, headers: Headers, captured: datetime, rules: SiteRules = NO_RULES
) -> Extraction:
    """Read a captured page: undo its content codings, read it, and say whether it is an article.

    Raises `PayloadUnreadable`.
    """
    raw = raw_page(payload, url=url, headers=headers, captured=captured)
    return read_raw_page(raw, rules) if is_html(raw.payload, raw.content_type or "") else _empty(url, "not-html")


def raw_page(payload: bytes, *, url: str, headers: Headers, captured: datetime) -> RawPage:
    """A captured page with its content codings undone. Raises `PayloadUnreadable`."""
    decoded = gunzip_if_gzipped(decode_content(payload, _header(headers, "content-encoding")))
    return RawPage(payload=decoded, url=url, content_type=_header(headers, "content-type"), captured=captured)


def _header(headers: Headers, name: str) -> str:
    """The values of a header, joined as RFC 9110 section 5.3 has it; empty where there is none."""
    return ", ".join(value for key, value in headers if key.lower() == name)


def _empty(url: str, reason: str) -> Extraction:
    return Extraction(article=Article(url=url, extractor=EXTRACTOR), is_article=False, reason=reason)


def read_raw_page(raw: RawPage, rules: SiteRules) -> Extraction:
    """Read a page whose content codings are undone. Raises `PayloadTooLarge`."""
    profile = rules.profile
    sliced = read_sliced(raw, rules) if profile and not rules.own else None
    if sliced and not _is_checked(raw, rules.check_every):
        return sliced
    page = open_page(raw, rules)
    if page is None:
        return _empty(raw.url, "empty")
    if profile is None:
        return read_with_readers(page, quality=rules.quality).extraction
    is_doubted = False
    if not rules.own and (found := sliced or read_with_profile(page, profile)):
        if not _is_checked(raw, rules.check_every):
            return found
        other = read_with_readers(page, recurring=profile.recurring_keys, quality="fast").extraction
        if likeness(found.article.text, other.article.text) >= _CHECK_LIKENESS:
            return found
        is_doubted = True
        page = open_page(raw, rules)
        assert page is not None
    assembled = read_with_readers(page, recurring=profile.recurring_keys, quality=rules.quality)
    return msgspec.structs.replace(assembled.extraction, profile=profile.label + OWN, is_doubted=is_doubted)


def _is_checked(raw: RawPage, every: int) -> bool:
    """Whether a page that fits its site's profile is read twice: the same at every reading."""
    return crc32(raw.url.encode("utf-8", "replace"), len(raw.payload)) % every == 0


def read_with_readers(
    page: OpenPage,
    *,
    recurring: frozenset[str] = frozenset(),
    quality: Quality = "best",
    removals: list[Removal] | None = None,
) -> Assembled:
    """Read a page by its publisher's container, else by the agreement of readers; takes its tree apart.

    `recurring` are the keys of lines that other articles of the site have too; what rules take is added to `removals`, if given.
    """
    remove_other_stories(page.tree, set(map(fold_title, page.fields.titles)), removals)
    cleared = clear(page.tree, page.raw.url, removals)
    stated = read_container(page.stated, cleared.blocks)
    if stated is not None:
        choice = Choice(reading=stated, agreement=1.0)
    else:
        choice = read_by_agreement(_page_for_readers(page, cleared), quality)
    if removals is not None:
        removals += [note("end", "line", line, "most readers end before it") for line in choice.cut]
    reading = ChosenBody(choice=choice, body=lay_over(cleared.blocks, choice.reading.lines))
    return assemble(page, cleared, reading, recurring=recurring, removals=removals)


def _page_for_readers(page: OpenPage, cleared: Cleared) -> Page:
    return Page(
        tree=page.tree,
        blocks=cleared.blocks,
        url=page.raw.url,
        declared_body=page.fields.body,
        titles=page.fields.titles,
        descriptions=page.fields.descriptions,
        unseen=cleared.unseen,
    )


def read_with_profile(page: OpenPage, profile: Profile) -> Extraction | None:
    """Read a page where its site's profile says its text stands; `None` where none of the templates fits it.

    Leaves the page as it is.
    """
    if page.stated.containers:
        return None
    found = read_with_templates(page.tree, page.raw.url, profile.templates)
    return _assembled(page, found, profile) if found else None


def read_sliced(raw: RawPage, rules: SiteRules) -> Extraction | None:
    """As `read_with_profile`, of as much of the page as a template needs.

    `None` too for what is not read so: pages that a source prunes or a publisher's rules are for, and those that do not call
    themselves articles, of which the whole has to be looked at. Raises PayloadTooLarge.
    """
    profile = rules.profile
    if profile is None or rules.prune or rules_for(raw.url, raw.captured):
        return None
    check_size(raw.payload)
    document = to_utf8(raw.payload, raw.content_type)
    # Templates of one frame share the slice and what it declares; the tree was taken apart by the one before.
    opened: dict[str, tuple[Slice, Fields]] = {}
    for template in profile.templates:
        piece, fields = opened.get(template.frame) or (cut_slice(document, template.frame), None)
        page = open_slice(raw, rules, piece.document, fields) if piece and template.sliced else None
        if piece is None or page is None or not page.fields.declared_article:
            return None
        opened[template.frame] = piece, page.fields
        found = read_slice(page.tree, raw.url, template, piece)
        if found and (extraction := _assembled(page, found, profile)):
            return extraction
    return None


def _assembled(page: OpenPage, found: Found, profile: Profile) -> Extraction | None:
    """The article of a template's body; `None` where it is none, or where more of it stands elsewhere."""
    lines = tuple(line.text for line in found.body.lines)
    reading = ChosenBody(choice=Choice(reading=Reading(reader="profile", lines=lines), agreement=1.0), body=found.body)
    extraction = assemble(page, found.cleared, reading, recurring=profile.recurring_keys).extraction
    if not extraction.is_article or _declares_more(page.fields, extraction.article.text):
        return None
    return msgspec.structs.replace(extraction, profile=profile.label)


def _declares_more(fields: Fields, text: str) -> bool:
    """The page declares a body much longer than what was found: part of it stands elsewhere."""
    return fields.body is not None and len(fields.body) > _LONGER * len(text) + _LONGER_CHARS
