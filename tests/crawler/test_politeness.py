import heapq
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.frontier.entry import Entry, Lease
from crawler.frontier.intake import host_of
from crawler.polite_host import HostRules
from crawler.politeness import MOST_HOSTS, MOST_ROBOTS_CHARACTERS, Politeness, Turn
from crawler.robots import RobotsRules

AGENT = "newsmorgue/1"
NEVER = 10_000_000.0


def lease(url, source="voa"):
    return Lease(entry=Entry(url=url, kind="page", source=source), first_seen=0.0)


def leases(host, count, source="voa"):
    return [lease(f"http://{host}/{number}", source) for number in range(count)]


def robots(text="", *, expires=NEVER, problem=None):
    moment = datetime.fromtimestamp(expires, UTC)
    return RobotsRules(text, user_agent=AGENT, expires=moment, problem=problem)


def rules(delay=0.0, concurrency=1, obey=False):
    return HostRules(delay_seconds=delay, concurrency=concurrency, obey_robots=obey)


def politeness(**by_source):
    return Politeness(lambda source: by_source[source])


def urls(turns):
    return [turn.lease.entry.url for turn in turns]


def take_all(polite, now):
    turns = []
    while turn := polite.next(now):
        turns.append(turn)
    return turns


def test_one_request_at_a_time_and_each_after_its_delay():
    polite = politeness(voa=rules(delay=2.0))
    polite.add(leases("a", 3), 100.0)
    assert urls(take_all(polite, 100.0)) == ["http://a/0"]
    assert polite.wait(100.0) is None
    polite.done("a", 103.0)
    assert take_all(polite, 104.9) == []
    assert polite.wait(104.0) == pytest.approx(1.0)
    assert urls(take_all(polite, 105.0)) == ["http://a/1"]


def test_requests_at_once_start_a_delay_apart():
    polite = politeness(voa=rules(delay=2.0, concurrency=2))
    polite.add(leases("a", 4), 100.0)
    assert urls(take_all(polite, 100.0)) == ["http://a/0"]
    assert urls(take_all(polite, 102.0)) == ["http://a/1"]
    assert take_all(polite, 110.0) == []
    polite.done("a", 110.0)
    assert urls(take_all(polite, 110.0)) == ["http://a/2"]


def test_without_a_delay_only_concurrency_bounds_a_host():
    polite = politeness(voa=rules(concurrency=3))
    polite.add(leases("a", 5), 100.0)
    assert len(take_all(polite, 100.0)) == 3
    assert polite.in_flight == 3
    assert polite.queued == 2


def test_hosts_take_turns():
    polite = politeness(voa=rules(concurrency=100))
    polite.add(leases("a", 50) + leases("b", 5) + leases("c", 5), 100.0)
    first = [turn.host for turn in take_all(polite, 100.0)][:15]
    assert sorted(first) == ["a"] * 5 + ["b"] * 5 + ["c"] * 5


def test_a_slow_host_holds_up_no_other():
    polite = politeness(slow=rules(delay=60.0), voa=rules())
    polite.add(leases("slow", 10, "slow") + leases("b", 1), 100.0)
    assert urls(take_all(polite, 100.0)) == ["http://slow/0", "http://b/0"]


def test_robots_comes_first_once_for_each_origin():
    polite = politeness(voa=rules(concurrency=5, obey=True))
    polite.add([*leases("a", 3), lease("https://a/9")], 100.0)
    [turn] = take_all(polite, 100.0)
    assert (turn.act, turn.origin, turn.source) == ("robots", "http://a", "voa")
    polite.done("a", 100.5)
    polite.set_robots("a", turn.origin, robots(), 100.5)
    turns = take_all(polite, 101.0)
    assert [turn.act for turn in turns] == ["fetch", "fetch", "fetch", "robots"]
    assert turns[-1].origin == "https://a"
    assert polite.queued == 1


def test_what_robots_forbids_takes_no_turn_and_no_delay():
    polite = politeness(voa=rules(delay=2.0, obey=True))
    polite.add([lease("http://a/private/1"), lease("http://a/private/2"), lease("http://a/open")], 100.0)
    [turn] = take_all(polite, 100.0)
    polite.done("a", 100.0)
    polite.set_robots("a", turn.origin, robots("User-agent: *\nDisallow: /private/"), 100.0)
    assert [turn.act for turn in take_all(polite, 102.0)] == ["disallowed", "disallowed", "fetch"]
    assert polite.queued == 0
    assert polite.in_flight == 1


