"""What is known of a source when alerts are decided."""

import msgspec

from crawler.frontier.overview import Standing
from crawler.watch.rules import WatchRules
from crawler.watch.tally import HourCount, SeedState

DAY = 86400.0
RUNS_ON_SECONDS = 300.0
"""A run that has noted nothing for so long is over, whatever became of it."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One source, as the catalog, the frontier and the journal show it."""

    source: str
    rules: WatchRules = WatchRules()
    slots: dict[int, int] = {}
    """New articles by quarter of an hour (unix time // 900)."""
    hours: dict[int, HourCount] = {}
    """Requests by hour (unix time // 3600)."""
    standing: Standing = Standing()
    seeds: tuple[SeedState, ...] = ()
    """How its seeds read."""
    drifting: tuple[str, ...] = ()
    """Sites of it whose pages have changed."""
