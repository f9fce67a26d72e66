"""How each source stands in the frontier: what is due, what fails, when it was last visited. Reads only, beside a crawl."""

import sqlite3
from pathlib import Path

import msgspec

from crawler.errors import FrontierUnreadable

FRONTIER_FILE = "frontier.sqlite"


class SeedStanding(msgspec.Struct, frozen=True, kw_only=True):
    """A seed, as it was when it was last asked for."""

    url: str
    every_seconds: float
    status: int | None
    error: str | None
    attempts: int
    last_fetched: float | None
    due: float | None
    """Not before its host may be asked again."""
    held_since: float | None = None
    """Since when it would have been due, where its host is left alone: it does not answer, or asked for time."""
    target_fetched: float | None = None
    """When what it redirects to, or lists, last answered as it should."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One source's part of the frontier."""

    known: int = 0
    due: int = 0
    """URLs that are due now, requisites and hosts that are left alone left out."""
    oldest_due: float | None = None
    """Since when the longest of them is."""
    leased: int = 0
    failing: int = 0
    """URLs whose last fetch failed, requisites left out."""
    last_visit: float | None = None
    next_due: float | None = None
    error: str | None = None
    """Of a failing seed, else of the page that failed last."""
    error_url: str | None = None
    seeds: tuple[SeedStanding, ...] = ()

    @property
    def last_poll(self) -> float | None:
        """When a seed last answered as it should."""
        fetched = [
            one.last_fetched if one.status in (200, 304) else one.target_fetched
            for one in self.seeds
            if one.error is None
        ]
        return max((at for at in fetched if at is not None), default=None)


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """The whole frontier at one moment."""

    sources: dict[str, Standing]
    """By name; empty for URLs of no source."""
    paused: int
    """Hosts that are left alone for a while, because they said so."""


def read_overview(path: Path, *, now: float) -> Overview:
    """Look at a frontier; an empty one where there is none. Raises FrontierUnreadable."""
    if not path.exists():
        return Overview(sources={}, paused=0)
    try:
        # Not `mode=ro`: the reader of a WAL file must be able to take part in its locks.
        db = sqlite3.connect(path.absolute().as_uri() + "?mode=rw", uri=True, isolation_level=None, timeout=10)
        db.execute("PRAGMA query_only=ON")
        try:
            return _read(db, now)
        finally:
            db.close()
    except sqlite3.Error as error:
        raise FrontierUnreadable(f"{path}: {error}; run `morgue crawl`, which brings it up to date") from error


def _read(db: sqlite3.Connection, now: float) -> Overview:
    version = db.execute("PRAGMA user_version").fetchone()[0]
    db.execute("BEGIN")
    rows = db.execute(
        "SELECT coalesce(source, ''), count(*), sum(leased_until IS NOT NULL),"
        " sum(kind <> 'requisite' AND leased_until IS NULL AND max(due, coalesce(until, due)) <= ?1),"
        " min(CASE WHEN kind <> 'requisite' AND leased_until IS NULL THEN max(due, coalesce(until, due)) END),"
        " sum(kind <> 'requisite' AND attempts > 0 AND error IS NOT NULL), max(last_fetched)"
        " FROM entry LEFT JOIN pause USING (host) GROUP BY source",
        (now,),
    ).fetchall()
    targets = dict(
        db.execute(
            "SELECT referrer, max(last_fetched) FROM entry WHERE kind = 'seed' AND redirects > 0 AND error IS NULL"
            " AND status IN (200, 304) GROUP BY referrer"
        ).fetchall()
        if version > 1
        else ()
    )
    seeds: dict[str, list[SeedStanding]] = {}
    for source, *fields in db.execute(
        "SELECT coalesce(source, ''), url, every, status, error, attempts, last_fetched, max(due, coalesce(until, due)),"
        " CASE WHEN due < until AND until > ? - 3600 THEN due END"
        " FROM entry LEFT JOIN pause USING (host) WHERE kind = 'seed' AND redirects = 0 ORDER BY url",
        (now,),
    ):
        url, every, status, error, attempts, last_fetched, due, held_since = fields
        seeds.setdefault(source, []).append(
            SeedStanding(
                url=url,
                every_seconds=every or 0.0,
                status=status,
                error=error,
                attempts=attempts,
                last_fetched=last_fetched,
                due=due,
                target_fetched=targets.get(url),
                held_since=held_since,
            )
        )
    errors: dict[str, tuple[str, str]] = {}
    for source, url, error in db.execute(
        # The last of each source stays: seeds after pages, and of these the one that is tried again last.
        "SELECT coalesce(source, ''), url, error FROM entry WHERE attempts > 0 AND error IS NOT NULL"
        " AND kind <> 'requisite' ORDER BY priority DESC, coalesce(due, 0)"
    ):
        errors[source] = url, error
    (paused,) = db.execute("SELECT count(*) FROM pause WHERE until > ?", (now,)).fetchone()
    db.execute("COMMIT")
    sources = {}
    for source, known, leased, due, first_due, failing, last in rows:
        url, error = errors.get(source, (None, None))
        sources[source] = Standing(
            known=known,
            due=due or 0,
            oldest_due=first_due if first_due is not None and first_due <= now else None,
            leased=leased or 0,
            failing=failing or 0,
            last_visit=last,
            next_due=first_due,
            error=error,
            error_url=url,
            seeds=tuple(seeds.get(source, ())),
        )
    return Overview(sources=sources, paused=paused)
