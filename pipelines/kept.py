"""What a recorder tells of what it keeps."""

from typing import Any

import msgspec

from archive.formats.http import Head
from archive.model import Capture


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """An exchange that is now durable."""

    token: Any
    """What `put` was given with it."""
    capture: Capture | None
    """`None` where no HTTP response came."""
    head: Head | None
    exchange_kind: str
    source: str | None
    unread: bool = False
    """Whether nobody is to read it."""
    is_archived: bool = True
    """Whether what was received was kept: a page may say `noarchive`, and the collection heed it."""


class Counts(msgspec.Struct, kw_only=True):
    """What a recorder has written, as `crawl --json` ends with it."""

    exchanges: int = 0
    captures: int = 0
    revisits: int = 0
    articles: int = 0
    versions: int = 0
    failed: int = 0
