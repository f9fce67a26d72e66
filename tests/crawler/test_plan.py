from archive.formats.units import Duration
from crawler.frontier.entry import SeedState
from crawler.frontier.outlook import HostOutlook, Visit
from crawler.plan import LOOKS, add_unknown, gather, requests_per_day
from crawler.source import CrawlRules, Seed, Source

NOW = 1_000_000.0


def paper(**rules):
    return Source(name="s", site="https://paper.example/", seeds=(), crawl=CrawlRules(**rules))


def visit(minutes, url, kind="page", source="paper"):
    return Visit(url=url, source=source, kind=kind, due=NOW + 60 * minutes)


def test_many_articles_of_one_hour_are_one_row_and_each_seed_has_its_own():
    visits = [visit(-5, "f1", "seed"), *(visit(n, f"a{n}") for n in range(30)), visit(40, "f2", "seed")]
    visits += [visit(61, "a61"), visit(62, "a62")]
    rows = [(round((row.due - NOW) / 60), row.kind, row.what) for row in gather(visits, now=NOW)]
    assert rows == [
        (-5, "seed", "f1"),
        (0, "page", "30 pages, the last a29"),
        (40, "seed", "f2"),
        (61, "page", "a61"),
        (62, "page", "a62"),
    ]


def test_seeds_that_were_never_polled_are_as_their_source_has_them():
    seeds = tuple(Seed(kind="feed", url=f"https://paper.example/{name}", every=Duration(minutes=30)) for name in "ab")
    source = Source(name="paper", site="https://paper.example/", seeds=seeds)
    known = SeedState(url=seeds[0].url, host="paper.example", source="paper", every_seconds=60, pace="learned")
    gone = SeedState(url="https://paper.example/gone", host="paper.example", source="paper", every_seconds=60, pace="")
    first, second = add_unknown([source], [known, gone])
    assert first == known
    assert (second.url, second.host, second.every_seconds) == (seeds[1].url, "paper.example", 1800)


def test_a_days_requests_are_robots_polls_what_is_due_and_as_much_news_as_lately():
    seeds = [SeedState(url=url, host=url[0], source="s", every_seconds=60, pace=None) for url in ("a1", "a2", "b1")]
    hosts = [HostOutlook(host="a", source="s", pages=5, new=10), HostOutlook(host="c", source="s", requisites=2)]
    polls = {"a1": 96.0, "a2": 4.0, "b1": 300.0}
    requests = requests_per_day(polls, seeds, hosts, {"s": paper()})
    assert list(requests.items()) == [("b", 1 + 300), ("a", 1 + 100 + 5 + 10 * LOOKS), ("c", 1 + 2)]


def test_a_days_requests_are_no_more_than_budget_and_delay_let_through():
    hosts = [HostOutlook(host="a", source="s", pages=50_000, requisites=7, new=50_000)]
    assert requests_per_day({}, [], hosts, {"s": paper(page_budget=5)}) == {"a": 1 + 5 + 7}
    slow = paper(page_budget=0, delay=Duration(minutes=1))
    assert requests_per_day({}, [], hosts, {"s": slow}) == {"a": 1 + 24 * 60}
