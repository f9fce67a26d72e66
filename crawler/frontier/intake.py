"""Taking entries in, in a transaction of whoever calls: new ones, known ones that come back, a source's seeds."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from crawler.frontier.entry import PRIORITY, Bounds, Entry

_WEARY = "max(last_fetched - coalesce(last_changed, first_seen) - 86400.0, 0.0) / 8"
"""Seconds after a look for which no seed is believed that there is something new, where for more than a day there was not.

Many a sitemap dates all that it lists by the time of the request, or lists others without a date: each of its polls would
fetch all of them, for ever.
"""


def host_of(url: str) -> str:
    """The host (with its port, where it is not the scheme's own) that politeness counts by.

    >>> host_of("https://News.example:443/a"), host_of("http://127.0.0.1:8900/a")
    ('news.example', '127.0.0.1:8900')
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return host if parts.port in (None, default) else f"{host}:{parts.port}"


def add(
    db: sqlite3.Connection, entries: Iterable[Entry], *, now: float, bounds: Mapping[str, Bounds], dropped: Counter[str]
) -> int:
    """Take in entries that are new, due at once, while their source's bound allows; returns how many were.

    A known entry becomes due again where its seed reports a change later than its last fetch.
    """
    new = 0
    room: dict[str, float] = {}
    for entry in entries:
        # Requisites are bounded by their host. The target of a redirect takes the place of what led to it.
        is_bounded = entry.kind == "seed" or (entry.kind == "page" and not entry.redirects)
        source = entry.source if is_bounded else None
        if source is not None and source not in room:
            room[source] = _room(db, source, bounds)
        if source is None or room[source] > 0:
            if _insert(db, entry, now):
                new += 1
                if source is not None:
                    room[source] -= 1
                continue
        elif not db.execute("SELECT 1 FROM entry WHERE url = ?", (entry.url,)).fetchone():
            dropped[source] += 1
            continue
        _touch(db, entry, now)
    return new


def add_requisite(db: sqlite3.Connection, entry: Entry, *, now: float) -> bool:
    """Take in what a page needs to be shown; whether it is new."""
    if _insert(db, entry, now):
        return True
    _touch(db, entry, now)
    return False


def force(db: sqlite3.Connection, entries: Iterable[Entry], *, now: float) -> None:
    """Take in entries, and make them due, known or not."""
    for entry in entries:
        if not _insert(db, entry, now):
            _touch(db, entry, now)
            db.execute("UPDATE entry SET due = ?, attempts = 0 WHERE url = ?", (now, entry.url))


def set_seeds(db: sqlite3.Connection, source: str, seeds: Sequence[Entry], *, now: float) -> None:
    """Make these the source's seeds: new ones are due now, those it no longer has are forgotten."""
    # Child sitemaps and redirects' targets are seeds too; they belong to the seed that led there.
    query = "SELECT url FROM entry WHERE source = ? AND kind = 'seed' AND redirects = 0"
    gone = {url for (url,) in db.execute(query, (source,))} - {seed.url for seed in seeds}
    for seed in seeds:
        if not _insert(db, seed, now):
            _promote(db, seed, now)
            db.execute(
                "UPDATE entry SET kind=?, priority=?, source=?, seed=?, every=?, redirects=0, due=coalesce(due, ?)"
                " WHERE url=?",
                (seed.kind, PRIORITY[seed.kind], seed.source, seed.seed, seed.every_seconds, now, seed.url),
            )
    db.executemany("DELETE FROM entry WHERE url = ?", [(url,) for url in gone])


def make_due(db: sqlite3.Connection, source: str, *, now: float, younger_than: float) -> None:
    """Make a source's seeds due now, and its articles that were first seen, or changed, since `younger_than`."""
    db.execute("UPDATE entry SET due = ? WHERE source = ? AND kind = 'seed' AND leased_until IS NULL", (now, source))
    query = "SELECT host FROM queue WHERE source = ? AND priority = ?"
    for (host,) in db.execute(query, (source, PRIORITY["page"])).fetchall():
        db.execute(
            "UPDATE entry SET due = ? WHERE host = ? AND coalesce(source, '') = ? AND priority = ? AND due IS NOT NULL"
            " AND leased_until IS NULL AND max(first_seen, coalesce(last_changed, 0)) > ?",
            (now, host, source, PRIORITY["page"], younger_than),
        )


def _room(db: sqlite3.Connection, source: str, bounds: Mapping[str, Bounds]) -> float:
    if source not in bounds or not bounds[source].max_waiting:
        return float("inf")
    row = db.execute("SELECT waiting FROM tally WHERE source = ?", (source,)).fetchone()
    return bounds[source].max_waiting - (row[0] if row else 0)


def _insert(db: sqlite3.Connection, entry: Entry, now: float) -> bool:
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
    return added == 1


def _touch(db: sqlite3.Connection, entry: Entry, now: float) -> None:
    """What it means for a known entry to be offered again."""
    if entry.kind == "requisite":
        # It rests until it is named again, and has rested long enough.
        db.execute(
            "UPDATE entry SET due = ?1 WHERE url = ?2 AND kind = 'requisite' AND due IS NULL AND leased_until IS NULL"
            " AND coalesce(last_fetched, first_seen) <= ?1 - ?3",
            (now, entry.url, entry.every_seconds or 0.0),
        )
    elif _promote(db, entry, now):
        return
    elif entry.kind == "seed" and entry.redirects:
        # A child sitemap rests until its index names it again. One that stands above what names it was read on the way
        # there: indexes that name each other, and redirects in a circle, would never end.
        db.execute(
            "UPDATE entry SET due = ?1, modified = ?2, referrer = ?4 WHERE url = ?3 AND leased_until IS NULL"
            " AND (?2 IS NULL OR ?2 > coalesce(last_fetched, 0))"
            " AND (redirects >= ?5 OR coalesce(last_fetched, 0) < ?1 - coalesce(every, 0) / 2)"
            f" AND (NOT ?6 OR last_fetched IS NULL OR ?1 - last_fetched >= {_WEARY})",
            (now, entry.modified, entry.url, entry.referrer, entry.redirects, entry.is_listed),
        )
    elif entry.modified is not None:
        db.execute(
            "UPDATE entry SET modified = ?1, due = min(coalesce(due, ?2), ?2) WHERE url = ?3 AND kind = 'page'"
            f" AND ?1 > coalesce(modified, 0) AND ?1 > last_fetched AND ?1 <= ?2 AND ?2 - last_fetched >= {_WEARY}",
            (entry.modified, now, entry.url),
        )


def _promote(db: sqlite3.Connection, entry: Entry, now: float) -> bool:
    """Make a requisite what a seed, or a person, says that it is: no page can hide an article by calling it a picture."""
    values = (entry.kind, PRIORITY[entry.kind], entry.source, entry.seed, entry.every_seconds, entry.modified)
    changed = db.execute(
        "UPDATE entry SET kind=?, priority=?, source=?, seed=?, every=?, modified=?, redirects=?, referrer=?, section=?,"
        " first_seen=?, due=?, digest=NULL, etag=NULL, last_modified=NULL WHERE url = ? AND kind = 'requisite'",
        (*values, entry.redirects, entry.referrer, entry.section, now, now, entry.url),
    )
    return changed.rowcount > 0
