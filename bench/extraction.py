#!/usr/bin/env python3
"""Extraction beside its peers, in one run: what each system reads of the same pages, and what it costs.

usage: bench/extraction.py [--half 0|1] [--only SYSTEM ...] [--every N] [--worst N] [--keep FOLDER] [--pages shared|newsroom]

The pages are those of the shared data folder, scored by its tools/score_extraction.py. Where it is absent they are the
newsroom's stories in every family's markup, scored by the same definitions (`extracting/score.py`).

How to read the tables. Token F1 and shingle F1 are of the text; `below` counts pages under .8, which is mostly a wrong block;
`kept` and `leaked` are snippets that belong to the text and that do not. A dash is what a system does not give, or the gold
does not say. `failed` counts pages on which it raised, scored as empty. `ms` is CPU a page: the systems take turns on the
same page in one process, each from the bytes to its whole result; the first round loads what they load and is not
counted, and the least of the others is taken, so that a busy machine is charged to none. `speed` is against trafilatura.

The second table gives each score for the two halves of the hosts: rules are tuned on half 0 and judged by half 1; peers were
tuned on neither, so their difference between the halves says how far these differ in themselves.
"""

import argparse
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from extracting.pages import ARTICLES, SHARED, Page, load_pages
from extracting.systems import SYSTEMS, prepare, versions, why_missing

TIMED_PAGES = 60
TOOL = SHARED / "tools" / "score_extraction.py"
OWN_TOOL = Path(__file__).parent / "extracting" / "score.py"
COLUMNS = {
    "pages": "pages",
    "token F1": "token_f1",
    "shingle F1": "shingle_f1",
    "precision": "precision",
    "recall": "recall",
    "below": "below_0.8",
    "kept": "snippets_kept",
    "leaked": "snippets_leaked",
    "title": "title",
    "date": "date",
    "authors": "authors",
    "failed": "failed",
    "ms": "ms",
    "speed": "speed",
}
SPLIT_COLUMNS = ("pages", "token F1", "shingle F1", "below", "kept", "leaked", "title", "date", "authors")

Row = dict[str, Any]


def read(job: tuple[str, Page]) -> Row:
    """One system's reading of one page; what it raises is counted, and leaves the page unread."""
    system, page = job
    return {"id": page.gold["id"], **attempt(system, page.load(), page.url)}


def attempt(system: str, html: bytes, url: str) -> Row:
    try:
        return SYSTEMS[system][0](html, url)
    except Exception as error:  # noqa: BLE001 - a peer may raise anything, and one page must not end the run
        return {"text": "", "failed": f"{type(error).__name__}: {error}"[:200]}


def score(pages: Sequence[Page], readings: Sequence[Row], folder: Path, worst: int = 0) -> Row:
    """The scores of some pages' readings, by the tool; their files stay in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    gold, predictions = folder / "gold.jsonl", folder / f"{folder.name}.jsonl"
    gold.write_text("".join(json.dumps(page.gold) + "\n" for page in pages), encoding="utf-8")
    predictions.write_text("".join(json.dumps(row) + "\n" for row in readings), encoding="utf-8")
    tool = TOOL if TOOL.exists() else OWN_TOOL
    command = [sys.executable, tool, folder, predictions, "--worst", str(worst)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    if worst:
        print(done.stderr, end="")
    scores: Row = json.loads(done.stdout.splitlines()[0])
    return scores | {"failed": sum("failed" in row for row in readings)}


def score_halves(pages: Sequence[Page], readings: Sequence[Row], folder: Path, worst: int) -> tuple[Row, Row, Row]:
    """The scores of all pages, and of those of either half of the hosts."""
    rows = list(zip(pages, readings, strict=True))
    halves = [[row for row in rows if row[0].half == half] for half in (0, 1)]
    first, second = (
        score([page for page, _ in rows], [found for _, found in rows], folder / f"half-{half}")
        for half, rows in enumerate(halves)
    )
    return score(pages, readings, folder, worst), first, second


def time_per_page(systems: Sequence[str], pages: Sequence[Page], rounds: int) -> dict[str, float]:
    """Mean CPU milliseconds a page."""
    prepare()
    least: dict[tuple[str, int], float] = {}
    for number in range(rounds + 1):
        for place, page in enumerate(pages):
            html = page.load()
            for system in systems:
                gc.collect()  # what one leaves behind is not the next one's work
                began = time.process_time()
                attempt(system, html, page.url)
                spent = time.process_time() - began
                if number:
                    least[system, place] = min(spent, least.get((system, place), spent))
    return {system: 1000 * sum(least[system, place] for place in range(len(pages))) / len(pages) for system in systems}


def speed(times: dict[str, float], system: str) -> Row:
    """What a system takes, and how many times as fast as trafilatura's default it is."""
    own, other = times[system], times.get("trafilatura")
    return {"ms": own} | ({"speed": other / own} if other and own else {})


