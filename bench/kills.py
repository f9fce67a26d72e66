#!/usr/bin/env python3
"""One crawl, killed -9 at many random moments and started again each time: what was lost, what was fetched twice, what is stuck.

usage: bench/kills.py [--kills 50] [--seed 1] [--hosts 10] [--pages 45] [--extract]

The sites are addresses of their own on loopback. After each kill the frontier is read as it was left: a page may be
asked for again only if it was leased then. In the end the catalog is compared with one built anew from the WARC files.
"""

import argparse
import asyncio
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from archive.config import init_collection  # noqa: E402
from archive.formats.warc import iter_records  # noqa: E402
from archive.index.catalog import Catalog  # noqa: E402
from archive.warcfile import warc_files  # noqa: E402
from crawler.demo.cases import ok  # noqa: E402
from crawler.demo.loopback import Loopback, read_request  # noqa: E402

ANSWER_SECONDS = 0.03
DELAY = "250ms"
PATIENCE = 120.0
WORDS = ("river", "bridge", "council", "harbour", "winter", "school", "market", "valley", "report", "village", "ferry")
CATALOG = (
    "SELECT a.urlkey, b.urlkey, timestamp FROM redirect JOIN page a ON a.id = source JOIN page b ON b.id = target",
    "SELECT page.urlkey, digest, timestamp, outcome, file.name, offset, length, text_digest, headline FROM reading"
    " JOIN page ON page.id = page JOIN file ON file.id = file",
)


class Sites(Loopback):
    """Sites that note what each session asked for."""

    def __init__(self, hosts: int, pages: int) -> None:
        super().__init__([f"127.2.0.{number + 1}" for number in range(hosts)])
        self.pages = pages
        self.session = 0
        self.asked: list[tuple[int, str]] = []
        """Session and URL."""

    def urls(self) -> set[str]:
        return {f"http://{site}/story/{number}.html" for site in self.addresses for number in range(self.pages)}

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, place: int) -> None:
        while True:
            path = (await read_request(reader)).split(b" ", 2)[1].decode()
            self.asked.append((self.session, f"http://{self.addresses[place]}{path}"))
            await asyncio.sleep(ANSWER_SECONDS)
            writer.write(self._answer(path, place))
            await writer.drain()

    def _answer(self, path: str, place: int) -> bytes:
        if path == "/robots.txt":
            return ok(body=b"User-agent: *\nDisallow: /private/\n", kind=b"text/plain")
        site = f"http://{self.addresses[place]}"
        if path == "/feed.xml":
            items = "".join(f"<item><link>{site}/story/{number}.html</link></item>" for number in range(self.pages))
            body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>{items}</channel></rss>'
            return ok(body=body.encode(), kind=b"application/rss+xml")
        chance = random.Random(site + path)
        text = "".join(f"<p>{' '.join(chance.choices(WORDS, k=30))}.</p>" for _ in range(12))
        title = " ".join(chance.choices(WORDS, k=5))
        return ok(body=f"<!DOCTYPE html><title>{title}</title><article><h1>{title}</h1>{text}</article>".encode())


def make_collection(folder: Path, sites: Sites, *, extract: bool) -> None:
    """One source a site."""
    init_collection(folder, contact="bench@example.org", allow_networks=("127.0.0.0/8",))
    settings = folder / "morgue.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(re.sub(r"(?m)^extract = .*$", f"extract = {str(extract).lower()}", text), encoding="utf-8")
    for place, address in enumerate(sites.addresses):
        (folder / "sources" / f"site{place}.toml").write_text(
            f'name = "site{place}"\nsite = "http://{address}/"\n[[seeds]]\nkind = "feed"\n'
            f'url = "http://{address}/feed.xml"\nevery = "1d"\n[crawl]\ndelay = "{DELAY}"\nrequisites = false\n',
            encoding="utf-8",
        )


def start(folder: Path, *words: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "crawler.cli", *words, "--collection", str(folder)]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def run(folder: Path, *words: str) -> str:
    process = start(folder, *words)
    out, problem = process.communicate(timeout=PATIENCE)
    if process.returncode:
        raise SystemExit(f"bench: morgue {words[0]} ended with status {process.returncode}: {problem[-500:]}")
    return out


def leased(folder: Path) -> set[str]:
    """What the frontier's file, as a kill has left it, says is leased. Read in a copy: reading mends it."""
    with tempfile.TemporaryDirectory() as scratch:
        for path in folder.glob("frontier.sqlite*"):
            shutil.copy(path, scratch)
        with closing(sqlite3.connect(Path(scratch) / "frontier.sqlite")) as db:
            return {url for (url,) in db.execute("SELECT url FROM entry WHERE leased_until IS NOT NULL")}


