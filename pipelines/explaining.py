"""Says what each rule takes from an archived page, for readers of the web pages.

Pages are hostile, and who asks is a stranger: the page is read in a process of its own, with little time and memory, one
at a time. What was found is kept, for a page that one reader asks about is asked about again.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future

import msgspec

from archive.formats.digest import payload_digest
from archive.web.explaining import Explanation, Removed
from pipelines.errors import PipelineError
from pipelines.pool import WorkerPool
from pipelines.worker_process import START_SECONDS

TIMEOUT_SECONDS = 20.0
MEMORY_BYTES = 2 << 30
_WAITING = 4
"""Readers that wait for their turn; more are asked to come back."""
_KEPT = 64
_MOST_REMOVED = 1000
_LATE = "Other pages are being read just now: try again in a moment."


class ExplainJob(msgspec.Struct, frozen=True, kw_only=True):
    """A page to read."""

    payload: bytes
    url: str
    headers: tuple[tuple[str, str], ...]


class PageExplainer:
    """An `archive.web.explaining.Explain`; its worker starts when it is asked for the first time."""

    def __init__(self) -> None:
        self._pool: WorkerPool | None = None
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], Explanation] = OrderedDict()

    def __call__(self, payload: bytes, *, url: str, headers: Sequence[tuple[str, str]]) -> Explanation:
        asked = (url, payload_digest(payload))
        with self._lock:
            if asked in self._kept:
                return self._kept[asked]
        job = ExplainJob(payload=payload, url=url, headers=tuple(headers))
        try:
            future: Future[bytes] | None = self._workers().try_submit(msgspec.msgpack.encode(job))
            if future is None:
                return Explanation(problem=_LATE)
            # Its turn, and then its own time.
            found = msgspec.msgpack.decode(
                future.result(TIMEOUT_SECONDS * (_WAITING + 1) + START_SECONDS), type=Explanation
            )
        except TimeoutError:
            return Explanation(problem=_LATE)
        except PipelineError as error:
            return Explanation(problem=f"This page cannot be read again: {error}")
        with self._lock:
            self._kept[asked] = found
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return found

    def close(self) -> None:
        """Stop the worker."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.terminate()

    def _workers(self) -> WorkerPool:
        with self._lock:
            if self._pool is None:
                self._pool = WorkerPool(
                    1,
                    "pipelines.explaining:work",
                    timeout_seconds=TIMEOUT_SECONDS,
                    memory_bytes=MEMORY_BYTES,
                    queue_size=_WAITING,
                )
            return self._pool


def work(message: bytes) -> bytes:
    """Read one page and say what was taken; the task of `pipelines.pool.WorkerPool`."""
    from pipelines.extract.article import explain_article
    from pipelines.extract.decode import decode_content

    job = msgspec.msgpack.decode(message, type=ExplainJob)
    payload = decode_content(job.payload, _header(job.headers, "content-encoding"))
    extraction = explain_article(payload, url=job.url, content_type=_header(job.headers, "content-type") or None)
    explanation = Explanation(
        removed=[
            Removed(rule=one.rule, layer=one.layer, chars=one.chars, text=one.text, why=one.why)
            for one in extraction.removals
            if one.chars
        ][:_MOST_REMOVED],
        kept_chars=len(extraction.article.text),
        reader=extraction.reader,
        agreement=extraction.agreement,
        reason=None if extraction.is_article else extraction.reason,
    )
    return msgspec.msgpack.encode(explanation)


def _header(headers: Sequence[tuple[str, str]], name: str) -> str:
    return ", ".join(value for key, value in headers if key.lower() == name)
