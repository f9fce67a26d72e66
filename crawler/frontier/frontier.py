"""The frontier: every URL known, when each is due, and who is fetching it; SQLite, so it outlives kill -9.

The model is URLFrontier's: a queue per host, a lease with a term, an acknowledgement once the capture is durable, and a
next-fetch date. Politeness is the scheduler's; when to look again is `crawler.revisit`'s.
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from crawler.frontier import unsearched
from crawler.frontier.entry import PRIORITY, Entry, Kind, Lease, Result, SeedState, Unsearched
from crawler.frontier.schema import Transaction, open_database

_HOSTS = """
WITH RECURSIVE waiting (host) AS (
    SELECT min(host) FROM entry WHERE due IS NOT NULL AND leased_until IS NULL
    UNION ALL
    SELECT (SELECT min(host) FROM entry WHERE host > waiting.host AND due IS NOT NULL AND leased_until IS NULL)
    FROM waiting WHERE waiting.host IS NOT NULL
) SELECT host FROM waiting WHERE host IS NOT NULL
"""
_COLUMNS = (
    "url, kind, source, seed, every, modified, redirects, first_seen, attempts, last_fetched, last_changed, "
    "etag, last_modified, digest, trust, referrer, section, pace"
)


def host_of(url: str) -> str:
    """The host (with its port, where it is not the scheme's own) that politeness counts by.

    >>> host_of("https://News.example:443/a"), host_of("http://127.0.0.1:8900/a")
    ('news.example', '127.0.0.1:8900')
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return host if parts.port in (None, default) else f"{host}:{parts.port}"


class Frontier:
    """The queue of one collection. Safe to call from several threads; each method is one transaction."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._path = path
        self._db = open_database(path)

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, entries: Iterable[Entry], *, now: float) -> int:
        """Take in entries that are new, due at once; returns how many were.

        A known entry becomes due again where its seed reports a change later than its last fetch.
        """
        with self._transaction() as db:
            return self._add(db, entries, now)

    def force(self, entries: Iterable[Entry], *, now: float) -> None:
        """Take in entries and make them due now, known or not: for `morgue save`."""
        with self._transaction() as db:
            entries = tuple(entries)
            self._add(db, entries, now)
            db.executemany("UPDATE entry SET due = ?, attempts = 0 WHERE url = ?", [(now, e.url) for e in entries])

    def set_seeds(self, source: str, seeds: Iterable[Entry], *, now: float) -> None:
        """Make these the source's seeds: new ones are due now, those it no longer has are forgotten."""
        seeds = tuple(seeds)
        with self._transaction() as db:
            # Child sitemaps and redirects' targets are seeds too; they belong to the seed that led there.
            query = "SELECT url FROM entry WHERE source = ? AND kind = 'seed' AND redirects = 0"
            known = {url for (url,) in db.execute(query, (source,))}
            self._add(db, seeds, now)
            for seed in seeds:
                values = (seed.kind, PRIORITY[seed.kind], seed.source, seed.seed, seed.every_seconds, now, seed.url)
                db.execute(
                    "UPDATE entry SET kind=?, priority=?, source=?, seed=?, every=?, redirects=0, due=coalesce(due, ?)"
                    " WHERE url=?",
                    values,
                )
            db.executemany("DELETE FROM entry WHERE url = ?", [(url,) for url in known - {seed.url for seed in seeds}])

    def make_due(self, source: str, *, now: float, younger_than: float) -> None:
        """Make a source's seeds due now, and its articles that were first seen, or changed, since `younger_than`."""
        with self._transaction() as db:
            db.execute(
                "UPDATE entry SET due = ?1 WHERE source = ?2 AND leased_until IS NULL AND (kind = 'seed' OR"
                " (kind = 'page' AND max(first_seen, coalesce(last_changed, 0)) > ?3 AND due IS NOT NULL))",
                (now, source, younger_than),
            )

    def lease(
        self,
        *,
        now: float,
        until: float,
        owner: str,
        room: dict[str, int],
        default_room: int,
        sources: frozenset[str] | None = None,
        urls: frozenset[str] | None = None,
        only: Kind | None = None,
    ) -> list[Lease]:
        """Take what is due, a few from each host that is not paused, seeds first, requisites last, else the longest due.

        `room` says how many a host may still have (`default_room` for hosts it does not name). Three quarters of that are
        out of bounds for requisites: what has more weight is to find room at any time. `sources` or `urls`, and `only`,
        restrict what is taken.
        """
        where, values = "", []
        if urls is not None:
            # One value for all: the requisites of some saved pages are more than SQLite takes.
            where = " AND url IN (SELECT value FROM json_each(?))"
            values = [json.dumps(sorted(urls))]
        elif sources is not None:
            where = f" AND source IN ({','.join('?' * len(sources))})"
            values = sorted(sources)
        taken: list[Lease] = []
        with self._transaction() as db:
            paused = {host for (host,) in db.execute("SELECT host FROM pause WHERE until > ?", (now,))}
            for (host,) in db.execute(_HOSTS).fetchall():
                free = 0 if host in paused else room.get(host, default_room)
                for priority in sorted({PRIORITY[only]} if only else PRIORITY.values()):
                    if priority == PRIORITY["requisite"]:
                        free -= default_room * 3 // 4
                    if free <= 0:
                        break
                    rows = db.execute(
                        f"SELECT {_COLUMNS} FROM entry WHERE host = ? AND priority = ? AND due <= ?"
                        f" AND due IS NOT NULL AND leased_until IS NULL{where} ORDER BY due, url LIMIT ?",
                        (host, priority, now, *values, free),
                    ).fetchall()
                    free -= len(rows)
                    taken += map(_lease, rows)
            db.executemany(
                "UPDATE entry SET leased_until = ?, owner = ? WHERE url = ?",
                [(until, owner, lease.entry.url) for lease in taken],
            )
        return taken

    def settle(self, results: Iterable[Result], *, now: float) -> None:
        """End leases: the captures of these URLs are durable, or their fetch failed."""
        with self._transaction() as db:
            for result in results:
                self._add(db, result.discovered, now)
                if result.unsearched is not None:
                    unsearched.note(db, result.unsearched)
                fetched = now if result.fetched else None
                db.execute(
                    "UPDATE entry SET leased_until = NULL, owner = NULL, due = ?, status = ?, error = ?, attempts = ?,"
                    " last_fetched = coalesce(?, last_fetched), last_changed = CASE WHEN ? THEN ? ELSE last_changed END,"
                    " etag = ?, last_modified = ?, digest = coalesce(?, digest), trust = ?,"
                    " section = coalesce(?, section), pace = coalesce(?, pace) WHERE url = ?",
                    (
                        result.due,
                        result.status,
                        result.error,
                        result.attempts,
                        fetched,
                        result.changed,
                        now,
                        result.etag,
                        result.last_modified,
                        result.digest,
                        result.trust,
                        result.section,
                        result.pace,
                        result.url,
                    ),
                )
                db.executemany(
                    "UPDATE entry SET pace = ?1, due = CASE WHEN due IS NULL THEN NULL ELSE ?2 END WHERE url = ?3",
                    [(paced.pace, paced.due, paced.url) for paced in result.paced],
                )

    def pause(self, host: str, until: float) -> None:
        """Lease nothing of a host before this time, in this crawl or another: it said 429 or 503."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO pause VALUES (?, ?) ON CONFLICT (host) DO UPDATE SET until = max(until, excluded.until)",
                (host, until),
            )

    def release(self, urls: Iterable[str]) -> None:
        """Give leases back unfetched; they are due as before."""
        with self._transaction() as db:
            db.executemany("UPDATE entry SET leased_until = NULL, owner = NULL WHERE url = ?", [(url,) for url in urls])

    def recover(self, *, now: float, dead: bool, owner: str | None = None) -> int:
        """Take back leases whose term is over, or all of them where their owners are known to be `dead`.

        `owner` names who asks: its own leases are not over, however long they wait for their turn.
        """
        with self._transaction() as db:
            return db.execute(
                "UPDATE entry SET leased_until = NULL, owner = NULL WHERE leased_until IS NOT NULL AND"
                " (? OR (leased_until <= ? AND owner IS NOT ?))",
                (dead, now, owner),
            ).rowcount

    def next_due(
        self,
        *,
        sources: frozenset[str] | None = None,
        urls: frozenset[str] | None = None,
        retries_only: bool = False,
    ) -> float | None:
        """When the next entry may be leased; of those whose last fetch failed, if asked. The rest restricts as `lease`."""
        where = " AND attempts > 0" if retries_only else ""
        values: list[str] = []
        for column, among in (("url", urls), ("source", sources if urls is None else None)):
            if among is not None:
                where += f" AND {column} IN (SELECT value FROM json_each(?))"
                values.append(json.dumps(sorted(among)))
        query = (
            "SELECT min(max(due, coalesce(until, due))) FROM entry LEFT JOIN pause USING (host)"
            f" WHERE due IS NOT NULL AND leased_until IS NULL{where}"
        )
        with self._lock:
            row = self._db.execute(query, values).fetchone()
        return row[0] if row else None

    def due(self, *, now: float, sources: frozenset[str] | None = None) -> Iterator[tuple[str, str | None, str, float]]:
        """What is due (url, source, kind, since when), in the order it would be fetched within each host."""
        with self._lock:
            rows = self._db.execute(
                "SELECT url, source, kind, due FROM entry WHERE due <= ? AND leased_until IS NULL"
                " ORDER BY priority, due, url",
                (now,),
            ).fetchall()
        return ((url, source, kind, due) for url, source, kind, due in rows if sources is None or source in sources)

    def unsearched(self, *, after: int = 0, limit: int) -> list[Unsearched]:
        """Documents whose requisites have not been looked for yet, the oldest first, behind a place in the queue."""
        with self._lock:
            return unsearched.read(self._db, after=after, limit=limit)

    def count_unsearched(self) -> int:
        """How many documents wait to be looked through."""
        with self._lock:
            return int(self._db.execute("SELECT count(*) FROM unsearched").fetchone()[0])

    def searched(self, document: Unsearched, requisites: Iterable[Entry], *, now: float) -> int:
        """Take in what a document needs, in that order, and strike it from the queue; returns how many are new."""
        with self._transaction() as db:
            unsearched.strike(db, document)
            entries = unsearched.with_room(db, ((host_of(entry.url), entry) for entry in requisites))
            # Those of one document are due one after the other: the first matter most.
            return sum(self._add(db, (entry,), now + place / 1e6) for place, entry in enumerate(entries))

    def known(self, urls: Iterable[str]) -> set[str]:
        """Those of these URLs that the frontier has."""
        with self._lock:
            return {url for url in urls if self._db.execute("SELECT 1 FROM entry WHERE url = ?", (url,)).fetchone()}

    def kinds_of(self, urls: Iterable[str]) -> dict[str, str]:
        """What each of these URLs is fetched as; those that are not known are left out."""
        query = "SELECT kind FROM entry WHERE url = ?"
        with self._lock:
            found = {url: self._db.execute(query, (url,)).fetchone() for url in urls}
        return {url: row[0] for url, row in found.items() if row}

    def seed_states(self, url: str | None = None) -> list[SeedState]:
        """The seeds that sources name, or the one with this URL, and what is known of their news."""
        query = "SELECT url, host, source, every, pace FROM entry WHERE kind = 'seed' AND redirects = 0"
        with self._lock:
            rows = self._db.execute(f"{query} AND url = ?" if url else query, (url,) if url else ()).fetchall()
        names = ("url", "host", "source", "every_seconds", "pace")
        return [SeedState(**dict(zip(names, row, strict=True))) for row in rows]

    def mark_changed(self, url: str, *, now: float, due: float) -> None:
        """Note that an article has a new version: its clock starts again, and it is due at the latest at `due`."""
        with self._transaction() as db:
            db.execute(
                "UPDATE entry SET last_changed = ?1, due = min(coalesce(due, ?2), ?2) WHERE url = ?3 AND source IS NOT NULL",
                (now, due, url),
            )

    def counts(self, *, now: float) -> dict[str | None, dict[str, Any]]:
        """Per source: entries known, due, failing, when last fetched and next due."""
        with self._lock:
            rows = self._db.execute(
                "SELECT source, count(*), sum(due <= ?), sum(attempts > 0), max(last_fetched), min(due) FROM entry"
                " GROUP BY source",
                (now,),
            ).fetchall()
        names = ("known", "due", "failing", "last_fetched", "next_due")
        return {
            row[0]: dict(zip(names, (row[1], row[2] or 0, row[3] or 0, row[4], row[5]), strict=True)) for row in rows
        }

    def _add(self, db: sqlite3.Connection, entries: Iterable[Entry], now: float) -> int:
        new = 0
        for entry in entries:
            values = (
                entry.url,
                host_of(entry.url),
                entry.kind,
                PRIORITY[entry.kind],
                entry.source,
                entry.seed,
                entry.every_seconds,
                entry.modified,
                entry.redirects,
                entry.referrer,
                entry.section,
                now,
                now,
            )
            added = db.execute(
                "INSERT INTO entry (url, host, kind, priority, source, seed, every, modified, redirects, referrer, section,"
                " first_seen, due) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING",
                values,
            ).rowcount
            new += added
            if not added and entry.kind == "requisite":
                # Known already: it rests until it is named again, and has rested long enough.
                db.execute(
                    "UPDATE entry SET due = ?1 WHERE url = ?2 AND kind = 'requisite' AND due IS NULL AND leased_until IS NULL"
                    " AND coalesce(last_fetched, first_seen) <= ?1 - ?3",
                    (now, entry.url, entry.every_seconds or 0.0),
                )
                continue
            if not added and self._promote(db, entry, now):
                continue
            if not added and entry.kind == "seed" and entry.redirects:
                # A child sitemap rests until its index names it again.
                db.execute(
                    "UPDATE entry SET due = ?1, modified = ?2, referrer = ?4 WHERE url = ?3 AND leased_until IS NULL"
                    " AND (?2 IS NULL OR ?2 > coalesce(last_fetched, 0))",
                    (now, entry.modified, entry.url, entry.referrer),
                )
            elif not added and entry.modified is not None:
                db.execute(
                    "UPDATE entry SET modified = ?1, due = min(coalesce(due, ?2), ?2) WHERE url = ?3 AND kind = 'page'"
                    " AND ?1 > coalesce(modified, 0) AND ?1 > last_fetched AND ?1 <= ?2",
                    (entry.modified, now, entry.url),
                )
        return new

    def _promote(self, db: sqlite3.Connection, entry: Entry, now: float) -> bool:
        """Make a requisite what a seed, or a person, says that it is: no page can hide an article by calling it a picture."""
        values = (entry.kind, PRIORITY[entry.kind], entry.source, entry.seed, entry.every_seconds, entry.modified)
        changed = db.execute(
            "UPDATE entry SET kind=?, priority=?, source=?, seed=?, every=?, modified=?, redirects=?, referrer=?, section=?,"
            " first_seen=?, due=?, digest=NULL, etag=NULL, last_modified=NULL WHERE url = ? AND kind = 'requisite'",
            (*values, entry.redirects, entry.referrer, entry.section, now, now, entry.url),
        )
        return changed.rowcount > 0

    def _transaction(self) -> Transaction:
        return Transaction(self._db, self._lock, self._path)


def _lease(row: tuple[Any, ...]) -> Lease:
    url, kind, source, seed, every, modified, redirects, *known = row
    first_seen, attempts, last_fetched, last_changed, etag, last_modified, digest, trust, referrer, section, pace = (
        known
    )
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
        etag=etag,
        last_modified=last_modified,
        digest=digest,
        trust=trust,
        pace=pace,
    )
