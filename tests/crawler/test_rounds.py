"""Polls of a seed as the frontier keeps them: what is learned outlives a run, and child sitemaps teach their index."""

import msgspec
import pytest

from crawler import pace as paces
from crawler.frontier.entry import Entry, Result
from crawler.frontier.frontier import Frontier
from crawler.pace import DAY, HOUR
from crawler.rounds import Rounds, limits_of
from crawler.source import CrawlRules, Source

NOW = 20_000 * DAY
FEED = Entry(url="http://a.example/feed", kind="seed", seed="feed", every_seconds=3600.0, source="a")
SOURCE = Source(name="a", site="http://a.example/", crawl=CrawlRules())
LIMITS_OF = limits_of({"a": SOURCE}.get)


@pytest.fixture
def frontier(tmp_path):
    with Frontier(tmp_path / "frontier.sqlite") as frontier:
        frontier.set_seeds("a", [FEED], now=NOW)
        yield frontier


@pytest.fixture
def rounds(frontier):
    rounds = Rounds(LIMITS_OF)
    rounds.load(frontier.seed_states())
    return rounds


def poll(frontier, rounds, now, new=0, **result):
    [seed] = frontier.seed_states(FEED.url)
    plain = Result(url=FEED.url, due=now + 3600.0, **{"status": 200, **result})
    frontier.settle([rounds.polled(seed, plain, [None] * new, now)], now=now)
    return frontier.next_due()


def test_the_first_interval_is_every_and_the_next_is_learned(frontier, rounds):
    assert poll(frontier, rounds, NOW) == NOW + HOUR
    assert poll(frontier, rounds, NOW + HOUR, 4) != NOW + 2 * HOUR


def test_what_was_learned_outlives_the_run(frontier, rounds):
    for n in range(30):
        poll(frontier, rounds, NOW + n * HOUR, 2)
    again = Rounds(LIMITS_OF)
    again.load(frontier.seed_states())
    [seed] = frontier.seed_states()
    assert 40 < paces.rate(paces.from_json(seed.pace)) * DAY < 56
    assert again.expected_per_day() == pytest.approx({FEED.url: 24.0}, rel=0.01)


def test_a_poll_that_failed_teaches_nothing(frontier, rounds):
    due = poll(frontier, rounds, NOW)
    before = frontier.seed_states()
    assert poll(frontier, rounds, due, status=500, error="status 500", attempts=1) == due + HOUR
    for refusal in (401, 403, 410):
        assert poll(frontier, rounds, due, status=refusal) == due + HOUR
    assert frontier.seed_states() == before


def test_a_seed_that_our_limit_cut_is_learned_all_the_same(frontier, rounds):
    poll(frontier, rounds, NOW)
    poll(frontier, rounds, NOW + HOUR, 9, error="is longer than max_response_size")
    [seed] = frontier.seed_states()
    assert paces.from_json(seed.pace).news == 9


def test_what_a_seed_led_to_teaches_the_seed(frontier, rounds):
    due = poll(frontier, rounds, NOW)
    poll(frontier, rounds, due)
    [seed] = frontier.seed_states(FEED.url)
    child = Entry(url="http://a.example/child", kind="seed", seed="sitemap", source="a", redirects=1, referrer=FEED.url)
    frontier.add([child], now=due)
    paced = rounds.found(seed, [due - 60.0] * 20, due + 1)
    before = paces.rate(paces.from_json(seed.pace))
    frontier.settle([Result(url=child.url, due=None, status=200, paced=(paced,))], now=due + 1)
    [taught] = frontier.seed_states(FEED.url)
    assert paces.rate(paces.from_json(taught.pace)) > 3 * before
    assert frontier.next_due() == paced.due
    assert [seed.url for seed in frontier.seed_states()] == [FEED.url]
    assert rounds.found(taught, [], due + 2) is None


def test_a_state_that_is_damaged_starts_again(frontier, rounds):
    poll(frontier, rounds, NOW)
    [seed] = frontier.seed_states()
    damaged = msgspec.structs.replace(seed, pace='{"at": "yesterday"}')
    result = rounds.polled(damaged, Result(url=FEED.url, due=1.0, status=200), [], NOW)
    assert result.due == NOW + HOUR


def test_a_budget_holds_for_all_seeds(frontier, rounds):
    fast = msgspec.structs.replace(FEED, url="http://b.example/feed", source="unknown", every_seconds=900.0)
    frontier.set_seeds("unknown", [fast], now=NOW)
    rounds.load(frontier.seed_states())
    assert rounds.expected_per_day() == {FEED.url: 24.0, fast.url: 96.0}
    for n in range(10):
        poll(frontier, rounds, NOW + n * HOUR, 3)
    rounds.load(frontier.seed_states(), requests_per_day=60)
    assert sum(rounds.expected_per_day().values()) == pytest.approx(60, rel=0.01)


def test_a_short_list_is_polled_before_it_rolls_over(frontier, rounds):
    seed, now = frontier.seed_states()[0], NOW
    for _ in range(50):
        result = rounds.polled(seed, Result(url=FEED.url, due=now, status=200), [None] * 2, now, listed=4)
        seed, now = msgspec.structs.replace(seed, pace=result.pace), now + HOUR
    assert result.due - (now - HOUR) <= HOUR * 1.1
    kept = rounds.polled(seed, Result(url=FEED.url, due=now, status=304), [], now)
    assert paces.from_json(kept.pace).listed == 4
    # The budget knows of it: others are polled less.
    assert rounds.expected_per_day()[FEED.url] >= 23


def test_a_crawl_learns_from_its_seeds_and_its_articles(new_collection, paper):
    news = new_collection()
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")])
    paper.publish(3)
    news.crawl()
    paper.publish(5)
    news.crawl("--again")
    with Frontier(news.folder / "frontier.sqlite") as frontier:
        [seed] = frontier.seed_states()
        watched = frontier.watched()
    pace = paces.from_json(seed.pace)
    assert pace.learned
    # Its clock has moved by a second or two: what has come in that time is spread over it.
    assert pace.news == pytest.approx(2, rel=0.01)
    assert pace.listed == 5
    assert [(one.source, one.section, one.edits) for one in watched] == [("paper", "story", 0.0)]