def test_an_origin_without_robots_is_closed_until_it_is_asked_again():
    polite = politeness(voa=rules(obey=True))
    polite.add(leases("a", 2), 100.0)
    [turn] = take_all(polite, 100.0)
    polite.done("a", 100.0)
    polite.set_robots("a", turn.origin, robots(expires=160.0, problem="no answer"), 100.0)
    refused = take_all(polite, 100.0)
    assert [(turn.act, turn.problem) for turn in refused] == [("unavailable", "no answer")] * 2
    polite.add(leases("a", 1), 160.0)
    assert [turn.act for turn in take_all(polite, 160.0)] == ["robots"]


def test_expired_robots_is_fetched_again_before_the_next_page():
    polite = politeness(voa=rules(obey=True))
    polite.add(leases("a", 2), 100.0)
    [turn] = take_all(polite, 100.0)
    polite.done("a", 100.0)
    polite.set_robots("a", turn.origin, robots(expires=150.0), 100.0)
    assert [turn.act for turn in take_all(polite, 149.0)] == ["fetch"]
    polite.done("a", 150.0)
    assert [turn.act for turn in take_all(polite, 150.0)] == ["robots"]


def test_a_longer_crawl_delay_is_obeyed_and_a_delay_of_nothing_stays():
    for delay, wait in ((1.0, 7.0), (10.0, 10.0), (0.0, 0.0)):
        polite = politeness(voa=rules(delay=delay, obey=True))
        polite.add(leases("a", 2), 100.0)
        [turn] = take_all(polite, 100.0)
        polite.done("a", 100.0)
        polite.set_robots("a", turn.origin, robots("User-agent: *\nCrawl-delay: 7"), 100.0)
        [first] = take_all(polite, 200.0)
        assert first.act == "fetch"
        polite.done("a", 200.0)
        assert polite.wait(200.0) == pytest.approx(wait)


def test_a_host_that_asked_for_it_is_left_alone():
    polite = politeness(voa=rules(concurrency=2))
    polite.add(leases("a", 3) + leases("b", 1), 100.0)
    taken = take_all(polite, 100.0)
    assert len(taken) == 3
    polite.done("a", 101.0)
    assert [one.entry.url for one in polite.pause("a", 400.0)] == ["http://a/2"]
    assert polite.queued == 0
    polite.add(leases("a", 1), 399.9)
    assert take_all(polite, 399.9) == []
    assert urls(take_all(polite, 400.0)) == ["http://a/0"]


def test_two_sources_on_one_host_share_the_gentler_rules():
    polite = politeness(hasty=rules(delay=1.0, concurrency=5), calm=rules(delay=3.0, concurrency=2, obey=True))
    polite.add(leases("a", 1, "hasty"), 100.0)
    assert [turn.act for turn in take_all(polite, 100.0)] == ["fetch"]
    polite.add(leases("a", 1, "calm"), 100.0)
    assert take_all(polite, 100.9) == []
    assert [turn.act for turn in take_all(polite, 103.0)] == ["robots"]


def test_rules_that_become_gentler_hold_at_once():
    polite = politeness(hasty=rules(concurrency=5), calm=rules(concurrency=1))
    polite.add(leases("a", 3, "hasty"), 100.0)
    assert polite.next(100.0)
    polite.add(leases("a", 1, "calm"), 100.0)
    assert polite.next(100.0) is None
    assert polite.in_flight == 1
    polite.done("a", 101.0)
    assert polite.next(101.0)


def test_room_counts_what_waits_and_what_is_under_way():
    polite = politeness(voa=rules(concurrency=2))
    polite.add(leases("a", 5), 100.0)
    take_all(polite, 100.0)
    assert polite.room(64) == {"a": 59}


def test_draining_gives_all_that_waits_back():
    polite = politeness(voa=rules())
    polite.add(leases("a", 3) + leases("b", 1), 100.0)
    taken = take_all(polite, 100.0)
    assert {one.entry.url for one in polite.drain()} == {"http://a/1", "http://a/2"}
    assert len(taken) == 2
    assert polite.queued == 0
    polite.done("a", 101.0)
    assert polite.next(200.0) is None


def test_robots_of_another_run_holds_from_the_first_turn_on():
    polite = politeness(voa=rules(obey=True))
    polite.remember("http://a", robots("User-agent: *\nDisallow: /0"))
    polite.remember("http://b", robots("", expires=50.0))
    assert not polite.robots_of("http://a").allows("http://a/0")
    polite.add([*leases("a", 2), *leases("b", 1)], 100.0)
    turns = take_all(polite, 100.0)
    assert [(turn.act, turn.host) for turn in turns] == [("disallowed", "a"), ("robots", "b"), ("fetch", "a")]
    assert polite.origins == {"http://a", "http://b"}


