from datetime import UTC, datetime

import pytest
from twisted.internet.error import ConnectionRefusedError as Refused
from twisted.internet.error import DNSLookupError
from twisted.internet.error import TimeoutError as TimeIsUp

from archive.model import Exchange
from crawler.guard import PeerRefused
from crawler.verdict import judge_host

NOW = datetime(2024, 5, 1, tzinfo=UTC).timestamp()
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def exchange(response=GOOD, truncated=None):
    moment = datetime.fromtimestamp(NOW, UTC)
    return Exchange(url="http://a/", request=b"GET", response=response, began=moment, truncated=truncated)


def busy(fields=b"", status=b"429 Too Many Requests"):
    return exchange(b"HTTP/1.1 " + status + b"\r\n" + fields + b"Content-Length: 0\r\n\r\n")


@pytest.mark.parametrize(
    "fetched",
    [
        exchange(),
        exchange(b"HTTP/1.1 500 Oops\r\n\r\n"),
        exchange(b"HTTP/1.1 404 Not Found\r\n\r\n"),
        exchange(b"HTTP/1.1 100 Continue\r\n\r\n" + GOOD),
    ],
)
def test_a_host_that_says_anything_answers(fetched):
    assert judge_host(fetched, None, NOW).state == "answers"


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        (b"", None),
        (b"Retry-After: 120\r\n", 120.0),
        (b"retry-after: Wed, 01 May 2024 00:02:00 GMT\r\n", 120.0),
        (b"Retry-After: Tue, 30 Apr 2024 00:00:00 GMT\r\n", 0.0),
        (b"Retry-After: 99999999\r\n", 86400.0),
        (b"Retry-After: soon\r\n", None),
    ],
)
def test_a_busy_host_may_say_for_how_long(fields, seconds):
    for status in (b"429 Too Many Requests", b"503 Unavailable"):
        verdict = judge_host(busy(fields, status), None, NOW)
        assert (verdict.state, verdict.retry_after) == ("busy", seconds)
        assert verdict.reason == f"it answers with status {status[:3].decode()}"


def test_a_page_that_is_cut_is_the_pages_affair():
    for truncated in ("time", "length", "disconnect"):
        assert judge_host(exchange(GOOD[:-1], truncated), TimeIsUp(), NOW).state == "answers"
    assert judge_host(exchange(b"HTTP/1.1 200 OK\r\nX: ", "length"), ValueError(), NOW).state == "answers"
    assert judge_host(exchange(b"not HTTP", "disconnect"), ValueError(), NOW).state == "answers"


def test_a_host_that_gives_no_answer_is_unreachable():
    for error in (Refused(osError=111), DNSLookupError("no such name"), TimeIsUp()):
        assert judge_host(None, error, NOW).state == "unreachable"
    assert judge_host(None, Refused(osError=111), NOW).reason == "Connection refused"
    assert judge_host(exchange(b"", "disconnect"), TimeIsUp(), NOW).state == "unreachable"
    # Headers that come so slowly that time is up before they end.
    assert judge_host(exchange(b"HTTP/1.1 200 OK\r\nX: ", "time"), TimeIsUp(), NOW).state == "unreachable"


def test_an_address_that_may_not_be_visited_is_refused_by_us():
    wrapped = ValueError("wrapped")
    wrapped.__cause__ = PeerRefused("10.0.0.1")
    verdict = judge_host(None, wrapped, NOW)
    assert verdict.state == "refused"
    assert "10.0.0.1 is no public address" in verdict.reason
