#!/usr/bin/env python3
"""Pages a second and CPU a page: plain Scrapy, Scrapy with a naive warcio pipeline, and this project, on the same pages.

usage: bench/crawl.py [--rounds N] [--limit N]

The pages are those of `../shared/tools/serve_pages.py`. Each crawl is a process of
its own; its CPU is what the system counted for it and its children. The rounds go through all in turn, and the median
of each is printed.
"""

import argparse
import json
import os
import re
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("NEWSMORGUE_SHARED", ROOT.parent / "shared"))
CONCURRENCY = 16
NAMES = {
    "plain": "Scrapy, storing nothing",
    "naive": "Scrapy, naive warcio pipeline",
    "capture": "newsmorgue, capture alone",
    "full": "newsmorgue, capture and extraction",
}


def run_scrapy(base: str, store: Path | None) -> int:
    """A crawl as one would write it in an afternoon: every page of the sitemap; kept with warcio if asked."""
    import scrapy
    from scrapy.crawler import CrawlerProcess

    class Pages(scrapy.Spider):
        name = "pages"

        async def start(self):
            yield scrapy.Request(f"{base}sitemap.xml", callback=self.listed)

        def listed(self, response):
            for url in re.findall(r"<loc>(.*?)</loc>", response.text):
                yield scrapy.Request(url, callback=self.kept)

        def kept(self, response):
            self.count = getattr(self, "count", 0) + 1
            if store:
                yield {"response": response}

    class Warc:
        def __init__(self):
            from warcio.warcwriter import WARCWriter

            self.writer = WARCWriter((store / "pages.warc.gz").open("wb"), gzip=True)

        def process_item(self, item):
            from warcio.statusandheaders import StatusAndHeaders

            response = item["response"]
            headers = [(k.decode("latin-1"), v.decode("latin-1")) for k, vs in response.headers.items() for v in vs]
            head = StatusAndHeaders(f"{response.status} OK", headers, protocol="HTTP/1.1")
            record = self.writer.create_warc_record(
                response.url, "response", payload=BytesIO(response.body), http_headers=head
            )
            self.writer.write_record(record)
            return item

    settings = {
        "CONCURRENT_REQUESTS": CONCURRENCY,
        "CONCURRENT_REQUESTS_PER_DOMAIN": CONCURRENCY,
        "DOWNLOAD_DELAY": 0,
        "ROBOTSTXT_OBEY": True,
        "LOG_LEVEL": "WARNING",
        "TELNETCONSOLE_ENABLED": False,
        "ITEM_PIPELINES": {Warc: 1} if store else {},
    }
    process = CrawlerProcess(settings)
    crawler = process.create_crawler(Pages)
    process.crawl(crawler)
    process.start()
    return crawler.stats.get_value("downloader/response_status_count/200", 0) - 2  # without robots.txt and sitemap


def make_collection(base: str, folder: Path, *, extract: bool) -> None:
    from archive.config import init_collection

    init_collection(folder, contact="bench@example.org", allow_networks=("127.0.0.0/8",))
    settings = folder / "morgue.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(re.sub(r"(?m)^extract = .*$", f"extract = {str(extract).lower()}", text), encoding="utf-8")
    (folder / "sources" / "pages.toml").write_text(
        f'name = "pages"\nsite = "{base}"\n[[seeds]]\nkind = "sitemap"\nurl = "{base}sitemap.xml"\nevery = "15m"\n'
        f'[crawl]\ndelay = "0s"\nconcurrency = {CONCURRENCY}\nrequisites = false\n',
        encoding="utf-8",
    )


def run_morgue(folder: Path) -> int:
    command = [sys.executable, "-m", "crawler.cli", "crawl", "--json", "--collection", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])["captures"] - 2


def measure(kind: str, base: str) -> dict[str, float]:
    """One crawl: wall seconds and CPU seconds of this process's children."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "collection"
        if kind in ("capture", "full"):
            make_collection(base, folder, extract=kind == "full")
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        if kind in ("capture", "full"):
            pages = run_morgue(folder)
        else:
            command = [sys.executable, __file__, "--child", kind, "--base", base, "--store", scratch]
            pages = int(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
        wall = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return {"pages": pages, "wall": wall, "cpu": cpu}


def serve(limit: int) -> tuple[subprocess.Popen[str], str]:
    """Start the pages' server; returns it and its address."""
    script = SHARED / "tools" / "serve_pages.py"
    if not script.exists():
        sys.exit(f"bench/crawl.py: no pages to serve at {SHARED} (set NEWSMORGUE_SHARED)")
    command = [sys.executable, str(script), "--port", "8931", "--limit", str(limit)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert server.stdout
    line = server.stdout.readline()
    return server, line.split()[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=int, default=0, help="pages to serve; 0 for all")
    parser.add_argument("--only", action="append", choices=list(NAMES))
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--base", help=argparse.SUPPRESS)
    parser.add_argument("--store", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        print(run_scrapy(args.base, args.store if args.child == "naive" else None))
        return
    server, base = serve(args.limit)
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in args.only or NAMES}
    try:
        for _ in range(args.rounds):
            for name, measured in runs.items():
                measured.append(measure(name, base))
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(10)
    print(f"{'':36} {'pages':>6} {'pages/s':>8} {'CPU ms/page':>12} {'x plain':>8}")
    plain = None
    for name, measured in runs.items():
        pages = measured[0]["pages"]
        cpu = statistics.median(run["cpu"] for run in measured) / pages * 1000
        speed = pages / statistics.median(run["wall"] for run in measured)
        plain = plain or cpu
        print(f"{NAMES[name]:36} {pages:6.0f} {speed:8.1f} {cpu:12.2f} {cpu / plain:8.2f}")


if __name__ == "__main__":
    main()
