"""A poll of a seed: what its body offers, what that teaches, and how its lease ends.

Reading takes a thread of its own; the rest is the frontier's thread's. When a seed is polled is `crawler.rounds`'s to say.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import UTC
from typing import Protocol

import msgspec

from crawler.admission import Admission
from crawler.clock import Clock
from crawler.frontier.entry import Entry, Lease, Result
from crawler.frontier.queue import Queue
from crawler.options import Options
from crawler.rounds import Rounds
from crawler.seed_body import SeedBody, read_seed
from crawler.settlement import Settlement
from crawler.source import Source
from crawler.watch.tally import Tally
from pipelines.kept import Kept

logger = logging.getLogger(__name__)


class Run(Protocol):
    """What is asked of the run that polls."""

    admission: Admission
    clock: Clock
    frontier: Queue
    options: Options
    rounds: Rounds
    settlement: Settlement
    sources: dict[str, Source]
    tally: Tally

    def settle(self, results: Sequence[Result], /) -> None: ...


class Polls:
    """The polls of one run."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def read(self, find_body: Callable[[], SeedBody | None], seed: Entry, cut: bool) -> list[Entry]:
        """What a seed offers, as entries. Called in a thread: parsing takes time."""
        body, run = find_body(), self._run
        if body is None or body.status != 200:
            return []
        source = run.sources.get(seed.source or "")
        reading = read_seed(seed.seed or "feed", body, zone=source.zone if source else UTC)
        if cut:
            logger.warning(
                "cut seed url=%s problem=is longer than max_response_size; %d URLs were taken of what came before the cut,"
                " and its newest may come after it",
                seed.url,
                len(reading.candidates) + len(reading.children),
            )
        elif reading.problem:
            logger.warning("unread seed url=%s problem=%s", seed.url, reading.problem)
        now = run.clock.now()
        problem = "is longer than max_response_size, and was cut" if cut else reading.problem
        run.tally.seed_read(seed, problem=problem, candidates=len(reading.candidates), now=now)
        return run.admission.entries_of(reading, seed, source, since=run.options.since, now=now) if source else []

    def settle(self, lease: Lease, kept: Kept, problem: str | None, entries: Sequence[Entry]) -> None:
        """Take in what a seed offered, learn of its news, and end its lease. Called in the frontier's thread."""
        run, now = self._run, self._run.clock.now()
        result = run.settlement.fetched(lease, kept, problem, now)
        known = run.frontier.known(entry.url for entry in entries)
        pages = [entry for entry in entries if entry.kind == "page"]
        dates = [entry.modified for entry in pages if entry.url not in known]
        seed_url = (lease.entry.redirects and lease.entry.referrer) or lease.entry.url
        for seed in run.frontier.seed_states(seed_url):
            if seed.url == lease.entry.url:
                result = run.rounds.polled(seed, result, dates, now, listed=len(pages))
            elif paced := run.rounds.found(seed, dates, now):
                result = msgspec.structs.replace(result, paced=(paced,))
        # First: a crash between the two loses nothing. And not as what follows from the lease, which `morgue save` fetches.
        run.frontier.add(entries, now=now)
        run.settle([result])
