"""The commands of `morgue schedule`: crawl without end, say what is due when, and write what starts it by itself."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.context import CommandContext, collection_option, json_option
from crawler.commands import SOME_FAILED, all_sources, open_sources, run_and_report, say
from crawler.watch.address import MetricsAddress

if TYPE_CHECKING:
    from crawler.frontier.entry import SeedState
    from crawler.frontier.outlook import Visit


@click.group()
def schedule() -> None:
    """Crawl again and again, each source at its own pace."""


@schedule.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option(
    "--metrics",
    type=MetricsAddress(),
    help="Serve the run's metrics for Prometheus there; on this machine only where no HOST is named. 0 takes any free port.",
)
@collection_option
@json_option
@click.pass_obj
def run(context: CommandContext, sources: tuple[str, ...], metrics: tuple[str, int] | None, as_json: bool) -> None:
    """Crawl what falls due, of all sources or of those named, until stopped.

    SIGTERM and Ctrl-C let what is under way be finished and sealed, and end it with status 0; a second one ends it at
    once. Refused while another process writes to the collection.
    """
    from crawler.options import Options

    folder, settings, chosen = open_sources(context, sources)
    names = frozenset(source.name for source in chosen) if sources else None
    outcome = run_and_report(
        folder,
        settings,
        all_sources(folder),
        Options(sources=names, endless=True),
        as_json=as_json,
        metrics=metrics,
    )
    # Pages that failed are the schedule's daily work; what the store did not take is for a person to see.
    if outcome.failed_uploads:
        sys.exit(SOME_FAILED)


@schedule.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option(
    "--hours", type=click.FloatRange(min=0, max=24 * 366), metavar="N", help="Look so far ahead; by default 24."
)
@click.option("--until", metavar="TIME", help="Look ahead to this time.")
@collection_option
@json_option
@click.pass_obj
def plan(
    context: CommandContext, sources: tuple[str, ...], hours: float | None, until: str | None, as_json: bool
) -> None:
    """Say what is going to be fetched when, and how many requests each host is to expect a day.

    Fetches nothing, and works while a crawl runs. Of each URL it is the next visit; a day's requests count what is known
    today, and as many new articles as the last day had, as far as page_budget and delay let them through.
    """
    import time

    from crawler.frontier.outlook import HostOutlook, Outlook, Visit
    from crawler.frontier.overview import FRONTIER_FILE
    from crawler.plan import add_unknown, requests_per_day
    from crawler.rounds import Rounds, limits_of

    folder, settings, chosen = open_sources(context, sources)
    now = time.time()
    end = _end(now, hours, until)
    # The budget of polls is that of all sources, whichever are asked about.
    everything = {source.name: source for source in all_sources(folder)}
    names = frozenset(source.name for source in chosen)
    rounds = Rounds(limits_of(lambda name: everything.get(name or "")))
    with ExitStack() as stack:
        known: list[SeedState] = []
        visits: Iterator[Visit] = iter(())
        hosts: list[HostOutlook] = []
        if (folder / FRONTIER_FILE).exists():
            outlook = stack.enter_context(Outlook(folder / FRONTIER_FILE))
            known = outlook.seeds(frozenset(everything))
            visits, hosts = outlook.visits(names, until=end), outlook.hosts(names, now=now)
        seeds = add_unknown(everything.values(), known)
        rounds.load(seeds, requests_per_day=settings.requests_per_day)
        seen = {seed.url for seed in known}
        seeds = [seed for seed in seeds if seed.source in names]
        new = [Visit(url=s.url, source=s.source or "", kind="seed", due=now) for s in seeds if s.url not in seen]
        requests = requests_per_day(rounds.expected_per_day(), seeds, hosts, everything)
        _print_plan(chain(new, visits), requests, now=now, as_json=as_json)


def _end(now: float, hours: float | None, until: str | None) -> float:
    from archive.errors import QueryInvalid
    from archive.formats.timestamp import parse_time

    if until is None:
        return now + 3600.0 * (24.0 if hours is None else hours)
    if hours is not None:
        raise QueryInvalid("--hours and --until exclude each other (give one of them)")
    end = parse_time(until, now=datetime.now(UTC), end=True).timestamp()
    if end < now:
        raise QueryInvalid(f'--until: "{until}" is in the past (write --hours 12, or a time to come)')
    return end


def _print_plan(visits: "Iterable[Visit]", requests: Mapping[str, float], *, now: float, as_json: bool) -> None:
    from archive.formats.timestamp import to_timestamp
    from archive.output import print_json, print_table
    from crawler.plan import gather

    if as_json:
        for visit in visits:
            due = to_timestamp(datetime.fromtimestamp(visit.due, UTC))
            print_json({"url": visit.url, "source": visit.source, "kind": visit.kind, "due": due})
        for host, count in requests.items():
            print_json({"host": host, "requests_per_day": round(count, 1)})
        return
    rows = ((_when(row.due, now), row.source, row.kind, row.what) for row in gather(visits, now=now))
    print_table(("due", "source", "kind", "what"), rows)
    counts = ((host, f"{count:.0f}") for host, count in requests.items())
    print_table(("host", "requests a day"), counts, right=("requests a day",))


def _when(due: float, now: float) -> str:
    return "now" if due <= now else f"{datetime.fromtimestamp(due, UTC):%Y-%m-%d %H:%M:%S}"


@schedule.command()
@click.argument("kind", type=click.Choice(["systemd", "cron", "kubernetes"]))
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write it there, never over a file.")
@click.option("--image", metavar="IMAGE", help="Of kubernetes: the container image that has `morgue`.")
@collection_option
@click.pass_obj
def install(context: CommandContext, kind: str, output: Path | None, image: str | None) -> None:
    """Write what starts the crawl by itself: a systemd unit, a crontab line, or a Kubernetes CronJob.

    To stdout by default; nothing is installed. The unit runs `morgue schedule run`, the other two `morgue crawl` every
    quarter of an hour.
    """
    from archive.errors import FolderUnwritable, QueryInvalid
    from crawler.installation import find_installation
    from crawler.service_files import cron_job, crontab_line, systemd_unit

    if image is not None and kind != "kubernetes":
        raise QueryInvalid(f"--image: {kind} runs no container (leave it out)")
    here = find_installation(context.collection_folder())
    if kind == "kubernetes":
        text = cron_job(here, image=image or "registry.example.org/newsmorgue:0.1.0")
    else:
        text = systemd_unit(here) if kind == "systemd" else crontab_line(here)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise FolderUnwritable(f"{output}: exists already (name another file, or remove it first)") from None
    say(f"wrote {output}; nothing is installed yet")
