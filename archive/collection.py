"""The front door: open a collection and ask what a page said, and when.

    >>> collection = Collection.open("news")                                   # doctest: +SKIP
    >>> collection.article("https://example.org/story", at="20240501").text    # doctest: +SKIP

Reads only; any number of processes may read while one writes (`archive.writer`). What a question means for the indexes
is `archive.lookup`'s, and how versions come about `archive.versions`'.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Self

from archive.config import Settings
from archive.diff import Diff
from archive.formats.urlkey import Match
from archive.model import Article, ArticleVersion, Capture, Memento, SearchHit


class Collection:
    """One collection on disk, open for reading. Times are text as `archive.formats.timestamp.parse_time` takes it."""

    folder: Path
    settings: Settings

    @classmethod
    def open(cls, folder: str | PathLike[str] | None = None) -> Self:
        """Open the collection in `folder`, else the one that `MORGUE_COLLECTION` or the working folder names.

        Raises CollectionNotFound.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Let go of the indexes."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def lookup(
        self,
        url: str,
        *,
        at: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        match: Match = "exact",
        limit: int | None = None,
    ) -> Iterator[Capture]:
        """Captures in order of urlkey and time, lazily; with `at`, of each URL the one closest to it."""
        raise NotImplementedError

    def closest(self, url: str, at: str | None = None) -> Capture | None:
        """The capture that best answers for this URL at this time (the newest where no time is given)."""
        raise NotImplementedError

    def memento(self, url: str | Capture, at: str | None = None) -> Memento:
        """A capture with its headers and payload; revisits resolved. Raises NoCapture, RecordUnreadable."""
        raise NotImplementedError

    def article(self, url: str, at: str | None = None) -> Article:
        """What the article said at this time (now, where no time is given). Raises NoCapture."""
        raise NotImplementedError

    def history(self, url: str) -> list[ArticleVersion]:
        """The versions of the article at this URL, oldest first, across all its URLs. Raises NoCapture."""
        raise NotImplementedError

    def version_article(self, version: ArticleVersion) -> Article:
        """What the article said in this version."""
        raise NotImplementedError

    def article_captures(self, url: str) -> list[Capture]:
        """All captures of the article at this URL, revisits included, across all its URLs, oldest first."""
        raise NotImplementedError

    def diff(self, url: str, a: str | None = None, b: str | None = None) -> Diff:
        """What changed between two versions, given by number or time; the last two where none are given."""
        raise NotImplementedError

    def search(
        self,
        query: str,
        *,
        source: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        language: str | None = None,
        limit: int = 20,
        offset: int = 0,
    ) -> list[SearchHit]:
        """Articles whose text matches, best first. Raises QueryInvalid."""
        raise NotImplementedError

    def now(self) -> datetime:
        """The clock that relative times (`2d`) are read against."""
        return datetime.now(UTC)
