"""The catalog's news: which articles are new or changed, and how many on which day.

The table `news` orders articles by when they were first captured and when their text last became another, by readings
alone: whether a text is a version is `archive.versions`' to say.
"""

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime
from functools import lru_cache

import msgspec

from archive.index.catalog_database import Row
from archive.index.catalog_readings import ENTRIES
from archive.index.catalog_rows import FAR_FUTURE, FAR_PAST, pack_timestamp, unpack_timestamp
from archive.index.catalog_versions import SHOWN, VersionCatalog
from archive.versions import ReadingEntry

SLOT = 900
"""Seconds of a slot."""
_NEWS = "SELECT p.urlkey, n.source, n.first, n.changed FROM news n JOIN page p ON p.id = n.article "
_VISIBLE = (
    "AND EXISTS (SELECT 1 FROM reading r JOIN page a ON a.id = r.page "
    "JOIN capture c ON c.urlkey = a.urlkey AND c.timestamp = r.timestamp WHERE r.article = n.article)"
)


class NewsEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One article among the news."""

    key: str
    source: str | None
    first: str
    """Timestamp of the first capture that was read as this article."""
    changed: str | None
    """Timestamp of the capture that first showed the newest of its texts; `None` where it has shown one."""


class DayCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many articles of a source were first captured on a day."""

    source: str | None
    day: str
    """8 digits, UTC."""
    articles: int


class SourceTotal(msgspec.Struct, frozen=True, kw_only=True):
    """The articles of one source in all."""

    source: str | None
    articles: int
    changed: int
    """Those that have shown more texts than one."""
    first: str
    last: str
    """Timestamps of the first captures of its oldest and newest articles."""


