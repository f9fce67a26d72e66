"""How sources stand, read from a frontier's file."""

from crawler.frontier.entry import Entry, Result
from crawler.frontier.frontier import Frontier
from crawler.frontier.overview import read_overview

FEED, TARGET = "http://paper.example/feed", "https://paper.example/feed"


def test_a_seed_that_redirects_answers_where_it_leads(tmp_path):
    path = tmp_path / "frontier.sqlite"
    seed = Entry(url=FEED, kind="seed", seed="feed", source="paper", every_seconds=900.0)
    target = Entry(url=TARGET, kind="seed", seed="feed", source="paper", redirects=1, referrer=FEED)
    with Frontier(path) as frontier:
        frontier.set_seeds("paper", [seed], now=100.0)
        frontier.settle([Result(url=FEED, due=900.0, status=301, discovered=(target,))], now=110.0)
        assert read_overview(path, now=120.0).sources["paper"].last_poll is None
        frontier.settle([Result(url=TARGET, due=None, status=200)], now=115.0)
        assert read_overview(path, now=120.0).sources["paper"].last_poll == 115.0
        frontier.settle([Result(url=TARGET, due=None, status=200, error="was cut")], now=130.0)
        assert read_overview(path, now=140.0).sources["paper"].last_poll is None


def test_a_host_that_is_left_alone_holds_its_seeds(tmp_path):
    path = tmp_path / "frontier.sqlite"
    seed = Entry(url=FEED, kind="seed", seed="feed", source="paper", every_seconds=900.0)
    with Frontier(path) as frontier:
        frontier.set_seeds("paper", [seed], now=100.0)
        frontier.pause("paper.example", 1000.0)
        paper = read_overview(path, now=200.0).sources["paper"]
        assert (paper.due, paper.oldest_due, paper.next_due) == (0, None, 1000.0)
        assert (paper.seeds[0].held_since, paper.seeds[0].due) == (100.0, 1000.0)
        later = read_overview(path, now=1000.0 + 3700.0).sources["paper"]
        assert (later.due, later.seeds[0].held_since) == (1, None), "nobody has come back to it"
