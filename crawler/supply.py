"""The supply of a run: what is leased from the frontier, and when there will be more."""

import math
from typing import Protocol

from archive.config import Settings
from crawler.clock import Clock
from crawler.frontier.entry import Lease
from crawler.frontier.holder import Holder
from crawler.frontier.queue import Queue
from crawler.host_watch import HostWatch
from crawler.options import Options
from crawler.saving import Saving
from crawler.source import Source

LOOK_AHEAD_SECONDS = 15.0
"""How long what a run without end waits for may be out of date."""


class Run(Protocol):
    """What is asked of the run that fetches."""

    settings: Settings
    clock: Clock
    sources: dict[str, Source]
    options: Options
    saving: Saving
    frontier: Queue
    hosts: HostWatch
    endless: bool

    def is_full(self) -> bool:
        """Whether no more pages are to be fetched."""


class Supply:
    """Takes what a run may fetch from its frontier."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.holder = Holder(run.frontier, term_seconds=run.settings.lease.total_seconds())
        self.next_due: float | None = None
        """Unix time when the run goes on; `None` where it has nothing to wait for."""
        self._next_due_at = 0.0
        """When it is looked up again."""

    def take(self, room: dict[str, int], default_room: int) -> list[Lease]:
        """Lease what is due; `room` is by host. Called in the frontier's thread."""
        run = self._run
        now = run.clock.now()
        leases = self.holder.take(
            now=now,
            room=room,
            default_room=default_room,
            sources=self._source_names(),
            urls=run.saving.urls,
            only="requisite" if run.is_full() else None,
        )
        run.hosts.read_robots_of(leases)
        if run.endless:
            if now >= self._next_due_at:
                # For whoever watches only, and dear where much is known.
                self.next_due = run.frontier.next_due(sources=self._source_names(), now=now)
                self._next_due_at = min(max(self.next_due or math.inf, now + 2.0), now + LOOK_AHEAD_SECONDS)
            return leases
        self.next_due = None
        if not leases:
            retry = run.frontier.next_due(
                sources=self._source_names(), urls=run.saving.urls, retries_only=True, now=now
            )
            # A host that failed has URLs waiting that did not fail themselves.
            ends = (due for due in (retry, run.hosts.troubles.next_end(now)) if due is not None)
            self.next_due = min(ends, default=None)
        return leases

    def _source_names(self) -> frozenset[str] | None:
        """Those whose URLs may be leased; `None` for any."""
        if self._run.saving.urls is not None:
            return None
        names = frozenset(self._run.sources) - self._run.options.left_out
        return names if self._run.options.sources is None else names & self._run.options.sources
