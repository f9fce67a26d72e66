"""The order of search hits: by score, then newest first, then by URL. The same on every machine, and whatever is added.

tantivy orders equals as they came into the index, which a rebuild changes; so the order is completed here. A place in it
depends on the article alone: a page of hits goes on behind a place, and needs not know what stood before it.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import tantivy
from tantivy import FieldType, Query

from archive.index.matching import both, of_articles, without

TieBreak = Callable[[tantivy.DocAddress], tuple[str, str]]
"""Reads URL and key of a version; asked for only where several share their second."""


class Place(NamedTuple):
    """Where a version stands in the order."""

    score: float
    timestamp: int
    url: str
    key: str


class Ranked(NamedTuple):
    """A version in its turn."""

    score: float
    timestamp: int
    article: int
    address: tantivy.DocAddress


class Ranking:
    """The versions that match, in order of score and then time."""

    def __init__(
        self,
        schema: tantivy.Schema,
        searcher: tantivy.Searcher,
        tiers: Sequence[tuple[float, Query]],
        tie_break: TieBreak,
    ) -> None:
        """`tiers` are scores, the best first, each with what has to match for it; a version counts in the first it is in."""
        self._schema = schema
        self._searcher = searcher
        self._tiers = tiers
        self._tie_break = tie_break

    def versions(self, after: Place | None = None, *, batch: int = 20) -> Iterator[Ranked]:
        """Every version behind a place, lazily."""
        for index, (score, query) in enumerate(self._tiers):
            if after is not None and score > after.score:
                continue
            fresh = without(query, [better for _, better in self._tiers[:index]]) if index else query
            start = after if after is not None and score == after.score else None
            if start is not None:
                fresh = both(fresh, self._until(start.timestamp))
            for timestamp, article, address in newest_first(self._searcher, fresh, batch, self._tie_break):
                if start is None or not self._stands_before(start, timestamp, address):
                    yield Ranked(score, timestamp, article, address)

    def articles(self, after: Place | None = None, *, batch: int = 20) -> Iterator[Ranked]:
        """Every article whose best version stands behind a place, once and there, lazily."""
        seen: set[int] = set()
        for ranked in self.versions(after, batch=batch):
            if ranked.article in seen:
                continue
            seen.add(ranked.article)
            if after is None or not self.has_versions(ranked.article) or self.is_best(ranked):
                yield ranked

    def has_versions(self, article: int) -> bool:
        """Whether an article may have more than one version."""
        return self._searcher.doc_freq("article", article) > 1

    def is_best(self, ranked: Ranked) -> bool:
        """Whether an article has no version that stands before this one."""
        best = self.best([ranked.article])
        return best is not None and (best.score, best.timestamp) == (ranked.score, ranked.timestamp)

    def best(self, articles: Sequence[int]) -> Ranked | None:
        """The version of these articles that stands first; `None` where none of them matches."""
        return next(self.within(articles).versions(batch=2), None)

    def within(self, articles: Sequence[int]) -> "Ranking":
        """The same order of these articles alone."""
        only = of_articles(self._schema, articles)
        tiers = [(score, both(query, only)) for score, query in self._tiers]
        return Ranking(self._schema, self._searcher, tiers, self._tie_break)

    def _until(self, timestamp: int) -> Query:
        return Query.range_query(self._schema, "timestamp", FieldType.Unsigned, 0, timestamp)

    def _stands_before(self, start: Place, timestamp: int, address: tantivy.DocAddress) -> bool:
        return timestamp == start.timestamp and self._tie_break(address) <= (start.url, start.key)


def newest_first(
    searcher: tantivy.Searcher, query: Query, batch: int, tie_break: TieBreak
) -> Iterator[tuple[int, int, tantivy.DocAddress]]:
    """Timestamp, article and address of every version that matches: newest first, versions of one second by URL."""
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
        ordered: list[tuple[int, tantivy.DocAddress]] = []
        for timestamp, group in groupby(hits, key=lambda hit: hit[0]):
            addresses = [address for _, address in group]
            if len(addresses) > 1:
                addresses.sort(key=tie_break)
            ordered += [(timestamp, address) for address in addresses]
        articles = searcher.fast_field_values("article", [address for _, address in ordered])
        for article, (timestamp, address) in zip(articles, ordered, strict=True):
            yield timestamp, int(article or 0), address
        if complete:
            return
        start += len(hits)
        batch *= 2
