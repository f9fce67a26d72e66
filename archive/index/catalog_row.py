"""A capture as the catalog's ranges give it out by the hundred: what is not asked for is not decoded.

Attributes are named as `Capture`'s; `fields` are those of a CDX answer, as text.
"""

import msgspec

from archive.formats.rights import robot_flags
from archive.model import Capture

_REVISIT = "warc/revisit"


class CaptureRow(msgspec.Struct, frozen=True, gc=False):
    """One capture of a long answer."""

    _capture: Capture

    @property
    def urlkey(self) -> str:
        return self._capture.urlkey

    @property
    def timestamp(self) -> str:
        return self._capture.timestamp

    @property
    def url(self) -> str:
        return self._capture.url

    @property
    def mime(self) -> str:
        """As `Capture.mime`: a revisit's own."""
        return self._capture.mime

    @property
    def status(self) -> int | None:
        return self._capture.status

    @property
    def digest(self) -> str | None:
        return self._capture.digest

    @property
    def revisit(self) -> str | None:
        return self._capture.revisit

    @property
    def file(self) -> str:
        return self._capture.location.file

    @property
    def offset(self) -> int:
        return self._capture.location.offset

    @property
    def length(self) -> int:
        return self._capture.location.length

    def capture(self) -> Capture:
        """All of it."""
        return self._capture

    def fields(self) -> dict[str, str]:
        """What a CDXJ line says of it, urlkey and timestamp first; what is not known is left out."""
        one = self._capture
        mime = _REVISIT if one.revisit else ("unk" if one.mime == _REVISIT else one.mime)
        fields = {"urlkey": one.urlkey, "timestamp": one.timestamp, "url": one.url, "mime": mime}
        if one.status is not None:
            fields["status"] = str(one.status)
        if one.digest is not None:
            fields["digest"] = one.digest
        fields["length"] = str(one.location.length)
        fields["offset"] = str(one.location.offset)
        fields["filename"] = one.location.file
        if one.redirect is not None:
            fields["redirect"] = one.redirect
        if one.rights:
            flags = robot_flags(one.rights)
            if flags is not None:
                fields["robotflags"] = flags
            fields["rights"] = " ".join(one.rights)
        if one.truncated:
            fields["truncated"] = one.truncated
        if one.size is not None:
            fields["size"] = str(one.size)
        if one.record_id is not None:
            fields["record_id"] = one.record_id
        if one.revisit:
            fields |= {"revisit": one.revisit, "revisit_mime": one.mime}
        if one.refers_to:
            fields |= {"refers_to_url": one.refers_to.url, "refers_to_timestamp": one.refers_to.timestamp}
            if one.refers_to.record_id is not None:
                fields["refers_to_record_id"] = one.refers_to.record_id
        return fields
