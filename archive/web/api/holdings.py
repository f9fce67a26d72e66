"""Answers of what there is in all: sources and counts.

Counting goes through all that was read: 2 s of a processor for a million pages. So it is done once in a while, however often it is
asked for.
"""

import threading
import time
from collections.abc import Callable

from archive.collection import Collection
from archive.status import Status, read_status
from archive.web.api.answers import SourceAnswer, SourcesAnswer, StatusAnswer
from archive.web.api.questions import NoQuestion

FRESH_SECONDS = 10.0


class Holdings:
    """Answers with counts. For any number of threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counting = threading.Lock()
        self._counted: tuple[float, Status] | None = None

    def sources(self, collection: Collection, _question: NoQuestion) -> SourcesAnswer:
        """What was read of each source, those never crawled included."""
        return SourcesAnswer(
            sources=tuple(
                SourceAnswer(
                    source=one.source,
                    versions=one.versions,
                    read=one.read,
                    not_articles=one.not_articles,
                    failed=one.failed,
                    last_day=one.last_day,
                )
                for one in self._count(collection).sources
            )
        )

    def status(self, collection: Collection, _question: NoQuestion) -> StatusAnswer:
        """Counts of all that is held."""
        total = self._count(collection).total
        return StatusAnswer(
            captures=total.captures,
            revisits=total.revisits,
            urls=total.urls,
            articles=total.articles,
            versions=total.versions,
            unread=total.unread,
            last_capture=total.last_capture,
            files=total.files,
            size_bytes=total.size_bytes,
        )

    def _count(self, collection: Collection) -> Status:
        counted = self._counted
        if counted and self._clock() - counted[0] <= FRESH_SECONDS:
            return counted[1]
        if not self._counting.acquire(blocking=counted is None):
            assert counted
            return counted[1]  # somebody is at it
        try:
            if self._counted is counted:
                status = read_status(collection)
                self._counted = self._clock(), status
            assert self._counted
            return self._counted[1]
        finally:
            self._counting.release()
