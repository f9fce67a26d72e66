"""What the JSON interface answers. Keys that the command line prints too (`--json`) mean the same here."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from archive.diff import Diff
from archive.model import Amendment, Article, Change, Truncation

Timestamp = Annotated[str, Meta(description="14 digits, UTC.", pattern="^[0-9]{14}$")]
NextCursor = Annotated[str, Meta(description="Give it back to go on; null where this was all.")]


class CaptureAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One archived exchange: an entry of the index."""

    id: str
    """Stays the same as long as its WARC file does."""
    urlkey: str
    timestamp: Timestamp
    url: str
    mime: str
    """`warc/revisit` for a revisit, as in CDX files; what it shows is `media_type`."""
    media_type: str
    status: int | None
    digest: str | None
    """Payload digest, `sha1:` and base32."""
    length: int
    """Bytes of the WARC record as stored."""
    offset: int
    filename: str
    record_id: str | None
    revisit: Literal["identical", "not-modified"] | None
    truncated: Truncation | None
    redirect: str | None
    """Where a 3xx leads."""
    rights: tuple[str, ...]
    """What its publisher said of its use."""
    rendered: bool
    """Whether what a browser made of it is kept as well."""
    raw: str
    """Path of its payload on this server, as it was captured."""
    warc: str
    """Path of its WARC file on this server; a range of bytes from `offset`, `length` long, is its record."""
    record: str
    """Path of that record alone, as a WARC file of its own."""


class CapturesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Captures in order of urlkey and time."""

    captures: tuple[CaptureAnswer, ...]
    cursor: NextCursor | None


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """One field of an HTTP head."""

    name: str
    value: str


class MementoAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A capture and the head of its response; a revisit's is its own."""

    capture: CaptureAnswer
    status: int
    reason: str
    headers: tuple[Header, ...]
    payload_bytes: int


class VersionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One text state of an article."""

    id: str
    """Stays the same: it is made of the address and the time of the version's first capture."""
    number: int
    """From 1; those of later versions move where an older capture is imported."""
    timestamp: Timestamp
    change: Change
    headline: str | None
    text_digest: str
    first_seen: Timestamp
    last_seen: Timestamp
    significance: (
        Annotated[float, Meta(description="How much of the meaning changed, 0 to 1; null for the first.")] | None
    )
    silent: bool
    """Whether the edit matters, and the page did not say that it was made."""
    same_as: Annotated[int, Meta(description="Number of the earlier version whose text this is again.")] | None
    touched: bool
    """Whether the page stated a later date of change while its text stayed as it is."""
    amended: tuple[Amendment, ...]
    """Where authors, dateline, pictures, captions or credits changed over this same text: `before` and `after` are an `a` and `b` of `/api/diff`."""
    folded: int
    """How many versions of less significance are folded into this one."""
    url: str


class ArticleAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An article as one version of it reads."""

    article: Article
    version: VersionAnswer


class HistoryAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The versions of an article, oldest first, across all its addresses."""

    versions: tuple[VersionAnswer, ...]
    count: int
    """Of all versions."""
    cursor: NextCursor | None
    """Of a question with a limit: where those before these are."""


class DiffAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What changed from one version to another."""

    old: VersionAnswer
    new: VersionAnswer
    changed: bool
    diff: Diff


class HitAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One article that was found."""

    id: str
    """Of the version that was found, as `VersionAnswer` has it."""
    url: str
    timestamp: Timestamp
    headline: str | None
    snippet: str
    """Plain text around the match."""
    score: float
    source: str | None
    language: str | None


class SearchAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Hits, best first."""

    hits: tuple[HitAnswer, ...]
    cursor: NextCursor | None


class ListedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One article in a list, as it reads now."""

    url: str
    headline: str | None
    language: str | None
    source: str | None
    section: str | None
    authors: tuple[str, ...]
    first: Timestamp
    """Of its first capture."""
    changed: (
        Annotated[str, Meta(description="14 digits: of the capture with its newest text, where it has had others.")]
        | None
    )


class ArticlesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Articles by when they were first captured, newest first."""

    articles: tuple[ListedAnswer, ...]
    cursor: NextCursor | None


class SourceAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What was read of one source."""

    source: str
    versions: int
    read: int
    """Distinct payloads that were read, whatever came of it."""
    not_articles: int
    failed: int
    last_day: Annotated[str, Meta(description="8 digits: of the newest capture that was read.")] | None


class SourcesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The sources that the collection follows or holds pages of."""

    sources: tuple[SourceAnswer, ...]


class StatusAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the collection holds."""

    captures: int
    revisits: int
    urls: int
    articles: int
    versions: int
    unread: int
    """Pages that no extractor has read yet."""
    last_capture: Timestamp | None
    files: int
    size_bytes: int
    """Of the WARC files, texts included."""


class ErrorAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong, in one line."""

    status: int
    error: str
