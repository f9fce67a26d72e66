"""A capture of a long answer: the packed row, which decodes what is asked of it, and all of it as a `Capture`."""

from typing import Protocol

import msgspec

from archive.formats.rights import robot_flags
from archive.index.catalog_packing import (
    MIME_SHIFT,
    REVISIT_SHIFT,
    STATUS,
    TRUNCATED,
    TRUNCATED_SHIFT,
    PackedRow,
    digest_from,
    record_id_from,
    reference_from,
    tail_of,
    url_from,
)
from archive.index.catalog_rows import (
    REVISITS,
    TRUNCATIONS,
    CaptureKey,
    Revisit,
    unpack_digest,
    unpack_timestamp,
)
from archive.model import Capture, Dom, RecordLocation, Truncation

_REVISIT = "warc/revisit"


class Names(Protocol):
    """Where a row finds the names that it holds by number."""

    def file_name(self, number: int) -> str:
        """The name of a WARC file."""
        ...

    def name_of(self, number: int) -> str:
        """A media type."""
        ...


class CaptureRow(msgspec.Struct, frozen=True, gc=False):
    """One capture of a long answer: its attributes are `Capture`'s, decoded each time they are asked for."""

    _row: PackedRow
    _names: Names

    @property
    def packed(self) -> PackedRow:
        """The row as the catalog keeps it."""
        return self._row

    @property
    def urlkey(self) -> str:
        """As in `Capture`."""
        return self._row[0]

    @property
    def timestamp(self) -> str:
        """As in `Capture`."""
        return unpack_timestamp(self._row[1])

    @property
    def url(self) -> str:
        """As in `Capture`."""
        urlkey, _, flags, body = self._row
        return url_from(urlkey, flags, body)

    @property
    def mime(self) -> str:
        """As in `Capture`: a revisit's own."""
        return self._names.name_of(self._row[2] >> MIME_SHIFT)

    @property
    def status(self) -> int | None:
        """As in `Capture`."""
        return self._row[2] & STATUS or tail_of(self._row[3]).rest.status

    @property
    def digest(self) -> str | None:
        """As in `Capture`."""
        return digest_from(self._row[2], self._row[3])

    @property
    def revisit(self) -> Revisit | None:
        """As in `Capture`."""
        return REVISITS[self._row[2] >> REVISIT_SHIFT & 3]

    @property
    def truncated(self) -> Truncation | None:
        """As in `Capture`."""
        return TRUNCATIONS[self._row[2] >> TRUNCATED_SHIFT & 3]

    @property
    def file(self) -> str:
        """Name of its WARC file."""
        return self._names.file_name(tail_of(self._row[3]).file)

    @property
    def offset(self) -> int:
        """Where its record begins in the file."""
        return tail_of(self._row[3]).offset

    @property
    def length(self) -> int:
        """Bytes of its record."""
        return tail_of(self._row[3]).length

    @property
    def key(self) -> CaptureKey:
        """The key of its capture (`capture_key`)."""
        tail = tail_of(self._row[3])
        return self.urlkey, self.timestamp, self._names.file_name(tail.file), tail.offset

    def capture(self) -> Capture:
        """All of it."""
        urlkey, timestamp, flags, body = self._row
        tail = tail_of(body)
        rest = tail.rest
        file, url = self._names.file_name(tail.file), url_from(urlkey, flags, body)
        dom = None
        if rest.dom_digest is not None:
            location = RecordLocation(file=file, offset=rest.dom_offset, length=rest.dom_length)
            dom = Dom(digest=unpack_digest(rest.dom_digest) or "", location=location)
        return Capture(
            urlkey=urlkey,
            timestamp=unpack_timestamp(timestamp),
            url=url,
            mime=self._names.name_of(flags >> MIME_SHIFT),
            status=flags & STATUS or rest.status,
            digest=digest_from(flags, body),
            location=RecordLocation(file=file, offset=tail.offset, length=tail.length),
            record_id=record_id_from(body, rest),
            revisit=REVISITS[flags >> REVISIT_SHIFT & 3],
            refers_to=reference_from(rest, url),
            truncated=TRUNCATIONS[flags >> TRUNCATED_SHIFT & 3],
            size=tail.size,
            redirect=rest.redirect,
            rights=tuple(rest.rights.split(" ")) if rest.rights else (),
            dom=dom,
        )

    def fields(self) -> dict[str, str]:
        """What a CDXJ line says of it, urlkey and timestamp first; what is not known is left out."""
        urlkey, timestamp, flags, body = self._row
        tail = tail_of(body)
        rest = tail.rest
        mime = self._names.name_of(flags >> MIME_SHIFT)
        url, revisit = url_from(urlkey, flags, body), REVISITS[flags >> REVISIT_SHIFT & 3]
        status, digest, record_id = (
            flags & STATUS or rest.status,
            digest_from(flags, body),
            record_id_from(body, rest),
        )
        fields = {"urlkey": urlkey, "timestamp": unpack_timestamp(timestamp), "url": url}
        # Of a server that says so itself readers would look for an original that does not exist.
        fields["mime"] = _REVISIT if revisit else ("unk" if mime == _REVISIT else mime)
        if status is not None:
            fields["status"] = str(status)
        if digest is not None:
            fields["digest"] = digest
        fields["length"] = str(tail.length)
        fields["offset"] = str(tail.offset)
        fields["filename"] = self._names.file_name(tail.file)
        if rest.redirect is not None:
            fields["redirect"] = rest.redirect
        if rest.rights:
            robots = robot_flags(tuple(rest.rights.split(" ")))
            fields |= {"robotflags": robots, "rights": rest.rights} if robots else {"rights": rest.rights}
        if flags & TRUNCATED:
            fields["truncated"] = TRUNCATIONS[flags >> TRUNCATED_SHIFT & 3] or ""
        if tail.size is not None:
            fields["size"] = str(tail.size)
        if record_id is not None:
            fields["record_id"] = record_id
        if revisit:
            fields["revisit"] = revisit
            fields["revisit_mime"] = mime
        refers_to = reference_from(rest, url)
        if refers_to:
            fields["refers_to_url"] = refers_to.url
            if refers_to.timestamp is not None:
                fields["refers_to_timestamp"] = refers_to.timestamp
            if refers_to.record_id is not None:
                fields["refers_to_record_id"] = refers_to.record_id
        return fields
