"""What the pages of sources show: which there are, and of one its articles a day, what was read of it, and what it changed."""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import msgspec

from archive.collection import Collection
from archive.errors import NoCapture
from archive.index.catalog import ReadingCount
from archive.index.catalog_news import SourceTotal
from archive.web.figures import Bars, draw_days, usual_count
from archive.web.revisions import Revision, RevisionQuestion, read_revisions
from archive.web.stories import Stories, Story, with_pictures

CHART_DAYS = 60
SPARK_DAYS = 30


class SourceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A source in the list of all."""

    name: str
    total: SourceTotal | None
    """`None` where no article of it was read yet."""
    spark: Bars
    last_read: str | None


class SourcePage(msgspec.Struct, frozen=True, kw_only=True):
    """One source."""

    name: str
    site: str | None
    """Its address, where the collection follows it."""
    total: SourceTotal | None
    last_read: str | None
    """Timestamp of the newest page that was read."""
    bars: Bars
    usual: float
    silent_days: int
    """Whole days without a new article, up to yesterday."""
    outcomes: Mapping[str, int]
    """Pages read in the last two weeks, by what came of it."""
    languages: Sequence[tuple[str, int]]
    """Of the newest articles."""
    newest: Sequence[Story]
    revisions: Sequence[Revision]


def read_sources(collection: Collection, today: date, last: Mapping[str, str]) -> list[SourceRow]:
    """All sources: those that the collection follows, and those that it holds articles of. `last` as `last_read` gives it."""
    catalog = collection.catalog
    days: dict[str, dict[str, int]] = {}
    start = today - timedelta(days=SPARK_DAYS)
    for one in catalog.day_counts(from_day=f"{start:%Y%m%d}", to_day=f"{today:%Y%m%d}"):
        days.setdefault(one.source or "", {})[one.day] = one.articles
    totals = {one.source or "": one for one in catalog.news_totals()}
    names = {path.stem for path in source_files(collection.folder)} | set(totals)
    return [
        SourceRow(
            name=name,
            total=totals.get(name),
            spark=draw_days(days.get(name, {}), today, SPARK_DAYS),
            last_read=last.get(name),
        )
        for name in sorted(names)
    ]


def read_source(
    collection: Collection,
    stories: Stories,
    name: str,
    today: date,
    last: Mapping[str, str],
    read: Sequence[ReadingCount],
) -> SourcePage:
    """One source; `last` and `read` are of all, as the catalog counts them. Raises NoCapture where there is no such."""
    catalog = collection.catalog
    site = _site_of(collection, name)
    total = next(iter(catalog.news_totals(name)), None)
    last_read = last.get(name)
    if total is None and site is None and last_read is None:
        raise NoCapture(f"{name}: no source of this name (see /sources)")
    start = today - timedelta(days=CHART_DAYS)
    found = catalog.day_counts(source=name, from_day=f"{start:%Y%m%d}", to_day=f"{today:%Y%m%d}")
    counts = {one.day: one.articles for one in found}
    outcomes: Counter[str] = Counter()
    for count in read:
        if (count.source or "") == name:
            outcomes[count.outcome] += count.count
    newest = stories.newest(collection, 48, source=name)
    return SourcePage(
        name=name,
        site=site,
        total=total,
        last_read=last_read,
        bars=draw_days(counts, today, CHART_DAYS),
        usual=usual_count(counts, today),
        silent_days=_silent_days(counts, today),
        outcomes=outcomes,
        languages=Counter(story.card.language for story in newest if story.card.language).most_common(8),
        newest=with_pictures(collection, newest[:24], 4),
        revisions=read_revisions(collection, stories, 8, RevisionQuestion(source=name)),
    )


def _silent_days(counts: Mapping[str, int], today: date) -> int:
    silent = 0
    while silent < CHART_DAYS and not counts.get(f"{today - timedelta(days=silent + 1):%Y%m%d}"):
        silent += 1
    return 0 if counts.get(f"{today:%Y%m%d}") else silent


def _site_of(collection: Collection, name: str) -> str | None:
    """The address in a source's file; `None` where there is no such file, or it cannot be read: `source check` says why."""
    for path in source_files(collection.folder):
        if path.stem == name:
            try:
                site = tomllib.loads(path.read_text("utf-8")).get("site")
            except (OSError, ValueError):
                return None
            return site if isinstance(site, str) else None
    return None


def source_files(folder: Path) -> Iterator[Path]:
    """The files of the sources that a collection follows."""
    return (folder / "sources").glob("*.toml")
