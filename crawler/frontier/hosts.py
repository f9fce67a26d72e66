"""What the frontier remembers of hosts between runs: which are left alone and why, and what their robots.txt said."""

import sqlite3
import threading
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from crawler.backoff import Trouble
from crawler.frontier.intake import host_of
from crawler.frontier.schema import Transaction
from crawler.robots_copy import RobotsCopy

FORGOTTEN_AFTER = 60 * 86400.0
"""Seconds after which what was not asked for again is dropped; beyond the month for which failures have to be known."""
_COPY = "origin, tried, text, problem, failures, failing_since"
_TROUBLE = "host, kind, reason, strikes, since, until"


class Waiting(NamedTuple):
    """What is due of one host."""

    urls: int
    pages: int
    """Those that are no requisites."""


class HostMemory:
    """Two tables in the frontier's file. Safe to call from several threads; each method is one transaction."""

    def __init__(self, db: sqlite3.Connection, lock: threading.Lock, path: Path) -> None:
        self._db = db
        self._lock = lock
        self._path = path

    def robots(self, origins: Iterable[str]) -> list[RobotsCopy]:
        """What is known of these origins' robots.txt."""
        with self._lock:
            rows = [
                self._db.execute(f"SELECT {_COPY} FROM robots WHERE origin = ?", (one,)).fetchone() for one in origins
            ]
        return [_to_copy(row) for row in rows if row]

    def save_robots(self, copy: RobotsCopy) -> None:
        """Keep a copy in place of the last one."""
        text = zlib.compress(copy.text.encode()) if copy.text else b""
        with self._transaction() as db:
            db.execute(
                f"INSERT OR REPLACE INTO robots ({_COPY}) VALUES (?, ?, ?, ?, ?, ?)",
                (copy.origin, copy.tried, text, copy.problem, copy.failures, copy.failing_since),
            )

    def troubles(self) -> list[Trouble]:
        """The hosts in trouble."""
        with self._lock:
            rows = self._db.execute(f"SELECT {_TROUBLE} FROM trouble").fetchall()
        return [
            Trouble(host=host, kind=kind, reason=reason, strikes=strikes, since=since, until=until)
            for host, kind, reason, strikes, since, until in rows
        ]

    def save_trouble(self, trouble: Trouble) -> None:
        """Lease nothing of a host until its trouble's end, in this run or another."""
        values = tuple(getattr(trouble, name) for name in _TROUBLE.split(", "))
        with self._transaction() as db:
            db.execute(f"INSERT OR REPLACE INTO trouble ({_TROUBLE}) VALUES (?, ?, ?, ?, ?, ?)", values)
            db.execute("INSERT OR REPLACE INTO pause VALUES (?, ?)", (trouble.host, trouble.until))

    def end_trouble(self, hosts: Iterable[str]) -> None:
        """Forget that these hosts were in trouble."""
        with self._transaction() as db:
            for host in hosts:
                db.execute("DELETE FROM trouble WHERE host = ?", (host,))
                db.execute("DELETE FROM pause WHERE host = ?", (host,))

    def retry(self, hosts: frozenset[str] | None = None) -> None:
        """Ask unreachable hosts (these, or all), and those without robots.txt, as if they had not failed before.

        Hosts that asked to be left alone are.
        """
        self.end_trouble(
            one.host for one in self.troubles() if one.kind != "busy" and (hosts is None or one.host in hosts)
        )
        with self._transaction() as db:
            origins = [origin for (origin,) in db.execute("SELECT origin FROM robots WHERE problem IS NOT NULL")]
            for origin in origins:
                if hosts is None or host_of(origin) in hosts:
                    # A try that lies far back is due again; since when it fails has to stay known.
                    db.execute("UPDATE robots SET failures = 0, tried = 0 WHERE origin = ?", (origin,))

    def forget_old(self, *, now: float) -> None:
        """Drop what nobody asked for in two months."""
        with self._transaction() as db:
            db.execute("DELETE FROM robots WHERE tried < ? AND failing_since IS NULL", (now - FORGOTTEN_AFTER,))
            db.execute("DELETE FROM robots WHERE max(tried, failing_since) < ?", (now - FORGOTTEN_AFTER,))
            db.execute("DELETE FROM trouble WHERE until < ?", (now - FORGOTTEN_AFTER,))
            db.execute("DELETE FROM pause WHERE until <= ?", (now,))

    def waiting(self, host: str, *, now: float, sources: frozenset[str] | None = None) -> Waiting:
        """How many entries of a host are due, of these sources or of all."""
        chosen = "" if sources is None else f" AND source IN ({','.join('?' * len(sources))})"
        with self._lock:
            row = self._db.execute(
                "SELECT count(*), coalesce(sum(kind != 'requisite'), 0) FROM entry WHERE host = ? AND due <= ? AND due IS NOT NULL AND leased_until IS NULL"
                + chosen,
                (host, now, *sorted(sources or ())),
            ).fetchone()
        return Waiting(urls=row[0], pages=row[1])

    def due_among(self, urls: Iterable[str], *, now: float) -> list[str]:
        """Those of these URLs that are due, requisites aside."""
        query = "SELECT 1 FROM entry WHERE url = ? AND due <= ? AND kind != 'requisite' AND leased_until IS NULL"
        with self._lock:
            return [url for url in urls if self._db.execute(query, (url, now)).fetchone()]

    def _transaction(self) -> Transaction:
        return Transaction(self._db, self._lock, self._path)


def _to_copy(row: tuple[str, float, bytes, str | None, int, float | None]) -> RobotsCopy:
    origin, tried, text, problem, failures, failing_since = row
    return RobotsCopy(
        origin=origin,
        tried=tried,
        text=zlib.decompress(text).decode() if text else "",
        problem=problem,
        failures=failures,
        failing_since=failing_since,
    )
