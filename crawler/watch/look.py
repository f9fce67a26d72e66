"""One look at a collection: its report, what its sites' pages fit, the alerts that hold, and who is told of them."""

import threading
from collections.abc import Collection as Names
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from archive.collection import Collection
from archive.config import Settings
from crawler.source import Source
from crawler.watch.alert import Alert, find_alerts
from crawler.watch.journal import JOURNAL_FILE, Journal
from crawler.watch.notice import body_of, notice_of, standing_after
from crawler.watch.report import Report, read_report
from pipelines.doctor import SiteHealth, examine


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen."""

    report: Report
    health: tuple[SiteHealth, ...]
    alerts: tuple[Alert, ...]


def look_at(
    collection: Collection, sources: Sequence[Source], *, now: datetime, sites_of: Names[str] | None = None
) -> Look:
    """Look at a collection, as far as these sources go; at sites of sources followed no longer, if `sites_of` says so."""
    names = {source.name for source in sources} if sites_of is None else sites_of
    health = examine(collection.catalog, collection.folder, sources=names)
    report = read_report(collection, sources, now=now, drifting=drifting_sites(health))
    alerts = find_alerts(report.evidence, report.runs, now=now.timestamp())
    return Look(report=report, health=tuple(health), alerts=tuple(alerts))


def drifting_sites(health: Sequence[SiteHealth]) -> dict[str, tuple[str, ...]]:
    """The sites that have changed their pages, by source."""
    found: dict[str, tuple[str, ...]] = {}
    for one in health:
        if one.drifting:
            found[one.source or ""] = (*found.get(one.source or "", ()), one.site)
    return found


def tell(
    folder: Path,
    settings: Settings,
    alerts: Sequence[Alert],
    *,
    now: float,
    among: set[str] | None,
    stop: threading.Event,
    waits: tuple[float, ...] | None = None,
) -> None:
    """Post what is new of these alerts, and note that it was said. Raises WebhookFailed, JournalUnreadable.

    `among` are the sources that were looked at; `None` for all, those included that are followed no longer. Without a
    webhook what is new counts as said.
    """
    with Journal.open(folder / JOURNAL_FILE) as journal:
        standing = journal.alerts()
        among = {"", *(one.source for one in standing)} if among is None else among
        notice = notice_of(alerts, standing, now=now, among=among)
        sent = False
        try:
            if notice and settings.alert_webhook:
                from crawler.watch.webhook import WAITS, post

                body = body_of(notice, collection=folder.absolute().name)
                post(settings.alert_webhook, body, agent=settings.agent, stop=stop, waits=waits or WAITS)
            sent = True
        finally:
            journal.set_alerts(standing_after(alerts, standing, notice, now=now, sent=sent, among=among))
