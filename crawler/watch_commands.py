"""The commands that say how a collection stands: `status` and `doctor`. Both read only, and work while a crawl runs."""

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from archive.context import CommandContext, collection_option, json_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archive.collection import Collection
    from crawler.source import Source
    from crawler.watch.alert import Alert
    from crawler.watch.look import Look

FOUND = 1


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@collection_option
@json_option
@click.pass_obj
def status(context: CommandContext, sources: tuple[str, ...], as_json: bool) -> None:
    """Say how each source stands today, and what the collection holds.

    Per source: its last visit, new articles since midnight in its time zone beside the usual (the median of the same hours on
    earlier days, and on how many days that rests), edits, failing URLs, the part of the last day's requests that failed,
    sites that have changed their pages, and the next visit. With --json one object a source, then one for the collection,
    whose `source` is null.
    """
    from archive.errors import SettingInvalid
    from archive.output import print_json
    from crawler.watch.look import drifting_sites
    from crawler.watch.report import read_report
    from crawler.watch.table import print_report
    from pipelines.doctor import examine

    now = datetime.now(UTC)
    with context.open_collection() as collection:
        _check(collection, sources)
        try:
            drifting = drifting_sites(examine(collection.catalog, collection.folder, sources=sources))
        except SettingInvalid as error:  # a profile that someone has edited: the rest can be said all the same
            click.echo(f"morgue: {error}", err=True)
            drifting = {}
        report = read_report(collection, _followed(collection), now=now, drifting=drifting)
    shown = [one for one in report.sources if not sources or one.source in sources]
    if as_json:
        for one in (*shown, report.total):
            print_json(one)
        return
    print_report(shown, report.total, now=now)


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--notify", is_flag=True, help="Post what is new to alert_webhook, for when no `schedule run` does.")
@collection_option
@json_option
@click.pass_obj
def doctor(context: CommandContext, sources: tuple[str, ...], notify: bool, as_json: bool) -> None:
    """Say what needs someone: silent sources, errors, useless seeds, sites that have changed their pages.

    Each finding is one line: what, where, what to do; with --json each site has those of its source under
    `alerts`, and a last object those that are left. Exit status 1: there is a finding; 0: all is well.
    """
    from archive.output import print_json
    from crawler.watch.look import look_at
    from crawler.watch.table import print_health

    now = datetime.now(UTC)
    with context.open_collection() as collection:
        _check(collection, sources)
        followed = [one for one in _followed(collection) if not sources or one.name in sources]
        look = look_at(collection, followed, now=now, sites_of=sources)
    if as_json:
        for row in _rows(look):
            print_json(row)
    else:
        print_health(look.health)
        for alert in look.alerts:
            click.echo(_plain(alert.line))
    if notify:
        _tell(context, look.alerts, sources, now=now)
    if look.alerts or any(one.drifting for one in look.health):
        sys.exit(FOUND)


def _tell(context: CommandContext, alerts: "Sequence[Alert]", names: tuple[str, ...], *, now: datetime) -> None:
    import threading

    from crawler.watch.look import tell

    settings = context.settings()
    if not settings.alert_webhook:
        raise click.UsageError("--notify needs alert_webhook in morgue.toml, or MORGUE_ALERT_WEBHOOK")
    folder = context.collection_folder()
    among = set(names) if names else None
    tell(folder, settings, alerts, now=now.timestamp(), among=among, stop=threading.Event())


def _rows(look: "Look") -> "list[object]":
    """A site with the alerts of its source; last the collection, with its own and those of sources without a site."""
    import msgspec

    rows: list[object] = []
    shown = {one.source for one in look.health}
    for one in look.health:
        alerts = [alert for alert in look.alerts if alert.source == one.source]
        rows.append({**msgspec.structs.asdict(one), "alerts": alerts})
    rest = [alert for alert in look.alerts if alert.source not in shown]
    if rest:
        rows.append({"site": None, "source": None, "alerts": rest})
    return rows


def _check(collection: "Collection", names: tuple[str, ...]) -> None:
    from pipelines.commands import check_sources

    check_sources(collection, names)


def _followed(collection: "Collection") -> "list[Source]":
    from crawler.source_file import load_sources

    return load_sources(collection.folder / "sources")


def _plain(text: str) -> str:
    from archive.output import printable

    return printable(" ".join(text.split()))
