"""Searching a collection: what its index finds, without what may not be shown, each article once wherever it has moved."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from archive.errors import QueryInvalid
from archive.formats.timestamp import parse_time, to_timestamp
from archive.formats.urlkey import urlkey
from archive.index.answer import Answer, Found
from archive.index.ranking import Place
from archive.index.search import DEEPEST_HIT
from archive.model import SearchFilters, SearchHit, SearchPage, SearchPlace

if TYPE_CHECKING:
    from archive.collection import Collection


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
    until = after.until if after else collection.search_index.newest_timestamp()
    answer = ask(collection, query, filters, until)
    found = list(islice(_found(collection, answer, _place(after), limit + 1), limit + 1))
    page = found[:limit]
    following = None
    if len(found) > limit:
        score, timestamp, url, key = page[-1].place
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
    )


def _found(collection: "Collection", answer: Answer, after: Place | None, batch: int) -> Iterator[Found]:
    """The hits behind a place that may be shown."""
    for found in answer.found(after, batch=batch):
        if _may_be_shown(collection, found) and _stands_for_all(collection, answer, found):
            yield found


def _may_be_shown(collection: "Collection", found: Found) -> bool:
    return collection.may_be_found(found.document.url, found.document.timestamp)


def _stands_for_all(collection: "Collection", answer: Answer, found: Found) -> bool:
    """Whether a hit is the best of its article, which the index knows under each of its keys where it has moved."""
    if answer.versions == "all":
        return True
    keys = collection.catalog.article_keys(urlkey(found.document.url))
    if len(keys) < 2:
        return True
    best = next((one for one in answer.best(keys) if _may_be_shown(collection, one)), None)
    return best is None or best.place == found.place


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
