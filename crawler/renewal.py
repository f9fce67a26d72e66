"""A run takes in new rules while it goes on: what it may still fetch, how politely, and what its records say."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import msgspec

from crawler.errors import RenderUnavailable
from crawler.render.availability import leave_out
from crawler.rulebook import Rulebook, Rules, bounds_of, claims_entry, seed_entries
from crawler.run import CrawlRun
from crawler.source import Source

LOOK_SECONDS = 1.0
"""How often the files are looked at, whatever clock the run goes by."""


def renewing(
    run: CrawlRun, rulebook: Rulebook, *, on_event: Callable[[str], None]
) -> Callable[[], Coroutine[Any, Any, None]]:
    """A companion of the run that has it go by the rulebook's files as they change."""

    async def renew() -> None:
        while True:
            # In a thread: a thousand sources are a thousand files, and their disk may be far away.
            if rules := await asyncio.to_thread(rulebook.renew):
                for name, why in take_rules(run, rules).items():
                    on_event(f"sources/{name}.toml: {why}")
            await asyncio.sleep(LOOK_SECONDS)

    return renew


def take_rules(run: CrawlRun, rules: Rules) -> dict[str, str]:
    """Go by other rules from now on; returns what newly keeps sources from being visited here.

    What is under way ends by the rules it began with.
    """
    before = run.sources
    left_out_before, unrendered = run.options.left_out, _unrendered(run, rules)
    run.options = msgspec.structs.replace(run.options, left_out=frozenset(unrendered))
    run.settings = rules.settings
    for failures in (run.settlement.failures, run.settlement.missing, run.hosts.troubles):
        failures.retries = rules.settings.retries
    run.sources = {source.name: source for source in rules.sources}
    run.release(run.politeness.renew(run.is_followed, run.clock.now()))
    changed = [source for source in rules.sources if before.get(source.name) != source]
    run.submit(_set_seeds, run, changed)
    run.recorder.renew(rules.of_reading, rules.about)
    return {name: why for name, why in unrendered.items() if name not in left_out_before}


def _unrendered(run: CrawlRun, rules: Rules) -> dict[str, str]:
    try:
        return leave_out(rules.sources, run.settings.browser, wanted=run.options.sources)
    except RenderUnavailable as error:
        # No reason to end what goes on: other sources may be added.
        return {source.name: str(error) for source in rules.sources if source.crawl.render}


def _set_seeds(run: CrawlRun, sources: Sequence[Source]) -> None:
    """Called in the frontier's thread."""
    for source in sources:
        run.frontier.set_seeds(source.name, seed_entries(source), now=run.clock.now(), bounds=bounds_of(source))
        if run.settings.tdm == "ask":
            run.frontier.add([claims_entry(source)], now=run.clock.now())
    seeds = [seed for seed in run.frontier.seed_states() if run.is_followed(seed.source)]
    run.rounds.load(seeds, requests_per_day=run.settings.requests_per_day)
    run.look_again()
