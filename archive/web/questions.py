"""What a reader may ask in a query string, read and checked. Pure."""

from collections.abc import Mapping

import msgspec

from archive.collection import Collection
from archive.errors import QueryInvalid
from archive.model import SearchHit

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
    limit: int = PAGE
    offset: int = 0

    @classmethod
    def parse(cls, parameters: Mapping[str, str]) -> "SearchQuestion":
        """From a query string: q, source, language, from, to, limit, offset. Raises QueryInvalid."""
        given = {name: value.strip() or None for name, value in parameters.items()}
        return cls(
            query=given.get("q") or "",
            source=given.get("source"),
            language=given.get("language"),
            from_=given.get("from"),
            to=given.get("to"),
            limit=parse_number("limit", given.get("limit"), least=1, most=MOST_HITS, default=PAGE),
            offset=parse_number("offset", given.get("offset"), least=0, most=10_000, default=0),
        )

    def ask(self, collection: Collection, *, more: int = 0) -> list[SearchHit]:
        """The hits; `more` of them than asked for, to see whether there are any."""
        return collection.search(
            self.query,
            source=self.source,
            language=self.language,
            from_=self.from_,
            to=self.to,
            limit=self.limit + more,
            offset=self.offset,
        )


def parse_number(name: str, text: str | None, *, least: int, most: int, default: int) -> int:
    """A whole number of a query string. Raises QueryInvalid."""
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 18 and least <= int(text) <= most):
        raise QueryInvalid(f"{name}={text[:40]} is no number from {least} to {most}")
    return int(text)
