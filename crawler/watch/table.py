"""How reports are printed: tables that fit 100 columns on a terminal, lines parted by tabs elsewhere."""

from collections.abc import Sequence
from datetime import datetime

import click

from archive.formats.timestamp import from_timestamp
from archive.output import print_table, printable, readable_day, readable_size, readable_time
from crawler.watch.report import CollectionReport, SourceReport
from pipelines.doctor import SiteHealth

_COLUMNS = ("source", "last visit", "new today", "usual", "edits", "failing", "errors", "next visit", "remark")
_NAME_LENGTH = 20


def print_report(sources: Sequence[SourceReport], total: CollectionReport, *, now: datetime) -> None:
    """A table of the sources, the errors of those that have some, then what the collection holds in all."""
    rows = [
        (
            _shortened(one.source or "(none)"),
            _ago(one.last_visit, now),
            one.articles_today,
            "" if one.articles_usual is None else f"{one.articles_usual:g} ({one.usual_days} d)",
            one.versions_today,
            one.failing,
            "" if one.error_rate is None else f"{one.error_rate:.0%}",
            _ago(one.next_due, now),
            _remark(one),
        )
        for one in sources
    ]
    if rows:
        print_table(_COLUMNS, rows, right=_COLUMNS[2:7])
    for one in sources:
        if one.last_error and one.followed:
            click.echo(_plain(f"{one.source or '(none)'}: {one.last_error}: {one.last_error_url}"))
    newest = f", the newest of {readable_time(total.last_capture)} UTC" if total.last_capture else ""
    state = "a crawl is under way" if total.running else "no crawl is under way"
    lines = [
        f"{total.captures} captures and {total.revisits} revisits of {total.urls} URLs{newest}",
        f"{total.articles} articles in {total.versions} versions; today {total.articles_today} new, {total.versions_today} edits",
        f"{readable_size(total.size_bytes)} in {total.files} WARC files; {state}",
    ]
    if total.unread:
        lines.append(f"{total.unread} pages not read yet (`morgue extract` reads them)")
    if total.waiting_for_store:
        lines.append(f"{total.waiting_for_store} files wait for the store")
    click.echo("\n".join(lines))


def print_health(found: Sequence[SiteHealth]) -> None:
    """A table of the sites, then the pages that no longer fit."""
    if not found:
        click.echo("morgue: no articles yet (run `morgue crawl`)", err=True)
        return
    columns = ("site", "profile", "since", "pages", "fitting", "state")
    rows = [
        (
            one.site,
            (one.profile or "").partition("/")[2] or "none yet",
            readable_day(one.since[:8]) if one.since else "",
            one.pages,
            one.fitting if one.profile else "",
            "DRIFTING" if one.drifting else "",
        )
        for one in found
    ]
    print_table(columns, rows, right=("pages", "fitting"))
    for one in found:
        if one.drifting:
            click.echo(f"{one.site} has changed its pages; these do not fit its profile any more:")
            for url in one.examples:
                click.echo(f"  {printable(url)}")
        if one.remark and (one.drifting or one.profile is None):
            click.echo(
                f"{one.site}: last learned from on {readable_day((one.attempted or '')[:8])}: {printable(one.remark)}"
            )


def _remark(source: SourceReport) -> str:
    if source.source and not source.followed:
        return "removed"
    return "DRIFTING" if source.drifting else ""


def _ago(timestamp: str | None, now: datetime) -> str:
    """A time for a reader, as far away as it is."""
    if timestamp is None:
        return ""
    seconds = (now - from_timestamp(timestamp)).total_seconds()
    length = _length(abs(seconds))
    if abs(seconds) < 1:
        return "now"
    return f"{length} ago" if seconds > 0 else f"in {length}"


def _length(seconds: float) -> str:
    """A length of time in its largest unit.

    >>> _length(59), _length(3599), _length(7200), _length(400000)
    ('59 s', '59 min', '2 h', '4 d')
    """
    for unit, length, most in (("s", 1, 90), ("min", 60, 90), ("h", 3600, 48)):
        if seconds < length * most:
            return f"{int(seconds // length)} {unit}"
    return f"{int(seconds // 86400)} d"


def _shortened(name: str) -> str:
    return name if len(name) <= _NAME_LENGTH else f"{name[: _NAME_LENGTH - 1]}…"


def _plain(text: str) -> str:
    return printable(" ".join(text.split()))
