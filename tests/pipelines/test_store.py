"""The recorder: what it is given becomes durable in groups, then whoever waits is told; pages are read and compared."""

import os
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.collection import Collection
from archive.config import Settings
from archive.errors import FolderUnwritable, NoCapture
from archive.formats.warc import iter_records
from archive.model import Exchange, Reading
from archive.warcfile import warc_files
from archive.writer import ArchiveWriter
from pipelines.kept import Kept
from pipelines.reader import PageReader
from pipelines.reread import read_again
from pipelines.store import GROUP_SECONDS, Recorder, SourceRules

URL = "https://news.example/story"
FIRST = "The harbour bridge will close for three weeks in June, the port said on Wednesday."
SECOND = FIRST.replace("three", "five")


def answer(body: bytes = b"", status: bytes = b"200 OK", kind: bytes = b"text/html") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (status, kind, len(body)) + body


def page(text: str = FIRST, advert: int = 0) -> bytes:
    story = "".join(f"<p>{text} It was paragraph {number} of the port's long report.</p>" for number in range(6))
    aside = f"<aside class='advert'>Buy {advert}</aside>"
    html = f"<!DOCTYPE html><html lang='en'><title>Bridge</title><body>{aside}<article><h1>Bridge to close</h1>{story}"
    return answer(html.encode())


class Desk:
    """A recorder at work, and what it told."""

    def __init__(self, folder: Path, reader: PageReader | None = None) -> None:
        self.folder = folder
        self.kept: list[Kept] = []
        self.versions: list[Reading] = []
        self.failures: list[BaseException] = []
        self.writer = ArchiveWriter.open(folder, Settings())
        self.recorder = Recorder(self.writer, reader)
        self.recorder.on_kept = self.on_kept
        self.recorder.on_version = self.versions.append
        self.recorder.on_failure = self.failures.append
        self._began = datetime(2024, 5, 1, tzinfo=UTC)
        self.recorder.start()

    def on_kept(self, batch: Sequence[Kept]) -> None:
        self.kept += batch

    def put(self, response: bytes, url: str = URL, token: object = None, **fields: Any) -> None:
        self._began += timedelta(seconds=1)
        given = {"request": b"GET / HTTP/1.1\r\n\r\n", "began": self._began, "source": "paper"} | fields
        self.recorder.put(Exchange(url=url, response=response, **given), token)

    def end(self) -> None:
        """Finish, seal, close."""
        self.recorder.stop()
        self.writer.close()

    def records(self) -> list[bytes]:
        return [record.block for path in warc_files(self.folder / "archive") for record, _ in iter_records(path)]


@pytest.fixture(scope="module")
def reader() -> Iterator[PageReader]:
    reader = PageReader(1, queue_size=4)
    yield reader
    reader.close()


