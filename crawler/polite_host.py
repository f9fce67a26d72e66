"""One host of a crawl: by which rules it is visited, what waits for it, and when it may next be asked. Pure."""

import math
from collections import deque

import msgspec

from crawler.frontier.entry import Lease
from crawler.robots import RobotsRules

MAX_CRAWL_DELAY = 120.0
"""Seconds: a robots.txt that asks for more would end the crawl of its site."""
IDLE_SECONDS = 25 * 3600.0
"""After so long a host is forgotten in any case: what its robots.txt said holds no longer."""


class HostRules(msgspec.Struct, frozen=True, kw_only=True):
    """How one host may be visited."""

    delay_seconds: float
    concurrency: int
    obey_robots: bool


def gentlest(one: HostRules, other: HostRules) -> HostRules:
    """What both allow."""
    return HostRules(
        delay_seconds=max(one.delay_seconds, other.delay_seconds),
        concurrency=min(one.concurrency, other.concurrency),
        obey_robots=one.obey_robots or other.obey_robots,
    )


class PoliteHost:
    """What waits for a host, and when it may be asked again. `crawler.politeness` counts what is under way."""

    def __init__(self, name: str, rules: HostRules) -> None:
        self.name = name
        self.rules = rules
        self.sources: set[str | None] = set()
        """Whose rules these are: the gentlest of all."""
        self.waiting: deque[Lease] = deque()
        self.in_flight = 0
        self.answers = False
        """Whether it did when it was last asked: until then its requests may hang."""
        self.last = -math.inf
        """When a request last began; or ended, where there is one at a time."""
        self.paused_until = -math.inf
        self.robots: dict[str, RobotsRules] = {}
        self.asked: set[str] = set()
        """Origins whose robots.txt is being fetched."""
        self.scheduled = False

    def is_idle(self, now: float) -> bool:
        """Whether nothing is to be remembered of it."""
        is_quiet = not (self.waiting or self.in_flight or self.asked or self.scheduled)
        return is_quiet and max(self.last + IDLE_SECONDS, self.paused_until) <= now

    def queue(self, lease: Lease) -> None:
        """Let a lease wait: requisites behind all else, however late that comes."""
        behind = 0
        if lease.entry.kind != "requisite":
            while behind < len(self.waiting) and self.waiting[-1 - behind].entry.kind == "requisite":
                behind += 1
        self.waiting.insert(len(self.waiting) - behind, lease)

    def ready_at(self) -> float:
        """When it may next be asked; by the rules as they are now, which may have become stricter since `last`."""
        return max(self.last + self.delay(), self.paused_until)

    def delay(self) -> float:
        """The source's delay, or robots.txt's where that is longer. `0s` is said on purpose, and stays."""
        if not self.rules.delay_seconds or not self.rules.obey_robots:
            return self.rules.delay_seconds
        asked = [min(robots.crawl_delay() or 0.0, MAX_CRAWL_DELAY) for robots in self.robots.values()]
        return max(self.rules.delay_seconds, *asked, 0.0)