class NewsCatalog(VersionCatalog):
    """The part of the catalog that lists and counts articles by source."""

    def news(
        self,
        *,
        changed: bool = False,
        source: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        limit: int,
        offset: int = 0,
    ) -> list[NewsEntry]:
        """Articles by when they were first captured, newest first; with `changed`, by when their text last became another.

        `from_` and `to` bound that timestamp, both included. By index: the cost is that of the rows given out.
        """
        order = "changed" if changed else "first"
        rows = self._all(
            f"{_NEWS} WHERE n.{order} BETWEEN ? AND ? {'AND n.source IS ?' if source is not None else ''} "
            f"ORDER BY n.{order} DESC, n.article LIMIT ? OFFSET ?",
            (
                FAR_PAST if from_ is None else pack_timestamp(from_),
                FAR_FUTURE if to is None else pack_timestamp(to),
                *([self._known_name(source)] if source is not None else []),
                limit,
                offset,
            ),
        )
        return [self._news_entry(row) for row in rows]

    def news_of(self, key: str) -> NewsEntry | None:
        """One article among the news."""
        row = self._one(_NEWS + "WHERE p.urlkey = ?", (key,))
        return self._news_entry(row) if row else None

    def news_totals(self, source: str | None = None) -> list[SourceTotal]:
        """How many articles each source has, or this one; sources by name. The cost is that of an index's length."""
        where = f"WHERE {'n.source IS ?' if source is not None else '1'} {self._visible}"
        given = [self._known_name(source)] if source is not None else []
        changed: dict[int | None, int] = dict(
            self._all(
                f"SELECT n.source, count(*) FROM news n {where} AND n.changed IS NOT NULL GROUP BY n.source", given
            )
        )
        rows = self._all(
            f"SELECT n.source, count(*), min(n.first), max(n.first) FROM news n {where} GROUP BY n.source", given
        )
        totals = [
            SourceTotal(
                source=None if number is None else self.name_of(number),
                articles=articles,
                changed=changed.get(number, 0),
                first=unpack_timestamp(first),
                last=unpack_timestamp(last),
            )
            for number, articles, first, last in rows
        ]
        return sorted(totals, key=lambda one: one.source or "")

    def news_sources(self) -> list[str]:
        """Names of the sources that have articles, by a look at the index for each."""
        if self._is_hidden:
            return [one.source for one in self.news_totals() if one.source]
        rows = self._all(
            "WITH RECURSIVE found (source) AS (SELECT min(source) FROM news UNION ALL "
            "SELECT (SELECT min(source) FROM news WHERE source > found.source) FROM found WHERE found.source IS NOT NULL) "
            "SELECT source FROM found WHERE source IS NOT NULL"
        )
        return sorted(self.name_of(number) for (number,) in rows)

    def day_counts(self, *, source: str | None = None, from_day: str, to_day: str) -> list[DayCount]:
        """Articles first captured in a range of days (8 digits, both included), by day and source."""
        rows = self._all(
            "SELECT n.first / 1000000, n.source, count(*) FROM news n WHERE n.first BETWEEN ? AND ? "
            f"{'AND n.source IS ?' if source is not None else ''} {self._visible} GROUP BY 1, 2 ORDER BY 1, 2",
            (
                int(from_day) * 1_000_000,
                int(to_day) * 1_000_000 + 235959,
                *([self._known_name(source)] if source is not None else []),
            ),
        )
        return [
            DayCount(source=None if number is None else self.name_of(number), day=f"{day:08}", articles=articles)
            for day, number, articles in rows
        ]

    def month_counts(self, month: str, *, source: str | None = None) -> dict[str, int]:
        """Articles first captured in a month (6 digits), by day (8 digits), of all sources or of one; days without any are left out."""
        rows = self._all(
            "SELECT d.value, (SELECT count(*) FROM news n WHERE n.first BETWEEN d.value * 1000000 AND d.value * 1000000 + 235959 "
            f"{'AND n.source IS ?2' if source is not None else ''} {self._visible}) FROM json_each(?1) d",
            (
                json.dumps([int(month) * 100 + day for day in range(1, 32)]),
                *([self._known_name(source)] if source is not None else []),
            ),
        )
        return {f"{day:08}": articles for day, articles in rows if articles}

    def day_of_news(self, day: str, *, before: bool, source: str | None = None) -> str | None:
        """The nearest day (8 digits) before or after this one on which an article was first captured."""
        start = int(day) * 1_000_000 + (0 if before else 235959)
        row = self._one(
            f"SELECT {'max' if before else 'min'}(n.first) FROM news n WHERE n.first {'<' if before else '>'} ? "
            f"{'AND n.source IS ?' if source is not None else ''} {self._visible}",
            (start, *([self._known_name(source)] if source is not None else [])),
        )
        return unpack_timestamp(row[0])[:8] if row and row[0] else None

    def shown_reading(self, key: str, *, at: str | None = None) -> ReadingEntry | None:
        """A reading that shows this article: of the newest capture that was read, or of the newest by a timestamp."""
        page = self._page(key)
        if page is None:
            return None
        row = self._one(
            ENTRIES + "WHERE r.article = ? AND r.text_digest IS NOT NULL AND r.outcome IN (?, ?) AND r.timestamp <= ? "
            "ORDER BY r.timestamp DESC, r.file DESC, r.offset DESC LIMIT 1",
            (page, *SHOWN, FAR_FUTURE if at is None else pack_timestamp(at)),
        )
        return self._entry(row) if row else None

    @property
    def _visible(self) -> str:
        """Leaves out articles of which every capture is hidden; costs nothing where none can be."""
        return _VISIBLE if self._is_hidden else ""

    def _news_entry(self, row: Row) -> NewsEntry:
        key, source, first, changed = row
        return NewsEntry(
            key=key,
            source=None if source is None else self.name_of(source),
            first=unpack_timestamp(first),
            changed=None if changed is None else unpack_timestamp(changed),
        )

    def _known_name(self, name: str) -> int | None:
        """The number of a name; one that matches nothing where it is unknown; that of no name for an empty one."""
        if not name:
            return None
        row = self._one("SELECT id FROM name WHERE name = ?", (name,))
        return int(row[0]) if row else -1

    def article_slots(self, *, since: str) -> dict[str, dict[int, int]]:
        """New articles by source and slot (unix time // 900), of those first captured since a timestamp."""
        rows = self._all(
            "SELECT n.name, a.first / 100, count(*) FROM news a LEFT JOIN name n ON n.id = a.source "
            "WHERE a.first >= ? GROUP BY 1, 2",
            (pack_timestamp(since),),
        )
        found: defaultdict[str, Counter[int]] = defaultdict(Counter)
        for source, minute, articles in rows:
            found[source or ""][_slot(minute)] += articles
        return {source: dict(slots) for source, slots in found.items()}

    def last_read(self) -> dict[str, str]:
        """Timestamp of the newest capture of each source that was read."""
        rows = self._all(
            "SELECT n.name, r.last FROM (SELECT source, max(timestamp) AS last FROM reading GROUP BY source) r "
            "LEFT JOIN name n ON n.id = r.source"
        )
        return {source or "": unpack_timestamp(last) for source, last in rows}


def _slot(minute: int) -> int:
    """The slot of a minute that is given in 12 digits."""
    day, clock = divmod(minute, 10_000)
    return (_midnight(day) + clock // 100 * 3600 + clock % 100 * 60) // SLOT


@lru_cache(maxsize=1024)
def _midnight(day: int) -> int:
    """Unix time at which a day of 8 digits begins."""
    return int(datetime(day // 10_000, day // 100 % 100, day % 100, tzinfo=UTC).timestamp())
