"""Page requisites in a crawl: which documents are looked through, what becomes of what is found, and who asks for it.

    kept --settle + unsearched--> frontier --RequisiteFinder--> worker looks through it --searched--> entries

What a page needs is read out of it in `pipelines.requisites`; fetching goes as for pages, behind all of them.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Protocol
from urllib.parse import urlsplit

from archive.errors import ArchiveError, StoreUnreachable
from archive.index.catalog_database import HTML_MIMES
from archive.model import Capture
from crawler.address import is_loopback
from crawler.clock import Clock
from crawler.frontier.entry import Entry, Lease, Unsearched, to_entry_url
from crawler.frontier.queue import Queue
from crawler.saving import Saving
from crawler.source import Source
from pipelines.errors import PipelineError, PoolClosed
from pipelines.requisites.gathering import Requisite
from pipelines.requisites.search import Searcher, found_in

logger = logging.getLogger(__name__)

MAX_STYLES = 4
"""Style sheets import others, and redirect: what lies deeper is not looked for."""
STYLE_REST = 86400.0
"""Seconds after which a style sheet that a new page names is asked for again, with its validators."""
_BATCH = 16


def document_of(lease: Lease, capture: Capture | None) -> Unsearched | None:
    """What was fetched, where it is a page or style sheet whose payload is new to its URL.

    Of a rendered page it is the document that the browser made: pictures and fonts are left out while it renders.
    """
    entry = lease.entry
    if capture is None or capture.status != 200 or capture.truncated or capture.read_digest == lease.digest:
        return None
    is_page = entry.kind == "page" and capture.mime in HTML_MIMES
    is_style = entry.kind == "requisite" and capture.mime == "text/css" and entry.redirects < MAX_STYLES
    if not is_page and not is_style:
        return None
    styles = 0 if is_page else entry.redirects + 1
    return Unsearched(url=entry.url, source=entry.source, styles=styles, capture=capture)


def requisite_entries(document: Unsearched, found: Sequence[Requisite], *, rest_seconds: float) -> list[Entry]:
    """What a document needs, as entries; `rest_seconds` is how long pictures and fonts rest once they were fetched.

    For pages served on this machine nothing is asked of others: what is tried out here may be a copy of anybody's page.
    """
    is_local = is_loopback(document.url)
    entries: dict[str, Entry] = {}
    for one in found:
        url = to_entry_url(one.url)
        if url is None or url == document.url or (is_local and not is_loopback(url)):
            continue
        rest = STYLE_REST if one.role == "style" else max(rest_seconds, STYLE_REST)
        entry = Entry(
            url=url,
            kind="requisite",
            source=document.source,
            every_seconds=rest,
            redirects=document.styles,
            referrer=document.url,
        )
        entries.setdefault(url, entry)
    return list(entries.values())


def referer(entry: Entry) -> str | None:
    """The Referer to send, as browsers do unless they are told otherwise: some hosts give pictures to no one else.

    That is the policy `strict-origin-when-cross-origin`: to other sites the origin only, from https to http nothing.
    """
    if entry.referrer is None:
        return None
    page, own = urlsplit(entry.referrer), urlsplit(entry.url)
    if (page.scheme, page.netloc) == (own.scheme, own.netloc):
        return entry.referrer
    if page.scheme == "https" and own.scheme != "https":
        return None
    return f"{page.scheme}://{page.netloc}/"


def wants_requisites(source_name: str | None, source: Source | None) -> bool:
    """Whether pages are kept with what they need to be shown; without a source somebody wants a page saved."""
    return source.crawl.requisites if source else source_name is None


class Run(Protocol):
    """What is asked of the run whose pages are looked through."""

    clock: Clock
    frontier: Queue
    sources: dict[str, Source]
    saving: Saving
    news: bool
    wake: Callable[[], None]

    def submit(self, work: Callable[..., object], /, *values: object) -> None: ...
    def call(self, work: Callable[..., None], /, *values: object) -> None: ...


class RequisiteSearch:
    """The documents of one run that have been or are to be looked through, and what comes of it.

    Methods are called in the reactor's thread unless they say otherwise.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self.finder: RequisiteFinder | None = None
        """Looks through them from `begin` on."""
        self.is_on = False
        """Whether documents may wait whose requisites have not been looked for yet."""
        self._noted = 0
        """How often such documents came in."""

    def begin(self) -> None:
        """Begin with what an earlier run left."""
        if self.finder:
            self.is_on = True
            self.finder.start()

    def note(self, documents: int) -> None:
        """So many more documents wait in the frontier."""
        if documents and self.finder:
            self.is_on = True
            self._noted += documents
            self.finder.wake(self._noted)

    def found(self, document: Unsearched, requisites: Sequence[Requisite] | None) -> None:
        """Take in what a page or style sheet needs to be shown. Called in the finder's thread."""
        self._run.submit(self._take, document, requisites)

    def all_found(self, noted: int) -> None:
        """Take note that nothing is left to be looked through of what had come in. Called in the finder's thread."""
        self._run.submit(self._run.call, self._end, noted)

    def _take(self, document: Unsearched, requisites: Sequence[Requisite] | None) -> None:
        """Called in the frontier's thread."""
        if requisites is not None:
            source = self._run.sources.get(document.source or "")
            rest_seconds = source.crawl.max_age.total_seconds() if source else 0.0
            wanted = requisites if wants_requisites(document.source, source) else ()
            entries = requisite_entries(document, wanted, rest_seconds=rest_seconds)
            new = self._run.frontier.searched(document, entries, now=self._run.clock.now())
            logger.debug("searched url=%s requisites=%d new=%d", document.url, len(entries), new)
            self._run.saving.add_parts(document.url, entries)
        self._run.call(self._taken)

    def _taken(self) -> None:
        self._run.news = True
        self._run.wake()

    def _end(self, noted: int) -> None:
        if noted == self._noted:
            self.is_on = False
            self._run.wake()


