"""The commands that fetch: `crawl`, `save` and `demo`; and what a crawl says for itself, whoever started it."""

import signal
import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archive.context import CommandContext, collection_option, json_option

if TYPE_CHECKING:
    from archive.config import Settings
    from crawler.options import Options
    from crawler.report import Crawled
    from crawler.source import Source

SOME_FAILED = 4
INTERRUPTED = 130
ERRORS_SHOWN = 10


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--again", is_flag=True, help="Also articles within max_age that are not due yet.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Fetch at most N pages.")
@click.option("--since", metavar="TIME", help="Leave out candidates whose seed says they are older, such as 2d.")
@click.option("--dry-run", is_flag=True, help="Print what is due, and fetch nothing.")
@collection_option
@json_option
@click.pass_obj
def crawl(
    context: CommandContext,
    sources: tuple[str, ...],
    again: bool,
    limit: int | None,
    since: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Fetch everything that is due, of all sources or of those named, then seal and stop.

    What a crash left is taken up again. Ctrl-C and SIGTERM let what is under way be finished and sealed. Exit status 4:
    done, but some pages failed, or the store did not take everything. 130: Ctrl-C ended it.
    """
    from crawler.options import Options

    folder, settings, chosen = open_sources(context, sources)
    options = Options(
        sources=frozenset(source.name for source in chosen) if sources else None,
        limit=limit,
        since=_unix_time(since) if since else None,
    )
    if dry_run:
        _print_due(folder, chosen, again=again, as_json=as_json)
        return
    _run(folder, settings, all_sources(folder), options, again=again, as_json=as_json)


@click.command()
@click.argument("urls", nargs=-1, required=True, metavar="URL...")
@collection_option
@json_option
@click.pass_obj
def save(context: CommandContext, urls: tuple[str, ...], as_json: bool) -> None:
    """Capture these pages now, and read them.

    The rules of the source that covers a page hold for it: robots.txt, delay, extraction.
    """
    from archive.errors import QueryInvalid
    from crawler.frontier.entry import to_entry_url
    from crawler.options import Options

    folder = context.collection_folder()
    entry_urls = [to_entry_url(url) for url in urls]
    for url, entry_url in zip(urls, entry_urls, strict=True):
        if entry_url is None:
            raise QueryInvalid(f"{url!r} is not a web address (write it like https://www.example.org/story)")
    options = Options(urls=frozenset(url for url in entry_urls if url))
    _run(folder, context.settings(), all_sources(folder), options, again=False, as_json=as_json)


@click.command()
@click.option("--serve", "then_serve", is_flag=True, help="Serve the result for a browser afterwards.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where to make the collection; by default a new one.")
def demo(then_serve: bool, folder: Path | None) -> None:
    """Crawl a local news site, edit it, crawl again, and show what changed. Nothing leaves this machine."""
    from crawler.demo.tour import take_tour

    take_tour(folder, then_serve=then_serve)


def _run(
    folder: Path, settings: "Settings", sources: "list[Source]", options: "Options", *, again: bool, as_json: bool
) -> None:
    from crawler.progress import advise

    if not sources and options.urls is None:
        say("no sources yet: add one with `morgue source add URL`")
    outcome = run_and_report(folder, settings, sources, options, again=again, as_json=as_json)
    if options.urls is not None and outcome.signal is not None:
        say("stopped before all of them were captured; save the rest again")
    elif options.urls is None and (advice := advise(outcome)):
        say(advice)
    if outcome.signal == signal.SIGINT:
        sys.exit(INTERRUPTED)
    if outcome.counts.failed or outcome.failed_uploads:
        sys.exit(SOME_FAILED)


def run_and_report(
    folder: Path,
    settings: "Settings",
    sources: "list[Source]",
    options: "Options",
    *,
    again: bool = False,
    as_json: bool,
    metrics: tuple[str, int] | None = None,
) -> "Crawled":
    """Crawl, showing progress, and print what came of it."""
    from archive.stores.upload import explain_failed
    from crawler.crawl import crawl as run_crawl
    from crawler.progress import describe, show_progress

    on_event = say if options.endless or sys.stderr.isatty() else _unsaid
    with show_progress(endless=options.endless) as on_progress:
        outcome = run_crawl(
            folder,
            settings,
            sources,
            options,
            again=again,
            on_progress=on_progress,
            on_event=on_event,
            metrics=metrics,
        )
    counts, errors = outcome.counts, outcome.errors
    for url, error in islice(errors.items(), ERRORS_SHOWN):
        say(f"{url}: {error}")
    left = counts.failed - min(len(errors), ERRORS_SHOWN) - sum(rest.failed for rest in outcome.rests)
    if left > 0:
        say(f"and {left} more failed; what could not be fetched is tried again later")
    for rest in outcome.rests[:ERRORS_SHOWN]:
        say(rest.describe())
    if len(outcome.rests) > ERRORS_SHOWN:
        say(f"and {len(outcome.rests) - ERRORS_SHOWN} more hosts are left alone for now")
    for line in explain_failed(outcome.failed_uploads, folder):
        say(line)
    if as_json:
        import msgspec

        click.echo(msgspec.json.encode(counts).decode())
    else:
        click.echo(describe(counts))
    return outcome


def say(line: str) -> None:
    """Tell the person who started it something, or whoever reads its log."""
    click.echo(f"morgue: {line}", err=True)


def _unsaid(_: str) -> None:
    """Where nobody watches, a crawl that ends by itself says what it came to, and no more."""


def open_sources(context: CommandContext, names: tuple[str, ...]) -> "tuple[Path, Settings, list[Source]]":
    """The collection's folder, its settings, and the sources named (all where none is)."""
    from crawler.errors import SourceUnknown

    folder = context.collection_folder()
    settings = context.settings()
    sources = all_sources(folder)
    known = {source.name: source for source in sources}
    for name in names:
        if name not in known:
            there = ", ".join(sorted(known)) or "none: add one with `morgue source add URL`"
            raise SourceUnknown(f"{name}: no such source in {folder / 'sources'} (there: {there})")
    return folder, settings, [known[name] for name in names] if names else sources


def all_sources(folder: Path) -> "list[Source]":
    """The sources of a collection."""
    from crawler.source_file import load_sources

    return load_sources(folder / "sources")


def _unix_time(text: str) -> float:
    from datetime import UTC, datetime

    from archive.formats.timestamp import parse_time

    return parse_time(text, now=datetime.now(UTC)).timestamp()


def _print_due(folder: Path, sources: "list[Source]", *, again: bool, as_json: bool) -> None:
    import time

    import msgspec

    from crawler.frontier.frontier import Frontier
    from crawler.frontier.overview import FRONTIER_FILE
    from crawler.rulebook import seed_entries

    now = time.time()
    seeds = {entry.url: entry for source in sources for entry in seed_entries(source)}
    rows: list[dict[str, Any]] = []
    known: set[str] = set()
    if (folder / FRONTIER_FILE).exists():
        with Frontier(folder / FRONTIER_FILE) as frontier:
            names = frozenset(source.name for source in sources)
            for url, source, kind, due in frontier.due(now=float("inf") if again else now, sources=names):
                rows.append({"url": url, "source": source, "kind": kind, "overdue_seconds": round(max(now - due, 0))})
            known = frontier.known(seeds)
    rows += [
        {"url": seed.url, "source": seed.source, "kind": seed.kind, "overdue_seconds": 0}
        for seed in seeds.values()
        if seed.url not in known
    ]
    for row in rows:
        click.echo(msgspec.json.encode(row).decode() if as_json else f"{row['source']}\t{row['kind']}\t{row['url']}")
