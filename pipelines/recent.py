"""What was read lately of a site, out of the catalog: where watching it begins, for a crawl and for `morgue doctor`."""

from collections.abc import Sequence

from archive.index.catalog import Catalog
from archive.model import Capture
from archive.versions import OWN, ReadingEntry
from pipelines.extract.version import EXTRACTOR
from pipelines.watch import REMEMBERED, Seen, SiteWatch


def watch_of(recent: Sequence[tuple[Capture, tuple[ReadingEntry, ...]]]) -> SiteWatch:
    """The same, of pages that were looked up already."""
    return SiteWatch(Seen(capture=capture, profile=_profile_of(readings)) for capture, readings in recent)


def watch_site(catalog: Catalog, key: str) -> SiteWatch:
    """What was read lately of the site whose urlkeys begin with `key`, such as `org,example)`."""
    return watch_of(catalog.recent_articles(key, EXTRACTOR, limit=REMEMBERED))


def _profile_of(readings: Sequence[ReadingEntry]) -> str | None:
    """With which profile a page was read last; one that fits, and was read by the readers too for a comparison, fits."""
    last = readings[-1].profile
    fitting = last.removesuffix(OWN) if last else None
    return fitting if any(reading.profile == fitting for reading in readings) else last
