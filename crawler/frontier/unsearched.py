"""Pages and style sheets whose requisites have not been looked for yet: a queue in the frontier's file.

A document comes in with the transaction that settles its lease, and goes with the one that takes in what it needs: a
crawl that is killed in between looks again.
"""

import sqlite3
from collections.abc import Iterable, Iterator

import msgspec

from archive.model import Capture
from crawler.frontier.entry import PRIORITY, Entry, Unsearched

MAX_WAITING = 20_000
"""Requisites that wait for one host; a page that names more is a trap, or its site is larger than its delay allows."""


def note(db: sqlite3.Connection, document: Unsearched) -> None:
    """Queue a document; an earlier capture of it is not looked through any more."""
    db.execute(
        "INSERT OR REPLACE INTO unsearched (url, source, styles, capture) VALUES (?, ?, ?, ?)",
        (document.url, document.source, document.styles, msgspec.json.encode(document.capture)),
    )


def strike(db: sqlite3.Connection, document: Unsearched) -> None:
    """Take a document out of the queue."""
    db.execute("DELETE FROM unsearched WHERE place = ?", (document.place,))


def read(db: sqlite3.Connection, *, after: int, limit: int) -> list[Unsearched]:
    """The next documents behind a place in the queue."""
    query = "SELECT place, url, source, styles, capture FROM unsearched WHERE place > ? ORDER BY place LIMIT ?"
    return [
        Unsearched(
            place=place, url=url, source=source, styles=styles, capture=msgspec.json.decode(capture, type=Capture)
        )
        for place, url, source, styles, capture in db.execute(query, (after, limit))
    ]


def with_room(db: sqlite3.Connection, entries: Iterable[tuple[str, Entry]]) -> Iterator[Entry]:
    """Those of these requisites (each with its host) that may wait with what waits for their hosts already."""
    room: dict[str, int] = {}
    for host, entry in entries:
        if host not in room:
            room[host] = MAX_WAITING - _waiting(db, host)
        if room[host] > 0:
            room[host] -= 1
            yield entry


def _waiting(db: sqlite3.Connection, host: str) -> int:
    """How many requisites wait for a host, as far as it matters."""
    count = 0
    # By way of its queues, one for each source: its pages are not counted through.
    queues = db.execute("SELECT source FROM queue WHERE host = ? AND +priority = ?", (host, PRIORITY["requisite"]))
    for (source,) in queues.fetchall():
        query = (
            "SELECT count(*) FROM (SELECT 1 FROM entry WHERE host = ? AND coalesce(source, '') = ? AND priority = ?"
            " AND due IS NOT NULL AND leased_until IS NULL LIMIT ?)"
        )
        count += int(db.execute(query, (host, source, PRIORITY["requisite"], MAX_WAITING)).fetchone()[0])
    return count
