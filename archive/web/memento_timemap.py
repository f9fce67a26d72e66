"""TimeMaps (RFC 7089 section 5): the captures of one URL as a list, in pages of `PAGE` mementos.

    /web/timemap/FORM/URL                     its first page, which names all others
    /web/timemap/FORM/20240501103000/URL      the page that begins at this time, and names the next

FORM is `link` (application/link-format), `json` (https://mementoweb.org/guide/timemap-json/) or `cdxj` (one memento a
line, as MemGator has it). A page is told by the time at which it begins, never by a number: what a crawl adds comes at
the end, so whoever walks the pages meanwhile meets every memento once.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from archive.collection import Collection
from archive.formats.timestamp import from_timestamp
from archive.formats.urlkey import urlkey
from archive.model import Capture
from archive.web.memento_links import CDXJ_FORMAT, JSON_FORMAT, LINK_FORMAT, Addresses, beside, http_date, link

PAGE = 10_000
"""Captures: about 1.5 MB."""
PAGE_CHARACTERS = 4_000_000
"""Of the URLs in one page: those of long ones hold fewer captures."""
_MOST_OF_A_SECOND = 10 * PAGE
"""Captures looked at for one page, of which any number may share a second."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the TimeMap of a URL."""

    start: str | None
    """The timestamp that was asked for; `None` for the first page."""
    mementos: list[Capture]
    """At least one, oldest first; of captures that have one address only one."""
    next: str | None
    """Where the next page begins; `None` on the last."""
    others: list[tuple[str, str]]
    """Of the first page: first and last timestamp of each that follows."""


def read_page(collection: Collection, url: str, start: str | None, size: int = PAGE) -> Page | None:
    """A page of the TimeMap of a URL; `None` where nothing is archived from there on. Raises QueryInvalid."""
    key = urlkey(url)
    if start is not None:
        from_timestamp(start)
    size = min(size, max(1, PAGE_CHARACTERS // len(url)))
    mementos: list[Capture] = []
    second, spellings = "", set[str]()
    following = None
    for count, capture in enumerate(collection.catalog.captures(urlkey=key, from_timestamp=start)):
        if capture.timestamp != second:
            if count >= size:
                following = capture.timestamp
                break
            second, spellings = capture.timestamp, set()
        elif count >= _MOST_OF_A_SECOND:
            behind = collection.catalog.captures(urlkey=key, from_timestamp=beside(second, 1), limit=1)
            later = next(behind, None)
            following = later.timestamp if later else None
            break
        if capture.url not in spellings:
            spellings.add(capture.url)
            mementos.append(capture)
    if not mementos:
        return None
    others = list(collection.catalog.spans(key, size, start=following)) if following and start is None else []
    return Page(start=start, mementos=mementos, next=following, others=others)


def as_link_format(page: Page, addresses: Addresses) -> str:
    """A page as RFC 7089 writes it."""
    first, last = page.mementos[0], page.mementos[-1]
    span = {"from": http_date(first.timestamp), "until": http_date(last.timestamp)}
    lines = [
        link(addresses.original, "original"),
        link(addresses.timemap(start=page.start), "self", type=LINK_FORMAT, **span),
        link(addresses.timegate, "timegate"),
    ]
    if page.start:
        lines.append(link(addresses.timemap(), "timemap", type=LINK_FORMAT))
    for begin, span in _following(page):
        lines.append(link(addresses.timemap(start=begin), "timemap", type=LINK_FORMAT, **span))
    lines += [
        link(addresses.memento(one.timestamp, one.url), rel, datetime=http_date(one.timestamp))
        for rel, one in _with_relation(page)
    ]
    return ",\n".join(lines) + "\n"


def as_json(page: Page, addresses: Addresses) -> str:
    """A page as the guide of the Memento project writes it in JSON."""
    mementos = [_to_json(one, addresses) for one in page.mementos]
    pages: dict[str, Any] = {}
    if page.start:
        pages["first"] = {"uri": addresses.timemap("json")}
    if page.next:
        pages["next"] = {"uri": addresses.timemap("json", page.next), "from": iso_date(page.next)}
    if page.others:
        pages["list"] = [
            {"uri": addresses.timemap("json", begin), "from": iso_date(begin), "until": iso_date(end)}
            for begin, end in page.others
        ]
    ends = {"first": mementos[0]} if page.start is None else {}
    if page.next is None:
        ends["last"] = mementos[-1]
    answer = {
        "original_uri": addresses.original,
        "self": addresses.timemap("json", page.start),
        "timegate_uri": addresses.timegate,
        "timemap_uri": _forms(addresses),
        "mementos": {**ends, "list": mementos},
    }
    if pages:
        answer["pages"] = pages
    return json.dumps(answer, indent=1) + "\n"


def as_cdxj(page: Page, addresses: Addresses) -> str:
    """A page with one memento a line, its timestamp in front."""
    meta: list[dict[str, Any]] = [
        {"original_uri": addresses.original},
        {"timegate_uri": addresses.timegate},
        {"timemap_uri": _forms(addresses)},
    ]
    if page.next:
        meta.append({"next_uri": addresses.timemap("cdxj", page.next)})
    lines = [
        '!context ["https://www.rfc-editor.org/rfc/rfc7089"]',
        f"!id {json.dumps({'uri': addresses.timemap('cdxj', page.start)})}",
        '!keys ["memento_datetime_YYYYMMDDhhmmss"]',
        *(f"!meta {json.dumps(one)}" for one in meta),
    ]
    for rel, one in _with_relation(page):
        fields = {"uri": addresses.memento(one.timestamp, one.url), "rel": rel, "datetime": http_date(one.timestamp)}
        lines.append(f"{one.timestamp} {json.dumps(fields)}")
    return "\n".join(lines) + "\n"


FORMS: dict[str, tuple[str, Callable[[Page, Addresses], str]]] = {
    "link": (LINK_FORMAT, as_link_format),
    "json": (JSON_FORMAT, as_json),
    "cdxj": (CDXJ_FORMAT, as_cdxj),
}
"""Media type and writer of each form, by its name in the address."""


def iso_date(timestamp: str) -> str:
    """A timestamp as JSON TimeMaps have it.

    >>> iso_date("20240501103000")
    '2024-05-01T10:30:00Z'
    """
    return from_timestamp(timestamp).strftime("%Y-%m-%dT%H:%M:%SZ")


def _following(page: Page) -> Iterator[tuple[str, dict[str, str]]]:
    """Where other pages begin, and what of their span is known."""
    for begin, end in page.others:
        yield begin, {"from": http_date(begin), "until": http_date(end)}
    if page.next and not page.others:
        yield page.next, {"from": http_date(page.next)}


def _with_relation(page: Page) -> Iterator[tuple[str, Capture]]:
    """Each memento, and what it is: the first, the last, or just one."""
    final = len(page.mementos) - 1
    for place, one in enumerate(page.mementos):
        first = "first " if place == 0 and page.start is None else ""
        last = "last " if place == final and page.next is None else ""
        yield f"{first}{last}memento", one


def _to_json(capture: Capture, addresses: Addresses) -> dict[str, str]:
    return {"datetime": iso_date(capture.timestamp), "uri": addresses.memento(capture.timestamp, capture.url)}


def _forms(addresses: Addresses) -> dict[str, str]:
    return {f"{form}_format": addresses.timemap(form) for form in FORMS}
