"""The catalog's answers for the writer and for revisits: which capture another one stands for, or may refer to.

Each looks through the captures of one URL, the newest first and not for ever, or through requisites by their digest.
"""

from collections.abc import Collection, Iterator

from archive.errors import QueryInvalid
from archive.formats.urlkey import urlkey as urlkey_of
from archive.index.catalog_closest import WALK, ClosestCatalog
from archive.index.catalog_database import Parameters
from archive.index.catalog_packing import (
    ANSWER,
    HAS_RIGHTS,
    HTML_NUMBERS,
    MIME_SHIFT,
    REVISIT_SHIFT,
    STATUS,
    TRUNCATED,
    digest_bytes,
    may_have_digest,
    short_digest,
)
from archive.index.catalog_ranges import COLUMNS
from archive.index.catalog_rows import capture_key, pack_timestamp
from archive.model import Capture, Reference

_WALK_IDENTICAL = 1000
"""Captures of one URL that a new payload is compared with."""
_WALK_NAMED = 1000
"""Captures of one URL among which a record id is looked for."""
_REQUISITES = 100
"""Captures of one payload that are looked at."""

_REVISIT = 3 << REVISIT_SHIFT
_ORIGINAL = f"c.flags & {ANSWER} = 200"
_SHOWS_A_PAGE = f"NOT c.flags & {TRUNCATED} AND (c.flags & {STATUS} = 200 OR c.flags & {_REVISIT})"
_THIS_URL = "url_of(c.urlkey, c.flags, c.body) = :url"
_DIGEST = "substr(c.body, 1, 20) = :digest"


def _newest(condition: str, *, walk: int = WALK, times: str = "") -> str:
    """The newest capture of a urlkey that meets a condition."""
    return (
        f"SELECT {COLUMNS} FROM (SELECT * FROM capture WHERE urlkey = :urlkey {times} "
        f"ORDER BY timestamp DESC LIMIT {walk}) AS c WHERE {condition} LIMIT 1"
    )


_LAST_SHOWN = _newest(f"{_SHOWS_A_PAGE} AND {_THIS_URL}")
_LAST_ORIGINAL = _newest(f"{_ORIGINAL} AND {_THIS_URL}")
_ORIGINAL_BEFORE = _newest(_ORIGINAL, times="AND timestamp <= :timestamp")
_SAME_BEFORE = _newest(f"{_ORIGINAL} AND {_DIGEST}", times="AND timestamp <= :timestamp")
_BEFORE = (
    f"SELECT {COLUMNS} FROM capture c WHERE c.urlkey = :urlkey AND c.timestamp <= :timestamp AND NOT c.flags & {_REVISIT} "
    f"ORDER BY c.timestamp DESC LIMIT {_WALK_NAMED}"
)
_AT = f"SELECT {COLUMNS} FROM capture c WHERE c.urlkey = ? AND c.timestamp = ? ORDER BY c.tie"
_IDENTICAL = _newest(f"{_ORIGINAL} AND {_DIGEST} AND size_of(c.body) = :size AND {_THIS_URL}", walk=_WALK_IDENTICAL)


