"""One run of a crawl: what is shared between scheduler, spider and wire, and what becomes of each exchange.

    wire --keep--> recorder thread: snapshot, group commit --kept--> frontier (settled), politeness (a place is free)

The recorder calls back in its own thread; whatever touches the reactor's state goes through `call_soon_threadsafe`.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from archive.config import Settings
from archive.model import Exchange, Reading
from crawler.admission import Admission
from crawler.clock import SYSTEM, Clock
from crawler.company import Company
from crawler.download_error import describe
from crawler.edits import EditRates
from crawler.frontier.entry import Entry, Lease, Result
from crawler.frontier.queue import Queue
from crawler.host_watch import HostWatch
from crawler.options import Options
from crawler.polite_host import HostRules
from crawler.politeness import UNANSWERED_SHARE, Politeness, Turn
from crawler.poll import Polls
from crawler.requisites import RequisiteSearch
from crawler.rounds import Rounds, limits_of
from crawler.saving import Saving
from crawler.settlement import Settlement
from crawler.source import Source
from crawler.supply import Supply
from crawler.watch.tally import Tally
from pipelines.kept import Kept
from pipelines.store import Recorder

logger = logging.getLogger(__name__)

HOUR = 3600.0


class CrawlRun:
    """The state of one run. Methods are called in the reactor's thread unless they say otherwise."""

    def __init__(
        self,
        *,
        settings: Settings,
        sources: Sequence[Source],
        frontier: Queue,
        recorder: Recorder,
        options: Options,
        clock: Clock = SYSTEM,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.sources = {source.name: source for source in sources}
        self.frontier = frontier
        self.admission = Admission()
        self.recorder = recorder
        self.options = options
        self.endless = options.endless
        self.saving = Saving(options.urls)
        self.politeness = Politeness(self.host_rules, most_unanswered=max(settings.concurrency * UNANSWERED_SHARE, 1))
        self.hosts = HostWatch(self)
        self.threads = ThreadPoolExecutor(1, thread_name_prefix="frontier")
        self.rounds = Rounds(limits_of(lambda name: self.sources.get(name or "")))
        seeds = [seed for seed in frontier.seed_states() if seed.source in self.sources]
        self.rounds.load(seeds, requests_per_day=settings.requests_per_day)
        self.edits = EditRates(frontier.watched())
        """The recorder's thread has it."""
        self.wake: Callable[[], None] = _nothing
        self.stop: Callable[[], None] = _nothing
        self.outstanding = 0
        """Leases handed to Scrapy whose captures are not yet durable."""
        self.news = True
        """Whether the frontier may hold due entries that have not been looked for."""
        self.pages = 0
        self.stopped = False
        """Whether a signal ended the run."""
        self.supply = Supply(self)
        self.settlement = Settlement(self)
        self.polls = Polls(self)
        self.search = RequisiteSearch(self)
        self._tidied_at = clock.now()
        self.error: BaseException | None = None
        """What ended the run before its time."""
        self.company = Company(on_failure=self.broken)
        self._durable: set[asyncio.Future[Kept | None]] = set()
        self._places = asyncio.Semaphore(settings.queue_size)
        self._loop: asyncio.AbstractEventLoop | None = None
        self.tally = Tally()

    def begin(self, wake: Callable[[], None], stop: Callable[[], None]) -> None:
        """Take up work in the running loop; `wake` has the scheduler look again, `stop` ends the crawl."""
        self._loop = asyncio.get_running_loop()
        self.wake = wake
        self.stop = stop
        self.search.begin()
        self.company.begin()
        if self.error is not None:
            self._loop.call_soon(self._stop_broken)

    @property
    def has_begun(self) -> bool:
        """Whether the scheduler is there."""
        return self._loop is not None

    def is_full(self) -> bool:
        """Whether `--limit` pages have been fetched."""
        return self.options.limit is not None and self.pages >= self.options.limit

    def release(self, leases: Iterable[Lease]) -> None:
        """Give leases back unfetched."""
        urls = [lease.entry.url for lease in leases]
        if urls:
            self.submit(self.supply.holder.release, urls)

    def tidy(self) -> None:
        """Let go of what is no longer of use; now and then is enough."""
        now = self.clock.now()
        if now - self._tidied_at > HOUR:
            self.politeness.forget(now)
            self.hosts.forget(now)
            self._tidied_at = now

    def is_followed(self, source: str | None) -> bool:
        """Whether leases of this source are still to be fetched: it may have been removed meanwhile."""
        return self.saving.urls is not None or (source or "") in self.sources

    def look_again(self) -> None:
        """Have the scheduler ask the frontier at once. Called in any other thread."""
        self.call(self._settled, 0, 0, ())

    def submit(self, work: Callable[..., object], *values: object) -> None:
        """Have the frontier's thread do something. What goes wrong there ends the run."""
        self.threads.submit(work, *values).add_done_callback(self._submitted)

    def renders(self, entry: Entry) -> Source | None:
        """The source whose rules an entry is to be rendered by; `None` where it is taken as it comes."""
        source = self.sources.get(entry.source or "") if entry.kind == "page" else None
        return source if source and source.crawl.render else None

    def started(self, lease: Lease) -> None:
        """A lease has been made a request."""
        self.outstanding += 1
        if lease.entry.kind == "page":
            self.pages += 1
            if self.is_full():
                self.release(self.politeness.drain(besides="requisite"))

    async def keep(
        self, exchange: Exchange | None, *, host: str, lease: Lease | None, error: Exception | None
    ) -> "asyncio.Future[Kept | None] | None":
        """Hand one exchange to the recorder, waiting for a place in its queue; and end the host's turn.

        The future is for seeds: done once the capture is durable, when whoever waits for it settles the lease. Its
        result is `None` where the run ends before that.
        """
        loop = asyncio.get_running_loop()
        now = self.clock.now()
        if host:
            self.politeness.done(host, now)
            self.hosts.note_exchange(host, exchange, error, now)
        durable: asyncio.Future[Kept | None] | None = None
        is_cut = exchange is not None and exchange.truncated == "length"
        if lease is not None and lease.entry.kind == "seed" and (error is None or is_cut):
            durable = loop.create_future()
        if exchange is None:
            if lease is not None:
                assert error is not None
                self.submit(self._settle_unsent, lease, describe(error))
            return None
        await self._places.acquire()
        if durable is not None:
            self._durable.add(durable)
            durable.add_done_callback(self._durable.discard)
            if self.error is not None:
                durable.set_result(None)
        problem = None if error is None else describe(error)
        self.recorder.put(exchange, (lease, durable, problem, len(exchange.response), time.monotonic()))
        self.wake()
        return durable

    def refuse(self, turn: Turn) -> None:
        """Settle a lease that robots.txt forbids, or whose robots.txt cannot be had."""
        self.outstanding += 1
        self.submit(self.settle, [self.settlement.refused(turn)])

    def kept(self, batch: Sequence[Kept]) -> None:
        """Settle the leases of exchanges that are now durable. Called in the recorder's thread."""
        now = self.clock.now()
        results, durable = [], []
        for kept in batch:
            lease, future, error, size, ended = kept.token
            status = kept.capture.status if kept.capture else None
            self.tally.exchanged(kept.source, status, size_bytes=size, seconds=time.monotonic() - ended)
            if future is not None:
                durable.append((future, kept))
            elif lease is not None:
                results.append(self.settlement.fetched(lease, kept, error, now))
        self.settle(results, places=len(batch), durable=durable)

    def version_found(self, reading: Reading) -> None:
        """Look sooner at an article that was edited. Called in the recorder's thread."""
        self.tally.version(reading)
        now = self.clock.now()
        if (lease := self.frontier.get_lease(reading.url)) and lease.entry.source:
            watched, rules = self.edits.edited(lease), self.settlement.rules(lease.entry)
            look = rules.next_look(0.0, rules.max_age_seconds)
            due = None if look is None else now + look
            self.frontier.mark_changed(reading.url, now=now, due=due, watched=watched)

    def broken(self, error: BaseException) -> None:
        """Stop: nothing more can be kept. Called in the recorder's or the frontier's thread."""
        if self.error is None:
            self.error = error
        self.call(self._stop_broken)

    async def finish(self) -> None:
        """Give back what was leased and not fetched, and wait until all that was fetched is settled."""
        self.company.end()
        self.release(self.politeness.drain())
        # Once a run: an event would have to be set in three places.
        while self.outstanding > 0 and self.error is None:  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    def close(self) -> None:
        """Finish what the frontier's thread has been given."""
        self.threads.shutdown(wait=True)

    def _stop_broken(self) -> None:
        # Whoever waits for a place must not wait for ever.
        for _ in range(self.settings.concurrency + 1):
            self._places.release()
        for future in tuple(self._durable):
            if not future.done():
                future.set_result(None)
        self.stop()

    def _submitted(self, done: "Future[object]") -> None:
        if error := done.exception():
            self.broken(error)

    def _settle_unsent(self, lease: Lease, reason: str) -> None:
        self.settle([self.settlement.unsent(lease, reason)])

    def settle(
        self,
        results: Sequence[Result],
        *,
        places: int = 0,
        durable: Sequence[tuple["asyncio.Future[Kept | None]", Kept]] = (),
    ) -> None:
        """Write results to the frontier, then tell the reactor. Called in the recorder's or the frontier's thread."""
        self.supply.holder.settle(results, now=self.clock.now())
        if targets := self.saving.follow(entry for result in results for entry in result.discovered):
            # What was to be saved goes on at the target, known or not.
            self.frontier.force(targets, now=self.clock.now())
        documents = sum(result.unsearched is not None for result in results)
        self.call(self._settled, len(results), places, durable, documents)

    def call(self, work: Callable[..., None], *values: object) -> None:
        """Have the reactor's thread do something, from any other."""
        # It is not there yet where nothing was fetched, and no longer after a second Ctrl-C.
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(work, *values)

    def _settled(
        self,
        leases: int,
        places: int,
        durable: Sequence[tuple["asyncio.Future[Kept | None]", Kept]],
        documents: int = 0,
    ) -> None:
        self.outstanding -= leases
        self.search.note(documents)
        self.news = True
        for _ in range(places):
            self._places.release()
        for future, kept in durable:
            if not future.done():
                future.set_result(kept)
        self.wake()

    def host_rules(self, source_name: str | None) -> HostRules:
        """How the hosts of a source may be visited."""
        source = self.sources.get(source_name or "")
        if source is None:
            return HostRules(delay_seconds=self.settings.delay.total_seconds(), concurrency=1, obey_robots=True)
        return HostRules(
            delay_seconds=source.crawl.delay.total_seconds(),
            concurrency=source.crawl.concurrency,
            obey_robots=source.crawl.robots == "obey",
        )


def _nothing() -> None:
    """Stand in for `wake` until the scheduler is there."""
