"""Short questions to the CDX server, answered in the event loop: no thread, no routing, one or two reads of the catalog.

What is asked of a CDX server most is small: the captures of a URL, the nearest to a time, the first hundred of a host. Such
an answer takes less than handing it to a thread does. Plain questions of pywb's dialect are read and written here; any other
about few captures is answered by the code that answers long ones, called at once. The rest is `None`, and goes the common
way (`archive.web.cdx`): what may be long, an error, a catalog that lies on a slow disk.
"""

import resource
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Literal, get_args
from urllib.parse import unquote_to_bytes

import msgspec
from starlette.datastructures import QueryParams

from archive.collection import Collection
from archive.errors import ArchiveError, QueryInvalid
from archive.formats.urlkey import Match, match_range
from archive.web.links import check_url
from archive.web.metrics import Metrics
from archive.web.pool import CollectionPool
from archive.web.shield import GUARDS, Hosts

PATHS = (b"/cdx", b"/cdx/search/cdx")
LONGEST_TARGET = 8192
"""Bytes; a query of more takes time only to be read."""
MOST_LINES = 250
"""Of an answer that is given here: about a millisecond."""
SLOW_SECONDS = 0.02
REST_SECONDS = 1.0
"""After one answer that the disk made slow, so long all go to threads: a cold disk may stop the loop once a second, no more."""

Output = Literal["cdxj", "json"]

_MEDIA_TYPES: dict[Output, str] = {"cdxj": "text/x-cdxj", "json": "application/x-ndjson"}

Answer = tuple[str, str]
"""Media type and text."""
Short = Callable[[bytes, QueryParams, Collection], Answer | None]
"""`archive.web.cdx.CdxServer.answer_short`."""
_GUARDS = b"".join(b"%s: %s\r\n" % guard for guard in GUARDS)


class QuickQuestion(msgspec.Struct, frozen=True):
    """A plain question."""

    start: str
    end: str
    limit: int | None
    closest: str | None
    """Timestamp to sort by."""
    output: Output


def disk_reads() -> int:
    """How often this thread has waited for a disk so far."""
    usage = resource.getrusage(getattr(resource, "RUSAGE_THREAD", resource.RUSAGE_SELF))
    return usage.ru_majflt + usage.ru_inblock


class QuickAnswers:
    """Answers in the event loop what takes no time."""

    def __init__(
        self,
        pool: CollectionPool,
        hosts: Hosts,
        metrics: Metrics,
        short: Short,
        *,
        clock: Callable[[], float] = time.perf_counter,
        reads: Callable[[], int] = disk_reads,
    ) -> None:
        self._pool = pool
        self._serves = lru_cache(maxsize=256)(hosts.serves)
        self._metrics = metrics
        self._short = short
        self._clock, self._reads = clock, reads
        self._resting_until = float("-inf")

    def answer(self, target: bytes, headers: Sequence[tuple[bytes, bytes]]) -> bytes | None:
        """What follows status line and date of the answer to a GET; `None` for what is to go the common way."""
        began = self._clock()
        path, _, query = target.partition(b"?")
        if path not in PATHS or len(target) > LONGEST_TARGET or began < self._resting_until:
            return None
        if not query.isascii() or b"#" in query:  # what stands behind it is no part of the query
            return None
        hosts = [value for name, value in headers if name == b"host"]
        if len(hosts) != 1 or not self._serves(hosts[0].decode("latin-1")):
            return None
        read_before = self._reads()
        try:
            answer = self._pool.ask_at_once(lambda collection: self._answer(path, query.decode(), collection))
        except ArchiveError:
            return None  # who asks in the common way is told what it is
        took = self._clock() - began
        # Where nothing was read, other programs had the processor, and threads would have to wait for it as well.
        if took > SLOW_SECONDS and self._reads() > read_before:
            self._resting_until = began + took + REST_SECONDS
        if answer is None:
            return None
        body = answer[1].encode("utf-8", "replace")
        self._metrics.count("cdx", 200, took)
        return b"content-length: %d\r\ncontent-type: %s\r\n%s\r\n%s" % (
            len(body),
            _content_type(answer[0]),
            _GUARDS,
            body,
        )

    def _answer(self, path: bytes, query: str, collection: Collection) -> Answer | None:
        question = parse_question(query) if path == b"/cdx" else None
        text = _look_up(collection, question) if question else None
        if question and text is not None:
            return _MEDIA_TYPES[question.output], text
        return self._short(path, QueryParams(query), collection)


def _content_type(media_type: str) -> bytes:
    """As Starlette sends it."""
    return (media_type + "; charset=utf-8" if media_type.startswith("text/") else media_type).encode()


def parse_question(query: str) -> QuickQuestion | None:
    r"""The question of a query string, read as `archive.web.cdx_pywb` reads it; `None` where it is not plain.

    >>> parse_question("url=example.org&limit=3")
    QuickQuestion(start='org,example)/', end='org,example)/\x00', limit=3, closest=None, output='cdxj')
    >>> parse_question("url=example.org&fl=url")
    """
    given: dict[str, str] = {}
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if not value or name in given or name not in _READ:
            return None
        if "%" in value or "+" in value:
            value = unquote_to_bytes(value.replace("+", " ")).decode("utf-8", "replace")
        given[name] = value
    limit, closest = given.get("limit"), given.get("closest")
    try:
        url, match = _url_and_match(given)
        if closest and (match != "exact" or not limit or not _is_time(closest)):
            return None
        if limit and not (limit.isascii() and limit.isdigit() and len(limit) < 8 and int(limit)):
            return None
        if closest and int(limit or 0) > MOST_LINES:
            return None
        output = given.get("output", "cdxj")
        if output not in _MEDIA_TYPES:
            return None
        start, end = match_range(url, match)
    except QueryInvalid:
        return None
    return QuickQuestion(start, end, int(limit) if limit else None, closest, output)


_MATCHES: tuple[Match, ...] = get_args(Match)
_READ = frozenset(("url", "matchType", "limit", "closest", "output"))


def _url_and_match(given: dict[str, str]) -> tuple[str, Match]:
    url = check_url(given.get("url"))
    match: Match = "exact"
    if url.startswith("*."):
        url, match = url[2:].removesuffix("*"), "domain"
    elif url.endswith("*"):
        url, match = url[:-1], "prefix"
    asked = given.get("matchType")
    for one in _MATCHES if asked else ():
        if one == asked:
            return url, one
    if asked:
        raise QueryInvalid(f"matchType={asked[:40]} is not answered here")
    return url, match


def _is_time(text: str) -> bool:
    """Whether a text is all 14 digits of a moment."""
    if len(text) != 14 or not (text.isascii() and text.isdigit()):
        return False
    try:
        datetime.fromisoformat(f"{text[:8]}T{text[8:]}")
    except ValueError:
        return False
    return text[8:10] < "24"  # which some versions of Python take for the midnight after


def _look_up(collection: Collection, question: QuickQuestion) -> str | None:
    catalog = collection.catalog
    as_json = question.output == "json"
    limit = question.limit
    if question.closest and limit:
        lines = catalog.nearest_lines(question.start, question.closest, limit, as_json=as_json)
    elif limit and limit <= MOST_LINES:
        lines = catalog.first_lines(question.start, question.end, limit, as_json=as_json)
    else:
        lines = catalog.first_lines(question.start, question.end, MOST_LINES, as_json=as_json, whole=True)
    if lines is None or (as_json and not lines):
        return None
    return "".join(lines)
