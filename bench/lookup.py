"""How quick the doors are: `/cdx` beside pywb's CDX server on the same captures, the catalog in process, the cold start of commands.

    python bench/lookup.py [--captures 1000000] [--seconds 4] [--folder DIR]

Of pywb there are two: `wayback`, whose `/<collection>/cdx` is its CDX server, and the `warcserver` inside, which answers the
same at `/<collection>/index` with no HTTP between, and is the fastest that pywb has. Both read one plain sorted CDXJ file,
made from this catalog. Ours is `morgue serve`. All are single processes; before the clock starts, questions are put to all,
and the answers held against each other, line for line. Without pywb's environment (NEWSMORGUE_PYWB) its columns are left out.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from looking import catalog, cold, server

from archive.collection import CATALOG_FILE
from archive.config import init_collection
from archive.formats.cdxj import to_cdxj
from archive.index.catalog import Catalog

QUESTIONS = 400
"""Of each kind, spread over the catalog, asked again and again in the same order."""
COMPARED = 100
CONNECTIONS = (1, 8)


class Door(NamedTuple):
    """A server, and where it takes questions."""

    name: str
    server: server.Server
    path: str


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--captures", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=4.0, help="for each cell of the table")
    parser.add_argument("--folder", type=Path, help="keep the collection there, and use it again")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="morgue-bench-") as made:
        folder = given.folder or Path(made)
        if not (folder / "news" / CATALOG_FILE).exists():
            init_collection(folder / "news")
            catalog.build(folder / "news" / CATALOG_FILE, given.captures)
        pywb = os.environ.get("NEWSMORGUE_PYWB", "")
        if pywb and Path(pywb, "bin", "warcserver").exists():
            race(folder, given.seconds, Path(pywb))
        else:
            print("pywb: left out, as NEWSMORGUE_PYWB names no environment that has it (`make pywb-environment`)")
            race(folder, given.seconds, None)
        in_process(folder / "news" / CATALOG_FILE, Path(made) / "copy.sqlite", given.captures)
    cold.main()


def race(folder: Path, seconds: float, pywb: Path | None) -> None:
    """The servers in turn, question kind by question kind, one table."""
    questions = make_questions(folder / "news")
    index = folder / "index.cdxj"
    with ExitStack() as stack:
        doors = [Door("morgue serve", stack.enter_context(server.serve_ours(folder / "news")), "/cdx?")]
        if pywb is not None:
            if not index.exists():
                write_index(folder / "news", index)
            for program, path in (("warcserver", "/all/index?"), ("wayback", "/all/cdx?")):
                served = stack.enter_context(server.serve_pywb(pywb, program, index, folder / program))
                doors.append(Door(f"pywb {program}", served, path))
                compare(questions, doors[0], doors[-1])
        print_table(questions, doors, seconds)


def in_process(path: Path, copy: Path, captures: int) -> None:
    """What the catalog itself takes, on a copy, because its bench also inserts."""
    shutil.copyfile(path, copy)
    catalog.print_tables({captures: catalog.measure(copy)})


def make_questions(folder: Path) -> dict[str, list[str]]:
    """Queries by kind, about pages drawn from the whole catalog."""
    draw = random.Random(5)
    with Catalog.open(folder / CATALOG_FILE, readonly=True) as catalog:
        pages = list(_pages(catalog, draw))
    times = [f"2024{draw.randrange(1, 13):02}15120000" for _ in pages]
    return {
        "exact": [f"url={quote(url, safe='')}" for url in pages],
        "closest": [
            f"url={quote(url, safe='')}&closest={time}&limit=1" for url, time in zip(pages, times, strict=True)
        ],
        "prefix": [f"url={quote(url.rpartition('/')[0], safe='')}/*&limit=100" for url in pages],
        "host": [f"url={url.split('/')[2]}&matchType=host&limit=100" for url in pages],
        "filter": [f"url={url.split('/')[2]}&matchType=host&limit=100&filter==status:200" for url in pages],
    }


def compare(questions: dict[str, list[str]], ours: Door, theirs: Door) -> None:
    """Stops the bench where an answer differs."""
    for kind, queries in questions.items():
        for query in queries[:COMPARED]:
            mine = server.normal_lines(server.answer(ours.server, ours.path + query))
            other = server.normal_lines(server.answer(theirs.server, theirs.path + query))
            if mine != other or not mine:
                raise SystemExit(
                    f"{kind} {query}: {len(mine)} lines here, {len(other)} from {theirs.name}, not the same"
                )


def print_table(questions: dict[str, list[str]], doors: list[Door], seconds: float) -> None:
    """By kind of question, number of connections and server: how many answers, how soon, and how many times slower than ours.

    The last two columns: in requests, and in CPU time, which holds where other programs run beside.
    """
    columns = "".join(f"{name:>12}" for name in ("requests/s", "p50 ms", "p99 ms", "CPU us", "ours: times", "in CPU"))
    print(f"{'question':10}{'connections':>12}  {'server':16}{columns}")
    for kind, queries in questions.items():
        for connections in CONNECTIONS:
            ours = None
            for door in doors:
                load = measure(door, queries, connections, seconds)
                ours = ours or load
                less = ours.rate / load.rate, load.cpu_microseconds / ours.cpu_microseconds
                times = "".join(f"{one:12.1f}" for one in less) if load is not ours else ""
                cells = f"{load.rate:12.0f}{load.percentile(0.5):12.3f}{load.percentile(0.99):12.3f}{load.cpu_microseconds:12.0f}"
                print(f"{kind:10}{connections:12}  {door.name:16}{cells}{times}", flush=True)


def measure(door: Door, queries: list[str], connections: int, seconds: float) -> server.Load:
    """One cell: every question once, to warm up, then the time given."""
    paths = [door.path + query for query in queries]
    server.ask_all(door.server, paths, connections=connections, seconds=2, requests=len(paths))
    return server.ask_all(door.server, paths, connections=connections, seconds=seconds, requests=1_000_000)


def write_index(folder: Path, index: Path) -> None:
    """All captures as one sorted CDXJ, as pywb's own `wb-manager index` would leave it."""
    with Catalog.open(folder / CATALOG_FILE, readonly=True) as catalog, index.open("w", encoding="utf-8") as output:
        for capture in catalog.captures():
            if capture.revisit != "not-modified":
                output.write(to_cdxj(capture) + "\n")


def _pages(catalog: Catalog, draw: random.Random) -> Iterator[str]:
    keys = list(catalog.urlkeys("", "\U0010ffff"))
    for key in draw.sample(keys, QUESTIONS):
        yield next(catalog.captures(urlkey=key, limit=1)).url


if __name__ == "__main__":
    main()
