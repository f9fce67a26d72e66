"""What goes on beside a crawl, in the reactor's thread: begun with it, and cancelled at its end."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

Companion = Callable[[], Coroutine[Any, Any, None]]


class Company:
    """The companions of one run. One that fails ends it."""

    def __init__(self, *, on_failure: Callable[[BaseException], None]) -> None:
        self._on_failure = on_failure
        self._companions: list[Companion] = []
        self._tasks: set[asyncio.Future[None]] = set()

    def add(self, companion: Companion) -> None:
        """Have something go on from when the crawl begins."""
        self._companions.append(companion)

    def begin(self) -> None:
        """Begin in the running loop."""
        for companion in self._companions:
            task = asyncio.ensure_future(companion())
            task.add_done_callback(self._ended)
            self._tasks.add(task)

    def end(self) -> None:
        """Cancel what goes on."""
        for task in self._tasks:
            task.cancel()

    def _ended(self, task: "asyncio.Future[None]") -> None:
        if not task.cancelled() and (error := task.exception()):
            self._on_failure(error)
