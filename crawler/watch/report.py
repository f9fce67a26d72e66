"""How a collection and each of its sources stand: the answer to `morgue status`, and what alerts are decided from.

Reads the catalog, the frontier and the journal, each as it is at this moment, beside a crawl that goes on.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

import msgspec

from archive.collection import Collection
from archive.formats.timestamp import to_timestamp
from archive.status import CollectionStatus, SourceStatus, read_status
from crawler.frontier.overview import FRONTIER_FILE, Standing, read_overview
from crawler.source import Source
from crawler.watch.evidence import DAY, RUNS_ON_SECONDS, Evidence
from crawler.watch.journal import JOURNAL_FILE, Journal, RunRow
from crawler.watch.tally import HOUR, HourCount, SeedState
from crawler.watch.usual import WEEK, WEEKS, Slots, Usual, day_so_far, local_days

LOOKED_BACK_WEEKS = 26
"""A source that has been silent for longer has no usual any more."""


class SourceReport(SourceStatus, frozen=True, kw_only=True):
    """How a source stands; the keys of `status --json`."""

    last_visit: str | None
    articles_today: int
    """First captured since midnight in the source's time zone."""
    articles_usual: float | None
    """Median of the same hours of earlier days; `None` while there are too few."""
    usual_days: int
    """How many days that is based on."""
    versions_today: int
    """Of them those that are not their article's first: edits."""
    failing: int
    """URLs whose last fetch failed."""
    last_error: str | None
    last_error_url: str | None
    requests_day: int
    """Of the last 24 hours, robots.txt and requisites left out."""
    failed_day: int
    error_rate: float | None
    """The part of them that failed; `None` where there were none."""
    drifting: tuple[str, ...]
    """Sites whose pages have ceased to fit what was learned of them."""
    due: int
    """URLs that are due now; none of a source that is followed no longer."""
    next_due: str | None
    followed: bool
    """Whether it has a source file."""


class CollectionReport(CollectionStatus, frozen=True, kw_only=True):
    """How the whole collection stands; the last object of `status --json`."""

    articles_today: int
    """Each source's day as its own time zone has it."""
    versions_today: int
    last_run: str | None
    """When a crawl was last under way."""
    running: bool
    """Whether one is."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """How everything stands, and the evidence that alerts are decided from."""

    sources: tuple[SourceReport, ...]
    total: CollectionReport
    evidence: tuple[Evidence, ...]
    """Of the sources that are followed."""
    runs: tuple[RunRow, ...]
    """The last ones, the newest first."""


def read_report(
    collection: Collection, sources: Sequence[Source], *, now: datetime, drifting: Mapping[str, tuple[str, ...]]
) -> Report:
    """Take stock. `drifting` are the sites that have changed their pages, by source."""
    moment = now.timestamp()
    status = read_status(collection)
    overview = read_overview(collection.folder / FRONTIER_FILE, now=moment)
    since = to_timestamp(datetime.fromtimestamp(moment - LOOKED_BACK_WEEKS * WEEK, UTC))
    slots = collection.catalog.article_slots(since=since)
    edits = collection.catalog.edits(since=to_timestamp(datetime.fromtimestamp(moment - 2 * DAY, UTC)))
    with Journal.open_to_read(collection.folder / JOURNAL_FILE) as journal:
        hours = journal.hours(since=moment - (WEEKS + 1) * WEEK)
        seeds = journal.seeds()
        runs = tuple(journal.runs())
    known = {source.name: source for source in sources}
    reports, evidence = [], []
    for one in status.sources:
        source = known.get(one.source)
        standing = overview.sources.get(one.source, Standing())
        counts = hours.get(one.source, {})
        zone = _zone(source)
        own = slots.get(one.source, {})
        usual = day_so_far(own, now=now, zone=zone, watched=local_days(own, zone) | _visited(counts, zone))
        sites = drifting.get(one.source, ())
        reports.append(_report(one, source, standing, counts, usual, edits.get(one.source, []), sites, now=now))
        if source:
            seen = [state for state in seeds if state.source == one.source]
            evidence.append(_evidence(source, own, counts, standing, seen, sites))
    return Report(
        sources=tuple(reports),
        total=_total(status.total, reports, runs, moment),
        evidence=tuple(evidence),
        runs=runs,
    )


def _report(
    status: SourceStatus,
    source: Source | None,
    standing: Standing,
    hours: Mapping[int, HourCount],
    usual: Usual,
    edits: Sequence[str],
    sites: tuple[str, ...],
    *,
    now: datetime,
) -> SourceReport:
    zone = _zone(source)
    midnight = to_timestamp(now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC))
    day = [count for hour, count in hours.items() if hour > (now.timestamp() - DAY) // HOUR]
    failed = sum(count.failed for count in day)
    tried = failed + sum(count.fetched for count in day)
    return SourceReport(
        **msgspec.structs.asdict(status),
        last_visit=_stamp(standing.last_visit),
        articles_today=usual.today,
        articles_usual=usual.usual,
        usual_days=usual.days,
        versions_today=sum(1 for seen in edits if seen >= midnight),
        failing=standing.failing,
        last_error=standing.error,
        last_error_url=standing.error_url,
        requests_day=tried,
        failed_day=failed,
        error_rate=round(failed / tried, 4) if tried else None,
        drifting=sites,
        due=standing.due if source else 0,
        next_due=_stamp(standing.next_due) if source else None,
        followed=source is not None,
    )


def _total(
    total: CollectionStatus, reports: Sequence[SourceReport], runs: Sequence[RunRow], now: float
) -> CollectionReport:
    fields = msgspec.structs.asdict(total)
    return CollectionReport(
        **fields,
        articles_today=sum(one.articles_today for one in reports),
        versions_today=sum(one.versions_today for one in reports),
        last_run=_stamp(runs[0].seen) if runs else None,
        running=bool(runs) and runs[0].ended is None and now - runs[0].seen < RUNS_ON_SECONDS,
    )


def _evidence(
    source: Source,
    slots: Slots,
    hours: Mapping[int, HourCount],
    standing: Standing,
    seeds: Sequence[SeedState],
    drifting: tuple[str, ...],
) -> Evidence:
    return Evidence(
        source=source.name,
        rules=source.watch,
        slots=dict(slots),
        hours=dict(hours),
        standing=standing,
        seeds=tuple(seeds),
        drifting=drifting,
    )


def _visited(hours: Mapping[int, HourCount], zone: tzinfo) -> set[date]:
    """The local days on which a source answered."""
    return {datetime.fromtimestamp(hour * HOUR, zone).date() for hour, count in hours.items() if count.fetched}


def _zone(source: Source | None) -> tzinfo:
    return ZoneInfo(source.timezone) if source else UTC


def _stamp(moment: float | None) -> str | None:
    return None if moment is None else to_timestamp(datetime.fromtimestamp(moment, UTC))
