"""The order of search hits: by score, then newest first, then by URL, each article once. The same on every machine.

tantivy orders equals as they came into the index, which a rebuild changes; so the order is completed here.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

import tantivy
from tantivy import Query

from archive.index.matching import without

TieBreak = Callable[[tantivy.DocAddress], tuple[str, str]]
"""Reads URL and key of a version; asked for only where several share their second."""


def best_articles(
    searcher: tantivy.Searcher, ranked: Sequence[tuple[float, Query]], wanted: int, tie_break: TieBreak
) -> list[tuple[float, int, tantivy.DocAddress]]:
    """The first articles in order of score, then newest, each with its best version."""
    best: dict[int, tuple[float, int, tantivy.DocAddress]] = {}
    for index, (score, query) in enumerate(ranked):
        if len(best) >= wanted:
            break
        fresh = without(query, [other for _, other in ranked[:index]]) if index else query
        for article, address in newest_first(searcher, fresh, max(wanted - len(best), 20), tie_break):
            best.setdefault(article, (score, article, address))
            if len(best) >= wanted:
                break
    return list(best.values())


def newest_first(
    searcher: tantivy.Searcher, query: Query, batch: int, tie_break: TieBreak
) -> Iterator[tuple[int, tantivy.DocAddress]]:
    """Article and address of every version that matches: newest first, versions of one second by URL."""
    start = 0
    while True:
        hits = searcher.search(
            query, limit=batch, offset=start, count=False, order_by_field="timestamp", order=tantivy.Order.Desc
        ).hits
        complete = len(hits) < batch
        if not complete:
            # More of the last second may lie beyond this batch, and tantivy orders equals as they came.
            whole = [hit for hit in hits if hit[0] != hits[-1][0]]
            if not whole:
                batch *= 4
                continue
            hits = whole
        for _, group in groupby(hits, key=lambda hit: hit[0]):
            addresses = [address for _, address in group]
            if len(addresses) > 1:
                addresses.sort(key=tie_break)
            yield from zip(searcher.fast_field_values("article", addresses), addresses, strict=True)
        if complete:
            return
        start += len(hits)
        batch *= 2
