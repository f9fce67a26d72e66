"""How `morgue source` shows sources and seeds: objects under the keys of a source file, or tables for people."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from archive.output import print_table, printable

if TYPE_CHECKING:
    # Listing sources and adding presets read no seeds, so they load nothing that does.
    from crawler.discovery import Discovery
    from crawler.seeds import SeedReading
    from crawler.source import Source
    from crawler.survey import SeedState


def to_dict(one: "Source") -> dict[str, Any]:
    """A source under the keys of its file; times as the file writes them."""
    result: dict[str, Any] = msgspec.to_builtins(one, enc_hook=lambda value: value.to_text())
    return result


def added_to_dict(found: "Discovery", added: "Source", path: Path) -> dict[str, Any]:
    """A source that was just added, with what was found, chosen or not."""
    return {
        **to_dict(added),
        "file": str(path),
        "found": [
            {"url": one.seed.url, "kind": one.seed.kind, "origin": one.origin, **_reading_to_dict(one.reading)}
            for one in found.found
        ],
        "left_out": [
            {"url": one.url, "kind": one.kind, "reason": one.reason, **_reading_to_dict(one.reading)}
            for one in found.dropped
        ],
        "fetches": found.fetches,
    }


def _reading_to_dict(reading: "SeedReading | None") -> dict[str, Any]:
    from crawler.offers import newest_of

    if reading is None:
        return {"form": None, "candidates": 0, "children": 0, "newest": None}
    candidates, children = len(reading.candidates), len(reading.children)
    return {"form": reading.form, "candidates": candidates, "children": children, "newest": newest_of(reading)}


def print_added(found: "Discovery", added: "Source", path: Path) -> None:
    """What was found, chosen or not, and where it was written."""
    rows: list[tuple[str, ...]] = [
        (one.seed.kind, one.seed.url, *_reading_row(one.reading), "chosen") for one in found.found
    ]
    rows += [(one.kind or "-", one.url, *_reading_row(one.reading), f"left out: {one.reason}") for one in found.dropped]
    _print_seeds(("kind", "url", "form", "offers", "newest", "chosen"), rows, plain="chosen")
    patterns = " or ".join(added.crawl.article_urls) or "every candidate"
    click.echo(f"wrote {path} (articles: {patterns}); next: morgue crawl {added.name}", err=True)


def _reading_row(reading: "SeedReading | None") -> tuple[str, str, str]:
    from crawler.offers import count_of, newest_of

    if reading is None:
        return "-", "-", "-"
    newest = newest_of(reading)
    return reading.form or "-", count_of(reading), f"{newest:%Y-%m-%d %H:%M}" if newest else "-"


def print_states(states: "Sequence[SeedState]") -> None:
    """How each seed of a source stands."""
    from crawler.offers import counts

    rows = [
        (
            state.kind,
            state.url,
            state.status or "-",
            counts(state.candidates, state.children),
            state.articles,
            f"{state.newest:%Y-%m-%d %H:%M}" if state.newest else "-",
            state.problem or "",
        )
        for state in states
    ]
    if rows:
        _print_seeds(("kind", "url", "status", "offers", "articles", "newest", "problem"), rows, plain="")
    else:
        click.echo("no seeds: add some to the source's file", err=True)


def _print_seeds(columns: tuple[str, ...], rows: list[tuple[Any, ...]], *, plain: str) -> None:
    """A row a seed; on a terminal, where that is too wide, a last column that is not `plain` becomes a line below."""
    if not sys.stdout.isatty():
        print_table(columns, rows)
        return
    print_table((columns[0], *columns[2:-1], columns[1]), [(row[0], *row[2:-1], row[1]) for row in rows])
    for row in rows:
        if row[-1] != plain:
            click.echo(printable(" ".join(f"{row[1]}: {row[-1]}".split())))
