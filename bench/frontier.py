#!/usr/bin/env python3
"""What a large frontier costs: CPU milliseconds of leasing, settling and taking in, with a million entries on ten thousand hosts.

usage: bench/frontier.py [--hosts 10000] [--entries 1000000]
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from crawler.frontier.entry import Entry, Lease, Result  # noqa: E402
from crawler.frontier.frontier import Frontier  # noqa: E402

NOW = 1_800_000_000.0


def page(host: int, number: int) -> Entry:
    url = f"https://www.paper{host}.example/news/2026/11/story-of-the-valley-{number}.html"
    return Entry(url=url, kind="page", source=f"paper{host}")


def measure(name: str, work: Callable[[], object], times: int = 1) -> None:
    """Print what one of so many takes."""
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(times):
        work()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(f"{name:66} {1000 * cpu / times:10.2f} {1000 * wall / times:10.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=10_000)
    parser.add_argument("--entries", type=int, default=1_000_000)
    args = parser.parse_args()
    each = args.entries // args.hosts
    print(f"{args.hosts} hosts, {args.hosts * each} entries, all due {'':32} CPU ms    wall ms")
    with tempfile.TemporaryDirectory() as scratch, Frontier(Path(scratch) / "frontier.sqlite") as frontier:
        entries = (page(host, number) for host in range(args.hosts) for number in range(each))
        measure("take in all", lambda: frontier.add(entries, now=NOW))
        sources = frozenset(f"paper{host}" for host in range(args.hosts))
        taken: list[Lease] = []

        def lease(limit: int, room: dict[str, int], source: str | None = None) -> None:
            among = frozenset({source}) if source else sources
            taken.extend(
                frontier.lease(
                    now=NOW + 1, until=NOW + 301, owner="me", room=room, default_room=4, limit=limit, sources=among
                )
            )

        def settle() -> None:
            done, taken[:128] = taken[:128], []
            results = [Result(url=lease.entry.url, due=NOW + 3600, status=200) for lease in done]
            frontier.settle(results, now=NOW + 2, owner="me")

        measure("lease 64", lambda: lease(64, {}), 40)
        full = {f"www.paper{host}.example": 0 for host in range(args.hosts)}
        measure("lease where every host has all it may have", lambda: lease(64, full), 10)
        measure("lease of one source", lambda: lease(64, {}, "paper1"), 10)
        measure("settle 128", settle, 10)
        measure("when the next is due", lambda: frontier.next_due(sources=sources, now=NOW), 5)
        measure("take back the leases of an owner that is gone", lambda: frontier.recover(now=NOW, dead=True))
        sitemap = [page(0, number) for number in range(10 * each, 10 * each + 50_000)]
        measure("take in a sitemap of 50,000", lambda: frontier.add(sitemap, now=NOW))
        measure("take it in again", lambda: frontier.add(sitemap, now=NOW))
        measure("counts by source", lambda: frontier.counts(now=NOW))


if __name__ == "__main__":
    main()
