#!/usr/bin/env python3
"""Many hosts at once, each at its delay: gaps and ends as the server measures them, CPU and memory of the crawl.

usage: bench/politeness.py [--hosts 200] [--pages 20] [--delay 2] [--hang N]

Each host is an address of its own on loopback, followed by a source of its own: robots.txt, a feed, its pages. The ideal
time is (requests of a host - 1) x delay, from the first request of the whole crawl to the last host's last answer. A gap
is from the end of one answer to the start of the host's next request. With `--hang`, so many hosts more keep their second
request waiting for 30 s, and nobody else may be late for it.
"""

import argparse
import asyncio
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from archive.config import init_collection  # noqa: E402
from crawler.demo.answer import parse_request  # noqa: E402
from crawler.demo.cases import ok  # noqa: E402
from crawler.demo.loopback import Loopback, read_request  # noqa: E402

HANG_SECONDS = 30.0
PAGE = "<!DOCTYPE html><title>{0}</title><h1>Story {0}</h1>" + "<p>It was a quiet day in the valley.</p>" * 60


class Hosts(Loopback):
    """Sites that note when each request began and when its answer was sent."""

    def __init__(self, hosts: int, pages: int, hanging: int) -> None:
        super().__init__([f"127.1.{number // 250}.{number % 250 + 1}" for number in range(hosts + hanging)])
        self.pages = pages
        self.hanging = frozenset(range(hosts, hosts + hanging))
        self.asked: dict[int, list[tuple[float, float, str]]] = {}

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, place: int) -> None:
        while True:
            raw = await read_request(reader)
            began = time.perf_counter()
            assert parse_request(raw)
            path = raw.split(b" ", 2)[1].decode()
            asked = self.asked.setdefault(place, [])
            if place in self.hanging and len(asked) == 1:
                await asyncio.sleep(HANG_SECONDS)
            answer = self._answer(path, place)
            # Before it is written: whoever gets it cannot have it sooner.
            asked.append((began, time.perf_counter(), path))
            writer.write(answer)
            await writer.drain()

    def _answer(self, path: str, place: int) -> bytes:
        if path == "/robots.txt":
            return ok(body=b"User-agent: *\nDisallow: /private/\n", kind=b"text/plain")
        if path == "/feed.xml":
            site = f"http://{self.addresses[place]}"
            items = "".join(f"<item><link>{site}/story/{number}.html</link></item>" for number in range(self.pages))
            body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>{items}</channel></rss>'
            return ok(body=body.encode(), kind=b"application/rss+xml")
        return ok(body=PAGE.format(path).encode())


def make_collection(folder: Path, hosts: Hosts, delay: float, *, extract: bool) -> None:
    """One source a host."""
    init_collection(folder, contact="bench@example.org", allow_networks=("127.0.0.0/8",))
    settings = folder / "morgue.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(re.sub(r"(?m)^extract = .*$", f"extract = {str(extract).lower()}", text), encoding="utf-8")
    for place, address in enumerate(hosts.addresses):
        (folder / "sources" / f"host{place}.toml").write_text(
            f'name = "host{place}"\nsite = "http://{address}/"\n[[seeds]]\nkind = "feed"\n'
            f'url = "http://{address}/feed.xml"\nevery = "15m"\n[crawl]\ndelay = "{delay * 1000:.0f}ms"\n'
            "requisites = false\n",
            encoding="utf-8",
        )


def crawl(folder: Path) -> tuple[int, float, float, float]:
    """Run the crawl: exchanges kept, wall and CPU seconds, MB at its peak."""
    command = [sys.executable, "-m", "crawler.cli", "crawl", "--json", "--collection", str(folder)]
    began = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=dict(os.environ)
    )
    assert process.stdout
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"bench: the crawl ended with status {process.returncode}: {out[-300:]}")
    kept = json.loads(out.splitlines()[-1])["exchanges"]
    return kept, time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=200)
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--delay", type=float, default=2.0, help="seconds")
    parser.add_argument("--hang", type=int, default=0, help="hosts more that hang for 30 s")
    parser.add_argument("--extract", action="store_true", help="read the articles as well")
    args = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 8192), hard), hard))
    with tempfile.TemporaryDirectory() as scratch, Hosts(args.hosts, args.pages, args.hang) as hosts:
        folder = Path(scratch) / "news"
        make_collection(folder, hosts, args.delay, extract=args.extract)
        kept, wall, cpu, megabytes = crawl(folder)
        print(report(hosts, args, kept, wall, cpu, megabytes))


def report(hosts: Hosts, args: argparse.Namespace, kept: int, wall: float, cpu: float, megabytes: float) -> str:
    """The table."""
    requests = args.pages + 2
    well = {place: sorted(asked) for place, asked in hosts.asked.items() if place not in hosts.hanging}
    gaps = [later[0] - sooner[1] for asked in well.values() for sooner, later in pairwise(asked)]
    starts = [later[0] - sooner[0] for asked in well.values() for sooner, later in pairwise(asked)]
    first = min(asked[0][0] for asked in well.values())
    ends = [asked[-1][1] - first for asked in well.values()]
    own = [asked[-1][1] - asked[0][0] for asked in well.values()]
    complete = sum(len({path for _, _, path in asked}) == len(asked) == requests for asked in well.values())
    ideal = (requests - 1) * args.delay
    rows = [
        ("hosts, requests of each, delay", f"{args.hosts}, {requests}, {args.delay:g} s"),
        ("hosts asked for everything, and once", f"{complete}"),
        ("exchanges kept", f"{kept}"),
        ("shortest gap, end to start", f"{min(gaps):.4f} s"),
        ("shortest from start to start", f"{min(starts):.4f} s"),
        ("gaps under the delay", f"{sum(gap < args.delay for gap in gaps)} of {len(gaps)}"),
        ("gap, median", f"{statistics.median(gaps):.4f} s"),
        ("ideal time", f"{ideal:.1f} s"),
        ("slowest host, from the first request of all", f"{max(ends):.2f} s, {max(ends) / ideal - 1:+.1%}"),
        ("slowest host, from its own first request", f"{max(own):.2f} s, {max(own) / ideal - 1:+.1%}"),
        ("the whole command", f"{wall:.1f} s"),
        ("CPU", f"{cpu:.2f} s, {1000 * cpu / max(kept, 1):.2f} ms an exchange"),
        ("memory at its peak", f"{megabytes:.0f} MB"),
    ]
    return "\n".join(f"{name:46} {value}" for name, value in rows)


if __name__ == "__main__":
    main()
