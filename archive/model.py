"""The types every room shares: what was exchanged, what is kept, and what was read from it.

All are frozen and compared by value. Nothing here does I/O or knows a file format; see `archive.formats` for those.
"""

from datetime import datetime
from typing import Literal, NamedTuple, TypedDict

import msgspec

Truncation = Literal["length", "time", "disconnect"]
"""Why a response is incomplete: the reasons of WARC/1.1 section 5.13."""

Outcome = Literal["article", "unchanged", "not-article", "failed"]
"""What reading one payload gave: a new text, a known text, no article, or an error."""

Change = Literal["first", "edited", "corrected", "headline", "cosmetic"]
"""How a version differs from the one before it."""

Versions = Literal["newest", "all"]
"""What a search gives: each article by its newest version that matches, or every version that does."""


class Rendering(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser made of a page once its scripts had run."""

    dom: bytes | None
    """The document as HTML in UTF-8; `None` where the browser did not get there."""
    taken: datetime
    problem: str | None = None
    """Why there is no document."""


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP request and its response, as they were on the wire."""

    url: str
    """The requested URL, without fragment."""
    method: str = "GET"
    request: bytes
    """The request message as written to the socket."""
    response: bytes
    """Everything received in answer, interim 1xx heads included; may be empty when the peer never answered."""
    ip: str | None = None
    """The connected peer's address; `None` when no connection came about."""
    tls_version: str | None = None
    """As OpenSSL names it, for example `TLSv1.3`."""
    tls_cipher: str | None = None
    began: datetime
    truncated: Truncation | None = None
    """Why the response is incomplete; `None` when it is complete."""
    source: str | None = None
    """Name of the source this was fetched for."""
    kind: str = "page"
    """What it was fetched as: `page`, `seed`, `robots` or `requisite`."""
    rendering: Rendering | None = None
    """`None` where no browser was asked."""
    via: str | None = None
    """Of a requisite: the page or style sheet that names it."""


class RecordLocation(msgspec.Struct, frozen=True, kw_only=True):
    """Where one WARC record lies."""

    file: str
    """The final file name, without folder, even while the file is still `.open`."""
    offset: int
    length: int
    """Bytes of the record's gzip member (or of the plain record)."""


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """What a revisit record points at (WARC-Refers-To and its companions)."""

    url: str
    timestamp: str | None = None
    """`None` where a foreign writer left it out, and named the record only."""
    record_id: str | None = None
    """`urn:uuid:…`; `None` where a foreign writer left it out."""


class Dom(msgspec.Struct, frozen=True, kw_only=True):
    """The record of what a browser made of a page, beside the page's capture."""

    digest: str
    location: RecordLocation


class Capture(msgspec.Struct, frozen=True, kw_only=True):
    """The index entry of one archived exchange: one CDXJ line."""

    urlkey: str
    timestamp: str
    """14 digits, UTC."""
    url: str
    mime: str
    """The response's own media type; `unk` when it named none, as most 304s do."""
    status: int | None
    digest: str | None
    """Payload digest, `sha1:` + base32."""
    location: RecordLocation
    record_id: str | None = None
    """`urn:uuid:…` of the response or revisit record."""
    revisit: Literal["identical", "not-modified"] | None = None
    """The revisit profile: identical-payload-digest or server-not-modified; `None` for a full response."""
    refers_to: Reference | None = None
    truncated: Truncation | None = None
    size: int | None = None
    """Payload bytes, transfer-coding removed; `None` for a revisit, which holds none."""
    redirect: str | None = None
    """The absolute target of a 3xx's Location header."""
    rights: tuple[str, ...] = ()
    """What was said of its use (`archive.formats.rights`): `noarchive`, `noindex`, `noai`, `tdm`, …"""
    dom: Dom | None = None
    """What a browser made of it; `None` where it was not rendered."""

    @property
    def read_digest(self) -> str | None:
        """Digest of what extraction reads: the DOM's where there is one, else the payload's."""
        return self.dom.digest if self.dom else self.digest

    @property
    def read_location(self) -> RecordLocation:
        """Where the record lies that extraction reads. A revisit without a DOM holds nothing to read."""
        return self.dom.location if self.dom else self.location


class Memento(msgspec.Struct, frozen=True, kw_only=True):
    """A capture with its headers and payload in hand (RFC 7089)."""

    capture: Capture
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    """In the order received; folds joined; latin-1."""
    payload: bytes
    """The entity body: transfer-coding removed, Content-Encoding kept."""
    message: bytes
    """The stored HTTP response message, byte for byte (a revisit's own head, then its original's body)."""

    def header(self, name: str) -> str | None:
        """The first value of a header, by case-insensitive name."""
        name = name.lower()
        return next((value for key, value in self.headers if key.lower() == name), None)


class Image(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A picture of the article."""

    url: str | None = None
    caption: str | None = None
    credit: str | None = None


class Article(msgspec.Struct, frozen=True, kw_only=True):
    """What extraction read from one memento."""

    url: str
    canonical_url: str | None = None
    headline: str | None = None
    standfirst: str | None = None
    """The summary that the page shows outside the body."""
    authors: tuple[str, ...] = ()
    """Names only, no `By`, no titles."""
    dateline: str | None = None
    """The place (and agency) line that opens a news text, such as `WASHINGTON`."""
    date_published: datetime | None = None
    """Aware, with the page's own offset, as `date_modified` is."""
    date_modified: datetime | None = None
    language: str | None = None
    """BCP 47, for example `fa` or `zh-Hans`."""
    section: str | None = None
    keywords: tuple[str, ...] = ()
    images: tuple[Image, ...] = ()
    paywalled: bool | None = None
    """Whether the page says that its text is not free to read; `None` where it says nothing."""
    text: str = ""
    """Paragraphs joined by one newline each; nothing that is a field of its own is repeated in it."""
    source: str | None = None
    capture: str | None = None
    """Record id of the capture it was read from."""
    extractor: str = ""
    """Name and version of the extractor, for example `newsmorgue/1`."""
    confidence: float = 0.0
    """0 to 1: how sure the extractor is that this is an article and this its text."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of reading one distinct payload of a URL: the body of a `metadata` record in `text/`."""

    url: str
    timestamp: str
    """Of the capture that was read."""
    record_id: str
    """Of the capture that was read."""
    digest: str
    """Digest of what was read (`Capture.read_digest`): the capture's payload, or what a browser made of it."""
    source: str | None = None
    key: str | None = None
    """The article's key, a urlkey; `None` when the page is no article."""
    extractor: str
    profile: str | None = None
    """Label of what was known of the site; `None` where nothing was. Ends in `:own` where the page did not fit it."""
    reader: str | None = None
    """Whose reading of the body was chosen: a reader's name, or `profile`."""
    outcome: Outcome
    reason: str | None = None
    """Why it is no article, or what failed."""
    text_digest: str | None = None
    """Digest of headline, standfirst and text (`archive.versions.text_digest`)."""
    article: Article | None = None
    """The fields, with `text` empty: the text is in the `conversion` record of that text_digest."""


class Amendment(msgspec.Struct, frozen=True, kw_only=True):
    """Other authors, another dateline, other pictures, captions or credits, over the same text."""

    before: str
    """Timestamp of the last capture that showed what was there before."""
    after: str
    """Timestamp of the first capture that showed what came after."""


class ArticleVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One text state of an article, from its first capture to its last."""

    key: str
    number: int
    """From 1. A text that comes back after another (A, B, A) is a version of its own."""
    timestamp: str
    """Of its first capture: the version's id."""
    text_digest: str
    first_seen: str
    """Timestamp of the first capture that showed it."""
    last_seen: str
    """Timestamp of the last capture that showed it."""
    change: Change
    headline: str | None
    url: str
    """URL of its first capture."""
    significance: float | None = None
    """How much of the meaning changed, 0 to 1 (`archive.significance`); `None` of a first version."""
    silent: bool = False
    """Whether the edit matters, and the page did not say that it was made: no notice, no new date."""
    same_as: int | None = None
    """Number of the newest earlier version with the same text: the newspaper took an edit back."""
    touched: bool = False
    """Whether the page stated a later date of change while its text stayed as it is."""
    amended: tuple[Amendment, ...] = ()
    """Where what stands around this same text changed, oldest first."""
    folded: int = 0
    """How many versions of less significance were folded into this one."""


class SearchHit(msgspec.Struct, frozen=True, kw_only=True):
    """One article found by `search`."""

    url: str
    timestamp: str
    headline: str | None
    snippet: str
    """Plain text around the match; hits between U+0002 and U+0003."""
    score: float
    source: str | None = None
    language: str | None = None


Order = Literal["best", "newest"]
"""Of hits: by where the words stand and then by time, or by time alone."""


class SearchFilters(TypedDict, total=False):
    """What a hit has to fulfil besides the words; what is left out or `None` asks nothing."""

    source: str | None
    """Name of a source."""
    from_: str | None
    """First and last time of a version, both included."""
    to: str | None
    language: str | None
    """A language tag; it also finds its own kinds: `zh` finds `zh-Hans`."""
    versions: Versions
    """`newest` unless given."""
    order: Order
    """`best` unless given; `newest` for who follows a search."""


class SearchPlace(NamedTuple):
    """Where a page of hits ended, for the next to go on: of plain values, so that it can be handed out."""

    until: str
    """Timestamp of the newest version there was when the search began: what came later is not in it."""
    score: float
    timestamp: str
    url: str
    key: str


class SearchPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some hits of a search, in order."""

    hits: list[SearchHit]
    next: SearchPlace | None
    """What `search_page` takes to go on; `None` where there are no more."""
