"""The answer to one search: its hits in order from any place on, each read from the index only when it is reached."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import tantivy
from tantivy import Query

from archive.index.document import StoredDocument, article_id, read_document
from archive.index.matching import both, to_query
from archive.index.query import Node, positive_leaves
from archive.index.ranking import Place, Ranked, Ranking, newest_first
from archive.index.search_folder import reading
from archive.index.sought import Sought
from archive.model import SearchHit, Versions

_TIERS = ((3.0, ("headline",)), (2.0, ("headline", "opening")), (1.0, ("text",)))
"""Score, and where all words stand."""
_SPARE = 12
"""Hits asked for beyond those wanted: some articles come twice, and those of the last second are not all there."""


class Found:
    """One hit."""

    __slots__ = ("_answer", "_ranked", "document", "score")

    def __init__(self, answer: "Answer", ranked: Ranked, document: StoredDocument) -> None:
        self._answer = answer
        self._ranked = ranked
        self.score = ranked.score
        self.document = document
        """The version to show: of an article the newest that matches, which need not be the one that ranks it."""

    @property
    def place(self) -> Place:
        """Where it stands in the order."""
        return self._answer.place_of(self._ranked)

    def to_hit(self, sought: Sequence[Sought]) -> SearchHit:
        """As a reader gets it."""
        return self.document.to_hit(self.score, sought)


class Answer:
    """What answers a search, as the index was when it was asked."""

    def __init__(
        self,
        path: Path,
        schema: tantivy.Schema,
        searcher: tantivy.Searcher,
        tree: Node,
        filters: Sequence[Query],
        *,
        versions: Versions,
    ) -> None:
        self._path = path
        self._schema = schema
        self._searcher = searcher
        self.versions = versions
        anywhere = [leaf for leaf in positive_leaves(tree) if leaf.field is None]
        self.sought = [Sought.of(leaf) for leaf in anywhere]
        """What to mark in the text of a hit."""
        self._matching = both(to_query(schema, tree, ("text",)), *filters)
        # Within `matching`, because an opening may end in the middle of a word that the text does not hold as such.
        # Where every word names its field, all stand as high as they can.
        tiers = [
            (score, self._matching if fields == ("text",) else both(to_query(schema, tree, fields), self._matching))
            for score, fields in (_TIERS if anywhere else _TIERS[:1])
        ]
        self._ranking = Ranking(schema, searcher, tiers, self._tie_break)

    def found(self, after: Place | None = None, *, batch: int = 20) -> Iterator[Found]:
        """The hits behind a place, lazily; about `batch` of them are sought at once."""
        with reading(self._path):
            if self.versions == "all":
                for ranked in self._ranking.versions(after, batch=batch + _SPARE):
                    yield Found(self, ranked, self._document(ranked.address))
                return
            for ranked in self._ranking.articles(after, batch=batch + _SPARE):
                yield self._shown(ranked)

    def best(self, keys: Sequence[str]) -> list[Found]:
        """Of each of these articles its hit, in order."""
        with reading(self._path):
            ids = [article_id(key) for key in keys]
            return [self._shown(one) for one in self._ranking.within(ids).articles(batch=2 * len(ids))]

    def count(self) -> int:
        """About how many hits there are: exact while they are few."""
        with reading(self._path):
            if self.versions == "all":
                counted: int = self._searcher.search(self._matching, limit=1, count=True).count  # type: ignore[attr-defined]
                return counted
            return round(self._searcher.cardinality(self._matching, "article"))

    def place_of(self, ranked: Ranked) -> Place:
        """Where a version stands."""
        with reading(self._path):
            url, key = self._tie_break(ranked.address)
        return Place(ranked.score, ranked.timestamp, url, key)

    def _shown(self, ranked: Ranked) -> Found:
        address = ranked.address
        if self._ranking.has_versions(ranked.article):
            versions = both(self._matching, Query.term_query(self._schema, "article", ranked.article))
            *_, address = next(newest_first(self._searcher, versions, 2, self._tie_break))
        return Found(self, ranked, self._document(address))

    def _document(self, address: tantivy.DocAddress) -> StoredDocument:
        return read_document(self._searcher, address)

    def _tie_break(self, address: tantivy.DocAddress) -> tuple[str, str]:
        document = self._document(address)
        return document.url, document.key
