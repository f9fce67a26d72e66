"""What went wrong with a request: its causes, and how a person or a WARC record is told."""

import os

from scrapy.exceptions import DownloadCancelledError, DownloadTimeoutError
from twisted.internet.error import ConnectError, ConnectionDone
from twisted.web._newclient import ParseError

from archive.model import Truncation

_MOST_CAUSES = 20


def causes(error: BaseException) -> list[BaseException]:
    """An error and what caused it, the first cause last: Twisted's errors wrap lists of tracebacks."""
    found = [error]
    while len(found) < _MOST_CAUSES:
        reasons = getattr(found[-1], "reasons", None)
        following = reasons[0].value if reasons else found[-1].__cause__
        if following is None:
            break
        found.append(following)
    return found


def describe(error: Exception) -> str:
    """What went wrong, in a few words."""
    if isinstance(error, DownloadCancelledError):
        return "its answer exceeds max_response_size or max_header_size, and was cut"
    cause = causes(error)[-1]
    if isinstance(cause, ConnectionDone):
        return "the server closed the connection before its answer was complete"
    if isinstance(cause, ParseError):
        return "its answer is not HTTP"
    if isinstance(cause, ConnectError) and isinstance(cause.osError, int):
        return os.strerror(cause.osError)
    text = " ".join(str(cause).split())
    return text.rstrip(".") if text and not text.startswith("[<") else type(cause).__name__


def truncation(error: Exception) -> Truncation:
    """What WARC-Truncated says of an answer that ended with this error."""
    if isinstance(error, DownloadTimeoutError):
        return "time"
    return "length" if isinstance(error, DownloadCancelledError) else "disconnect"
