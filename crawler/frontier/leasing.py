"""Taking and giving back leases, in a transaction of whoever calls.

Queues are visited in the order of their heads, which the database keeps: what a lease costs does not grow with the
number of hosts that wait or of entries that are known.
"""

import math
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from crawler.frontier.entry import PRIORITY, Bounds, Entry, Kind, Lease, Result, Watched

DAY = 86400.0
PAGE, REQUISITE = PRIORITY["page"], PRIORITY["requisite"]
_COLUMNS = (
    "url, kind, source, seed, every, modified, redirects, first_seen, attempts, last_fetched, last_changed, "
    "etag, last_modified, digest, trust, referrer, section, pace, status"
)
_IS_READY = "due IS NOT NULL AND leased_until IS NULL"
_IN_QUEUE = f"host = ? AND coalesce(source, '') = ? AND priority = ? AND {_IS_READY}"
_OWNERS = """
WITH RECURSIVE holding (owner) AS (
    SELECT min(owner) FROM entry WHERE leased_until IS NOT NULL
    UNION ALL
    SELECT (SELECT min(owner) FROM entry WHERE owner > holding.owner AND leased_until IS NOT NULL)
    FROM holding WHERE holding.owner IS NOT NULL
) SELECT owner FROM holding WHERE owner IS NOT NULL
"""


