"""How quick the pages for readers are on a large collection: each made anew, and as it is kept until the next commit.

    python bench/pages.py [--articles 100000] [--rounds 60] [--folder DIR]

The application is asked in process, through ASGI, so that sockets do not count; the collection is on disk. Articles spread over
100 days and 20 sources; one in ten was changed once.
"""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import httpx
from starlette.types import ASGIApp

from archive.config import Settings, init_collection
from archive.formats.timestamp import from_timestamp, to_timestamp
from archive.formats.urlkey import urlkey
from archive.model import Article, Exchange, Reading
from archive.versions import text_digest
from archive.web import kept
from archive.web.app import create_app
from archive.writer import ArchiveWriter
from pipelines.snapshot import take_snapshot

DAYS, SOURCES = 100, 20
_BATCH = 500
_WORDS = [
    "harbour",
    "bridge",
    "council",
    "ferry",
    "lighthouse",
    "strike",
    "hospital",
    "bread",
    "price",
    "court",
    "port",
    "rain",
    "teacher",
    "tram",
    "road",
    "paint",
]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--folder", type=Path, help="keep the collection there, and use it again")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="morgue-bench-") as made:
        folder = (given.folder or Path(made)) / "news"
        if not (folder / "catalog.sqlite").exists():
            fill(folder, given.articles)
        print(f"{given.articles:,} articles, {DAYS} days, {SOURCES} sources; {given.rounds} rounds; milliseconds")
        print(f"{'page':34} {'anew p50':>9} {'p95':>7} {'CPU':>7} {'kept p50':>9} {'kB':>6}")
        asyncio.run(race(folder, given.rounds))


async def race(folder: Path, rounds: int) -> None:
    chance = random.Random(5)
    end = datetime.now(UTC)

    def some_day() -> str:
        return f"{end - timedelta(days=chance.randrange(2, DAYS - 2)):%Y-%m-%d}"

    def some_article() -> str:
        number = chance.randrange(1000)
        return quote(f"https://s{number % SOURCES}.example.org/a/{number}.html", safe="")

    pages: dict[str, Callable[[], str]] = {
        "/": lambda: "/",
        "/day": lambda: f"/day?date={some_day()}",
        "/day, one source": lambda: f"/day?date={some_day()}&source=s{chance.randrange(SOURCES)}",
        "/sources": lambda: "/sources",
        "/source": lambda: f"/source?name=s{chance.randrange(SOURCES)}",
        "/changes": lambda: "/changes",
        "/feed/new": lambda: "/feed/new",
        "/feed/changed": lambda: "/feed/changed",
        "/article": lambda: f"/article?url={some_article()}",
        "/article/provenance": lambda: f"/article/provenance?url={some_article()}",
    }
    app = create_app(folder, Settings())
    for name, address in pages.items():
        kept.OLDEST_SECONDS = -1.0
        await ask(app, address())
        began = time.process_time()
        anew = [await ask(app, address()) for _ in range(rounds)]
        spent = (time.process_time() - began) / rounds
        kept.OLDEST_SECONDS = 1e9
        same = address()
        size = (await ask(app, same))[1]
        again = [await ask(app, same) for _ in range(rounds)]
        times, known = sorted(one[0] for one in anew), statistics.median(one[0] for one in again)
        p95 = times[int(len(times) * 0.95)]
        print(
            f"{name:34} {statistics.median(times) * 1e3:9.1f} {p95 * 1e3:7.1f} {spent * 1e3:7.1f} {known * 1e3:9.2f} {size / 1e3:6.0f}"
        )


async def ask(app: ASGIApp, address: str) -> tuple[float, int]:
    """Seconds and bytes of one answer."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        began = time.perf_counter()
        answer = await client.get(address)
        took = time.perf_counter() - began
    assert answer.status_code == 200, f"{address}: {answer.status_code}"
    return took, len(answer.content)


def fill(folder: Path, articles: int) -> None:
    """A collection of so many articles, written as a crawl writes."""
    chance = random.Random(3)
    settings = init_collection(folder)
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=DAYS)
    step = timedelta(days=DAYS) / articles
    with ArchiveWriter.open(folder, settings) as writer:
        for first in range(0, articles, _BATCH):
            with writer.group():
                for number in range(first, min(first + _BATCH, articles)):
                    add_article(writer, chance, number, start + step * number)
            print(f"\r{first + _BATCH:,} articles", end="", file=sys.stderr)
        writer.make_searchable()
    print(file=sys.stderr)


def add_article(writer: ArchiveWriter, chance: random.Random, number: int, moment: datetime) -> None:
    source = f"s{number % SOURCES}"
    url = f"https://{source}.example.org/a/{number}.html"
    text = "\n".join(" ".join(chance.choices(_WORDS, k=60)).capitalize() + "." for _ in range(6))
    for times in range(2 if number % 10 == 0 else 1):
        timestamp = to_timestamp(moment + timedelta(hours=2 * times))
        text += f"\nNumber {number}, {times}."
        payload = text.encode()
        exchange = Exchange(
            url=url,
            request=f"GET {url} HTTP/1.1\r\n\r\n".encode(),
            response=b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s"
            % (len(payload), payload),
            began=from_timestamp(timestamp),
        )
        snapshot = take_snapshot(exchange, writer.catalog)
        capture = writer.add_capture(snapshot.records, snapshot.capture)
        assert capture
        headline = " ".join(chance.choices(_WORDS, k=8)).capitalize()
        article = Article(
            url=url,
            headline=headline,
            language="en",
            source=source,
            capture=capture.record_id,
            extractor="newsmorgue/1",
        )
        reading = Reading(
            url=url,
            timestamp=timestamp,
            record_id=capture.record_id or "",
            digest=capture.digest or "",
            source=source,
            key=urlkey(url),
            extractor="newsmorgue/1",
            outcome="article",
            text_digest=text_digest(headline, None, text),
            article=article,
        )
        writer.add_reading(reading, text)


if __name__ == "__main__":
    main()
