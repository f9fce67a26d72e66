"""What versions and diffs cost: a usual pair, long histories, hostile texts. Prints one table.

    python bench/versions.py [--versions 4000]

Wall and CPU time in milliseconds, the smallest and the median of several; `first` reads every text.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive.assessor import forget
from archive.collection import Collection
from archive.config import init_collection
from archive.diff import diff_texts
from archive.diff_forms import to_columns, to_html, to_unified
from archive.formats.timestamp import to_timestamp
from archive.formats.urlkey import urlkey
from archive.model import Article, Exchange, Reading
from archive.versions import text_digest
from archive.web.changes import read_diff_page
from archive.web.pages_article import read_article_page, read_versions_page
from archive.writer import ArchiveWriter
from pipelines.snapshot import take_snapshot

WORDS = (  # noqa: SIM905
    "the bridge harbour ferry council mayor said closed opened repairs workers road island summer price crowns week month town "
    "and of in on for with not will has was after before between against without many few new old long short north south"
).split()
URL = "https://www.example.org/news/bridge"
BEGAN = datetime(2024, 5, 1, tzinfo=UTC)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--versions", type=int, default=4000)
    many = parser.parse_args().versions
    print(f"{'what':<44}{'wall min':>10}{'wall p50':>10}{'cpu p50':>10}")
    usual = story(random.Random(1), 20, 60)
    edited = edit(usual, random.Random(2))
    old, new = Article(url=URL, text=usual), Article(url=URL, text=edited)
    row("diff, 20 paragraphs of 60 words, 3 edits", lambda: diff_texts(old, new), 200)
    found = diff_texts(old, new)
    row("the same as marked lines", lambda: to_unified(found), 100)
    row("the same in two columns", lambda: to_columns(found, 120), 100)
    row("the same as HTML", lambda: to_html(found), 100)
    for name, before, after in hostile():
        a, b = Article(url=URL, text=before), Article(url=URL, text=after)
        row(f"diff, {name}", lambda a=a, b=b: diff_texts(a, b), 2)  # type: ignore[misc]
    for count in (50, many):
        with tempfile.TemporaryDirectory() as folder:
            publish(Path(folder) / "news", count)

            def first(folder: str = folder) -> None:
                forget()
                with Collection.open(Path(folder) / "news") as opened:
                    opened.history(URL)

            row(f"history of {count} versions, first", first, 5 if count < 100 else 2)
            with Collection.open(Path(folder) / "news") as opened:
                opened.history(URL)
                row(f"history of {count} versions, again", lambda opened=opened: opened.history(URL), 5)  # type: ignore[misc]
                row(f"article page of {count} versions, first", lambda opened=opened: article_page(opened), 5)  # type: ignore[misc]
                row(f"page of its versions, {count}, first", lambda opened=opened: versions_page(opened), 5)  # type: ignore[misc]
                row(f"diff page of {count} versions, first", lambda opened=opened: diff_page(opened), 5)  # type: ignore[misc]
                row(f"{count} versions folded at 0.1, first", lambda opened=opened: folded(opened), 2)  # type: ignore[misc]


def article_page(opened: Collection) -> None:
    forget()
    read_article_page(opened, URL, None)


def versions_page(opened: Collection) -> None:
    forget()
    read_versions_page(opened, URL, None)


def diff_page(opened: Collection) -> None:
    forget()
    read_diff_page(opened, URL, None, None)


def folded(opened: Collection) -> None:
    forget()
    opened.history(URL, min_change=0.1)


def row(name: str, run: Callable[[], object], times: int) -> None:
    wall, cpu = [], []
    for _ in range(times):
        began, began_cpu = time.perf_counter(), time.process_time()
        run()
        wall.append((time.perf_counter() - began) * 1000)
        cpu.append((time.process_time() - began_cpu) * 1000)
    print(f"{name:<44}{min(wall):>10.2f}{statistics.median(wall):>10.2f}{statistics.median(cpu):>10.2f}", flush=True)


def story(chance: random.Random, paragraphs: int, words: int) -> str:
    return "\n".join(" ".join(chance.choices(WORDS, k=words)) + "." for _ in range(paragraphs))


def edit(text: str, chance: random.Random) -> str:
    """Two words swapped, and a paragraph put in."""
    lines = text.split("\n")
    for _ in range(2):
        at = chance.randrange(len(lines))
        words = lines[at].split()
        words[chance.randrange(len(words))] = str(chance.randrange(1000))
        lines[at] = " ".join(words)
    lines.insert(chance.randrange(len(lines)), story(chance, 1, 40))
    return "\n".join(lines)


def hostile() -> Iterator[tuple[str, str, str]]:
    chance = random.Random(3)
    yield "1 MB, nothing in common", story(chance, 2_000, 90), story(chance, 2_000, 90)
    yield "1 MB in one paragraph", story(chance, 1, 180_000), story(chance, 1, 180_000)
    yield "10,000 paragraphs, shuffled", *shuffled(chance, 10_000)
    yield "10,000 paragraphs, each edited", *each_edited(chance, 10_000)


def shuffled(chance: random.Random, count: int) -> tuple[str, str]:
    lines = story(chance, count, 12).split("\n")
    return "\n".join(lines), "\n".join(chance.sample(lines, count))


def each_edited(chance: random.Random, count: int) -> tuple[str, str]:
    lines = story(chance, count, 12).split("\n")
    return "\n".join(lines), "\n".join(f"{line[:-1]} {number}." for number, line in enumerate(lines))


def publish(folder: Path, count: int) -> None:
    """An article of so many versions, each edited as above or grown by a line."""
    chance = random.Random(4)
    text = story(chance, 12, 50)
    with ArchiveWriter.open(folder, init_collection(folder)) as writer:
        for start in range(0, count, 100):
            with writer.group():
                for number in range(start, min(start + 100, count)):
                    lines = text.split("\n")
                    at = chance.randrange(len(lines))
                    words = lines[at].split()
                    words[chance.randrange(len(words))] = f"w{number}"
                    lines[at] = " ".join(words)
                    text = "\n".join(lines)
                    keep(writer, number, text)


def keep(writer: ArchiveWriter, number: int, text: str) -> None:
    moment = BEGAN + timedelta(minutes=5 * number)
    payload = text.encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(payload)}\r\n\r\n"
    exchange = Exchange(url=URL, request=b"GET / HTTP/1.1\r\n\r\n", response=head.encode() + payload, began=moment)
    snapshot = take_snapshot(exchange, writer.catalog)
    capture = writer.add_capture(snapshot.records, snapshot.capture)
    assert capture
    article = Article(url=URL, headline="Bridge", extractor="newsmorgue/1", capture=capture.record_id, confidence=1.0)
    reading = Reading(
        url=URL,
        timestamp=to_timestamp(moment),
        record_id=capture.record_id or "",
        digest=capture.digest or "",
        source="harbour",
        key=urlkey(URL),
        extractor="newsmorgue/1",
        outcome="article",
        text_digest=text_digest("Bridge", None, text),
        article=article,
    )
    writer.add_reading(reading, text)


if __name__ == "__main__":
    main()
