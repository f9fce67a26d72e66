"""What a schedule is going to do: which visits are due, and how many requests that makes for each host. Pure."""

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

import msgspec

from crawler.frontier.entry import SeedState
from crawler.frontier.intake import host_of
from crawler.frontier.outlook import HostOutlook, Visit
from crawler.revisit import AGES, DAY, HOUR
from crawler.rulebook import seed_entries
from crawler.source import Source

LOOKS = 1 + sum(age < DAY for age in AGES)
"""Fetches of a new article on its first day."""
_FEW = 3
"""Visits of one kind to one source in one hour that are shown one by one."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A line for people: one visit, or many alike."""

    due: float
    source: str
    kind: str
    what: str


def add_unknown(sources: Iterable[Source], known: Iterable[SeedState]) -> list[SeedState]:
    """The seeds of these sources: as they are known, or, where no crawl has seen them yet, as their sources have them."""
    by_url = {seed.url: seed for seed in known}
    entries = [entry for source in sources for entry in seed_entries(source)]
    return [
        by_url.get(entry.url)
        or SeedState(
            url=entry.url,
            host=host_of(entry.url),
            source=entry.source,
            every_seconds=entry.every_seconds,
            pace=None,
        )
        for entry in entries
    ]


def requests_per_day(
    polls: Mapping[str, float],
    seeds: Iterable[SeedState],
    hosts: Iterable[HostOutlook],
    sources: Mapping[str, Source],
) -> dict[str, float]:
    """Requests that each host can expect of the next day: robots.txt, its seeds, what is due, and as much news as lately.

    No more of it than a source's `page_budget` and `delay` let through. `polls` are a day's by the URL of the seed. The
    busiest host comes first.
    """
    requests: dict[str, float] = {}
    for one in hosts:
        rules = sources[one.source].crawl
        pages = min(one.pages + LOOKS * one.new, rules.page_budget or math.inf)
        delay = rules.delay.total_seconds()
        most = DAY / delay if delay else math.inf
        requests[one.host] = requests.get(one.host, 1.0) + min(pages + one.requisites, most)
    for seed in seeds:
        requests[seed.host] = requests.get(seed.host, 1.0) + polls.get(seed.url, 0.0)
    return dict(sorted(requests.items(), key=lambda pair: (-pair[1], pair[0])))


def gather(visits: Iterable[Visit], *, now: float) -> Iterator[Row]:
    """Visits as people want them: where one source has many of a kind in one hour, they are counted. In order of time."""

    def hour(visit: Visit) -> int:
        return int(max(visit.due - now, 0.0) // HOUR)

    for _, of_hour in groupby(visits, key=hour):
        kinds: dict[tuple[str, str], list[Visit]] = {}
        for visit in of_hour:
            # A seed is looked for by its address, so each is shown.
            kinds.setdefault((visit.source, visit.url if visit.kind == "seed" else visit.kind), []).append(visit)
        rows = [row for alike in kinds.values() for row in _rows(alike)]
        yield from sorted(rows, key=lambda row: row.due)


def _rows(alike: list[Visit]) -> list[Row]:
    if len(alike) > _FEW:
        first = alike[0]
        what = f"{len(alike)} {first.kind}s, the last {alike[-1].url}"
        return [Row(due=first.due, source=first.source, kind=first.kind, what=what)]
    return [Row(due=visit.due, source=visit.source, kind=visit.kind, what=visit.url) for visit in alike]
