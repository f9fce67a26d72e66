"""The answer to one search: its hits in order from any place on, each read from the index only when it is reached."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import tantivy
from tantivy import Query

from archive.index.document import StoredDocument, article_id, read_documents
from archive.index.matching import both, of_articles, to_query
from archive.index.query import Node, positive_leaves
from archive.index.ranking import Place, Ranked, Ranking, newest_first
from archive.index.search_folder import reading
from archive.index.search_texts import Texts
from archive.index.sought import Sought
from archive.model import Order, SearchHit, Versions

HEADLINE, OPENING, TEXT = 3.0, 2.0, 1.0
"""Scores: where all the words stand."""
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
        shown, ranked = self.document, self._ranked
        if int(shown.timestamp) == ranked.timestamp:  # it is the version that ranks the article
            return Place(ranked.score, ranked.timestamp, shown.url, shown.key)
        return self._answer.place_of(ranked)

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
        texts: Texts,
        newest: list[str],
        tree: Node,
        filters: Sequence[Query],
        *,
        versions: Versions,
        order: Order,
    ) -> None:
        self._path = path
        self._schema = schema
        self._searcher = searcher
        self._texts = texts
        self._newest = newest
        self.versions = versions
        anywhere = [leaf for leaf in positive_leaves(tree) if leaf.field is None]
        self.sought = [Sought.of(leaf) for leaf in anywhere]
        """What to mark in the text of a hit."""
        self._matching = both(to_query(schema, tree, ("text",)), *filters)
        headline = both(to_query(schema, tree, ("headline",)), *filters)
        tiers = [(HEADLINE, headline)]
        if order == "newest":
            tiers = [(TEXT, self._matching)]
        elif anywhere:  # where every word names its field, all stand as high as they can
            # Within what matches, because an opening may end in the middle of a word that the text does not hold as such.
            opening = both(to_query(schema, tree, ("headline", "opening")), self._matching)
            tiers += [(OPENING, opening), (TEXT, self._matching)]
        self._ranking = Ranking(schema, searcher, tiers, self._tie_break)

    def found(self, after: Place | None = None, *, batch: int = 20) -> Iterator[Found]:
        """The hits behind a place, lazily; about `batch` of them are sought at once."""
        with reading(self._path):
            ranked = self.ranked(after, batch=batch)
            while some := list(islice(ranked, batch)):
                yield from self._shown(some)

    def ranked(self, after: Place | None = None, *, batch: int = 20) -> Iterator[Ranked]:
        """The same, without reading anything of them."""
        order = self._ranking.versions if self.versions == "all" else self._ranking.articles
        return order(after, batch=batch + _SPARE)

    def best(self, keys: Sequence[str]) -> list[Found]:
        """Of each of these articles its hit, in order."""
        with reading(self._path):
            ids = [article_id(key) for key in keys]
            return list(self._shown(list(self._ranking.within(ids).articles(batch=2 * len(ids)))))

    def newest_timestamp(self) -> str:
        """Of all versions in the index, matching or not; `"0" * 14` where there is none. Known from then on."""
        if not self._newest:
            with reading(self._path):
                newest = next(newest_first(self._searcher, Query.all_query(), 2, lambda _: ("", "")), (0,))
            self._newest.append(f"{newest[0]:014}")
        return self._newest[0]

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

    def _shown(self, articles: Sequence[Ranked]) -> Iterator[Found]:
        """Each by its newest version that matches, which only of those in the text alone is known to be the one that ranks."""
        unsure: list[int] = []
        if self.versions == "newest":
            unsure = [one.article for one in articles if one.score > TEXT and self._ranking.has_versions(one.article)]
        newest: dict[int, tantivy.DocAddress] = {}
        if unsure:
            versions = both(self._matching, of_articles(self._schema, unsure))
            for _, article, address in newest_first(self._searcher, versions, 4 * len(unsure), self._tie_break):
                newest.setdefault(article, address)
        shown = self._documents([newest.get(one.article, one.address) for one in articles])
        for one, document in zip(articles, shown, strict=True):
            yield Found(self, one, document)

    def _documents(self, addresses: Sequence[tantivy.DocAddress]) -> list[StoredDocument]:
        return read_documents(self._searcher, self._texts, addresses)

    def _tie_break(self, address: tantivy.DocAddress) -> tuple[str, str]:
        (document,) = self._documents([address])
        return document.url, document.key