def test_robots_holds_for_each_host_by_itself_whoever_needs_its_files():
    # What pages need to be shown lies with others often; it is their robots.txt that counts.
    polite = politeness(voa=rules(obey=True, concurrency=9))
    picture = Entry(url="http://cdn/a.png", kind="requisite", source="voa", referrer="http://a/0")
    polite.add([*leases("a", 1), Lease(entry=picture, first_seen=0.0)], 100.0)
    asked = take_all(polite, 100.0)
    assert {(turn.act, turn.origin) for turn in asked} == {("robots", "http://a"), ("robots", "http://cdn")}
    for turn in asked:
        polite.done(turn.host, 100.0)
        polite.set_robots(turn.host, turn.origin, robots("User-agent: *\nDisallow: /a.png"), 100.0)
    assert {(turn.act, turn.host) for turn in take_all(polite, 101.0)} == {("fetch", "a"), ("disallowed", "cdn")}


def test_hosts_for_which_nothing_waits_are_forgotten_and_the_others_are_not():
    polite = politeness(voa=rules(obey=True, delay=5.0))
    polite.add(leases("busy", 50), 100.0)
    [turn] = take_all(polite, 100.0)
    polite.done("busy", 100.0)
    polite.set_robots("busy", turn.origin, robots(), 100.0)
    now = 100.0
    for number in range(3 * MOST_HOSTS):
        host = f"h{number}"
        now += 0.01
        polite.add(leases(host, 1), now)
        turns = [turn for turn in take_all(polite, now) if turn.host == host]
        polite.done(host, now)
        polite.set_robots(host, turns[0].origin, robots("User-agent: *\nDisallow: /"), now)
        for turn in take_all(polite, now + 5.0):
            if turn.act == "fetch":
                polite.done(turn.host, now + 5.0)
    known = polite.room(64)
    assert len(known) <= MOST_HOSTS + 1
    assert "busy" in known
    assert len(polite.origins) <= MOST_HOSTS + 1


def seconds_until_the_small_are_done(*, with_large):
    """How long 20 hosts take for 20 pages each, of 0.1 s; beside one of 1,000 pages, of 30 s each."""
    polite = politeness(voa=rules(delay=2.0))
    if with_large:
        polite.add(leases("large", 1000), 0.0)
    for number in range(20):
        polite.add(leases(f"small{number}", 20), 0.0)
    now, left, under_way = 0.0, 400, []
    while left:
        for turn in take_all(polite, now):
            left -= turn.host != "large"
            heapq.heappush(under_way, (now + (30.0 if turn.host == "large" else 0.1), turn.host))
        wait = polite.wait(now)
        moments = [moment for moment, _ in under_way[:1]] + ([] if wait is None else [now + wait])
        now = max(min(moments), now + 1e-6)
        while under_way and under_way[0][0] <= now:
            polite.done(heapq.heappop(under_way)[1], now)
    return now


def test_a_large_slow_host_costs_the_small_no_second():
    alone = seconds_until_the_small_are_done(with_large=False)
    assert alone == pytest.approx(19 * 2.1, abs=0.2)
    assert seconds_until_the_small_are_done(with_large=True) == pytest.approx(alone, abs=0.01)


def test_large_robots_are_forgotten_sooner():
    polite = politeness(voa=rules(obey=True))
    text = "User-agent: *\n" + "#" * 500_000
    for number in range(100):
        polite.add(leases(f"h{number}", 1), 100.0)
        [turn] = take_all(polite, 100.0)
        polite.done(turn.host, 100.0)
        polite.set_robots(turn.host, turn.origin, robots(text), 100.0)
        [fetch] = take_all(polite, 100.0)
        polite.done(fetch.host, 100.0)
    assert len(polite.origins) * 500_000 <= MOST_ROBOTS_CHARACTERS + 1_000_000


@st.composite
def crawls(draw):
    """Sources with rules, what each host's robots.txt says, and when which URLs come in."""
    names = ("one", "two")
    by_source = {
        name: rules(draw(st.sampled_from([0.0, 0.3, 2.0])), draw(st.integers(1, 4)), draw(st.booleans()))
        for name in names
    }
    urls = st.builds(
        lambda scheme, host, path: f"{scheme}://{host}/{path}",
        st.sampled_from(["http", "https"]),
        st.sampled_from("abc"),
        st.sampled_from(["x", "y", "private/z"]),
    )
    arrivals = st.tuples(st.floats(0, 20), urls, st.sampled_from(names))
    return by_source, draw(st.lists(arrivals, max_size=60)), draw(st.randoms(use_true_random=False))


