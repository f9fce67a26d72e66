"""The made-up archive as a collection: its search index and catalog, without the WARC files, which no search reads."""

import time
from itertools import islice
from pathlib import Path

import msgspec
from finding.corpus import iter_versions

from archive.collection import CATALOG_FILE, SEARCH_FOLDER
from archive.config import init_collection
from archive.index.catalog import Catalog, StoredReading
from archive.index.search import SearchDocument, SearchIndex
from archive.model import Capture, Reading, RecordLocation


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """What it took to make it."""

    articles: int
    versions: int
    text_bytes: int
    index_bytes: int
    seconds: float
    """CPU of taking the texts in and committing them, merges included."""


def build(folder: Path, articles: int) -> Built:
    """Make a collection of so many articles."""
    init_collection(folder)
    count = text_bytes = 0
    seconds = 0.0
    versions = iter_versions(articles)
    with Catalog.open(folder / CATALOG_FILE) as catalog, SearchIndex.create(folder / SEARCH_FOLDER) as index:
        while some := list(islice(versions, 1000)):
            began = time.process_time()
            for document in some:
                index.add(document)
            seconds += time.process_time() - began
            with catalog.transaction():
                catalog.add_captures([_capture(document, count + n) for n, document in enumerate(some)])
                catalog.add_readings([_reading(document, count + n) for n, document in enumerate(some)])
            count += len(some)
            text_bytes += sum(len(document.body.encode()) for document in some)
        began = time.process_time()
        index.commit()
    seconds += time.process_time() - began
    size = sum(path.stat().st_size for path in (folder / SEARCH_FOLDER).iterdir())
    return Built(articles=articles, versions=count, text_bytes=text_bytes, index_bytes=size, seconds=seconds)


def _capture(document: SearchDocument, number: int) -> Capture:
    return Capture(
        urlkey=document.key,
        timestamp=document.timestamp,
        url=document.url,
        mime="text/html",
        status=200,
        digest=document.text_digest,
        size=40_000,
        record_id=f"urn:uuid:00000000-0000-0000-0000-{number:012x}",
        location=RecordLocation(file="bench.warc.gz", offset=number * 1000, length=900),
    )


def _reading(document: SearchDocument, number: int) -> StoredReading:
    return StoredReading(
        reading=Reading(
            url=document.url,
            timestamp=document.timestamp,
            record_id=f"urn:uuid:00000000-0000-0000-0000-{number:012x}",
            digest=document.text_digest or "",
            source=document.source,
            extractor="bench",
            outcome="article",
            key=document.key,
            text_digest=document.text_digest,
        ),
        location=RecordLocation(file="bench-text.warc.gz", offset=number * 100, length=90),
    )
