"""What SIGTERM, SIGINT and SIGHUP do to a run: the first asks it to end in order, a second one ends it at once.

What that means changes while it runs (`during`): first it fetches, then what it fetched is read, then sealed. SIGHUP is
for runs without end: they read their files again.
"""

import os
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any


class Signals:
    """Holds the handlers while its block runs. Everything is called in the main thread, between any two instructions."""

    def __init__(self, *, on_hangup: Callable[[], None] | None = None) -> None:
        self.number: int | None = None
        """The signal that asked for the end, if one did."""
        self._count = 0
        self._on_hangup = on_hangup
        self._first: Callable[[], None] = _nothing
        self._second: Callable[[], None] = self._end_process
        self._last = signal.SIGTERM
        self._is_on_terminal = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Signals":
        for number in (signal.SIGTERM, signal.SIGINT):
            self._before[number] = signal.signal(number, self._stop)
        if self._on_hangup is not None:
            # With `nohup` it is to outlive its terminal.
            self._is_on_terminal = _has_terminal() and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN
            self._before[signal.SIGHUP] = signal.signal(signal.SIGHUP, self._hang_up)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def during(self, first: Callable[[], None], second: Callable[[], None] | None = None) -> None:
        """Have the first signal call `first`, at once where it has come already, and any further one `second`.

        Without `second` that one ends the process, as it would have without us.
        """
        self._first, self._second = first, second or self._end_process
        if self._count:
            first()

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        self._count += 1
        self._last = signal.Signals(number)
        if self._count == 1:
            self.number = number
            self._first()
        else:
            self._second()

    def _hang_up(self, number: int, frame: FrameType | None) -> None:
        assert self._on_hangup
        if self._is_on_terminal and not _has_terminal():
            # Whoever started it by hand has closed the window.
            self._stop(number, frame)
        else:
            self._on_hangup()

    def _end_process(self) -> None:
        if self._last == signal.SIGINT:
            raise KeyboardInterrupt
        signal.signal(self._last, signal.SIG_DFL)
        os.kill(os.getpid(), self._last)


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _nothing() -> None:
    """Leave the first signal to whoever asks for `number`."""
