"""How a crawl shows that it goes on: a line that moves on a terminal, a line a while elsewhere; always on stderr."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click

from crawler.report import Crawled, Progress
from pipelines.kept import Counts

PLAIN_SECONDS = 10.0
"""How often a line is printed where nobody watches."""


@contextmanager
def show_progress(*, endless: bool) -> Iterator[Callable[[Progress], None]]:
    """Give a function that shows where the run stands. On a terminal it draws, else it prints now and then."""
    if not sys.stderr.isatty():
        yield _print_now_and_then(endless)
        return
    from rich.console import Console
    from rich.status import Status

    with Status("starting", console=Console(stderr=True)) as status:
        yield lambda progress: status.update(_line(progress))


def describe(counts: Counts) -> str:
    """What a run did, in one line."""
    parts = [
        f"{counts.exchanges} exchanges kept",
        f"{counts.captures} captures",
        f"{counts.revisits} revisits",
        f"{counts.articles} new articles",
        f"{counts.versions} new versions",
    ]
    if counts.failed:
        parts.append(f"{counts.failed} failed")
    return ", ".join(parts)


def advise(outcome: Crawled) -> str | None:
    """What a person may want to know of a crawl that did less than all: in one line."""
    if outcome.signal is not None:
        return "stopped before all that is due was fetched; the next `morgue crawl` goes on from here"
    went_well = not outcome.counts.failed and not outcome.failed_uploads
    if outcome.counts.exchanges == 0 and went_well and outcome.next_due is not None:
        due = datetime.fromtimestamp(outcome.next_due, UTC)
        return f"nothing is due before {due:%Y-%m-%d %H:%M:%S} UTC (--again visits recent articles now)"
    return None


def _print_now_and_then(endless: bool) -> Callable[[Progress], None]:
    last = time.monotonic()
    shown = ""

    def show(progress: Progress) -> None:
        nonlocal last, shown
        line = _line(progress)
        # An endless run is silent while nothing happens: its log is read by people later.
        if time.monotonic() - last >= PLAIN_SECONDS and not (endless and line == shown):
            click.echo(f"morgue: {line}", err=True)
            last, shown = time.monotonic(), line

    return show


def _state(progress: Progress) -> str:
    if progress.is_stopping:
        return "stopping · "
    if progress.next_due is None or progress.queued or progress.in_flight or progress.to_read:
        return ""
    return f"waiting until {datetime.fromtimestamp(progress.next_due, UTC):%H:%M:%S} UTC · "


def _line(progress: Progress) -> str:
    counts = progress.counts
    return _state(progress) + (
        f"{counts.captures + counts.revisits} kept ({counts.revisits} unchanged) · {counts.versions} new versions · "
        f"{progress.queued} queued · {progress.in_flight} under way · {progress.to_read} to read"
        + (f" · {progress.to_store} to store" if progress.to_store else "")
    )
