"""How a source's seeds are at this moment: what `morgue source check` shows. Knows no network; keeps nothing."""

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from crawler.robots import RobotsRules
from crawler.seed_body import read_seed
from crawler.seeds import SeedReading
from crawler.source import Seed, SeedKind, Source
from crawler.visit import Visit

if TYPE_CHECKING:
    from crawler.fetch import Fetch, Fetched


class SeedState(msgspec.Struct, frozen=True, kw_only=True):
    """What one seed offered when it was checked."""

    kind: SeedKind
    url: str
    status: int | None = None
    """Of the answer; `None` where there was none."""
    candidates: int = 0
    children: int = 0
    """Sitemaps listed; those are not fetched."""
    articles: int = 0
    """Candidates that `article_urls` lets through."""
    newest: datetime | None = None
    """The newest date of any candidate or child."""
    problem: str | None = None


async def survey(source: Source, fetch: "Fetch", *, user_agent: str, now: datetime) -> tuple[SeedState, ...]:
    """Fetch and read each seed once, robots.txt obeyed where the source obeys it."""
    visit = Visit(fetch, user_agent=user_agent, now=now, obey=source.crawl.robots == "obey")
    return tuple([await _survey_seed(source, seed, visit) for seed in source.seeds])


async def _survey_seed(source: Source, seed: Seed, visit: Visit) -> SeedState:
    answer = await visit.get(seed.url)
    if answer is None:
        return SeedState(kind=seed.kind, url=seed.url, problem=_why_forbidden(await visit.robots(seed.url)))
    if answer.status != 200 or answer.error:
        problem = answer.error or f"answers with status {answer.status}"
        return SeedState(kind=seed.kind, url=seed.url, status=answer.status or None, problem=problem)
    reading = read_seed(seed.kind, answer.body, zone=source.zone)
    articles = sum(1 for candidate in reading.candidates if source.is_article_url(candidate.url))
    dates = [reading.newest, *(child.modified for child in reading.children)]
    return SeedState(
        kind=seed.kind,
        url=seed.url,
        status=answer.status,
        candidates=len(reading.candidates),
        children=len(reading.children),
        articles=articles,
        newest=max((date for date in dates if date), default=None),
        problem=_cut(answer, reading) or reading.problem or _find_problem(seed, source, reading, articles),
    )


def _cut(answer: "Fetched", reading: SeedReading) -> str | None:
    if answer.cut is None:
        return None
    count = len(reading.candidates) + len(reading.children)
    return f"is longer than max_response_size; {count} URLs were read before the cut (raise it in morgue.toml for the rest)"


def _find_problem(seed: Seed, source: Source, reading: SeedReading, articles: int) -> str | None:
    if reading.candidates and not articles:
        return "none of its URLs fits article_urls"
    if not reading.candidates and not reading.children:
        return "is empty"
    if seed.kind == "page" and not source.crawl.article_urls:
        return "is a page, and without article_urls every link counts as an article"
    return None


def _why_forbidden(robots: RobotsRules) -> str:
    if robots.unavailable:
        return f"robots.txt cannot be had, so nothing is fetched: {robots.problem}"
    return "robots.txt forbids it"