class Budget:
    """How many pages each source may still have today (UTC), as the database counts them."""

    def __init__(self, db: sqlite3.Connection, bounds: Mapping[str, Bounds], now: float) -> None:
        self._db = db
        self._bounds = bounds
        self._day = int(now // DAY)
        self._left: dict[str, int] = {}

    @property
    def tomorrow(self) -> float:
        """When the next day's budget begins."""
        return (self._day + 1) * DAY

    def left(self, source: str) -> int | None:
        """`None` for a source without a budget."""
        bounds = self._bounds.get(source)
        if bounds is None or not bounds.page_budget:
            return None
        if source not in self._left:
            row = self._db.execute(
                "SELECT pages FROM tally WHERE source = ? AND day = ?", (source, self._day)
            ).fetchone()
            self._left[source] = max(bounds.page_budget - (row[0] if row else 0), 0)
        return self._left[source]

    def take(self, source: str, pages: int) -> None:
        """Count pages that are leased."""
        if source in self._left:
            self._left[source] -= pages
        self._db.execute(
            "INSERT INTO tally (source, day, pages) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET"
            " pages = CASE day WHEN ?2 THEN pages ELSE 0 END + ?3, day = ?2",
            (source, self._day, pages),
        )


def spent(db: sqlite3.Connection, bounds: Mapping[str, Bounds], now: float) -> frozenset[str]:
    """Sources that have had their pages for today."""
    counts = db.execute("SELECT source, pages FROM tally WHERE day = ?", (int(now // DAY),))
    return frozenset(
        source
        for source, pages in counts
        if source in bounds and bounds[source].page_budget and pages >= bounds[source].page_budget
    )


class Room:
    """How many more leases may be taken: of each host, and in all."""

    def __init__(self, of_hosts: Mapping[str, int], default: int, limit: int, paused: Iterable[str]) -> None:
        self._of_hosts = of_hosts
        self._default = default
        self._free = dict.fromkeys(paused, 0)
        self.limit = limit

    def of(self, host: str, priority: int) -> int:
        """What a host may have. What has more weight than requisites is to find room at any time."""
        free = self._free.get(host, self._of_hosts.get(host, self._default))
        if priority == REQUISITE:
            free -= self._default * 3 // 4
        return min(free, self.limit)

    def take(self, host: str, leases: int) -> None:
        """Count leases that are taken."""
        self._free[host] = self._free.get(host, self._of_hosts.get(host, self._default)) - leases
        self.limit -= leases


def paused_hosts(db: sqlite3.Connection, now: float) -> list[str]:
    """Hosts that are to be left alone."""
    return [host for (host,) in db.execute("SELECT host FROM pause WHERE until > ?", (now,))]


def find_due(
    db: sqlite3.Connection,
    *,
    now: float,
    room: Room,
    budget: Budget,
    sources: frozenset[str] | None,
    only: Kind | None,
) -> Iterator[Lease]:
    """Entries to lease: by priority, then from the queue that has waited longest."""
    for priority in sorted({PRIORITY[only]} if only else PRIORITY.values()):
        query = "SELECT host, source FROM queue WHERE priority = ? AND head <= ? ORDER BY head, host, source"
        for host, source in db.execute(query, (priority, now)):
            if room.limit <= 0:
                return
            wanted = room.of(host, priority)
            if wanted <= 0 or (sources is not None and source not in sources):
                continue
            if priority == PAGE and (left := budget.left(source)) is not None:
                wanted = min(wanted, left)
            rows = db.execute(
                f"SELECT {_COLUMNS} FROM entry WHERE {_IN_QUEUE} AND due <= ? ORDER BY due, url LIMIT ?",
                (host, source, priority, now, wanted),
            ).fetchall()
            room.take(host, len(rows))
            if priority == PAGE and source and rows:
                budget.take(source, len(rows))
            yield from map(_lease, rows)


def find_named(
    db: sqlite3.Connection, urls: Iterable[str], *, now: float, room: Room, only: Kind | None
) -> Iterator[Lease]:
    """Those of these URLs to lease. A person named them: no budget holds."""
    found = []
    for url in urls:
        query = f"SELECT priority, due, host, {_COLUMNS} FROM entry WHERE url = ? AND due <= ? AND {_IS_READY}"
        found += db.execute(query, (url, now)).fetchall()
    for priority, _, host, *row in sorted(found, key=lambda row: (row[0], row[1], row[3])):
        if room.of(host, priority) > 0 and only in (None, row[1]):
            room.take(host, 1)
            yield _lease(row)


def hold(db: sqlite3.Connection, leases: Iterable[Lease], *, until: float, owner: str) -> None:
    """Write down who has these, and for how long."""
    values = [(until, owner, lease.entry.url) for lease in leases]
    db.executemany("UPDATE entry SET leased_until = ?, owner = ? WHERE url = ?", values)


def reclaim(db: sqlite3.Connection, *, now: float, dead: bool, is_gone: Callable[[str], bool]) -> int:
    """Take back leases whose term is over, and those of owners that are gone."""
    ended = 0
    for (owner,) in db.execute(_OWNERS).fetchall():
        latest = math.inf if dead or is_gone(owner) else now
        urls = db.execute(
            "SELECT url FROM entry WHERE owner = ? AND leased_until IS NOT NULL AND leased_until <= ?", (owner, latest)
        ).fetchall()
        ended += len(urls)
        give_back(db, (url for (url,) in urls), owner=None)
    return ended


def give_back(db: sqlite3.Connection, urls: Iterable[str], *, owner: str | None) -> None:
    """End leases unfetched."""
    for url in urls:
        ended = db.execute(
            "UPDATE entry SET leased_until = NULL, owner = NULL WHERE url = ?1 AND leased_until IS NOT NULL"
            " AND (?2 IS NULL OR owner = ?2) RETURNING source, priority",
            (url, owner),
        ).fetchall()
        if ended and ended[0][1] == PAGE:
            _return_page(db, ended[0][0])


def end(db: sqlite3.Connection, result: Result, *, now: float, owner: str | None) -> None:
    """Write down how a lease ended, if `owner` still has it."""
    ended = db.execute(
        "UPDATE entry SET leased_until = NULL, owner = NULL, due = ?, status = ?, error = ?, attempts = ?,"
        " last_fetched = coalesce(?, last_fetched), last_changed = CASE WHEN ? THEN ? ELSE last_changed END,"
        " etag = ?, last_modified = ?, digest = coalesce(?, digest), trust = ?,"
        " section = coalesce(?, section), pace = coalesce(?, pace) WHERE url = ? AND (? IS NULL OR owner = ?)"
        " RETURNING source, priority",
        (
            result.due,
            result.status,
            result.error,
            result.attempts,
            now if result.fetched else None,
            result.changed,
            now,
            result.etag,
            result.last_modified,
            result.digest,
            result.trust,
            result.section,
            result.pace,
            result.url,
            owner,
            owner,
        ),
    ).fetchall()
    if ended and ended[0][1] == PAGE and not result.fetched:
        _return_page(db, ended[0][0])
    db.executemany(
        "UPDATE entry SET pace = ?1, due = CASE WHEN due IS NULL THEN NULL ELSE ?2 END WHERE url = ?3",
        [(paced.pace, paced.due, paced.url) for paced in result.paced],
    )
    if ended:
        add_watched(db, result.watched)


def add_watched(db: sqlite3.Connection, watched: Iterable[Watched]) -> None:
    """Add to what is known of edits."""
    db.executemany(
        "INSERT INTO watched VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET edits = max(edits + excluded.edits, 0),"
        " seconds = max(seconds + excluded.seconds, 0)",
        [(one.source, one.section, one.stage, one.edits, one.seconds) for one in watched],
    )


def get_lease(db: sqlite3.Connection, url: str) -> Lease | None:
    """What is known of an entry, whoever fetches it."""
    row = db.execute(f"SELECT {_COLUMNS} FROM entry WHERE url = ?", (url,)).fetchone()
    return _lease(row) if row else None


def _return_page(db: sqlite3.Connection, source: str | None) -> None:
    """Count a page less: it was not fetched after all."""
    db.execute("UPDATE tally SET pages = pages - 1 WHERE source = ? AND pages > 0", (source,))


def _lease(row: Sequence[Any]) -> Lease:
    url, kind, source, seed, every, modified, redirects, *known = row
    first_seen, attempts, last_fetched, last_changed, etag, last_modified, digest, trust, *known = known
    referrer, section, pace, status = known
    entry = Entry(
        url=url,
        kind=kind,
        source=source,
        seed=seed,
        every_seconds=every,
        modified=modified,
        redirects=redirects,
        referrer=referrer,
        section=section,
    )
    return Lease(
        entry=entry,
        attempts=attempts,
        first_seen=first_seen,
        last_fetched=last_fetched,
        last_changed=last_changed,
        status=status,
        etag=etag,
        last_modified=last_modified,
        digest=digest,
        trust=trust,
        pace=pace,
    )