class Simulation:
    """A crawl in made-up time; checks the rules at each turn."""

    def __init__(self, by_source, arrivals, chance):
        self.polite = politeness(**by_source)
        self.by_source = by_source
        self.coming = sorted(arrivals, key=lambda one: one[0])
        self.chance = chance
        self.now = 0.0
        self.steps = 0
        self.settled = 0
        self.under_way: list[tuple[float, int, Turn]] = []
        self.strictest: dict[str, HostRules] = {}
        self.last: dict[str, float] = {}
        self.known: dict[str, RobotsRules] = {}
        self.asking: set[str] = set()

    def run(self):
        while self.coming or self.under_way or self.polite.queued:
            while self.coming and self.coming[0][0] <= self.now:
                self.arrive(*self.coming.pop(0)[1:])
            while self.under_way and self.under_way[0][0] <= self.now:
                self.end(heapq.heappop(self.under_way)[2])
            while turn := self.polite.next(self.now):
                self.take(turn)
            assert self.polite.in_flight == len(self.under_way)
            self.sleep()

    def arrive(self, url, source):
        self.polite.add([lease(url, source)], self.now)
        host, new = host_of(url), self.by_source[source]
        old = self.strictest.get(host, new)
        self.strictest[host] = rules(
            max(old.delay_seconds, new.delay_seconds),
            min(old.concurrency, new.concurrency),
            old.obey_robots or new.obey_robots,
        )

    def end(self, turn):
        self.polite.done(turn.host, self.now)
        if self.strictest[turn.host].concurrency == 1:
            self.last[turn.host] = self.now
        if turn.act == "robots":
            self.asking.discard(turn.origin)
            text = self.chance.choice(["", "User-agent: *\nDisallow: /private/", "User-agent: *\nCrawl-delay: 1"])
            expires = self.now + self.chance.choice([1.0, 1000.0])
            found = robots(text, expires=expires, problem=self.chance.choice([None] * 4 + ["no answer"]))
            self.known[turn.origin] = found
            self.polite.set_robots(turn.host, turn.origin, found, self.now)

    def take(self, turn):
        self.settled += turn.lease is not None
        host_rules = self.strictest[turn.host]
        if turn.act in ("disallowed", "unavailable"):
            assert not self.known[turn.origin].allows(turn.lease.entry.url)
            return
        if turn.act == "robots":
            assert host_rules.obey_robots
            assert turn.origin not in self.asking
            self.asking.add(turn.origin)
        elif host_rules.obey_robots:
            assert self.known[turn.origin].expires.timestamp() > self.now
            assert self.known[turn.origin].allows(turn.lease.entry.url)
        assert self.now - self.last.get(turn.host, -NEVER) >= host_rules.delay_seconds - 1e-6
        self.last[turn.host] = self.now
        self.steps += 1
        heapq.heappush(self.under_way, (self.now + self.chance.choice([0.0, 0.1, 3.0]), self.steps, turn))
        assert sum(one.host == turn.host for _, _, one in self.under_way) <= host_rules.concurrency

    def sleep(self):
        self.steps += 1
        assert self.steps < 5000, "no progress"
        moments = [one[0] for one in (*self.coming[:1], *self.under_way[:1])]
        wait = self.polite.wait(self.now)
        if wait is not None:
            moments.append(self.now + max(wait, 1e-6))
        assert moments or not self.polite.queued, "what waits would wait for ever"
        self.now = max(self.now, min(moments, default=self.now))


@given(crawls())
def test_whatever_happens_the_rules_hold_and_all_get_their_turn(crawl):
    by_source, arrivals, chance = crawl
    simulation = Simulation(by_source, arrivals, chance)
    simulation.run()
    assert simulation.settled == len(arrivals)


def test_rules_that_changed_hold_at_once_and_leases_nobody_follows_come_back():
    rules = {"a": HostRules(delay_seconds=60, concurrency=1, obey_robots=False)}
    politeness = Politeness(lambda name: rules[name])
    politeness.add([lease("https://a.example/1", "a"), lease("https://a.example/2", "a")], 0.0)
    assert politeness.next(0.0)
    politeness.done("a.example", 1.0)
    assert politeness.next(10.0) is None
    rules["a"] = HostRules(delay_seconds=5, concurrency=1, obey_robots=False)
    assert politeness.renew(lambda _: True, 10.0) == []
    assert politeness.wait(10.0) == 0
    rules["a"] = HostRules(delay_seconds=90, concurrency=1, obey_robots=False)
    politeness.renew(lambda _: True, 10.0)
    assert politeness.wait(10.0) == 81
    [given_back] = politeness.renew(lambda name: name != "a", 10.0)
    assert given_back.entry.url == "https://a.example/2"
    assert politeness.queued == 0
    assert politeness.wait(10.0) is None


