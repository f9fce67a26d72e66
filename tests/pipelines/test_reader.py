"""Pages are read from the archive: from the folder, else as the store has them."""

import gzip
import queue
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from archive.errors import RecordUnreadable, StoreUnreachable
from archive.formats.warc import encode_record, new_record_id
from archive.model import Capture, RecordLocation
from pipelines.extract.profile import SiteRules
from pipelines.learn import LearnJob, LearnResult
from pipelines.reader import PageReader, ReadJob, ReadResult

TEXT = "The harbour bridge will close for three weeks in June, the port said on Wednesday, and ferries take over."
PAGE = f"<html><head><title>Bridge to close</title></head><body><article><h1>Bridge to close</h1>{f'<p>{TEXT}</p>' * 5}"
RECORD = encode_record(
    "response",
    new_record_id(),
    [("WARC-Target-URI", "https://example.org/bridge"), ("WARC-Date", "2024-05-01T10:30:00Z")],
    f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(PAGE)}\r\n\r\n{PAGE}".encode(),
)


@pytest.fixture(scope="module")
def reader() -> Iterator[PageReader]:
    reader = PageReader(1, queue_size=4)
    yield reader
    reader.close()


@pytest.fixture
def job(tmp_path: Path) -> ReadJob:
    capture = Capture(
        urlkey="org,example)/bridge",
        timestamp="20240501103000",
        url="https://example.org/bridge",
        mime="text/html",
        status=200,
        digest="sha1:A",
        location=RecordLocation(file="a.warc.gz", offset=0, length=len(RECORD)),
        record_id="urn:uuid:1",
        size=len(PAGE),
    )
    return ReadJob(capture=capture, source="voa", folder=str(tmp_path))


