#!/usr/bin/env python3
"""CPU and memory of a rendered page: this project with and without `render`, and plain scrapy-playwright, on the same pages.

usage: bench/render.py [--pages N]

Each page is a shell whose script fetches its text as JSON, on loopback. A crawl is a process of its own; its CPU is what the
system counted for it and all it started, Chromium included. Exchanges are counted at the server and in the archive.
"""

import argparse
import asyncio
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from archive.config import init_collection  # noqa: E402  the checkout goes first
from archive.formats.units import Duration  # noqa: E402
from archive.formats.warc import iter_records  # noqa: E402
from crawler.demo.cases import ok  # noqa: E402
from crawler.demo.loopback import Loopback, read_request  # noqa: E402
from crawler.source import CrawlRules, Seed, Source  # noqa: E402
from crawler.source_file import write_source  # noqa: E402

SHELL = b"<!DOCTYPE html><title>App</title><div id=root></div><script src=/app.js></script>"
SCRIPT = b"""
fetch('/json' + location.pathname).then(answer => answer.json()).then(story => {
  root.innerHTML = '<article><h1>' + story.headline + '</h1>' + story.text.map(one => '<p>' + one + '</p>').join('');
});
"""


class App(Loopback):
    """So many stories, each built by script."""

    def __init__(self, pages: int) -> None:
        super().__init__(("127.0.0.1",))
        self.pages = pages
        self.asked = 0

    @property
    def base(self) -> str:
        return f"http://{self.addresses[0]}"

    def answer(self, path: str) -> bytes:
        if path == "/feed.xml":
            items = "".join(f"<item><link>{self.base}/story/{n}</link></item>" for n in range(self.pages))
            feed = f'<?xml version="1.0"?><rss version="2.0"><channel><title>App</title>{items}</channel></rss>'
            return ok(body=feed.encode(), kind=b"application/rss+xml")
        if path == "/app.js":
            return ok(body=SCRIPT, kind=b"text/javascript")
        if path.startswith("/json/"):
            text = [f"The port said on day {n} of {path} that the bridge would stay closed." for n in range(20)]
            return ok(body=json.dumps({"headline": path, "text": text}).encode(), kind=b"application/json")
        return ok(body=SHELL) if path.startswith("/story/") else ok(status=b"HTTP/1.1 404 Not Found")

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, place: int) -> None:
        while True:
            path = (await read_request(reader)).split(b" ", 2)[1].decode()
            self.asked += 1
            writer.write(self.answer(path))
            await writer.drain()


def run_playwright(base: str, pages: int) -> None:
    """A crawl as one would write it in an afternoon: nothing is kept."""
    import shutil

    import scrapy
    from scrapy.crawler import CrawlerProcess

    class Pages(scrapy.Spider):
        name = "pages"

        async def start(self):
            for number in range(pages):
                meta = {"playwright": True, "playwright_page_goto_kwargs": {"wait_until": "networkidle"}}
                yield scrapy.Request(f"{base}/story/{number}", meta=meta)

        def parse(self, response):
            assert "<h1>" in response.text

    handler = "scrapy_playwright.handler.ScrapyPlaywrightDownloadHandler"
    launch = {"executable_path": shutil.which("chromium"), "args": ["--no-sandbox"]}
    settings = {
        "DOWNLOAD_HANDLERS": {"http": handler, "https": handler},
        "PLAYWRIGHT_LAUNCH_OPTIONS": launch,
        "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": 4,
        "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
        "LOG_LEVEL": "ERROR",
    }
    process = CrawlerProcess(settings)
    process.crawl(Pages)
    process.start()


def memory_of(group: int) -> int:
    """Bytes that the processes of a session have for themselves (proportional set size)."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(folder.name)) == group:
                lines = (folder / "smaps_rollup").read_text().splitlines()
                total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        except (OSError, ValueError):
            continue
    return total * 1024


def measure(command: list[str]) -> tuple[float, float, int]:
    """Seconds, CPU seconds and the most memory of a command and all it started."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began, most = time.monotonic(), 0
    process = subprocess.Popen(
        command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=ROOT
    )
    timer = threading.Timer(600, lambda: os.killpg(process.pid, signal.SIGKILL))
    timer.start()
    while process.poll() is None:
        most = max(most, memory_of(process.pid))
        time.sleep(0.2)
    timer.cancel()
    if process.returncode:
        raise SystemExit(f"{command}: {process.stderr.read().decode()[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - began, cpu, most


def crawl(app: App, folder: Path, *, render: bool) -> tuple[float, float, int]:
    news = folder / ("rendered" if render else "plain")
    init_collection(news, contact="bench@example.org", allow_networks=("127.0.0.0/8",))
    path = news / "morgue.toml"
    path.write_text(path.read_text().replace("\nextract = true\n", "\nextract = false\n"))
    rules = CrawlRules(delay=Duration(), concurrency=4, requisites=False, render=render, page_budget=0)
    seed = Seed(kind="feed", url=f"{app.base}/feed.xml")
    write_source(Source(name="app", site=f"{app.base}/", seeds=(seed,), crawl=rules), news / "sources")
    found = measure([sys.executable, "-m", "crawler.cli", "crawl", "--collection", str(news)])
    kinds: dict[str, int] = {}
    for warc in (news / "archive").glob("*.warc.gz"):
        for record, _ in iter_records(warc):
            kinds[record.kind] = kinds.get(record.kind, 0) + 1
    print(
        f"  in the archive: {kinds.get('request', 0)} requests, {kinds.get('resource', 0)} documents; asked: {app.asked}"
    )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=40)
    parser.add_argument("--playwright", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.playwright:
        run_playwright(options.playwright, options.pages)
        return
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in ("newsmorgue, not rendered", "newsmorgue, rendered", "scrapy-playwright, storing nothing"):
            with App(options.pages) as app:
                print(name)
                if name.startswith("scrapy"):
                    command = [sys.executable, __file__, "--playwright", app.base, "--pages", str(options.pages)]
                    rows.append((name, *measure(command)))
                else:
                    rows.append((name, *crawl(app, Path(folder), render="not" not in name)))
    print(f"\n{'':36}{'seconds':>9}{'CPU s a page':>14}{'memory MB':>11}")
    for name, seconds, cpu, memory in rows:
        print(f"{name:36}{seconds:9.1f}{cpu / options.pages:14.3f}{memory / 1e6:11.0f}")


if __name__ == "__main__":
    main()