class OriginalsCatalog(ClosestCatalog):
    """The part of the catalog that knows what revisits stand for."""

    def latest_original(self, url: str) -> Capture | None:
        """The full, complete 200 that shows what this very URL last said: what a conditional request is made from."""
        wanted = {"urlkey": urlkey_of(url), "url": url}
        row = self._one(_LAST_SHOWN, wanted)
        if row is None:
            return None
        newest = self._capture(row)
        original = self.original_of(newest) if newest.revisit else newest
        if original and original.url == url and original.status == 200 and original.truncated is None:
            return original
        return self._found(_LAST_ORIGINAL, wanted)

    def original_of(self, capture: Capture) -> Capture | None:
        """The full response that a revisit stands for; the capture itself when it is none; `None` when it is missing.

        Found by what the revisit refers to (record id, then URL and time), else by digest: within its URL the newest
        before it, then in all of the archive's requisites.
        """
        if capture.revisit is None:
            return capture
        if capture.refers_to:
            for candidate in self._at(capture.refers_to):
                if _agree(candidate, capture):
                    return candidate
        wanted: dict[str, object] = {"urlkey": capture.urlkey, "timestamp": pack_timestamp(capture.timestamp)}
        if capture.digest is None:
            return self._found(_ORIGINAL_BEFORE, wanted)
        digest = digest_bytes(capture.digest)
        return (
            self._found(_SAME_BEFORE, wanted | {"digest": digest})
            or self._named(capture)
            or self._requisite(capture.digest)
        )

    def read_from(self, capture: Capture) -> Capture | None:
        """The capture that holds what this one shows: itself where it has a DOM, else its original."""
        return capture if capture.dom else self.original_of(capture)

    def find_identical(self, digest: str, size: int, *, url: str | None = None) -> Capture | None:
        """A complete 200 with this payload, for a revisit to point at; of this very URL, or with `None` of any.

        Any URL's means any requisite's: pages are held against captures of their own URL alone.
        """
        if size <= 0:
            return None
        packed = digest_bytes(digest)
        if url is None:
            return self._requisite(digest, size)
        return self._found(_IDENTICAL, {"urlkey": urlkey_of(url), "url": url, "digest": packed, "size": size})

    def may_be_given_out(self, file: str, end: int) -> bool:
        """Whether a WARC file may be given to readers up to a byte: nothing before it is hidden, or not known yet."""
        if self._is_hidden is None:
            return True
        row = self._one("SELECT id, size FROM file WHERE name = ?", (file,))
        if row is None or end > row[1]:
            return False
        return not self._number(
            "SELECT count(*) FROM (SELECT 1 FROM rights r JOIN page p ON p.id = r.page "
            "JOIN main.capture c ON c.urlkey = p.urlkey AND c.timestamp = r.timestamp "
            f"WHERE r.file = ?1 AND c.flags & {HAS_RIGHTS} AND is_hidden(c.body) AND file_of(c.body) = ?1 LIMIT 1)",
            row[0],
        )

    def _found(self, sql: str, parameters: Parameters) -> Capture | None:
        row = self._one(sql, parameters)
        return self._capture(row) if row else None

    def _captures_at(self, urlkey: str, timestamp: int, digests: Collection[bytes] | None = None) -> Iterator[Capture]:
        """The captures of a URL and second, in order; where short digests are given, those that may have been read as one."""
        rows = self._all(_AT, (urlkey, timestamp))
        return (self._capture(row) for row in rows if digests is None or may_have_digest(row[3], digests))

    def _at(self, reference: Reference) -> list[Capture]:
        """Full responses of that URL and time, the one with that record id first."""
        if reference.timestamp is None:
            return []
        try:
            urlkey = urlkey_of(reference.url)
        except QueryInvalid:
            return []
        rows = self._all(
            f"SELECT {COLUMNS} FROM capture c WHERE c.urlkey = ? AND c.timestamp = ? AND NOT c.flags & {_REVISIT} "
            f"LIMIT {WALK}",
            (urlkey, pack_timestamp(reference.timestamp)),
        )
        found = [self._capture(row) for row in rows]
        found.sort(key=lambda one: (one.record_id != reference.record_id, one.url != reference.url, capture_key(one)))
        return found

    def _named(self, revisit: Capture) -> Capture | None:
        """The capture of its URL that a revisit names by record id alone."""
        reference = revisit.refers_to
        if reference is None or reference.record_id is None or reference.timestamp is not None:
            return None
        rows = self._all(_BEFORE, {"urlkey": revisit.urlkey, "timestamp": pack_timestamp(revisit.timestamp)})
        return next((one for one in map(self._capture, rows) if one.record_id == reference.record_id), None)

    def _requisite(self, digest: str, size: int | None = None) -> Capture | None:
        rows = self._all(
            f"SELECT {COLUMNS} FROM requisite r JOIN page p ON p.id = r.page JOIN capture c ON c.urlkey = p.urlkey "
            f"AND c.timestamp = r.timestamp WHERE r.digest = :short AND {_DIGEST} AND {_ORIGINAL} "
            f"AND c.flags >> {MIME_SHIFT} > {HTML_NUMBERS} LIMIT {_REQUISITES}",
            {"short": short_digest(digest), "digest": digest_bytes(digest)},
        )
        captures = map(self._capture, rows)
        return next((one for one in captures if one.size and size in (None, one.size)), None)


def _agree(original: Capture, revisit: Capture) -> bool:
    """Whether a revisit may stand for this capture: by record id, else by digest as far as the two can be compared.

    Digests of originals are computed by us, those of revisits written by others: in SHA-256, or of a chunked body.
    """
    if revisit.refers_to and revisit.refers_to.record_id and original.record_id == revisit.refers_to.record_id:
        return True
    digests = (original.digest or "", revisit.digest or "")
    return digests[0] == digests[1] or not all(digest.startswith("sha1:") for digest in digests)
