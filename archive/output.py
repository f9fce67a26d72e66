"""How commands print: tables on a terminal, tab-separated lines elsewhere, JSON where it is asked for.

stdout is data; stderr is progress and messages. Captured text is hostile: no control character of it reaches a terminal.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

import click
import msgspec

from archive.model import ArticleVersion, Capture, SearchHit

if TYPE_CHECKING:
    from archive.history import Side
    from archive.verify import Finding

Progress = Callable[[str, int, int], None]
"""Called with the name of what is being read, and bytes done and in all."""

HIT_START, HIT_END = "\x02", "\x03"

# C0 and C1 controls, and what turns the reading direction for all that follows.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_PLAIN_STEPS = 10
_ROWS_AT_ONCE = 500


def capture_fields(capture: Capture) -> dict[str, Any]:
    """A capture as `lookup --json` prints it; a revisit's media type is `warc/revisit`, as in CDX files."""
    return {
        "urlkey": capture.urlkey,
        "timestamp": capture.timestamp,
        "url": capture.url,
        "mime": "warc/revisit" if capture.revisit else capture.mime,
        "status": capture.status,
        "digest": capture.digest,
        "length": capture.location.length,
        "offset": capture.location.offset,
        "filename": capture.location.file,
    }


def version_fields(version: ArticleVersion) -> dict[str, Any]:
    """A version as `history --json` prints it."""
    return {
        "number": version.number,
        "timestamp": version.timestamp,
        "change": version.change,
        "headline": version.headline,
        "text_digest": version.text_digest,
        "first_seen": version.first_seen,
        "last_seen": version.last_seen,
        "significance": version.significance,
        "silent": version.silent,
        "same_as": version.same_as,
        "touched": version.touched,
        "amended": [{"before": one.before, "after": one.after} for one in version.amended],
        "folded": version.folded,
    }


def version_remarks(version: ArticleVersion) -> list[str]:
    """What is to be said of a version beside the kind of its change."""
    remarks = (
        (version.silent, "silent"),
        (version.same_as is not None, f"same as {version.same_as}"),
        (version.touched, "redated"),
        (bool(version.amended), f"amended {len(version.amended)} x"),
        (version.folded > 0, f"+{version.folded} folded"),
    )
    return [remark for holds, remark in remarks if holds]


def side_line(sign: str, side: "Side") -> str:
    """The line that heads a side of a diff."""
    return (
        f"{sign * 3} version {side.version.number}, {readable_time(side.timestamp)} UTC, {_one_line(side.version.url)}"
    )


def hit_fields(hit: SearchHit) -> dict[str, Any]:
    """A hit as `search --json` prints it, its snippet without marks."""
    return {
        "url": hit.url,
        "timestamp": hit.timestamp,
        "headline": hit.headline,
        "snippet": hit.snippet.replace(HIT_START, "").replace(HIT_END, ""),
        "score": hit.score,
    }


def print_json(value: Any) -> None:
    """One object on one line."""
    click.echo(msgspec.json.encode(value))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = ()) -> None:
    """A table with headings on a terminal; elsewhere a line a row, its columns parted by tabs, for other programs."""
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join(_one_line(cell) for cell in row))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    left = iter(rows)
    first = True
    # Long answers come as several tables: not all of them fits into memory.
    while some := list(islice(left, _ROWS_AT_ONCE)):
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, show_header=first, header_style="bold", pad_edge=False)
        for column in columns:
            last = column == columns[-1]
            table.add_column(
                column,
                justify="right" if column in right else "left",
                no_wrap=not last,
                overflow="fold",
                min_width=8 if last else 0,
            )
        for row in some:
            table.add_row(*(Text(_one_line(cell)) for cell in row))
        console.print(table)
        first = False


def print_hit(hit: SearchHit) -> None:
    """A hit: three lines with its words marked on a terminal, one line elsewhere."""
    headline = _one_line(hit.headline or hit.url)
    if not sys.stdout.isatty():
        fields = hit_fields(hit)
        click.echo("\t".join(_one_line(fields[name]) for name in ("timestamp", "url", "headline", "snippet")))
        return
    parts = re.split(f"{HIT_START}([^{HIT_END}]*){HIT_END}", hit.snippet)
    marked = "".join(
        click.style(_one_line(part), fg="yellow", bold=True) if index % 2 else printable(part)
        for index, part in enumerate(parts)
    )
    click.secho(headline, bold=True)
    click.secho(f"{readable_time(hit.timestamp)} UTC  {_one_line(hit.url)}", dim=True)
    click.echo(f"{marked}\n")


def print_finding(finding: "Finding") -> None:
    """What is wrong, and where."""
    place = finding.file if finding.offset is None else f"{finding.file} at byte {finding.offset}"
    click.echo(_one_line(f"{place}: {finding.problem}"))


def printable(text: str) -> str:
    r"""The text without what would steer a terminal; line breaks and tabs stay.

    >>> printable("fine\x1b[2Jprint")
    'fine[2Jprint'
    """
    return _CONTROLS.sub("", text)


def readable_time(timestamp: str) -> str:
    """A timestamp for a reader.

    >>> readable_time("20240501103000")
    '2024-05-01 10:30:00'
    """
    day, clock = timestamp[:8], timestamp[8:]
    return f"{day[:4]}-{day[4:6]}-{day[6:]} {clock[:2]}:{clock[2:4]}:{clock[4:]}"


def readable_size(size_bytes: int) -> str:
    """A number of bytes, for a reader.

    >>> readable_size(999), readable_size(48_213), readable_size(1_000_000)
    ('999 bytes', '48 kB', '1.0 MB')
    """
    if size_bytes < 1000:
        return f"{size_bytes} bytes"
    if size_bytes < 999_500:
        return f"{size_bytes / 1000:.0f} kB"
    if size_bytes < 999_950_000:
        return f"{size_bytes / 1_000_000:.1f} MB"
    return f"{size_bytes / 1_000_000_000:.1f} GB"


def readable_day(day: str | None) -> str:
    """A day of 8 digits for a reader."""
    return f"{day[:4]}-{day[4:6]}-{day[6:]}" if day else ""


@contextmanager
def show_progress(task: str) -> Iterator[Progress]:
    """Show on stderr how far a task has come: a bar on a terminal, else a line for every tenth of it."""
    if not sys.stderr.isatty():
        yield _print_steps(task)
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn(task),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[name]}"),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        number = bar.add_task(task, total=None, name="")

        def show(name: str, done: int, total: int) -> None:
            bar.update(number, completed=done, total=total, name=printable(name))

        yield show


def _print_steps(task: str) -> Progress:
    shown = -1

    def show(name: str, done: int, total: int) -> None:
        nonlocal shown
        step = _PLAIN_STEPS if total <= 0 else done * _PLAIN_STEPS // total
        if step > shown:
            shown = step
            click.echo(f"morgue: {task} {step * 100 // _PLAIN_STEPS}% {printable(name)}".rstrip(), err=True)

    return show


def _one_line(cell: object) -> str:
    return "" if cell is None else printable(" ".join(str(cell).split()))