def catalog(folder: Path) -> list[set[Any]]:
    """What the catalog says, whatever the numbers of its rows."""
    path = folder / "catalog.sqlite"
    with Catalog.open(path, readonly=True) as captures, closing(apsw.Connection(str(path))) as db:
        return [set(captures.captures()), *(set(db.execute(query)) for query in CATALOG)]


def kill_and_restart(folder: Path, sites: Sites, kills: int, chance: random.Random) -> list[tuple[int, set[str]]]:
    """The crawl, killed so often and then left to end: for each kill, how many requests it had made, and what was leased."""
    left: list[tuple[int, set[str]]] = []
    for number in range(kills):
        sites.session = number
        before = len(sites.asked)
        crawl = start(folder, "crawl")
        began = time.monotonic()
        if chance.random() < 0.9:
            while len(sites.asked) == before and crawl.poll() is None and time.monotonic() - began < PATIENCE:
                time.sleep(0.002)
            time.sleep(chance.uniform(0.0, 0.5))
        else:
            time.sleep(chance.uniform(0.0, 1.5))  # while it starts, or mends what the last kill left
        os.killpg(crawl.pid, signal.SIGKILL)
        crawl.communicate()
        if crawl.returncode != -signal.SIGKILL:
            raise SystemExit(f"bench: the crawl had ended by itself before kill {number + 1}: give it more --pages")
        left.append((len(sites.asked) - before, leased(folder) if (folder / "frontier.sqlite").exists() else set()))
    sites.session = kills
    return left


def measure(kills: int, *, seed: int, hosts: int, pages: int, extract: bool = False) -> dict[str, object]:
    """What came of it. What must be nothing is named so."""
    with tempfile.TemporaryDirectory() as scratch, Sites(hosts, pages) as sites:
        folder = Path(scratch) / "news"
        make_collection(folder, sites, extract=extract)
        left = kill_and_restart(folder, sites, kills, random.Random(seed))
        began = time.monotonic()
        summary = json.loads(run(folder, "crawl", "--json").splitlines()[-1])
        last = time.monotonic() - began
        asked = [(session, url) for session, url in sites.asked if url in sites.urls()]
        again = Counter(url for _, url in asked)
        by_session = Counter(asked)
        unexplained = [
            url
            for session, url in by_session
            if again[url] > 1 and _later(by_session, session, url) and url not in left[session][1]
        ]
        kept = Counter(
            record.get("WARC-Target-URI")
            for path in warc_files(folder / "archive")
            for record, _ in iter_records(path)
            if record.kind in ("response", "revisit")
        )
        verified = start(folder, "verify")
        verified.communicate(timeout=PATIENCE)
        before = catalog(folder)
        run(folder, "reindex")
        in_flight = sum(
            len({url for session, url in by_session if session == number} & urls)
            for number, (_, urls) in enumerate(left)
        )
        return {
            "kills": kills,
            "of these, before the first request": sum(not requests for requests, _ in left),
            "pages": len(sites.urls()),
            "pages asked for in all": len(asked),
            "pages under way at kills, in all": in_flight,
            "fetched once more for a kill": sum(again.values()) - len(again),
            "most often": max(again.values()),
            "captures of pages": sum(kept[url] for url in sites.urls()),
            "seconds of the last run": round(last, 1),
            "must be nothing: pages not captured": len(sites.urls() - kept.keys()),
            "must be nothing: asked for twice by one process": sum(count > 1 for count in by_session.values()),
            "must be nothing: asked for again though not leased at the kill": len(unexplained),
            "must be nothing: captures that nobody asked for": sum(kept[url] > again[url] for url in sites.urls()),
            "must be nothing: leases left in the end": len(leased(folder)),
            "must be nothing: failures": summary["failed"] + verified.returncode,
            "must be nothing: files left open": len(list(folder.rglob("*.open"))),
            "must be nothing: rows that differ after reindex": sum(
                len(one ^ other) for one, other in zip(before, catalog(folder), strict=True)
            ),
        }


def _later(by_session: Counter[tuple[int, str]], session: int, url: str) -> bool:
    return any(other > session for other, its_url in by_session if its_url == url)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hosts", type=int, default=10)
    parser.add_argument("--pages", type=int, default=45, help="of each host")
    parser.add_argument("--extract", action="store_true", help="read the articles as well")
    args = parser.parse_args()
    measured = measure(args.kills, seed=args.seed, hosts=args.hosts, pages=args.pages, extract=args.extract)
    for name, value in measured.items():
        print(f"{name:66} {value}")
    wrong = [name for name, value in measured.items() if name.startswith("must be nothing") and value]
    sys.exit(f"bench: {'; '.join(wrong)}" if wrong else 0)


if __name__ == "__main__":
    main()
