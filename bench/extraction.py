"""Extraction beside trafilatura on the pages of the shared data folder: scores of both, and CPU time of both.

usage: bench/extraction.py [--half 0|1] [--hosts] [--worst N] [--keep FOLDER]

Scores come from the folder's own tools/score_extraction.py. `--half` takes only the pages of one half of the hosts: rules are
tuned on half 0 and looked at on half 1. Where the folder is absent, nothing is measured.
"""

import argparse
import gzip
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

CHECKOUT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("NEWSMORGUE_SHARED") or CHECKOUT.parent / "shared")
ARTICLES = SHARED / "data" / "articles"
SETS = ("fundus", "wcxb")
TIMED_PAGES = 60

sys.path.insert(0, str(CHECKOUT))

Row = dict[str, Any]


def newsmorgue(html: bytes, url: str) -> Row:
    from pipelines.extract import extract_article

    article = extract_article(html, url=url)
    return {
        "text": article.text,
        "standfirst": article.standfirst,
        "title": article.headline,
        "authors": list(article.authors),
        "date": article.date_published.isoformat() if article.date_published else None,
    }


def trafilatura(html: bytes, url: str) -> Row:
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    document = trafilatura.bare_extraction(html, url=url, include_comments=False, with_metadata=True)
    if document is None:
        return {"text": "", "title": None, "authors": None, "date": None}
    return {"text": document.text, "title": document.title, "authors": document.author, "date": document.date}


SYSTEMS: dict[str, Callable[[bytes, str], Row]] = {"newsmorgue": newsmorgue, "trafilatura": trafilatura}


def half_of(url: str) -> int:
    return zlib.crc32((urlsplit(url).hostname or "").removeprefix("www.").encode()) % 2


def pages(name: str, half: int | None) -> Iterator[Row]:
    with (ARTICLES / name / "gold.jsonl").open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if half is None or half_of(row["url"]) == half:
                yield row


def load(name: str, row: Row) -> bytes:
    return gzip.decompress((ARTICLES / name / "pages" / f"{row['id']}.html.gz").read_bytes())


def predict(job: tuple[str, str, Row]) -> Row:
    system, name, row = job
    return {"id": row["id"], **SYSTEMS[system](load(name, row), row["url"])}


def score(name: str, gold: list[Row], predictions: list[Row], worst: int, keep: Path) -> Row:
    (keep / "gold.jsonl").write_text("".join(json.dumps(row) + "\n" for row in gold), encoding="utf-8")
    path = keep / f"{name}.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in predictions), encoding="utf-8")
    tool = [sys.executable, SHARED / "tools" / "score_extraction.py", keep, path, "--worst", str(worst)]
    done = subprocess.run(tool, check=True, capture_output=True, text=True)
    if worst:
        print(done.stderr, end="")
    scores: Row = json.loads(done.stdout.splitlines()[0])
    return scores


def time_per_page(half: int | None) -> dict[str, float]:
    """CPU milliseconds a page, each system alone in this process; they take turns, so that noise falls on both."""
    spent = dict.fromkeys(SYSTEMS, 0.0)
    jobs = [(name, row) for name in SETS for row in list(pages(name, half))[:: 800 // TIMED_PAGES]]
    for first in (True, False):  # the first round loads stop words, date formats and the like, and is not counted
        for name, row in jobs:
            html = load(name, row)
            for system, run in SYSTEMS.items():
                began = time.process_time()
                run(html, row["url"])
                spent[system] += 0.0 if first else time.process_time() - began
    return {system: 1000 * seconds / len(jobs) for system, seconds in spent.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", type=int, choices=(0, 1))
    parser.add_argument("--worst", type=int, default=0, help="list the pages with the lowest token F1")
    parser.add_argument("--keep", type=Path, help="leave the predictions in this folder")
    parser.add_argument("--only", choices=SYSTEMS, help="score one system, and take no times")
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    if not ARTICLES.is_dir():
        print(f"bench/extraction.py: no pages at {ARTICLES} (set NEWSMORGUE_SHARED): nothing measured")
        return
    keep = args.keep or Path(tempfile.mkdtemp(prefix="extraction-"))
    systems = [args.only] if args.only else list(SYSTEMS)
    table: list[Row] = []
    with ProcessPoolExecutor(args.workers, mp_context=get_context("spawn")) as pool:
        for name in SETS:
            gold = list(pages(name, args.half))
            for system in systems:
                folder = keep / system / name
                folder.mkdir(parents=True, exist_ok=True)
                predictions = list(pool.map(predict, [(system, name, row) for row in gold], chunksize=8))
                table.append({"set": name, "system": system} | score(name, gold, predictions, args.worst, folder))
    if not args.only:
        times = time_per_page(args.half)
        table = [row | {"ms": round(times[row["system"]], 1)} for row in table]
    columns = ["set", "system", "pages", "token_f1", "shingle_f1", "precision", "recall", "below_0.8"]
    columns += ["snippets_kept", "snippets_leaked", "title", "date", "authors", "ms"]
    print(" ".join(f"{name.replace('snippets_', ''):>11}" for name in columns))
    for row in table:
        print(" ".join(f"{row.get(name, ''):>11}" for name in columns))


if __name__ == "__main__":
    main()
