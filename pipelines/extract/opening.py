"""Opens a page: its bytes become a tree, and what it declares of itself is read before anything is taken out of it."""

from datetime import datetime

import msgspec
from lxml.html import HtmlElement

from pipelines.extract.metadata import Fields, read_fields
from pipelines.extract.parsing import check_size, parse, parse_utf8
from pipelines.extract.profile import SiteRules
from pipelines.extract.publisher import Stated, apply, rules_for
from pipelines.extract.tree import drop_all
from pipelines.extract.verdict import NO_SIGNS, Signs, count_signs


class RawPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page as it was given."""

    payload: bytes
    """Its content codings undone."""
    url: str
    content_type: str | None = None
    captured: datetime | None = None
    """Bounds the dates that are believed."""


class OpenPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page with its tree, which readers take apart: one that is read twice is opened twice."""

    raw: RawPage
    rules: SiteRules
    tree: HtmlElement
    fields: Fields
    stated: Stated
    """What its publisher's rules found."""
    signs: Signs


def open_page(raw: RawPage, rules: SiteRules) -> OpenPage | None:
    """Parse a page, take out what its source prunes, and read its fields; `None` where there is no element.

    Raises PayloadTooLarge.
    """
    check_size(raw.payload)
    tree = parse(raw.payload, raw.content_type)
    if tree is None:
        return None
    for expression in rules.prune:
        drop_all(tree, expression)
    publisher = rules_for(raw.url, raw.captured)
    stated = apply(publisher, tree, latest=raw.captured) if publisher else Stated()
    fields = stated.over(read_fields(tree, raw.url, latest=raw.captured))
    # What calls itself an article is judged without them.
    signs = NO_SIGNS if fields.declared_article else count_signs(tree, fields)
    return OpenPage(raw=raw, rules=rules, tree=tree, fields=fields, stated=stated, signs=signs)


def open_slice(raw: RawPage, rules: SiteRules, document: bytes, fields: Fields | None = None) -> OpenPage | None:
    """Parse a piece of a page (`slicing`), in UTF-8, for which neither its source nor its publisher has rules.

    With `fields` they are taken as read.
    """
    tree = parse_utf8(document)
    if tree is None:
        return None
    fields = fields or read_fields(tree, raw.url, latest=raw.captured)
    return OpenPage(raw=raw, rules=rules, tree=tree, fields=fields, stated=Stated(), signs=NO_SIGNS)
