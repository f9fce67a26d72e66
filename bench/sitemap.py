"""A sitemap of ten million URLs: how long it takes to read, and in how much memory, beside the standard library's parser.

usage: bench/sitemap.py [--urls N] [--no-crawl]

1. One process each reads the file packed: this project, for the newest URLs; `ElementTree.iterparse`, which clears what it
   has read, for a count. Once with the oldest URLs first, which is the dearest order, and once with the newest first.
2. `morgue crawl` fetches it over loopback with `max_response_size` raised, and with the default of 50 MB, where it is cut. No URL
   fits `article_urls`, so that nothing else is fetched.

CPU is process time; memory the peak of resident memory, without what the interpreter and the packed file take (1), or whole (2).
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive.config import init_collection
from archive.formats.units import Duration
from crawler.demo.loopback import Loopback, read_request
from crawler.source import CrawlRules, Seed, Source
from crawler.source_file import write_source

CHECKOUT = Path(__file__).resolve().parents[1]
HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
FIRST_DAY = datetime(2005, 1, 1, tzinfo=UTC)
SECTIONS = ("world", "politics", "business", "sport", "culture", "science", "health", "opinion")


def write_sitemap(path: Path, count: int, *, newest_first: bool) -> tuple[int, int, str]:
    """Write it packed; its size unpacked and packed, and the date of its newest URL."""
    stream, plain, packed, last = zlib.compressobj(6, wbits=31), len(HEAD), 0, ""
    with path.open("wb") as file:
        packed += file.write(stream.compress(HEAD))
        for start in range(0, count, 10_000):
            lines = []
            for number in range(start, min(start + 10_000, count)):
                place = count - 1 - number if newest_first else number
                day = FIRST_DAY + timedelta(minutes=place)
                last = max(last, day.isoformat()) if number in (0, count - 1) else last
                section = SECTIONS[place * 7919 % 8]
                lines.append(
                    f"<url><loc>https://news.example/{section}/{day:%Y/%m/%d}/storm-floods-towns-{place:x}.html</loc>"
                    f"<lastmod>{day:%Y-%m-%dT%H:%M:%SZ}</lastmod></url>\n"
                )
            text = "".join(lines).encode()
            plain += len(text)
            packed += file.write(stream.compress(text))
        packed += file.write(stream.compress(b"</urlset>\n") + stream.flush())
    return plain + 10, packed, last


OURS = """
from crawler.seeds import Payload, parse_seed
def read(body):
    found = parse_seed("sitemap", Payload(body), url="https://news.example/sitemap.xml.gz")
    return len(found.candidates), str(found.newest), found.problem
"""
THEIRS = """
import gzip, io
from xml.etree.ElementTree import iterparse
def read(body):
    count, root = 0, None
    for event, element in iterparse(gzip.open(io.BytesIO(body)), events=("start", "end")):
        root = element if root is None else root
        if event == "end" and element.tag.endswith("}url"):
            count += 1
            root.clear()
    return count, "", None
"""
MEASURE = """
import json, resource, sys, time
body = open(sys.argv[1], "rb").read()
base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
began = time.process_time()
kept, newest, problem = read(body)
seconds = time.process_time() - began
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"kept": kept, "newest": newest, "problem": problem, "seconds": seconds, "mb": (peak - base) / 1024}))
"""


def measure(script: str, path: Path) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", script + MEASURE, str(path)],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        check=True,
        timeout=3000,
    )
    return json.loads(done.stdout)


class Host(Loopback):
    """Serves one file, and no robots.txt."""

    def __init__(self, path: Path) -> None:
        super().__init__(("127.0.0.1",))
        self._path = path

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, place: int) -> None:
        while raw := await read_request(reader):
            if b"/robots.txt " in raw.split(b"\r\n", 1)[0]:
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                continue
            size = self._path.stat().st_size
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/gzip\r\nContent-Length: %d\r\n\r\n" % size)
            with self._path.open("rb") as file:
                while piece := file.read(1 << 18):
                    writer.write(piece)
                    await writer.drain()


def crawl(path: Path, folder: Path, limit: str) -> tuple[float, float, str]:
    """CPU seconds and peak memory (MB) of a crawl of this one seed, and what it says."""
    init_collection(folder, allow_networks=("127.0.0.0/8",))
    settings = (
        (folder / "morgue.toml").read_text().replace('max_response_size = "50MB"', f'max_response_size = "{limit}"')
    )
    (folder / "morgue.toml").write_text(settings)
    with Host(path) as host:
        base = f"http://{host.addresses[0]}"
        rules = CrawlRules(delay=Duration(), article_urls=("/nothing-fits/",), requisites=False)
        seeds = (Seed(kind="sitemap", url=f"{base}/sitemap.xml.gz"),)
        write_source(Source(name="paper", site=base + "/", seeds=seeds, crawl=rules), folder / "sources")
        process = subprocess.Popen(
            [sys.executable, "-m", "crawler.cli", "crawl", "--collection", str(folder)],
            cwd=CHECKOUT,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        assert process.stderr
        said = process.stderr.read().decode()
        process.stderr.close()
        _, _, used = os.wait4(process.pid, 0)
    line = next((line for line in said.splitlines() if " seed url=" in line), "")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, line.partition("problem=")[2] or said[-300:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--urls", type=int, default=10_000_000)
    parser.add_argument("--no-crawl", action="store_true")
    options = parser.parse_args()
    began = time.time()
    with tempfile.TemporaryDirectory(prefix="bench-sitemap-") as name:
        folder = Path(name)
        print(f"{'':26} {'CPU s':>7} {'µs/URL':>7} {'peak MB':>8} {'URLs kept':>10}  newest is there; what is said")
        for order, newest_first in (("oldest first", False), ("newest first", True)):
            path = folder / f"{newest_first}.xml.gz"
            plain, packed, newest = write_sitemap(path, options.urls, newest_first=newest_first)
            print(f"{options.urls:,} URLs, {order}: {plain / 1e6:.0f} MB, packed {packed / 1e6:.0f} MB")
            for who, script in (("this project", OURS), ("ElementTree.iterparse", THEIRS)):
                row = measure(script, path)
                found = "yes" if str(row["newest"]).replace(" ", "T") == newest else "-"
                seconds = float(str(row["seconds"]))
                print(
                    f"  {who:24} {seconds:7.1f} {seconds / options.urls * 1e6:7.2f} {row['mb']:8.0f} {row['kept']:>10}"
                    f"  {found}; {row['problem'] or ''}"
                )
        for limit in () if options.no_crawl else ("200MB", "50MB"):
            seconds, peak, said = crawl(folder / "False.xml.gz", folder / f"news-{limit}", limit)
            print(
                f"  {'morgue crawl, ' + limit:24} {seconds:7.1f} {seconds / options.urls * 1e6:7.2f} {peak:8.0f} {'':>10}  {said}"
            )
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"({time.time() - began:.0f} s in all; this script {own:.0f} MB)")


if __name__ == "__main__":
    main()
