"""The frontier: every URL known, when each is due, and who is fetching it; SQLite, so it outlives kill -9.

It is one machine's `crawler.frontier.queue.Queue`. How entries come in is `intake`'s, how leases are found `leasing`'s, and
what changes nothing `counting`'s.
"""

import logging
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from crawler.frontier import counting, intake, leasing, unsearched
from crawler.frontier.entry import Bounds, Entry, Kind, Lease, Result, SeedState, Unsearched, Watched
from crawler.frontier.hosts import HostMemory
from crawler.frontier.owner import is_gone
from crawler.frontier.schema import Transaction, connect, open_database, refused

logger = logging.getLogger(__name__)

AT_ONCE = 2000
"""Entries that one transaction takes in or changes: leases are taken between two of them."""
LEASES_AT_ONCE = 1000
T = TypeVar("T")


class Frontier:
    """The queue of one collection. Safe to call from several threads and processes."""

    def __init__(self, path: Path, *, is_gone: Callable[[str], bool] = is_gone) -> None:
        self.dropped: Counter[str] = Counter()
        self._bounds: dict[str, Bounds] = {}
        self._is_gone = is_gone
        self._lock = threading.Lock()
        self._path = path
        self._db = open_database(path)
        self.hosts = HostMemory(self._db, self._lock, path)

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

        A known entry becomes due again where its seed reports a change later than its last fetch. What a source's bound
        keeps out is counted in `dropped`.
        """
        new = 0
        for some in _chunks(entries):
            with self._transaction() as db:
                dropped: Counter[str] = Counter()
                new += intake.add(db, some, now=now, bounds=self._bounds, dropped=dropped)
            self._note_dropped(dropped)
        return new

    def force(self, entries: Iterable[Entry], *, now: float) -> None:
        """Take in entries and make them due now, known or not, beyond any bound: for `morgue save`."""
        with self._transaction() as db:
            intake.force(db, entries, now=now)

    def set_seeds(self, source: str, seeds: Iterable[Entry], *, now: float, bounds: Bounds | None = None) -> None:
        """Make these the source's seeds: new ones are due now, those it no longer has are forgotten.

        `bounds` hold for its entries from now on, for as long as this object lives.
        """
        if bounds is not None:
            self._bounds[source] = bounds
        with self._transaction() as db:
            intake.set_seeds(db, source, tuple(seeds), now=now)

    def make_due(self, source: str, *, now: float, younger_than: float) -> None:
        """Make a source's seeds due now, and its articles that were first seen, or changed, since `younger_than`."""
        with self._transaction() as db:
            intake.make_due(db, source, now=now, younger_than=younger_than)

    def lease(
        self,
        *,
        now: float,
        until: float,
        owner: str,
        room: Mapping[str, int],
        default_room: int,
        limit: int | None = None,
        sources: frozenset[str] | None = None,
        urls: frozenset[str] | None = None,
        only: Kind | None = None,
    ) -> list[Lease]:
        """Take what is due, a few from each host that is not paused: by priority, then the longest due.

        `room` says how many a host may still have (`default_room` for hosts it does not name), `limit` how many there may be
        in all. Three quarters of a host's room are out of bounds for requisites: what has more weight is to find room at
        any time. `sources` or `urls`, and `only`, restrict what is taken. What another held too long, or died with, is taken
        again.
        """
        with self._transaction() as db:
            leasing.reclaim(db, now=now, dead=False, is_gone=self._is_gone)
            places = leasing.Room(
                room, default_room, LEASES_AT_ONCE if limit is None else limit, leasing.paused_hosts(db, now)
            )
            if urls is not None:
                found = leasing.find_named(db, urls, now=now, room=places, only=only)
            else:
                budget = leasing.Budget(db, self._bounds, now)
                found = leasing.find_due(db, now=now, room=places, budget=budget, sources=sources, only=only)
            taken = list(found)
            leasing.hold(db, taken, until=until, owner=owner)
        return taken

    def renew(self, urls: Iterable[str], *, until: float, owner: str) -> None:
        """Hold leases for longer: their owner is at work, and their turn has not come."""
        for some in _chunks(urls):
            with self._transaction() as db:
                query = "UPDATE entry SET leased_until = ? WHERE url = ? AND owner = ? AND leased_until IS NOT NULL"
                db.executemany(query, [(until, url, owner) for url in some])

    def settle(self, results: Iterable[Result], *, now: float, owner: str | None = None) -> None:
        """End leases: the captures of these URLs are durable, or their fetch failed.

        What follows from them comes in first: a crash between the two loses nothing. A lease that `owner` no longer holds
        is left to whoever does.
        """
        results = tuple(results)
        self.add((entry for result in results for entry in result.discovered), now=now)
        for some in _chunks(results):
            with self._transaction() as db:
                for result in some:
                    if result.unsearched is not None:
                        unsearched.note(db, result.unsearched)
                    leasing.end(db, result, now=now, owner=owner)

    def pause(self, host: str, until: float) -> None:
        """Lease nothing of a host before this time, in this crawl or another: it said 429 or 503."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO pause VALUES (?, ?) ON CONFLICT (host) DO UPDATE SET until = max(until, excluded.until)",
                (host, until),
            )

    def release(self, urls: Iterable[str], *, owner: str | None = None) -> None:
        """Give leases back unfetched; they are due as before."""
        for some in _chunks(urls):
            with self._transaction() as db:
                leasing.give_back(db, some, owner=owner)

    def recover(self, *, now: float, dead: bool) -> int:
        """Take back leases whose term is over or whose owner is gone; all of them if their owners are known to be `dead`."""
        with self._transaction() as db:
            return leasing.reclaim(db, now=now, dead=dead, is_gone=self._is_gone)

    def seed_states(self, url: str | None = None) -> list[SeedState]:
        """The seeds that sources name, or the one with this URL, and what is known of their news."""
        with self._lock:
            return counting.seed_states(self._db, url)

    def watched(self) -> list[Watched]:
        """What is known of edits, by source, section and stage."""
        with self._lock:
            return counting.watched(self._db)

    def get_lease(self, url: str) -> Lease | None:
        """What is known of an entry, whoever fetches it; `None` where there is none."""
        with self._lock:
            return leasing.get_lease(self._db, url)

    def mark_changed(self, url: str, *, now: float, due: float | None, watched: Iterable[Watched] = ()) -> None:
        """Note that an article has a new version: its clock starts again, and it is due at `due` at the latest, if at all."""
        with self._transaction() as db:
            leasing.add_watched(db, watched)
            db.execute(
                "UPDATE entry SET last_changed = ?1, due = coalesce(min(due, ?2), due, ?2) WHERE url = ?3 AND source IS NOT NULL",
                (now, due, url),
            )

    def next_due(
        self,
        *,
        sources: frozenset[str] | None = None,
        urls: frozenset[str] | None = None,
        retries_only: bool = False,
        now: float = 0.0,
    ) -> float | None:
        """When the next entry may be leased; of those whose last fetch failed, if asked. The rest restricts as `lease`.

        `now` says which day's budgets count.
        """
        with self._lock:
            budget = leasing.Budget(self._db, self._bounds, now)
            return counting.next_due(self._db, sources=sources, urls=urls, retries_only=retries_only, budget=budget)

    def spent(self, *, now: float) -> frozenset[str]:
        """Sources that have had their pages for today."""
        with self._lock:
            return leasing.spent(self._db, self._bounds, now)

    def due(self, *, now: float, sources: frozenset[str] | None = None) -> Iterator[tuple[str, str | None, str, float]]:
        """What is due (url, source, kind, since when), in the order of priority, then the longest due."""
        with self._reading() as db:
            yield from counting.iter_due(db, now=now, sources=sources)

    def unsearched(self, *, after: int = 0, limit: int) -> list[Unsearched]:
        """Documents whose requisites have not been looked for yet, the oldest first, behind a place in the queue."""
        with self._lock:
            return unsearched.read(self._db, after=after, limit=limit)

    def searched(self, document: Unsearched, requisites: Iterable[Entry], *, now: float) -> int:
        """Take in what a document needs, in that order, and strike it from the queue; returns how many are new."""
        with self._transaction() as db:
            unsearched.strike(db, document)
            entries = unsearched.with_room(db, ((intake.host_of(entry.url), entry) for entry in requisites))
            # Those of one document are due one after the other: the first matter most.
            return sum(intake.add_requisite(db, entry, now=now + place / 1e6) for place, entry in enumerate(entries))

    def known(self, urls: Iterable[str]) -> set[str]:
        """Those of these URLs that the frontier has."""
        with self._lock:
            return counting.known(self._db, urls)

    def known_seeds(self) -> set[str]:
        """URLs of all seeds."""
        with self._lock:
            return counting.seeds(self._db)

    def kinds_of(self, urls: Iterable[str]) -> dict[str, str]:
        """What each of these URLs is fetched as; those that are not known are left out."""
        with self._lock:
            return counting.kinds_of(self._db, urls)

    def counts(self, *, now: float) -> dict[str | None, dict[str, Any]]:
        """Per source: `known`, `due`, `failing`, `waiting` (never fetched), `last_fetched` and `next_due`.

        Reads every entry, beside whatever else goes on: a second for a million.
        """
        with self._reading() as db:
            return counting.counts(db, now=now)

    def _note_dropped(self, dropped: Mapping[str, int]) -> None:
        for source, count in dropped.items():
            if source not in self.dropped:
                logger.warning("dropping candidates source=%s problem=as many as max_waiting wait already", source)
            self.dropped[source] += count

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A connection of its own: what takes long must not hold up leases."""
        try:
            with closing(connect(self._path)) as db:
                yield db
        except sqlite3.Error as error:
            raise refused(self._path, error) from error

    def _transaction(self) -> Transaction:
        return Transaction(self._db, self._lock, self._path)


def _chunks(values: Iterable[T]) -> Iterator[Sequence[T]]:
    iterator = iter(values)
    while some := tuple(islice(iterator, AT_ONCE)):
        yield some