class Store:
    """What records come from, and how often."""

    def __init__(self, *answers: bytes | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[RecordLocation] = []

    def fetch(self, place: RecordLocation) -> bytes:
        self.asked.append(place)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def read(reader: PageReader, job: ReadJob, store: Store) -> ReadResult:
    results: queue.SimpleQueue[ReadResult] = queue.SimpleQueue()
    reader.submit(job, results.put, fetch=store.fetch)
    return results.get(timeout=60)


def test_a_page_in_the_folder_is_read_there(reader: PageReader, job: ReadJob, tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(RECORD)
    store = Store()
    result = read(reader, job, store)
    assert result.extraction
    assert TEXT in result.extraction.article.text
    assert result.extraction.article.source == "voa"
    assert store.asked == []


def test_a_page_that_is_no_longer_here_is_fetched(reader: PageReader, job: ReadJob) -> None:
    store = Store(RECORD)
    result = read(reader, job, store)
    assert result.extraction
    assert TEXT in result.extraction.article.text
    assert result.job == job, "its bytes are not carried along"
    assert store.asked == [job.capture.location]


def test_a_page_that_cannot_be_had_is_not_called_unreadable(reader: PageReader, job: ReadJob) -> None:
    result = read(reader, job, Store(RecordUnreadable("gone")))
    assert (result.unavailable, result.extraction, result.error) == (True, None, "gone")
    damaged = read(reader, job, Store(b"no record"))
    assert (damaged.unavailable, damaged.extraction) == (False, None)


def test_a_store_that_does_not_answer_is_left_alone_for_a_while(
    reader: PageReader, job: ReadJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(StoreUnreachable("no answer"), RECORD)
    assert [read(reader, job, store).unavailable for _ in range(5)] == [True] * 5
    assert len(store.asked) == 1, "each of the others would wait as long"
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 61)
    assert read(reader, job, store).extraction
    assert len(store.asked) == 2


def test_a_damaged_record_is_one_failed_page(reader: PageReader, job: ReadJob, tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(RECORD[:50] + b"damage" + RECORD[56:])
    result = read(reader, job, Store())
    assert result.extraction is None
    assert result.error
    assert not result.unavailable
    (tmp_path / "a.warc.gz").write_bytes(RECORD)
    assert read(reader, job, Store()).extraction


def test_every_job_comes_back_once_though_the_reader_is_stopped_meanwhile(job: ReadJob, tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(RECORD)
    reader = PageReader(1, queue_size=2)
    results: queue.SimpleQueue[ReadResult] = queue.SimpleQueue()
    store = Store()

    def submit() -> None:  # waits while the queue is full
        for _ in range(40):
            reader.submit(job, results.put, fetch=store.fetch)

    submitting = threading.Thread(target=submit, daemon=True)
    submitting.start()
    first = results.get(timeout=60)
    assert first.extraction
    reader.terminate()
    submitting.join(10)
    assert not submitting.is_alive()
    others = [results.get(timeout=10) for _ in range(39)]
    unread = [result for result in others if result.extraction is None]
    assert unread
    assert all(result.unavailable and result.error is None for result in unread)
    reader.close()
    assert results.empty()


def test_a_page_that_hangs_and_a_bomb_cost_nobody_else_anything(
    job: ReadJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.reader.TIMEOUT_SECONDS", 4.0)
    (tmp_path / "a.warc.gz").write_bytes(RECORD)
    bomb = gzip.compress(bytes(100 << 20))
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n"
    )
    fields = [("WARC-Target-URI", "https://example.org/bomb"), ("WARC-Date", "2024-05-01T10:30:00Z")]
    packed = encode_record("response", new_record_id(), fields, head.encode() + bomb)
    # Each level multiplies the work by the number of elements.
    hangs = msgspec.structs.replace(job, rules=SiteRules(prune=("//*" + "[count(//*" * 40 + ")>0]" * 40,)))
    reader = PageReader(1, queue_size=8)
    try:
        assert "took longer than" in (read(reader, hangs, Store()).error or "")
        assert read(reader, job, Store()).extraction
        elsewhere = RecordLocation(file="gone.warc.gz", offset=0, length=len(packed))
        bombed = msgspec.structs.replace(job, capture=msgspec.structs.replace(job.capture, location=elsewhere))
        assert "decodes to more than" in (read(reader, bombed, Store(packed)).error or "")
        assert read(reader, job, Store()).extraction
    finally:
        reader.terminate()


def lesson(job: ReadJob, count: int) -> LearnJob:
    """Twelve stories, each in a file that is in the store only."""
    captures = tuple(
        msgspec.structs.replace(
            job.capture,
            url=f"https://example.org/{number}",
            location=RecordLocation(file=f"{number}.warc.gz", offset=0, length=1),
        )
        for number in range(count)
    )
    return LearnJob(site="example.org", number=1, captures=captures, folder=job.folder)


def learn(reader: PageReader, job: LearnJob, store: Store) -> LearnResult:
    results: queue.SimpleQueue[LearnResult] = queue.SimpleQueue()
    reader.learn(job, results.put, fetch=store.fetch)
    return results.get(timeout=60)


def test_a_site_is_learned_from_pages_that_are_in_the_store_only(job: ReadJob) -> None:
    records = []
    for number in range(12):
        text = "".join(f"<p>{number} {TEXT} {number * 7919} boats of quay {line}.</p>" for line in range(8))
        html = f"<html><head><title>Bridge {number}</title></head><body><article><h1>Bridge {number}</h1>{text}"
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(html)}\r\n\r\n"
        fields = [("WARC-Target-URI", f"https://example.org/{number}"), ("WARC-Date", "2024-05-01T10:30:00Z")]
        records.append(encode_record("response", new_record_id(), fields, (head + html).encode()))
    store = Store(*records)
    reader = PageReader(1, queue_size=4)
    try:
        result = learn(reader, lesson(job, 12), store)
    finally:
        reader.close()
    assert len(store.asked) == 12
    assert result.learned
    assert result.learned.articles == 12
    assert result.job.members == {}


def test_a_lesson_is_put_off_while_the_store_does_not_answer(job: ReadJob) -> None:
    reader = PageReader(1, queue_size=4)
    try:
        result = learn(reader, lesson(job, 12), Store(StoreUnreachable("no answer")))
        assert (result.learned, result.error) == (None, None)
    finally:
        reader.close()
