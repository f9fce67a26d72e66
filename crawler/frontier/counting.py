"""What a frontier holds, and when its next entry is due: questions that change nothing."""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from crawler.frontier.entry import SeedState, Watched
from crawler.frontier.leasing import PAGE, Budget

ROWS_AT_ONCE = 1000
_IS_READY = "due IS NOT NULL AND leased_until IS NULL"


def next_due(
    db: sqlite3.Connection,
    *,
    sources: frozenset[str] | None,
    urls: frozenset[str] | None,
    retries_only: bool,
    budget: Budget,
) -> float | None:
    """When the next entry may be leased: it is due, its host is not paused, its source has some of its budget left."""
    pauses = dict(db.execute("SELECT host, until FROM pause").fetchall())
    earliest: float | None = None
    for host, source, priority, due in _heads(db, urls=urls, retries_only=retries_only):
        if urls is None and sources is not None and source not in sources:
            continue
        at = max(due, pauses.get(host, due))
        if urls is None and priority == PAGE and budget.left(source) == 0:
            at = max(at, budget.tomorrow)
        earliest = at if earliest is None else min(earliest, at)
    return earliest


def iter_due(
    db: sqlite3.Connection, *, now: float, sources: frozenset[str] | None
) -> Iterator[tuple[str, str | None, str, float]]:
    """What is due (url, source, kind, since when), in the order of priority, then the longest due."""
    rows = db.execute(
        f"SELECT url, source, kind, due FROM entry WHERE due <= ? AND {_IS_READY} ORDER BY priority, due, url", (now,)
    )
    while some := rows.fetchmany(ROWS_AT_ONCE):
        yield from (row for row in some if sources is None or row[1] in sources)


def counts(db: sqlite3.Connection, *, now: float) -> dict[str | None, dict[str, Any]]:
    """Per source: entries known, due, failing, when last fetched and next due; `waiting`: never fetched."""
    rows = db.execute(
        "SELECT entry.source, count(*), coalesce(sum(due <= ?), 0), sum(attempts > 0), max(last_fetched), min(due),"
        " coalesce(max(tally.waiting), 0) FROM entry LEFT JOIN tally ON tally.source = entry.source GROUP BY entry.source",
        (now,),
    )
    names = ("known", "due", "failing", "last_fetched", "next_due", "waiting")
    return {source: dict(zip(names, values, strict=True)) for source, *values in rows}


def known(db: sqlite3.Connection, urls: Iterable[str]) -> set[str]:
    """Those of these URLs that are there."""
    return {url for url in urls if db.execute("SELECT 1 FROM entry WHERE url = ?", (url,)).fetchone()}


def kinds_of(db: sqlite3.Connection, urls: Iterable[str]) -> dict[str, str]:
    """What each of these URLs is fetched as; those that are not known are left out."""
    query = "SELECT kind FROM entry WHERE url = ?"
    found = {url: db.execute(query, (url,)).fetchone() for url in urls}
    return {url: row[0] for url, row in found.items() if row}


def seeds(db: sqlite3.Connection) -> set[str]:
    """URLs of all seeds."""
    return {url for (url,) in db.execute("SELECT url FROM entry WHERE kind = 'seed'")}


def seed_states(db: sqlite3.Connection, url: str | None) -> list[SeedState]:
    """The seeds that sources name, or the one with this URL."""
    query = "SELECT url, host, source, every, pace FROM entry WHERE kind = 'seed' AND redirects = 0"
    rows = db.execute(f"{query} AND url = ?", (url,)) if url else db.execute(query)
    names = ("url", "host", "source", "every_seconds", "pace")
    return [SeedState(**dict(zip(names, row, strict=True))) for row in rows]


def _heads(
    db: sqlite3.Connection, *, urls: Iterable[str] | None, retries_only: bool
) -> Iterator[tuple[str, str, int, float]]:
    """Host, source, priority, and when the first of them is due."""
    columns = "host, coalesce(source, ''), priority"
    if urls is not None:
        where = f"url = ? AND {_IS_READY}" + (" AND attempts > 0" if retries_only else "")
        for url in urls:
            yield from db.execute(f"SELECT {columns}, due FROM entry WHERE {where}", (url,))
    elif retries_only:
        query = f"SELECT {columns}, min(due) FROM entry WHERE attempts > 0 AND {_IS_READY} GROUP BY {columns}"
        yield from db.execute(query)
    else:
        yield from db.execute("SELECT host, source, priority, head FROM queue")


def watched(db: sqlite3.Connection) -> list[Watched]:
    """What is known of edits, by source, section and stage."""
    rows = db.execute("SELECT source, section, stage, edits, seconds FROM watched")
    names = ("source", "section", "stage", "edits", "seconds")
    return [Watched(**dict(zip(names, row, strict=True))) for row in rows]