def test_hosts_nobody_asks_any_more_are_forgotten():
    politeness = Politeness(lambda _: HostRules(delay_seconds=1, concurrency=1, obey_robots=False))
    politeness.add([lease("https://a.example/1", "a"), lease("https://b.example/1", "a")], 0.0)
    while politeness.next(0.0):
        pass
    politeness.done("a.example", 0.0)
    politeness.forget(3600.0)
    assert set(politeness.room(1)) == {"a.example", "b.example"}
    politeness.remember("https://b.example", robots(""))
    politeness.remember("https://c.example", robots(""))
    politeness.forget(30 * 3600.0)
    assert set(politeness.room(1)) == {"b.example"}
    # Of the third the leases were given back before their turn came.
    assert politeness.origins == {"https://b.example"}


def test_requisites_wait_behind_all_else_that_comes():
    polite = politeness(voa=rules())

    def part(number):
        return Lease(entry=Entry(url=f"http://a/{number}.png", kind="requisite", source="voa"), first_seen=0.0)

    polite.add([part(1), lease("http://a/1"), part(2)], 0.0)
    polite.add([lease("http://a/2")], 0.0)
    polite.add([part(3), lease("http://a/3")], 0.0)
    taken = []
    while turn := polite.next(0.0):
        taken.append(turn)
        polite.done("a", 0.0)
    pages, parts = [f"http://a/{n}" for n in (1, 2, 3)], [f"http://a/{n}.png" for n in (1, 2, 3)]
    assert urls(taken) == pages + parts


def test_all_but_one_kind_can_be_given_back():
    polite = politeness(voa=rules())
    part = Lease(entry=Entry(url="http://a/1.png", kind="requisite", source="voa"), first_seen=0.0)
    polite.add([lease("http://a/1"), part, lease("http://b/1")], 0.0)
    assert {one.entry.url for one in polite.drain(besides="requisite")} == {"http://a/1", "http://b/1"}
    assert polite.queued == 1
    assert polite.next(0.0).lease is part
    polite.done("a", 0.0)
    assert polite.next(0.0) is None
    assert polite.wait(0.0) is None


def test_hosts_that_do_not_answer_leave_places_to_those_that_do():
    polite = Politeness(lambda _: rules(), most_unanswered=3)
    polite.add([lease(f"http://{host}/{number}") for host in "abcdef" for number in range(2)], 0.0)
    assert [turn.host for turn in take_all(polite, 0.0)] == ["a", "b", "c"]
    assert polite.wait(0.0) is None
    # One that answers makes way for itself, and for the next that has not been asked.
    polite.note_answer("b", 1.0, answers=True)
    assert [turn.host for turn in take_all(polite, 1.0)] == ["d"]
    polite.done("b", 1.0)
    assert [turn.lease.entry.url for turn in take_all(polite, 1.0)] == ["http://b/1"]
    # One that hangs gives its place to another when its time is up.
    polite.done("a", 30.0)
    polite.note_answer("a", 30.0, answers=False)
    assert [turn.host for turn in take_all(polite, 30.0)] == ["e"]
    assert take_all(polite, 60.0) == []
    for host in "bcde":
        polite.note_answer(host, 60.0, answers=True)
        polite.done(host, 60.0)
    assert sorted(turn.host for turn in take_all(polite, 60.0)) == ["a", "c", "d", "e", "f"]


def test_a_host_that_ceases_to_answer_counts_again_as_one_that_does_not():
    polite = Politeness(lambda _: rules(concurrency=2), most_unanswered=2)
    polite.add(leases("a", 4) + leases("b", 2), 0.0)
    polite.note_answer("a", 0.0, answers=True)
    assert len(take_all(polite, 0.0)) == 4
    polite.done("a", 1.0)
    polite.note_answer("a", 1.0, answers=False)
    assert take_all(polite, 1.0) == []
    polite.done("b", 2.0)
    polite.done("b", 2.0)
    assert urls(take_all(polite, 2.0)) == ["http://a/2"]


def test_rules_that_are_renewed_lose_nobody_who_is_held_back():
    polite = Politeness(lambda _: rules(), most_unanswered=1)
    polite.add(leases("a", 1) + leases("b", 1), 0.0)
    assert [turn.host for turn in take_all(polite, 0.0)] == ["a"]
    assert polite.renew(lambda _: True, 0.0) == []
    assert take_all(polite, 0.0) == []
    polite.done("a", 1.0)
    assert [turn.host for turn in take_all(polite, 1.0)] == ["b"]
