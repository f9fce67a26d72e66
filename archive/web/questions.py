"""What a reader may ask in a query string, read and checked. Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from archive.collection import Collection
from archive.errors import QueryInvalid
from archive.model import SearchFilters, SearchHit, SearchPlace, Versions
from archive.web.cursor import from_cursor, to_cursor

PAGE = 20
"""Hits on one page."""
MOST_HITS = 100


class SearchQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A search, its filters, and which part of the answer is wanted."""

    query: str
    source: str | None = None
    language: str | None = None
    from_: str | None = None
    to: str | None = None
    versions: Versions = "newest"
    limit: int = PAGE
    offset: int = 0
    """Hits to pass over, for clients that count; pages go on by cursor."""
    after: str | None = None
    """The cursor behind which to go on."""
    back: str | None = None
    """That of the page before; none where it was the first."""

    @classmethod
    def parse(cls, parameters: Mapping[str, str]) -> "SearchQuestion":
        """From a query string: q, source, language, from, to, versions, limit, offset, after, back. Raises QueryInvalid."""
        given = {name: value.strip() or None for name, value in parameters.items()}
        versions = given.get("versions") or "newest"
        if versions not in ("newest", "all"):
            raise QueryInvalid(f"versions={versions[:40]} is neither newest nor all")
        return cls(
            query=given.get("q") or "",
            source=given.get("source"),
            language=given.get("language"),
            from_=given.get("from"),
            to=given.get("to"),
            versions="all" if versions == "all" else "newest",
            limit=parse_number("limit", given.get("limit"), least=1, most=MOST_HITS, default=PAGE),
            offset=parse_number("offset", given.get("offset"), least=0, most=10_000, default=0),
            after=given.get("after"),
            back=given.get("back"),
        )

    def ask(self, collection: Collection) -> "Results":
        """What the page of results shows. Raises QueryInvalid, IndexOutdated."""
        filters = self._filters
        if self.offset:
            hits = collection.search(self.query, limit=self.limit + 1, offset=self.offset, **filters)
            following = {**self.narrowed, "offset": str(self.offset + self.limit)} if len(hits) > self.limit else None
            return Results(hits=hits[: self.limit], following=following)
        after = from_cursor(self.after, SearchPlace) if self.after else None
        page = collection.search_page(self.query, limit=self.limit, after=after, **filters)
        following = {**self.narrowed, "after": to_cursor(page.next), "back": self.after} if page.next else None
        if after:
            return Results(hits=page.hits, following=following)
        if not page.next:
            return Results(hits=page.hits, following=None, count=len(page.hits))
        counted = collection.count_hits(self.query, **filters)
        # Of those counted some may stand for one article, or may not be shown; there are more than this page in any case.
        count = None if counted is None else max(counted, self.limit + 1)
        return Results(hits=page.hits, following=following, count=count)

    def newest(self, collection: Collection) -> Sequence[SearchHit]:
        """The hits that came last, wherever the words stand in them: what a feed tells. Raises QueryInvalid, IndexOutdated."""
        filters: SearchFilters = {**self._filters, "order": "newest"}
        return collection.search(self.query, limit=self.limit, **filters)

    @property
    def narrowed(self) -> dict[str, str | None]:
        """The parameters of an address that asks the same from the beginning."""
        return {
            "q": self.query,
            "source": self.source,
            "language": self.language,
            "from": self.from_,
            "to": self.to,
            "versions": None if self.versions == "newest" else self.versions,
            "limit": None if self.limit == PAGE else str(self.limit),
        }

    @property
    def _filters(self) -> SearchFilters:
        return SearchFilters(
            source=self.source, from_=self.from_, to=self.to, language=self.language, versions=self.versions
        )


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """A page of hits."""

    hits: Sequence[SearchHit]
    following: dict[str, str | None] | None
    """The parameters of the address of the next page; `None` where there is none."""
    count: int | None = None
    """How many hits there are, about; told on the first page only, and not where captures are hidden."""


def parse_number(name: str, text: str | None, *, least: int, most: int, default: int) -> int:
    """A whole number of a query string. Raises QueryInvalid."""
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 18 and least <= int(text) <= most):
        raise QueryInvalid(f"{name}={text[:40]} is no number from {least} to {most}")
    return int(text)
