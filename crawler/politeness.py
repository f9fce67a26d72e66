"""Whose turn it is: leases wait by host, and a host is asked again only after its delay. Pure; times are arguments.

One host never starves another: hosts take turns in the order in which each may next be asked, and those that have not
answered take only a part of a crawl's places. Before the first page of an origin comes its robots.txt (RFC 9309). Where
leases come from is the frontier's, sending them is the scheduler's.
"""

import heapq
import math
from collections import deque
from collections.abc import Callable, Iterable
from functools import reduce
from itertools import count
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from crawler.frontier.entry import Kind, Lease
from crawler.frontier.intake import host_of
from crawler.polite_host import HostRules, PoliteHost, gentlest
from crawler.robots import RobotsRules

UNANSWERED_SHARE = 0.75
"""Of a crawl's places, for hosts that have not answered: however many hang at once, those that answer are asked on."""
MOST_HOSTS = 1000
"""Beyond so many, hosts for which nothing waits are forgotten; what their robots.txt said is the frontier's to know."""
MOST_ROBOTS_CHARACTERS = 8_000_000
"""Beyond so much of robots.txt likewise: their patterns take several times as much memory."""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What may be done now."""

    act: Literal["fetch", "robots", "disallowed", "unavailable"]
    """`robots`: fetch robots.txt of `origin` first. `disallowed`, `unavailable`: the lease is not to be fetched."""
    host: str
    origin: str
    lease: Lease | None = None
    source: str | None = None
    problem: str | None = None
    """Of an `unavailable` turn: why robots.txt cannot be had."""
    until: float = 0.0
    """Of an `unavailable` turn: when it is asked for again."""


class Politeness:
    """The hosts of one crawl, and whose turn is next. Times are seconds on one clock, robots' expiry included."""

    def __init__(self, rules_of: Callable[[str | None], HostRules], *, most_unanswered: float = math.inf) -> None:
        """`most_unanswered` requests may be under way to hosts that have not answered, or did not answer the last time."""
        self._rules_of = rules_of
        """By source name."""
        self._most_unanswered = most_unanswered
        self._unanswered = 0
        self._held: dict[PoliteHost, None] = {}
        """Hosts that have not answered, whose turn waits until fewer such are being asked."""
        self._hosts: dict[str, PoliteHost] = {}
        self._turns: list[tuple[float, int, PoliteHost]] = []
        self._order = count()
        self._read: dict[str, RobotsRules] = {}
        """By origin: rules known from earlier, whose host may not have had its turn."""
        self._characters = 0
        """Of all robots.txt in memory."""
        self.origins: set[str] = set()
        """Those whose robots.txt is in memory. Other threads may look into it."""
        self.queued = 0
        self.in_flight = 0

    def add(self, leases: Iterable[Lease], now: float) -> None:
        """Queue leases."""
        if len(self._hosts) > MOST_HOSTS or self._characters > MOST_ROBOTS_CHARACTERS:
            self._forget_idle(now)
        for lease in leases:
            host = self._host(lease)
            host.queue(lease)
            self.queued += 1
            self._schedule(host, now)

    def next(self, now: float) -> Turn | None:
        """The next turn that may be taken at this time, if any. A `fetch` or `robots` turn is ended with `done`."""
        while self._turns and self._turns[0][0] <= now:
            _, _, host = heapq.heappop(self._turns)
            if not host.answers and self._unanswered >= self._most_unanswered:
                self._held[host] = None
                continue
            host.scheduled = False
            if host.ready_at() > now or host.in_flight >= host.rules.concurrency:
                self._schedule(host, now)
                continue
            if host.waiting and (turn := self._turn(host, now)):
                self._schedule(host, now)
                return turn
        return None

    def wait(self, now: float) -> float | None:
        """Seconds until a turn may be due; `None` where only a finished fetch can bring one."""
        return max(self._turns[0][0] - now, 0.0) if self._turns else None

    def done(self, host_name: str, now: float) -> None:
        """A fetch of this host has ended."""
        host = self._hosts[host_name]
        host.in_flight -= 1
        self.in_flight -= 1
        self._unanswered -= not host.answers
        if host.rules.concurrency == 1:
            # From the end of one to the start of the next: however long a connection takes, no gap is under the delay.
            host.last = now
        # Who was held back goes first: it has waited for longer.
        self._let_on(now)
        self._schedule(host, now)

    def note_answer(self, host_name: str, now: float, *, answers: bool) -> None:
        """Note whether a host answered; what other requests to it are under way counts accordingly."""
        host = self._hosts.get(host_name)
        if host is not None and host.answers != answers:
            host.answers = answers
            self._unanswered += -host.in_flight if answers else host.in_flight
            if host in self._held:
                self._let_go(host, now)
            self._let_on(now)

    def pause(self, host_name: str, until: float) -> list[Lease]:
        """Ask a host nothing before this time: it said 429 or 503. Its leases that still wait are taken out."""
        host = self._hosts[host_name]
        host.paused_until = max(host.paused_until, until)
        leases = list(host.waiting)
        host.waiting.clear()
        self.queued -= len(leases)
        return leases

    def set_robots(self, host_name: str, origin: str, robots: RobotsRules, now: float) -> None:
        """Take in an origin's robots.txt."""
        host = self._hosts[host_name]
        host.asked.discard(origin)
        self._hold(host, origin, robots)
        self._schedule(host, now)

    def renew(self, is_followed: Callable[[str | None], bool], now: float) -> list[Lease]:
        """Go by the rules that sources have now; returns the waiting leases of those not followed, taken out."""
        unwanted: list[Lease] = []
        self._turns.clear()
        self._held.clear()
        for host in self._hosts.values():
            unwanted += [lease for lease in host.waiting if not is_followed(lease.entry.source)]
            host.waiting = deque(lease for lease in host.waiting if is_followed(lease.entry.source))
            host.sources = set(filter(is_followed, host.sources))
            if host.sources:
                host.rules = reduce(gentlest, map(self._rules_of, host.sources))
            host.scheduled = False
            self._schedule(host, now)
        self.queued -= len(unwanted)
        return unwanted

    def forget(self, now: float) -> None:
        """Let go of hosts that nobody has asked anything for longer than a robots.txt holds."""
        for name, host in list(self._hosts.items()):
            if host.is_idle(now):
                self._drop(name)
        # Read for leases that were given back before their turn came.
        unused = {origin for origin in self._read if host_of(origin) not in self._hosts}
        self.origins -= unused
        for origin in unused:
            del self._read[origin]

    def remember(self, origin: str, robots: RobotsRules) -> None:
        """Take in what an origin's robots.txt said in another run, before its first turn in this one."""
        if origin not in self.origins:
            self.origins.add(origin)
            self._read[origin] = robots

    @property
    def hosts(self) -> int:
        """How many hosts there are."""
        return len(self._hosts)

    def knows(self, host_name: str) -> bool:
        """Whether pages of this host have been asked for."""
        return host_name in self._hosts

    def robots_of(self, origin: str) -> RobotsRules | None:
        """The rules of an origin, where its pages have been asked for; they may have expired."""
        host = self._hosts.get(host_of(origin))
        return (host.robots.get(origin) if host else None) or self._read.get(origin)

    def room(self, per_host: int) -> dict[str, int]:
        """How many more leases each known host may be given."""
        return {name: per_host - len(host.waiting) - host.in_flight for name, host in self._hosts.items()}

    def drain(self, *, besides: Kind | None = None) -> list[Lease]:
        """All leases that still wait, `besides` those of one kind, taken out: the crawl is stopping, or may fetch no more."""
        leases = []
        for host in self._hosts.values():
            leases += [lease for lease in host.waiting if lease.entry.kind != besides]
            host.waiting = deque(lease for lease in host.waiting if lease.entry.kind == besides)
        self.queued -= len(leases)
        return leases

    def _host(self, lease: Lease) -> PoliteHost:
        name = host_of(lease.entry.url)
        rules = self._rules_of(lease.entry.source)
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = PoliteHost(name, rules)
        elif rules != host.rules:
            # Two sources on one host: the gentler rules hold for both.
            host.rules = gentlest(host.rules, rules) if host.sources else rules
        host.sources.add(lease.entry.source)
        return host

    def _schedule(self, host: PoliteHost, now: float) -> None:
        if host.scheduled or not host.waiting or host.in_flight >= host.rules.concurrency:
            return
        if origin_of(host.waiting[0].entry.url) in host.asked:
            return
        host.scheduled = True
        heapq.heappush(self._turns, (max(host.ready_at(), now), next(self._order), host))

    def _let_on(self, now: float) -> None:
        """Give hosts their turn that were held back, as many as may now be asked."""
        room = self._most_unanswered - self._unanswered
        while self._held and room > 0:
            host = next(iter(self._held))
            self._let_go(host, now)
            room -= host.scheduled

    def _let_go(self, host: PoliteHost, now: float) -> None:
        del self._held[host]
        host.scheduled = False
        self._schedule(host, now)

    def _turn(self, host: PoliteHost, now: float) -> Turn | None:
        lease = host.waiting[0]
        origin = origin_of(lease.entry.url)
        if host.rules.obey_robots:
            if origin not in host.robots and (read := self._read.pop(origin, None)):
                self._hold(host, origin, read)
            robots = host.robots.get(origin)
            if robots is None or robots.expires.timestamp() <= now:
                if origin in host.asked:
                    return None
                host.asked.add(origin)
                self._start(host, now)
                return Turn(act="robots", host=host.name, origin=origin, source=lease.entry.source)
            if robots.unavailable or not robots.allows(lease.entry.url):
                self._take(host)
                act: Literal["unavailable", "disallowed"] = "unavailable" if robots.unavailable else "disallowed"
                until = robots.expires.timestamp()
                return Turn(act=act, host=host.name, origin=origin, lease=lease, problem=robots.problem, until=until)
        self._take(host)
        self._start(host, now)
        return Turn(act="fetch", host=host.name, origin=origin, lease=lease)

    def _hold(self, host: PoliteHost, origin: str, robots: RobotsRules) -> None:
        self._read.pop(origin, None)
        before = host.robots.get(origin)
        self._characters += robots.size - (before.size if before else 0)
        host.robots[origin] = robots
        self.origins.add(origin)

    def _forget_idle(self, now: float) -> None:
        """Forget hosts for which nothing waits, down to half of what may be kept."""
        for name, host in list(self._hosts.items()):
            if len(self._hosts) <= MOST_HOSTS // 2 and self._characters <= MOST_ROBOTS_CHARACTERS // 2:
                break
            if not (host.waiting or host.in_flight or host.asked or host.scheduled or host.ready_at() > now):
                self._drop(name)

    def _drop(self, name: str) -> None:
        host = self._hosts.pop(name)
        self._characters -= sum(robots.size for robots in host.robots.values())
        self.origins -= host.robots.keys()

    def _take(self, host: PoliteHost) -> None:
        host.waiting.popleft()
        self.queued -= 1

    def _start(self, host: PoliteHost, now: float) -> None:
        host.in_flight += 1
        self.in_flight += 1
        self._unanswered += not host.answers
        host.last = now


def origin_of(url: str) -> str:
    """Scheme, host and port, which one robots.txt holds for.

    >>> origin_of("https://news.example:8443/a?b")
    'https://news.example:8443'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
