"""What every frontier does, drawn at random beside a model that is too simple to be wrong."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from crawler.frontier.entry import PRIORITY, Entry, Result
from crawler.frontier.queue import Queue

OWNERS = ("one", "two", "three")
KINDS = ("seed", "page", "requisite")
ROOM = 8


@dataclass
class Known:
    """A URL, as the model has it."""

    kind: str
    due: float | None
    owner: str | None = None
    until: float = 0.0


@dataclass
class Model:
    now: float = 1000.0
    entries: dict[str, Known] = field(default_factory=dict)
    paused: dict[str, float] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)

    def is_over(self, one: Known) -> bool:
        return one.owner is not None and (one.until <= self.now or one.owner in self.dead)

    def ready(self, host: str) -> list[tuple[int, float, str]]:
        """What may be leased of a host, in order."""
        if self.paused.get(host, 0.0) > self.now:
            return []
        return sorted(
            (PRIORITY[one.kind], one.due, url)
            for url, one in self.entries.items()
            if urlsplit(url).hostname == host
            and one.due is not None
            and one.due <= self.now
            and (one.owner is None or self.is_over(one))
        )


class Frontiers(RuleBasedStateMachine):
    """Several owners work on one frontier, each through an object of its own; they die, stall and come too late."""

    open_frontier: ClassVar[Callable[..., Queue]]
    urls = Bundle("urls")

    @initialize()
    def begin(self):
        self.folder = Path(tempfile.mkdtemp())
        self.model = Model()
        self.frontiers = {owner: self.open_frontier(self.folder, self.model.dead.__contains__) for owner in OWNERS}

    def teardown(self):
        for frontier in self.frontiers.values():
            frontier.close()
        shutil.rmtree(self.folder)

    @rule(target=urls, host=st.sampled_from("abc"), number=st.integers(0, 12), kind=st.sampled_from(KINDS))
    def name(self, host, number, kind):
        return f"http://{host}/{kind}/{number}", kind

    @rule(one=urls, owner=st.sampled_from(OWNERS))
    def add(self, one, owner):
        url, kind = one
        entry = Entry(url=url, kind=kind, source="voa", seed="feed" if kind == "seed" else None, every_seconds=9e9)
        new = self.frontiers[owner].add([entry], now=self.model.now)
        assert new == (url not in self.model.entries)
        if new:
            self.model.entries[url] = Known(kind, self.model.now)

    @rule(seconds=st.sampled_from([0.0, 1.0, 7.0, 31.0, 61.0]))
    def wait(self, seconds):
        self.model.now += seconds

    @rule(
        owner=st.sampled_from(OWNERS),
        room=st.dictionaries(st.sampled_from("abc"), st.integers(-1, 4)),
        limit=st.integers(0, 12),
        term=st.sampled_from([5.0, 60.0]),
    )
    def lease(self, owner, room, limit, term):
        now = self.model.now
        ready = {host: self.model.ready(host) for host in "abc"}
        leases = self.frontiers[owner].lease(
            now=now, until=now + term, owner=owner, room=room, default_room=ROOM, limit=limit
        )
        for one in self.model.entries.values():
            if self.model.is_over(one):
                one.owner = None
        taken: dict[str, list[str]] = {host: [] for host in "abc"}
        for lease in leases:
            url = lease.entry.url
            known = self.model.entries[url]
            assert known.owner is None, f"{url} is in flight twice"
            assert known.due is not None
            assert known.due <= now
            assert (lease.entry.kind, lease.entry.source) == (known.kind, "voa")
            known.owner, known.until = owner, now + term
            taken[urlsplit(url).hostname].append(url)
        assert len(leases) <= limit
        for host, urls in taken.items():
            # Hosts are independent, and each gives what goes first.
            assert urls == [url for _, _, url in ready[host]][: len(urls)]
            free = room.get(host, ROOM)
            assert len(urls) <= max(free, 0)
            if len(leases) < limit:
                wanted = [priority for priority, _, _ in ready[host]]
                main = min(sum(priority < PRIORITY["requisite"] for priority in wanted), max(free, 0))
                spare = max(free - main - ROOM * 3 // 4, 0)
                assert len(urls) == main + min(sum(priority == PRIORITY["requisite"] for priority in wanted), spare)

    @rule(one=urls, owner=st.sampled_from(OWNERS), again=st.none() | st.sampled_from([0.0, 10.0, 100.0]))
    def settle(self, one, owner, again):
        url, _ = one
        due = None if again is None else self.model.now + again
        self.frontiers[owner].settle([Result(url=url, due=due, status=200)], now=self.model.now, owner=owner)
        known = self.model.entries.get(url)
        if known and known.owner == owner:
            known.owner, known.due = None, due

    @rule(one=urls, owner=st.sampled_from(OWNERS))
    def release(self, one, owner):
        url, _ = one
        self.frontiers[owner].release([url], owner=owner)
        known = self.model.entries.get(url)
        if known and known.owner == owner:
            known.owner = None

    @rule(one=urls, owner=st.sampled_from(OWNERS))
    def renew(self, one, owner):
        url, _ = one
        self.frontiers[owner].renew([url], until=self.model.now + 60.0, owner=owner)
        known = self.model.entries.get(url)
        if known and known.owner == owner:
            known.until = self.model.now + 60.0

    @rule(host=st.sampled_from("abc"), seconds=st.sampled_from([5.0, 40.0]))
    def pause(self, host, seconds):
        self.frontiers["one"].pause(host, self.model.now + seconds)
        self.model.paused[host] = max(self.model.paused.get(host, 0.0), self.model.now + seconds)

    @rule(owner=st.sampled_from(OWNERS))
    def die(self, owner):
        self.frontiers[owner].close()
        self.model.dead.add(owner)
        self.frontiers[owner] = self.open_frontier(self.folder, self.model.dead.__contains__)
        self.frontiers[owner].recover(now=self.model.now, dead=False)
        for one in self.model.entries.values():
            if self.model.is_over(one):
                one.owner = None
        # The next process of that name in the model is another owner, and alive.
        self.model.dead.discard(owner)

    @invariant()
    def nothing_is_lost(self):
        if not hasattr(self, "model"):
            return
        frontier, now = self.frontiers["two"], self.model.now
        entries = self.model.entries
        assert frontier.known(entries) == entries.keys()
        waiting = [
            max(one.due, self.model.paused.get(urlsplit(url).hostname, 0.0) if one.due is not None else 0.0)
            for url, one in entries.items()
            if one.due is not None and one.owner is None
        ]
        assert frontier.next_due(now=now) == (min(waiting) if waiting else None)
        free = {url for url, one in entries.items() if one.due is not None and one.due <= now and one.owner is None}
        assert {url for url, *_ in frontier.due(now=now)} == free


def test_owners_that_die_stall_and_come_late_never_share_a_url_and_lose_none(open_frontier):
    class Drawn(Frontiers):
        pass

    Drawn.open_frontier = staticmethod(open_frontier)
    run_state_machine_as_test(
        Drawn,
        settings=settings(
            max_examples=25, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