class Documents(Protocol):
    """What the finder asks of the frontier."""

    def unsearched(self, *, after: int = 0, limit: int) -> list[Unsearched]:
        """The next documents behind a place in the queue."""


class RequisiteFinder:
    """A thread that has one document after the other looked through, while a crawl runs."""

    def __init__(
        self,
        documents: Documents,
        searcher: Searcher,
        original_of: Callable[[Capture], Capture | None],
        *,
        on_found: Callable[[Unsearched, Sequence[Requisite] | None], None],
        on_idle: Callable[[int], None],
        on_failure: Callable[[BaseException], None],
    ) -> None:
        """`on_found` gets each document, with `None` where it has to be looked through another time.

        `on_idle` gets what `wake` was last given, once the queue is found empty after that.
        """
        self._documents = documents
        self._searcher = searcher
        self._original_of = original_of
        self._on_found = on_found
        self._on_idle = on_idle
        self._noted = 0
        self._on_failure = on_failure
        self._news = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="requisites", daemon=True)

    def start(self) -> None:
        """Begin with what an earlier crawl left."""
        self._thread.start()

    def wake(self, noted: int) -> None:
        """Look into the queue again: so many documents have come in by now."""
        self._noted = noted
        self._news.set()

    def stop(self) -> None:
        """Leave the rest for another crawl."""
        self._stopping = True
        self._news.set()
        self._searcher.close()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        place = 0
        try:
            while not self._stopping:
                self._news.clear()
                noted = self._noted
                documents = self._documents.unsearched(after=place, limit=_BATCH)
                if not documents:
                    self._on_idle(noted)
                    self._news.wait()
                    continue
                searches = [self._begin(document) for document in documents]
                for document, search in zip(documents, searches, strict=True):
                    place = document.place
                    self._on_found(document, search())
        except PoolClosed:
            pass
        except BaseException as error:  # noqa: BLE001  A thread has no caller: the run is told, and ends.
            self._on_failure(error)

    def _begin(self, document: Unsearched) -> Callable[[], Sequence[Requisite] | None]:
        """Have a document looked through; what is returned waits for the result."""
        try:
            capture = document.capture if document.capture.revisit is None else self._original_of(document.capture)
            if capture is None:
                return _nothing
            future = self._searcher.search(capture, url=document.url, document="style" if document.styles else "page")
        except (ArchiveError, OSError) as error:
            return _unavailable if isinstance(error, StoreUnreachable) else _failed(document, error)

        def result() -> Sequence[Requisite]:
            try:
                return found_in(future.result())
            except PoolClosed:
                raise
            except PipelineError as error:
                return _failed(document, error)()

        return result


def _nothing() -> Sequence[Requisite]:
    return ()


def _unavailable() -> None:
    return None


def _failed(document: Unsearched, error: Exception) -> Callable[[], Sequence[Requisite]]:
    logger.warning("failed to find requisites url=%s problem=%s", document.url, error)
    return _nothing
