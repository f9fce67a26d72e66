"""Searching a collection: what its index finds, without what may not be shown, each article once wherever it has moved."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from archive.errors import QueryInvalid
from archive.formats.timestamp import parse_time, to_timestamp
from archive.index.answer import Answer, Found
from archive.index.ranking import Place
from archive.index.search import DEEPEST_HIT
from archive.model import SearchFilters, SearchHit, SearchPage, SearchPlace

if TYPE_CHECKING:
    from archive.collection import Collection

_AT_ONCE = 100
"""Hits that the catalog is asked about at once."""


def read_hits(
    collection: "Collection", query: str, filters: SearchFilters, *, limit: int, offset: int
) -> list[SearchHit]:
    """See `Collection.search`."""
    wanted = offset + limit
    if limit < 0 or offset < 0 or wanted > DEEPEST_HIT:
        raise QueryInvalid(f"hits {offset} to {wanted}: beyond {DEEPEST_HIT} (narrow the query)")
    answer = ask(collection, query, filters)
    found = islice(_found(collection, answer, None, wanted), offset, wanted)
    return [one.to_hit(answer.sought) for one in found]


def read_page(
    collection: "Collection", query: str, filters: SearchFilters, *, limit: int, after: SearchPlace | None
) -> SearchPage:
    """See `Collection.search_page`."""
    if not 1 <= limit <= DEEPEST_HIT:
        raise QueryInvalid(f"limit {limit}: not from 1 to {DEEPEST_HIT}")
    answer = ask(collection, query, filters)
    # Nothing has to be kept out where nothing came since, and asking for a range of time takes longer.
    if after and answer.newest_timestamp() > after.until:
        answer = ask(collection, query, filters, after.until)
    found = list(islice(_found(collection, answer, _place(after), limit + 1), limit + 1))
    page = found[:limit]
    following = None
    if len(found) > limit:
        score, timestamp, url, key = page[-1].place
        until = after.until if after else answer.newest_timestamp()
        following = SearchPlace(until, score, f"{timestamp:014}", url, key)
    return SearchPage(hits=[one.to_hit(answer.sought) for one in page], next=following)


def ask(collection: "Collection", query: str, filters: SearchFilters, until: str | None = None) -> Answer:
    """What the index of a collection answers, of versions up to `until`. Raises QueryInvalid, IndexOutdated."""
    from_, to = filters.get("from_"), filters.get("to")
    last = _timestamp(to, end=True) if to else None
    if until is not None:
        last = min(last or until, until)
    return collection.search_index.ask(
        query,
        source=filters.get("source"),
        from_=_timestamp(from_) if from_ else None,
        to=last,
        language=filters.get("language"),
        versions=filters.get("versions", "newest"),
        order=filters.get("order", "best"),
    )


def _found(collection: "Collection", answer: Answer, after: Place | None, batch: int) -> Iterator[Found]:
    """The hits behind a place that may be shown, each article once: the index knows one that moved under each of its keys."""
    everything = answer.found(after, batch=batch)
    while some := list(islice(everything, min(batch, _AT_ONCE))):
        keys = [one.document.urlkey for one in some]
        may_be = collection.are_searchable(list(zip(keys, (one.document.timestamp for one in some), strict=True)))
        settled = collection.catalog.settled(keys) if answer.versions == "newest" else set(keys)
        for one, key, may in zip(some, keys, may_be, strict=True):
            if may and (key in settled or _stands_for_all(collection, answer, one, key)):
                yield one


def _stands_for_all(collection: "Collection", answer: Answer, found: Found, key: str) -> bool:
    """Whether a hit is the best that may be shown of its article."""
    keys = collection.catalog.article_keys(key)
    if len(keys) < 2:
        return True
    best = answer.best(keys)
    may_be = collection.are_searchable([(one.document.urlkey, one.document.timestamp) for one in best])
    first = next((one for one, may in zip(best, may_be, strict=True) if may), found)
    return first.place == found.place


def _place(after: SearchPlace | None) -> Place | None:
    """Checked, for it may come from anyone. Raises QueryInvalid."""
    if after is None:
        return None
    if not (_is_timestamp(after.until) and _is_timestamp(after.timestamp)):
        raise QueryInvalid("cursor: holds no timestamps (begin without one)")
    return Place(after.score, int(after.timestamp), after.url, after.key)


def _is_timestamp(text: str) -> bool:
    return len(text) == 14 and text.isascii() and text.isdigit()


def _timestamp(text: str, *, end: bool = False) -> str:
    return to_timestamp(parse_time(text, now=datetime.now(UTC), end=end))
