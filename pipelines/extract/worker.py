"""The task of a reading worker (`pipelines.pool`): a capture's place comes in, what was read from it goes out.

The worker reads the record itself, so that no payload passes through the parent.
"""

from datetime import datetime
from pathlib import Path

import msgspec

from archive.errors import RecordUnreadable
from archive.model import Capture, RecordLocation
from archive.records import RecordReader, to_memento
from pipelines.errors import PayloadUnreadable
from pipelines.extract.article import Extraction, read_page

TASK = "pipelines.extract.worker:read_memento"


class ReadJob(msgspec.Struct, frozen=True, kw_only=True):
    """Where a memento lies."""

    folder: str
    """The collection's."""
    capture: Capture
    original: RecordLocation | None = None
    """Of the record that a revisit refers to."""
    captured: datetime


class ReadAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: an extraction, or why there is none."""

    extraction: Extraction | None = None
    failure: str | None = None


def read_memento(job: bytes) -> bytes:
    """Read the memento a `ReadJob` points at, both ends in msgpack."""
    return msgspec.msgpack.encode(_read(msgspec.msgpack.decode(job, type=ReadJob)))


def _read(job: ReadJob) -> ReadAnswer:
    reader = RecordReader(Path(job.folder), None)
    try:
        record = reader.read(job.capture.location)
        original = reader.read(job.original) if job.original else None
        memento = to_memento(job.capture, record, original)
        extraction = read_page(memento.payload, url=job.capture.url, headers=memento.headers, captured=job.captured)
    except (RecordUnreadable, PayloadUnreadable) as error:
        return ReadAnswer(failure=str(error))
    return ReadAnswer(extraction=extraction)
