"""What a collection holds, by source and in all: the answer to `morgue status`."""

from collections import defaultdict

import msgspec

from archive.collection import Collection
from archive.model import Outcome


class SourceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What was read of one source."""

    source: str
    versions: int
    """Article versions."""
    read: int
    """Distinct payloads that were read, whatever came of it."""
    not_articles: int
    failed: int
    last_day: str | None
    """8 digits: the day of the newest capture that was read."""


class CollectionStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What all of a collection holds."""

    source: None = None
    captures: int
    revisits: int
    urls: int
    articles: int
    versions: int
    unread: int
    """Pages that no extractor has read yet."""
    last_capture: str | None
    files: int
    size_bytes: int
    """Of the WARC files, texts included."""
    waiting_for_store: int
    """Sealed files that the store does not hold yet."""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `morgue status`."""

    sources: tuple[SourceStatus, ...]
    total: CollectionStatus


def source_names(collection: Collection) -> set[str]:
    """The sources that a collection follows, and those that it holds pages of."""
    counts = collection.catalog.reading_counts()
    return {path.stem for path in (collection.folder / "sources").glob("*.toml")} | {one.source or "" for one in counts}


def read_status(collection: Collection) -> Status:
    """Count what a collection holds, sources that were never crawled included."""
    counts = collection.catalog.counts()
    outcomes: defaultdict[str, defaultdict[Outcome, int]] = defaultdict(lambda: defaultdict(int))
    last_days: dict[str, str] = {}
    for count in collection.catalog.reading_counts():
        name = count.source or ""
        outcomes[name][count.outcome] += count.count
        last_days[name] = max(last_days.get(name, ""), count.day)
    names = {path.stem for path in (collection.folder / "sources").glob("*.toml")} | set(outcomes)
    files = collection.catalog.files()
    return Status(
        sources=tuple(
            SourceStatus(
                source=name,
                versions=counts.versions_by_source.get(name, 0),
                read=sum(outcomes[name].values()),
                not_articles=outcomes[name]["not-article"],
                failed=outcomes[name]["failed"],
                last_day=last_days.get(name),
            )
            for name in sorted(names)
        ),
        total=CollectionStatus(
            captures=counts.captures,
            revisits=counts.revisits,
            urls=counts.urls,
            articles=counts.articles,
            versions=counts.versions,
            unread=counts.unread,
            last_capture=counts.last_capture,
            files=len(files),
            size_bytes=sum(file.size for file in files),
            waiting_for_store=sum(file.sealed and not file.uploaded for file in files)
            if collection.settings.store
            else 0,
        ),
    )
