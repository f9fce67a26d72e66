"""One process's leases: taken, held for longer while they wait for their turn, and ended.

A lease that its holder has lost sight of is not renewed, so that its URL is fetched after its term.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence

from crawler.frontier.entry import Kind, Lease, Result
from crawler.frontier.owner import this_owner
from crawler.frontier.queue import Queue

logger = logging.getLogger(__name__)

LEASES_AT_ONCE = 512
"""Leases taken in one transaction: a few milliseconds."""


class Holder:
    """Takes leases from a frontier in the name of this process. Safe in any thread."""

    def __init__(self, frontier: Queue, *, term_seconds: float, owner: str | None = None) -> None:
        self._frontier = frontier
        self._term = term_seconds
        self._owner = owner or this_owner()
        self._held: dict[str, float] = {}
        """URLs leased and not yet settled or given back, and the end of each term."""
        self._spent: frozenset[str] = frozenset()

    def take(
        self,
        *,
        now: float,
        room: Mapping[str, int],
        default_room: int,
        sources: frozenset[str] | None,
        urls: frozenset[str] | None,
        only: Kind | None = None,
    ) -> list[Lease]:
        """Lease what is due, and renew what is still held. Called by one thread at a time."""
        # First: a machine that slept for longer than a term must not lease a second time what it has in hand.
        self._renew(now)
        until = now + self._term
        leases = self._frontier.lease(
            now=now,
            until=until,
            owner=self._owner,
            room=room,
            default_room=default_room,
            limit=LEASES_AT_ONCE,
            sources=sources,
            urls=urls,
            only=only,
        )
        self._held.update((lease.entry.url, until) for lease in leases)
        if urls is None and len(leases) < LEASES_AT_ONCE:
            self._say_spent(now, sources)
        return leases

    def settle(self, results: Sequence[Result], *, now: float) -> None:
        """End leases whose captures are durable, or whose fetch failed."""
        self._frontier.settle(results, now=now, owner=self._owner)
        self._forget(result.url for result in results)

    def release(self, urls: Sequence[str]) -> None:
        """Give leases back unfetched."""
        self._frontier.release(urls, owner=self._owner)
        self._forget(urls)

    def _renew(self, now: float) -> None:
        old = [url for url, until in tuple(self._held.items()) if until - now <= self._term / 2]
        if old:
            until = now + self._term
            self._frontier.renew(old, until=until, owner=self._owner)
            # Some may have been settled meanwhile, in another thread.
            self._held.update((url, until) for url in old if url in self._held)

    def _forget(self, urls: Iterable[str]) -> None:
        for url in urls:
            self._held.pop(url, None)

    def _say_spent(self, now: float, sources: frozenset[str] | None) -> None:
        spent = self._frontier.spent(now=now)
        for source in sorted(spent - self._spent):
            if sources is None or source in sources:
                logger.warning("spent page_budget source=%s: its other pages wait for tomorrow (UTC)", source)
        self._spent = spent
