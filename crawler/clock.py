"""The time of a run. Whatever is dated, due or waited for goes by the run's clock, so that a week can be had in a minute.

Time that real work takes (an answer, a commit, a progress line) is not the clock's: whoever measures that asks `time`.
"""

import time
from datetime import UTC, datetime


class Clock:
    """The system's time."""

    def now(self) -> float:
        """Unix time, in seconds."""
        return time.time()

    def utc(self) -> datetime:
        """The same, as a datetime."""
        return datetime.fromtimestamp(self.now(), UTC)

    def real_seconds(self, seconds: float) -> float:
        """How long to really wait for so many seconds of this clock."""
        return seconds


class CompressedClock(Clock):
    """A clock that runs `speed` times as fast as the system's, and showed `start` when that showed `real_start`.

    Made of the same three numbers it shows the same time in every process. What is real work takes long on it: at 5,000
    times the speed an answer after 0.1 s took 8 minutes, so terms and delays shorter than that mean nothing.
    """

    def __init__(self, *, speed: float, start: float, real_start: float) -> None:
        self.speed = speed
        self.start = start
        self.real_start = real_start

    def now(self) -> float:
        return self.start + (time.time() - self.real_start) * self.speed

    def real_seconds(self, seconds: float) -> float:
        return seconds / self.speed


SYSTEM = Clock()
