"""What an exchange says of its host: that it answers, that it is busy, or that it cannot be reached. Pure."""

from typing import Literal

import msgspec

from archive.formats import http
from archive.model import Exchange
from crawler.download_error import causes, describe
from crawler.guard import PeerRefused
from crawler.revisit import retry_after_seconds


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a host, by one exchange."""

    state: Literal["answers", "busy", "unreachable", "refused"]
    reason: str = ""
    retry_after: float | None = None
    """Seconds for which a busy host asks to be left alone."""


def judge_host(exchange: Exchange | None, error: Exception | None, now: float) -> Verdict:
    """What a fetch says of its host; `exchange` is `None` where nothing could be sent.

    A page that comes slowly, or never ends, is the page's affair; no answer at all, or not even a whole head, the host's.
    """
    message = http.split_interim(exchange.response)[1] if exchange else b""
    if message[9:12] in (b"429", b"503") and (head := http.parse_head(http.split_head(message)[0])):
        wait = retry_after_seconds(head.get("retry-after"), now)
        return Verdict(state="busy", reason=f"it answers with status {head.status}", retry_after=wait)
    if error is None or (exchange and exchange.truncated != "time" and message) or _is_head_whole(message):
        return Verdict(state="answers")
    is_refused = any(isinstance(cause, PeerRefused) for cause in causes(error))
    return Verdict(state="refused" if is_refused else "unreachable", reason=describe(error))


def _is_head_whole(message: bytes) -> bool:
    return b"\r\n\r\n" in message or b"\n\n" in message