@pytest.fixture
def fsyncs(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When the disk was asked to make something durable."""
    moments: list[float] = []
    fsync: Callable[[int], None] = os.fsync

    def noted(handle: int) -> None:
        fsync(handle)
        moments.append(time.monotonic())

    monkeypatch.setattr(os, "fsync", noted)
    return moments


def test_what_is_told_to_be_kept_is_durable(folder: Path, fsyncs: list[float]) -> None:
    desk = Desk(folder)
    told: list[tuple[int, bool, bytes]] = []

    def on_kept(batch: Sequence[Kept]) -> None:
        # As another process would find it after a power cut: what is in the file, and nothing of any buffer.
        [path] = warc_files(folder / "archive")
        found = [record.block for record, _ in iter_records(path)]
        told.extend((one.token, bool(fsyncs), page() in found) for one in batch)

    desk.recorder.on_kept = on_kept
    desk.put(page(), token=1)
    desk.end()
    assert told == [(1, True, True)]


def test_many_are_made_durable_together(folder: Path, fsyncs: list[float]) -> None:
    desk = Desk(folder)
    desk.put(page(), "https://news.example/first", token=0)
    while not desk.kept:
        time.sleep(0.01)
    fsyncs.clear()
    for number in range(100):
        desk.put(page(), f"https://news.example/{number}", token=number)
    while len(desk.kept) < 101:
        time.sleep(0.01)
    assert len(fsyncs) <= 10
    assert [one.token for one in desk.kept[1:]] == list(range(100))
    desk.end()


def test_one_alone_does_not_wait_long(folder: Path) -> None:
    desk = Desk(folder)
    began = time.monotonic()
    desk.put(page())
    while not desk.kept:
        time.sleep(0.005)
    assert time.monotonic() - began < GROUP_SECONDS + 2.0
    desk.end()


def test_what_is_no_http_is_kept_and_told_without_a_capture(folder: Path) -> None:
    desk = Desk(folder)
    desk.put(b"", token="silent", truncated="disconnect")
    desk.put(b"\x16\x03\x01", token="garbage", truncated="disconnect")
    desk.end()
    assert [(one.token, one.capture) for one in desk.kept] == [("silent", None), ("garbage", None)]
    assert desk.recorder.counts.exchanges == 2
    assert desk.recorder.counts.captures == 0
    assert b"\x16\x03\x01" in desk.records()


def test_repeated_payloads_become_revisits(folder: Path) -> None:
    desk = Desk(folder)
    for response in (page(), page(), answer(status=b"304 Not Modified"), page(SECOND), answer(b"no", b"404 Not Found")):
        desk.put(response)
    desk.end()
    counts = desk.recorder.counts
    assert (counts.exchanges, counts.captures, counts.revisits) == (5, 3, 2)
    assert [one.capture and one.capture.revisit for one in desk.kept] == [None, "identical", "not-modified", None, None]


@pytest.fixture
def full_disk() -> Iterator[Callable[[int], None]]:
    """Let no file grow beyond a size, as if the disk were full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_ends_the_recorder_and_is_raised(folder: Path, full_disk: Callable[[int], None]) -> None:
    desk = Desk(folder)
    desk.put(page(), token="good")
    while not desk.kept:
        time.sleep(0.01)
    full_disk(1_000_000)
    desk.put(answer(os.urandom(2_000_000)), "https://news.example/large", token="large")
    for number in range(300):
        desk.put(page(SECOND), token=number)
    began = time.monotonic()
    with pytest.raises(FolderUnwritable, match=r"archive/.*: File too large; free space"):
        desk.recorder.stop()
    assert time.monotonic() - began < 10
    assert [type(error) for error in desk.failures] == [FolderUnwritable]
    assert [one.token for one in desk.kept] == ["good"]
    full_disk(resource.RLIM_INFINITY)
    desk.writer.close()
    again = Desk(folder)
    assert [one.url for one in again.writer.catalog.captures()] == [URL]
    assert page() in again.records()
    again.end()


def test_readers_find_what_was_read(folder: Path, reader: PageReader) -> None:
    desk = Desk(folder, reader)
    desk.put(page())
    desk.put(answer(b"<html><title>Gone</title><p>Not here", b"404 Not Found"), "https://news.example/gone")
    desk.put(page(), "https://news.example/feed", kind="seed")
    desk.put(page(), "https://news.example/cut", truncated="length")
    desk.put(answer(b"%PDF", kind=b"application/pdf"), "https://news.example/paper.pdf")
    desk.end()
    counts = desk.recorder.counts
    assert (counts.articles, counts.versions) == (1, 1)
    assert [reading.url for reading in desk.versions] == [URL]
    with Collection.open(folder) as collection:
        article = collection.article(URL)
        assert article.headline == "Bridge to close"
        assert article.text.startswith(FIRST)
        assert article.source == "paper"
        [hit] = collection.search("harbour bridge")
        assert hit.url == URL


def test_edits_make_versions_and_adverts_do_not(folder: Path, reader: PageReader) -> None:
    desk = Desk(folder, reader)
    expected = [
        (page(), 1),
        (page(advert=1), 1),
        (page(SECOND), 2),
        (page(SECOND), 2),
        (page(), 3),  # the first text again, by a payload that is known: a revisit makes this version
        (answer(status=b"304 Not Modified"), 3),
        (page(SECOND, advert=2), 4),
    ]
    for number, (response, versions) in enumerate(expected, 1):
        desk.put(response)
        while len(desk.kept) < number or desk.recorder.waiting_to_read or not desk.recorder._queue.empty():
            time.sleep(0.01)
        time.sleep(0.05)
        assert desk.recorder.counts.versions == versions, number
    desk.end()
    assert desk.recorder.counts.articles == 1
    with Collection.open(folder) as collection:
        assert [version.number for version in collection.history(URL)] == [1, 2, 3, 4]


def test_stopping_waits_for_what_is_being_read(folder: Path, reader: PageReader) -> None:
    desk = Desk(folder, reader)
    for number in range(20):
        desk.put(page(f"{FIRST} The edition was number {number}."), f"https://news.example/{number}")
    desk.end()
    assert desk.recorder.counts.articles == 20


def test_pages_archived_earlier_are_read_on_request(folder: Path, reader: PageReader) -> None:
    desk = Desk(folder)
    for number in range(10):
        desk.put(page(f"{FIRST} The edition was number {number}."), f"https://news.example/{number}")
    desk.end()
    again = Desk(folder, reader)
    for capture in list(again.writer.catalog.unread()):
        again.recorder.read(capture, "paper")
    again.end()
    assert again.recorder.counts.articles == 10
    assert again.recorder.counts.captures == 0


def test_a_stopped_reader_leaves_pages_for_another_time(folder: Path) -> None:
    reader = PageReader(1, queue_size=64)
    desk = Desk(folder, reader)
    for number in range(30):
        desk.put(page(f"{FIRST} The edition was number {number}."), f"https://news.example/{number}")
    while len(desk.kept) < 30:
        time.sleep(0.01)
    reader.terminate()
    desk.end()
    assert desk.recorder.readings.unreadable == 0
    assert desk.recorder.counts.articles < 30
    left = Desk(folder)
    assert len(list(left.writer.catalog.unread())) == 30 - desk.recorder.counts.articles
    left.end()


def test_a_seed_is_never_read_nor_counted_as_unread(folder: Path, reader: PageReader) -> None:
    desk = Desk(folder, reader)
    desk.put(page(), url="https://news.example/", kind="seed")
    desk.end()
    with Collection.open(folder) as collection:
        assert collection.catalog.counts().unread == 0
        with pytest.raises(NoCapture, match="polled for URLs"):
            collection.article("https://news.example/")
    done, _ = read_again(folder, Settings(workers=1))
    assert done.read == 0


def test_a_page_that_was_a_seed_is_read_when_it_is_asked_for_as_a_page(folder: Path, reader: PageReader) -> None:
    desk = Desk(folder, reader)
    desk.put(page(advert=1), kind="seed")
    desk.put(page(advert=2))
    desk.end()
    with Collection.open(folder) as collection:
        assert collection.article(URL).text.startswith(FIRST)


def test_a_sources_language_is_for_pages_that_name_none(folder: Path, reader: PageReader) -> None:
    silent = page().replace(b"<html lang='en'>", b"<html>")
    rules = {"paper": SourceRules(language="fi")}
    with ArchiveWriter.open(folder, Settings()) as writer:
        recorder = Recorder(writer, reader, rules=rules)
        recorder.start()
        began = datetime(2024, 5, 1, tzinfo=UTC)
        for name, response in (("silent", silent), ("told", page())):
            url = f"https://news.example/{name}"
            recorder.put(Exchange(url=url, request=b"GET", response=response, began=began, source="paper"), None)
        recorder.stop()
    with Collection.open(folder) as collection:
        assert [collection.article(f"https://news.example/{name}").language for name in ("silent", "told")] == [
            "fi",
            "en",
        ]
