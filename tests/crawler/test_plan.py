from archive.formats.units import Duration
from crawler.frontier.outlook import HostOutlook, Visit
from crawler.plan import LOOKS, add_unknown, gather, requests_per_day
from crawler.source import Seed, Source

NOW = 1_000_000.0


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


def test_seeds_that_were_never_polled_are_due_at_once_and_count_for_their_host():
    seeds = tuple(
        Seed(kind="feed", url=f"https://paper.example/{name}", every=Duration(minutes=30)) for name in ("a", "b", "c")
    )
    source = Source(name="paper", site="https://paper.example/", seeds=seeds)
    hosts = {"paper.example": HostOutlook(polls=48)}
    visits = add_unknown([source], frozenset([seeds[0].url]), hosts, now=NOW)
    assert [(visit.url, visit.due) for visit in visits] == [(seeds[1].url, NOW), (seeds[2].url, NOW)]
    assert hosts["paper.example"].polls == 48 + 2 * 48


def test_a_days_requests_are_robots_polls_what_is_due_and_as_much_news_as_lately():
    assert requests_per_day(HostOutlook(polls=96, due=5, new=10)) == 1 + 96 + 5 + 10 * LOOKS
