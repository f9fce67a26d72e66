"""What a frontier does, whatever keeps it: a queue per host, leases with a term, an acknowledgement once a capture is durable.

The model is URLFrontier's. SQLite's is `crawler.frontier.frontier`; another passes the same tests
(tests/crawler/frontier/test_contract.py). Politeness is the scheduler's; when to look again is `crawler.revisit`'s.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from crawler.frontier.entry import Bounds, Entry, Kind, Lease, Result, SeedState, Unsearched, Watched
from crawler.frontier.hosts import HostMemory


class Queue(Protocol):
    """The URLs of one collection: when each is due, and who is fetching it. Each method is safe in any thread.

    A URL is never leased twice at once. A lease ends in four ways: settled or released by its owner, its term is over, or
    its owner has died on this host. `owner` is from `crawler.frontier.owner`; `None` there stands for whoever holds the lease.
    Times are Unix seconds, and arguments.
    """

    @property
    def dropped(self) -> Mapping[str, int]:
        """By source: how many entries its bound has kept out since this object was made."""
        ...

    @property
    def hosts(self) -> HostMemory:
        """What is remembered of hosts: which are in trouble, and what their robots.txt said."""
        ...

    def add(self, entries: Iterable[Entry], *, now: float) -> int:
        """Take in entries that are new, due at once; returns how many were."""
        ...

    def force(self, entries: Iterable[Entry], *, now: float) -> None:
        """Take in entries and make them due now, known or not, beyond any bound."""
        ...

    def set_seeds(self, source: str, seeds: Iterable[Entry], *, now: float, bounds: Bounds | None = None) -> None:
        """Make these the source's seeds, and these the bounds of its entries."""
        ...

    def make_due(self, source: str, *, now: float, younger_than: float) -> None:
        """Make a source's seeds due now, and its articles that were first seen, or changed, since `younger_than`."""
        ...

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
        """Take what is due, a few from each host that is not paused: by priority, then the longest due."""
        ...

    def renew(self, urls: Iterable[str], *, until: float, owner: str) -> None:
        """Hold leases for longer: their owner is at work, and their turn has not come."""
        ...

    def settle(self, results: Iterable[Result], *, now: float, owner: str | None = None) -> None:
        """End leases: the captures of these URLs are durable, or their fetch failed."""
        ...

    def release(self, urls: Iterable[str], *, owner: str | None = None) -> None:
        """Give leases back unfetched; they are due as before."""
        ...

    def recover(self, *, now: float, dead: bool) -> int:
        """Take back leases whose term is over or whose owner is gone; all of them if their owners are known to be `dead`."""
        ...

    def pause(self, host: str, until: float) -> None:
        """Lease nothing of a host before this time."""
        ...

    def watched(self) -> list[Watched]:
        """What is known of edits, by source, section and stage."""
        ...

    def get_lease(self, url: str) -> Lease | None:
        """What is known of an entry, whoever fetches it; `None` where there is none."""
        ...

    def mark_changed(self, url: str, *, now: float, due: float | None, watched: Iterable[Watched] = ()) -> None:
        """Note that an article has a new version, and look again at `due` at the latest, if at all; add to what is known of edits."""
        ...

    def next_due(
        self,
        *,
        sources: frozenset[str] | None = None,
        urls: frozenset[str] | None = None,
        retries_only: bool = False,
        now: float = 0.0,
    ) -> float | None:
        """When the next entry may be leased; of those whose last fetch failed, if asked. `now`: whose budgets count."""
        ...

    def spent(self, *, now: float) -> frozenset[str]:
        """Sources that have had their pages for today."""
        ...

    def due(self, *, now: float, sources: frozenset[str] | None = None) -> Iterator[tuple[str, str | None, str, float]]:
        """What is due (url, source, kind, since when), in the order of priority."""
        ...

    def unsearched(self, *, after: int = 0, limit: int) -> list[Unsearched]:
        """Documents whose requisites have not been looked for yet, the oldest first, behind a place in the queue."""
        ...

    def searched(self, document: Unsearched, requisites: Iterable[Entry], *, now: float) -> int:
        """Take in what a document needs, in that order, and strike it from the queue; returns how many are new."""
        ...

    def known(self, urls: Iterable[str]) -> set[str]:
        """Those of these URLs that the frontier has."""
        ...

    def known_seeds(self) -> set[str]:
        """URLs of all seeds."""
        ...

    def kinds_of(self, urls: Iterable[str]) -> dict[str, str]:
        """What each of these URLs is fetched as; those that are not known are left out."""
        ...

    def seed_states(self, url: str | None = None) -> list[SeedState]:
        """The seeds that sources name, or the one with this URL, and what is known of their news."""
        ...

    def counts(self, *, now: float) -> dict[str | None, dict[str, Any]]:
        """Per source: entries known, due, failing, never fetched, when last fetched and next due."""
        ...

    def close(self) -> None:
        """Let go of what keeps it."""
        ...
