"""How long `morgue status` takes on a collection of a hundred thousand captures: CPU of the process, and where it goes.

    python bench/status.py [CAPTURES]

The collection is made up: twenty sources over sixty days, each article captured three times, a sixth of them edited, and a
frontier that knows them all. Every number is process time; the machine may be busy.
"""

import hashlib
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from archive.collection import CATALOG_FILE, Collection
from archive.config import init_collection
from archive.formats.digest import format_sha1
from archive.formats.timestamp import to_timestamp
from archive.formats.urlkey import urlkey
from archive.index.catalog import Catalog, StoredReading
from archive.model import Capture, Reading, RecordLocation, Reference
from archive.status import read_status
from crawler.frontier.entry import Entry
from crawler.frontier.frontier import Frontier
from crawler.frontier.overview import FRONTIER_FILE, read_overview
from crawler.source import Seed, Source
from crawler.source_file import load_sources, write_source
from crawler.watch.report import read_report
from pipelines.doctor import examine
from pipelines.extract.version import EXTRACTOR

SOURCES, DAYS, VISITS = 20, 60, 3


def main() -> None:
    captures = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "news"
        make(folder, captures, now)
        with Collection.open(folder) as collection:
            steps: list[tuple[str, Callable[[], object]]] = [
                ("what the archive holds", lambda: read_status(collection)),
                ("when articles came", lambda: collection.catalog.article_slots(since="20000101000000")),
                ("edits of two days", lambda: collection.catalog.edits(since=to_timestamp(now - timedelta(days=2)))),
                ("the frontier", lambda: read_overview(folder / FRONTIER_FILE, now=now.timestamp())),
                ("drift", lambda: examine(collection.catalog, folder)),
                (
                    "all of the report",
                    lambda: read_report(collection, load_sources(folder / "sources"), now=now, drifting={}),
                ),
            ]
            for name, step in steps:
                began = time.process_time()
                step()
                print(f"{name:24} {(time.process_time() - began) * 1000:7.0f} ms")
        for command in ("--version", "status"):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            words = [command] if command.startswith("-") else ["--collection", str(folder), command, "--json"]
            subprocess.run([sys.executable, "-m", "crawler.cli", *words], check=True, capture_output=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(f"morgue {command:17} {spent * 1000:7.0f} ms")


def make(folder: Path, captures: int, now: datetime) -> None:
    """A collection's catalog and frontier, without the WARC files, which are not asked for."""
    init_collection(folder)
    for number in range(SOURCES):
        site = f"https://s{number}.example/"
        write_source(
            Source(name=f"s{number}", site=site, seeds=(Seed(kind="feed", url=site + "f"),)), folder / "sources"
        )
    chance = random.Random(4)
    numbers = iter(range(10**9))
    with Catalog.open(folder / CATALOG_FILE) as catalog, Frontier(folder / FRONTIER_FILE) as frontier:
        for begin in range(0, captures // VISITS, 1000):
            urls = [f"https://s{chance.randrange(SOURCES)}.example/a/{begin + n}.html" for n in range(1000)]
            visits = [visit for url in urls for visit in visits_of(url, now, chance, numbers)]
            with catalog.transaction():
                catalog.add_captures([capture for capture, _ in visits])
                catalog.add_readings([reading for _, reading in visits if reading])
            entries = [Entry(url=url, kind="page", source=url[8:].partition(".")[0]) for url in urls]
            frontier.add(entries, now=now.timestamp())


def visits_of(
    url: str, now: datetime, chance: random.Random, numbers: Iterator[int]
) -> Iterator[tuple[Capture, StoredReading | None]]:
    """The captures of one article: the first is read, later ones are revisits unless it was edited."""
    at = now - timedelta(seconds=chance.random() * DAYS * 86400)
    text, held = 0, None
    for visit in range(VISITS):
        edited = visit == 1 and chance.random() < 1 / 6
        text += edited
        number = next(numbers)
        digest = format_sha1(hashlib.sha1(f"{url} {text}".encode()).digest())
        capture = Capture(
            urlkey=urlkey(url),
            timestamp=to_timestamp(at),
            url=url,
            mime="text/html",
            status=200,
            digest=digest,
            size=40_000,
            revisit="identical" if held and not edited else None,
            refers_to=Reference(url=url, timestamp=held) if held and not edited else None,
            record_id=f"urn:uuid:00000000-0000-0000-0000-{number:012x}",
            location=RecordLocation(file="bench.warc.gz", offset=number * 1000, length=900),
        )
        reading = None
        if visit == 0 or edited:
            held = capture.timestamp
            reading = StoredReading(
                reading=Reading(
                    url=url,
                    timestamp=capture.timestamp,
                    record_id=capture.record_id or "",
                    digest=digest,
                    source=url[8:].partition(".")[0],
                    extractor=EXTRACTOR,
                    outcome="article",
                    key=urlkey(url),
                    text_digest=digest,
                ),
                location=RecordLocation(file="bench-text.warc.gz", offset=number * 100, length=90),
            )
        yield capture, reading
        at = min(at + timedelta(hours=4), now)


if __name__ == "__main__":
    main()
