"""How quick the doors are: `/cdx` beside pywb's CDX server on the same captures, the catalog in process, the cold start of commands.

    python bench/lookup.py [--captures 1000000] [--seconds 4] [--folder DIR]

pywb runs as its authors would have it fastest: `warcserver`, which answers by itself (`wayback` asks it over HTTP), on one
plain sorted CDXJ file, made from this catalog. Ours is `morgue serve`. Both are one process; before the clock starts, every
question is put to both, and the answers are held against each other, line for line. Without pywb's environment
(NEWSMORGUE_PYWB) its columns are left out.
"""

import argparse
import os
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
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
    cold.main()


def race(folder: Path, seconds: float, pywb: Path | None) -> None:
    """Both servers in turn, question kind by question kind, one table."""
    questions = make_questions(folder / "news")
    index = folder / "index.cdxj"
    with server.serve_ours(folder / "news") as ours:
        if pywb is None:
            print_table(questions, ours, None, seconds)
            return
        if not index.exists():
            write_index(folder / "news", index)
        with server.serve_pywb(pywb, index, folder / "pywb") as theirs:
            compare(questions, ours, theirs)
            print_table(questions, ours, theirs, seconds)


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
    }


def compare(questions: dict[str, list[str]], ours: int, theirs: int) -> None:
    """Stops the bench where an answer differs."""
    for kind, queries in questions.items():
        for query in queries[:COMPARED]:
            mine = server.normal_lines(server.answer(ours, f"/cdx?{query}"))
            other = server.normal_lines(server.answer(theirs, f"/all/index?{query}"))
            if mine != other or not mine:
                raise SystemExit(f"{kind} {query}: {len(mine)} lines here, {len(other)} from pywb, and not the same")


def print_table(questions: dict[str, list[str]], ours: int, theirs: int | None, seconds: float) -> None:
    """Requests a second and milliseconds, by kind of question and number of connections."""
    print(f"{'':10}{'':>12}{'morgue serve':^30}{'pywb warcserver':^30}")
    columns = "".join(f"{name:>10}" for name in ("req/s", "p50 ms", "p99 ms"))
    print(f"{'question':10}{'connections':>12}{columns}{columns if theirs else ''}{'times' if theirs else '':>8}")
    for kind, queries in questions.items():
        for connections in CONNECTIONS:
            mine = measure(ours, [f"/cdx?{query}" for query in queries], connections, seconds)
            row = f"{kind:10}{connections:12}{_cells(mine)}"
            if theirs:
                other = measure(theirs, [f"/all/index?{query}" for query in queries], connections, seconds)
                row += f"{_cells(other)}{mine.rate / other.rate:8.1f}"
            print(row, flush=True)


def measure(port: int, paths: list[str], connections: int, seconds: float) -> server.Load:
    """One cell: a second to warm up, then the time given."""
    server.ask_all(port, paths, connections=connections, seconds=1, requests=len(paths))
    return server.ask_all(port, paths, connections=connections, seconds=seconds, requests=1_000_000)


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


def _cells(load: server.Load) -> str:
    return f"{load.rate:10.0f}{load.percentile(0.5):10.2f}{load.percentile(0.99):10.2f}"


if __name__ == "__main__":
    main()