def show(rows: Sequence[Row], columns: Sequence[str]) -> None:
    print(f"{'set':10} {'system':17}" + "".join(f" {name:>{max(7, len(name))}}" for name in columns))
    for row in rows:
        cells = (cell(row, name) for name in columns)
        shown = (f" {text:>{max(7, len(name))}}" for text, name in zip(cells, columns, strict=True))
        print(f"{row['set']:10} {row['system']:17}" + (row.get("missing_system") or "".join(shown)))


def show_halves(rows: Sequence[Row]) -> None:
    print("\nhalf 0 (tuned) / half 1 (held out)")
    print(f"{'set':10} {'system':17}" + "".join(f" {name:>13}" for name in SPLIT_COLUMNS))
    for row in rows:
        if "halves" in row:
            cells = ("/".join(cell(half, name) for half in row["halves"]) for name in SPLIT_COLUMNS)
            print(f"{row['set']:10} {row['system']:17}" + "".join(f" {text:>13}" for text in cells))


def cell(row: Row, column: str) -> str:
    """A share as the tables of the decision records have it, `.9652`."""
    value = row.get(COLUMNS[column])
    if value is None:
        return "-"
    if column in ("ms", "speed"):
        return f"{value:.1f}" if column == "ms" else f"{value:.2f}"
    return f"{value:.4f}".removeprefix("0") if isinstance(value, float) else str(value)


def rows_of(
    name: str, pages: Sequence[Page], systems: Sequence[str], readers: Executor, keep: Path, worst: int
) -> list[Row]:
    """The table's rows for one set of pages."""
    rows = []
    with ThreadPoolExecutor(2) as scorers:
        futures = []
        for system in systems:
            readings = list(readers.map(read, [(system, page) for page in pages], chunksize=8))
            futures.append(scorers.submit(score_halves, pages, readings, keep / system / name, worst))
        for system, future in zip(systems, futures, strict=True):
            scores, *halves = future.result()
            rows.append({"set": name, "system": system, "halves": halves} | scores)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", type=int, choices=(0, 1), help="only the pages of one half of the hosts")
    parser.add_argument("--only", nargs="+", choices=SYSTEMS, help="score these, and take no times")
    parser.add_argument("--every", type=int, default=1, help="only each Nth page")
    parser.add_argument("--worst", type=int, default=0, help="list the pages with the lowest token F1")
    parser.add_argument("--keep", type=Path, help="leave the readings in this folder")
    parser.add_argument(
        "--pages", choices=("shared", "newsroom"), default="shared" if ARTICLES.is_dir() else "newsroom"
    )
    parser.add_argument("--rounds", type=int, default=3, help="of the timing, after one that is not counted")
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    sets = {
        name: [page for page in pages if args.half in (None, page.half)][:: args.every]
        for name, pages in load_pages(args.pages).items()
    }
    sets = {name: pages for name, pages in sets.items() if pages}
    context = get_context("spawn")
    table: list[Row] = []
    with (
        tempfile.TemporaryDirectory(prefix="extraction-") as scratch,
        ProcessPoolExecutor(args.workers, mp_context=context, initializer=prepare) as readers,
    ):
        asked = args.only or list(SYSTEMS)
        absent = {name: why for name, why in zip(asked, readers.map(why_missing, asked), strict=True) if why}
        systems = [name for name in asked if name not in absent]
        for name, pages in sets.items():
            table += rows_of(name, pages, systems, readers, args.keep or Path(scratch), args.worst)
    if not args.only:
        every = [page for pages in sets.values() for page in pages]
        times = time_per_page(systems, every[:: max(1, len(every) // TIMED_PAGES)][:TIMED_PAGES], args.rounds)
        table = [row | speed(times, row["system"]) for row in table]
    table += [{"set": "", "system": name, "missing_system": f" not measured: {why}"} for name, why in absent.items()]
    show(table, list(COLUMNS))
    if args.half is None and args.pages == "shared":
        show_halves(table)
    print(f"\n{versions(systems)}")


if __name__ == "__main__":
    main()
