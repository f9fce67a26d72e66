"""A run takes in new rules while it goes on: what it may still fetch, how politely, and what its records say."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from crawler.rulebook import Rulebook, Rules, bounds_of, seed_entries
from crawler.run import CrawlRun
from crawler.source import Source

LOOK_SECONDS = 1.0
"""How often the files are looked at, whatever clock the run goes by."""


def renewing(run: CrawlRun, rulebook: Rulebook) -> Callable[[], Coroutine[Any, Any, None]]:
    """A companion of the run that has it go by the rulebook's files as they change."""

    async def renew() -> None:
        while True:
            # In a thread: a thousand sources are a thousand files, and their disk may be far away.
            if rules := await asyncio.to_thread(rulebook.renew):
                take_rules(run, rules)
            await asyncio.sleep(LOOK_SECONDS)

    return renew


def take_rules(run: CrawlRun, rules: Rules) -> None:
    """Go by other rules from now on. What is under way ends by those it began with."""
    before = run.sources
    run.settings = rules.settings
    run.failures.retries = run.missing.retries = run.hosts.troubles.retries = rules.settings.retries
    run.sources = {source.name: source for source in rules.sources}
    run.release(run.politeness.renew(run.is_followed, run.clock.now()))
    changed = [source for source in rules.sources if before.get(source.name) != source]
    run.submit(_set_seeds, run, changed)
    run.recorder.renew(rules.of_reading, rules.about)


def _set_seeds(run: CrawlRun, sources: Sequence[Source]) -> None:
    """Called in the frontier's thread."""
    for source in sources:
        run.frontier.set_seeds(source.name, seed_entries(source), now=run.clock.now(), bounds=bounds_of(source))
    seeds = [seed for seed in run.frontier.seed_states() if run.is_followed(seed.source)]
    run.rounds.load(seeds, requests_per_day=run.settings.requests_per_day)
    run.look_again()
