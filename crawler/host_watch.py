"""What a run learns of the hosts it talks to: which are in trouble, and what their robots.txt says; kept by the frontier.

Methods are called in the reactor's thread unless they say otherwise. How long a trouble lasts is `crawler.backoff`'s.
"""

import logging
import random
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

import msgspec

from archive.config import Settings
from archive.model import Exchange
from crawler.backoff import FORGOTTEN_AFTER, Troubles
from crawler.clock import Clock
from crawler.frontier.entry import Lease, Result
from crawler.frontier.intake import host_of
from crawler.frontier.queue import Queue
from crawler.polite_host import HostRules
from crawler.politeness import Politeness, Turn, origin_of
from crawler.rest import ClosedOrigin
from crawler.robots import RobotsRules
from crawler.robots_copy import RobotsCopy
from crawler.verdict import judge_host

logger = logging.getLogger(__name__)


class Run(Protocol):
    """What is asked of the run that watches its hosts."""

    settings: Settings
    clock: Clock
    frontier: Queue
    politeness: Politeness
    endless: bool
    news: bool
    wake: Callable[[], None]

    def host_rules(self, source_name: str | None, /) -> HostRules: ...
    def release(self, leases: Iterable[Lease], /) -> None: ...
    def submit(self, work: Callable[..., object], /, *values: object) -> None: ...
    def call(self, work: Callable[..., None], /, *values: object) -> None: ...


class HostWatch:
    """The hosts of one run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._memory = run.frontier.hosts
        self.troubles = Troubles(self._memory.troubles(), retries=run.settings.retries, chance=random.random)
        self.closed: dict[str, ClosedOrigin] = {}
        """Origins whose robots.txt could not be had in this run."""

    def note_exchange(self, host: str, exchange: Exchange | None, error: Exception | None, now: float) -> None:
        """Leave a host alone that is busy or cannot be reached, for the longer the more often it was."""
        verdict = judge_host(exchange, error, now)
        self._run.politeness.note_answer(host, now, answers=verdict.state in ("answers", "busy"))
        if verdict.state == "answers":
            if self.troubles.note_answer(host, now):
                self._run.submit(self._memory.end_trouble, [host])
            return
        if verdict.state == "busy":
            trouble = self.troubles.note_busy(host, verdict.reason, verdict.retry_after, now)
        else:
            is_refused = verdict.state == "refused"
            trouble = self.troubles.note_unreachable(host, verdict.reason, now, refused=is_refused)
        if trouble is None:
            return
        # At once, not when the capture is durable: until then many more requests would have gone out.
        self._run.release(self._run.politeness.pause(host, trouble.until))
        self._run.submit(self._memory.save_trouble, trouble)
        # What was given back is to be looked for when the rest is over, if that is soon.
        self._run.news = True
        level = logging.WARNING if self._run.endless and trouble.strikes > self._run.settings.retries else logging.INFO
        wait = trouble.until - now
        logger.log(
            level, "resting host=%s seconds=%.0f strikes=%d reason=%s", host, wait, trouble.strikes, trouble.reason
        )

    def forget(self, now: float) -> None:
        """Let go of hosts that nobody has asked anything for long."""
        self.troubles.forget(now)
        for origin in [one.origin for one in self.closed.values() if one.until < now - FORGOTTEN_AFTER]:
            del self.closed[origin]
        self._run.submit(partial(self._memory.forget_old, now=now))

    def read_robots_of(self, leases: Sequence[Lease]) -> None:
        """Have what is known of these leases' robots.txt at hand before their turns. Called in the frontier's thread."""
        origins = {
            origin_of(lease.entry.url) for lease in leases if self._run.host_rules(lease.entry.source).obey_robots
        }
        for copy in self._memory.robots(origins - self._run.politeness.origins):
            rules = copy.rules(self._run.settings.agent, retries=self._run.settings.retries)
            self._run.call(self._run.politeness.remember, copy.origin, rules)

    def set_robots(self, turn: Turn, robots: RobotsRules, text: str = "") -> None:
        """Let an origin's robots.txt, whose text this is, hold and be remembered, and end the turn that fetched it."""
        self._run.submit(self._remember_robots, turn, robots, text)

    def refuse(self, turn: Turn) -> Result:
        """How a lease ends whose robots.txt cannot be had: due again when that is."""
        assert turn.lease
        lease, problem = turn.lease, turn.problem or "no answer"
        before = self.closed.get(turn.origin)
        waiting = before.waiting + 1 if before else 1
        self.closed[turn.origin] = ClosedOrigin(origin=turn.origin, problem=problem, until=turn.until, waiting=waiting)
        return Result(
            url=lease.entry.url,
            due=turn.until,
            error=f"nothing may be fetched without {turn.origin}/robots.txt: {problem}",
            attempts=max(lease.attempts, 1),
            fetched=False,
            etag=lease.etag,
            last_modified=lease.last_modified,
            trust=lease.trust,
        )

    def spare(self, result: Result) -> Result:
        """A URL that failed for its host's sake is due again with its host. Called in any thread."""
        trouble = self.troubles.failed.get(host_of(result.url))
        if result.error is None or trouble is None or trouble.kind == "busy" or result.due is None:
            return result
        return msgspec.structs.replace(result, due=trouble.until)

    def _remember_robots(self, turn: Turn, robots: RobotsRules, text: str) -> None:
        """Keep what became of a request for robots.txt. Called in the frontier's thread."""
        known = self._memory.robots([turn.origin]) or [RobotsCopy(origin=turn.origin, tried=0.0)]
        copy = known[0].after(robots, text, self._run.clock.now())
        self._memory.save_robots(copy)
        if robots.unavailable:
            robots = copy.rules(self._run.settings.agent, retries=self._run.settings.retries)
        self._run.call(self._robots_known, turn, robots)

    def _robots_known(self, turn: Turn, robots: RobotsRules) -> None:
        self.closed.pop(turn.origin, None)
        if robots.problem is not None:
            trouble = self.troubles.get(turn.host)
            if trouble is not None and trouble.until < robots.expires.timestamp():
                # Asked for when the host is asked again at all: what waits must not be refused before.
                robots.expires = datetime.fromtimestamp(trouble.until, UTC)
            until = robots.expires.timestamp()
            self.closed[turn.origin] = ClosedOrigin(origin=turn.origin, problem=robots.problem, until=until)
        self._run.politeness.set_robots(turn.host, turn.origin, robots, self._run.clock.now())
        self._run.wake()
