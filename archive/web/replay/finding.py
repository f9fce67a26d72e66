"""Which capture answers for an address at a time: the closest one, redirects followed inside the archive."""

from archive.collection import Collection
from archive.errors import QueryInvalid
from archive.formats.urlkey import urlkey
from archive.model import Capture

MOST_REDIRECTS = 10
_MOST_NEIGHBOURS = 20
"""Captures looked at on either side for one that shows the page."""


def find_shown(collection: Collection, url: str, timestamp: str) -> Capture | None:
    """The capture that shows what this URL showed then; `None` where there is none, or its redirects leave the archive."""
    seen: set[str] = set()
    while url not in seen and len(seen) <= MOST_REDIRECTS:
        seen.add(url)
        try:
            capture = collection.closest(url, timestamp)
        except QueryInvalid:
            if len(seen) == 1:
                raise
            return None  # a redirect may lead to anything
        if capture is None or not capture.redirect:
            return capture
        url = capture.redirect.partition("#")[0]
    return None


def find_neighbours(collection: Collection, capture: Capture) -> tuple[Capture | None, Capture | None]:
    """The captures of the same page before and after one, as far as they show it."""
    key = urlkey(capture.url)
    found = []
    for earlier in (True, False):
        captures = collection.catalog.captures(
            urlkey=key,
            from_timestamp=None if earlier else capture.timestamp,
            to_timestamp=capture.timestamp if earlier else None,
            newest_first=earlier,
            limit=_MOST_NEIGHBOURS,
        )
        found.append(next((one for one in captures if one.timestamp != capture.timestamp and _shows(one)), None))
    return found[0], found[1]


def _shows(capture: Capture) -> bool:
    return not capture.redirect and (capture.status == 200 or capture.revisit is not None)
