"""Every error an archive raises. The message is the one line a user sees: what, where, what to do.

ArchiveError
├── CollectionNotFound   no morgue.toml here or above
├── SettingInvalid       a key of morgue.toml (or of a source file) has a wrong value
├── FolderUnwritable     the collection's folder cannot be written
├── CollectionBusy       another process holds the collection
├── NoCapture            nothing is archived for this URL (and time)
├── RecordUnreadable     a WARC record cannot be read back
│   ├── ContentTooLarge  a payload decodes to more than its bound
│   └── OriginalMissing  what a revisit refers to is not archived, or not given out
├── DigestMismatch       bytes do not match their recorded digest
├── AccessRulesUnreadable  access.jsonl cannot be read: lookup refuses to answer
├── IndexOutdated        catalog or search index of another version: reindex
├── QueryInvalid         a query that cannot be understood
└── StoreError           the object store refused or did not answer
    └── StoreUnreachable it did not answer: a later try may succeed
"""

LOOK_WIDER = " (try `morgue lookup --match prefix`)"
"""What to do where nothing is archived of a URL; who is not at a command line puts something else in its place."""


class ArchiveError(Exception):
    """Root of the errors of package `archive`."""

    exit_status = 1


class CollectionNotFound(ArchiveError):
    """No collection at the given folder, nor above it."""

    exit_status = 2


class SettingInvalid(ArchiveError):
    """A settings or source file holds a wrong key or value."""

    exit_status = 2


class FolderUnwritable(ArchiveError):
    """A folder or file of the collection cannot be written."""


class CollectionBusy(ArchiveError):
    """Another process writes to this collection."""


class NoCapture(ArchiveError):
    """Nothing archived answers the question."""

    exit_status = 3


class RecordUnreadable(ArchiveError):
    """A WARC record is missing, cut short or malformed."""


class ContentTooLarge(RecordUnreadable):
    """Without its content codings a payload would exceed the bound: a bomb, or no page."""


class OriginalMissing(RecordUnreadable):
    """A revisit is all there is: its payload is in no file that can be read here."""


class DigestMismatch(RecordUnreadable):
    """A record's bytes do not match its digest."""


class AccessRulesUnreadable(ArchiveError):
    """The access rules cannot be read, so nothing may be shown."""


class IndexOutdated(ArchiveError):
    """A derived index is missing or of another version; `morgue reindex` makes it anew."""


class QueryInvalid(ArchiveError):
    """A URL, time or search query that cannot be understood."""

    exit_status = 2


class StoreError(ArchiveError):
    """The store refused an operation."""


class StoreUnreachable(StoreError):
    """The store did not answer; what was to be stored stays local."""
