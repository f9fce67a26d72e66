"""Hosts in trouble: those that cannot be reached, and those that say 429 or 503. Pure; clock and chance are arguments.

A trouble is its host's, not its URL's, so five hundred URLs of a dead host cost what one does. How long each failure in
a row keeps the host alone is decided here; keeping that between runs is the frontier's, leaving it alone politeness's.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

import msgspec

FIRST_RETRY = 2.0
"""Seconds before a host that failed is tried again at once; each further such try waits three times as long."""
FIRST_REST = 900.0
"""Seconds for which a host is left alone that could not be reached, after the tries that follow at once; then doubled."""
FIRST_BUSY = 60.0
"""Seconds for which a host that answered 429 or 503, and named no time, is left alone; doubled each time in a row."""
LONGEST_REST = 3600.0
"""A newspaper that was away is found again within the hour. What a host itself asks for may be longer."""
FORGOTTEN_AFTER = 2 * 86400.0
"""Seconds for which a host that is not asked again stays in mind."""
JITTER = 0.25
"""Share by which a wait is drawn out at random, so that hosts that went down together are not all asked at once."""

TroubleKind = Literal["unreachable", "refused", "busy"]
"""`refused`: not by the host, but by us: its address is not one that this collection may talk to."""


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """A host that is being left alone, or was until a moment ago and has not answered since."""

    host: str
    kind: TroubleKind
    reason: str
    strikes: int
    """Failures in a row."""
    since: float
    """Unix time of the first of them."""
    until: float


class Troubles:
    """The hosts in trouble, from the first failure to the first good answer."""

    def __init__(self, known: Iterable[Trouble], *, retries: int, chance: Callable[[], float]) -> None:
        """`retries` is how often a host is tried again at once; `chance` gives a number from 0 to 1."""
        self._by_host = {trouble.host: trouble for trouble in known}
        self.retries = retries
        self._chance = chance
        self.failed: dict[str, Trouble] = {}
        """By host: those that failed in this run, and have not answered since."""

    def __iter__(self) -> Iterator[Trouble]:
        return iter(self._by_host.values())

    def get(self, host: str) -> Trouble | None:
        """The trouble that a host is in."""
        return self._by_host.get(host)

    def note_unreachable(self, host: str, reason: str, now: float, *, refused: bool = False) -> Trouble | None:
        """A request got no answer. `None` where the host is left alone already: others were under way with the first."""
        strikes = self._next_strike(host, now)
        if strikes is None:
            return None
        if strikes <= self.retries:
            wait = _at_once(strikes)
        else:
            wait = self._drawn_out(_doubled(FIRST_REST, strikes - self.retries - 1))
        return self._note(host, "refused" if refused else "unreachable", reason, strikes, now, now + wait)

    def note_busy(self, host: str, reason: str, retry_after: float | None, now: float) -> Trouble | None:
        """The host answered 429 or 503; `retry_after` in seconds, where it said so.

        What it asks for is kept to the second the first time, and taken for too little where it keeps refusing.
        """
        strikes = self._next_strike(host, now)
        if strikes is None:
            trouble = self._by_host[host]
            until = now + (retry_after or 0.0)
            longer = until > trouble.until
            return self._note(host, "busy", reason, trouble.strikes, now, until) if longer else None
        if retry_after:
            least = self._drawn_out(_doubled(FIRST_BUSY, strikes - 2)) if strikes > 1 else 0.0
            wait = max(retry_after, least)
        else:
            wait = self._drawn_out(_doubled(FIRST_BUSY, strikes - 1))
        return self._note(host, "busy", reason, strikes, now, now + wait)

    def note_answer(self, host: str, now: float) -> bool:
        """The host answered as it should; whether that ends a trouble. What was under way when it began does not."""
        trouble = self._by_host.get(host)
        if trouble is None or now < trouble.until:
            return False
        self.failed.pop(host, None)
        del self._by_host[host]
        return True

    def forget(self, now: float) -> None:
        """Let go of troubles that ended long ago, with no request since: nobody wants anything of these hosts."""
        for host in [one.host for one in self._by_host.values() if one.until < now - FORGOTTEN_AFTER]:
            self.failed.pop(host, None)
            del self._by_host[host]

    def next_end(self, now: float) -> float | None:
        """When the first host that failed in this run may be asked again."""
        # A copy: asked from another thread than the one that takes notes.
        return min((one.until for one in list(self.failed.values()) if one.until > now), default=None)

    def _next_strike(self, host: str, now: float) -> int | None:
        trouble = self._by_host.get(host)
        if trouble is None:
            return 1
        return None if now < trouble.until else trouble.strikes + 1

    def _note(self, host: str, kind: TroubleKind, reason: str, strikes: int, now: float, until: float) -> Trouble:
        before = self._by_host.get(host)
        since = before.since if before else now
        trouble = Trouble(host=host, kind=kind, reason=reason, strikes=strikes, since=since, until=until)
        self._by_host[host] = self.failed[host] = trouble
        return trouble

    def _drawn_out(self, seconds: float) -> float:
        return seconds * (1.0 + JITTER * self._chance())


def rest_seconds(failures: int, *, retries: int) -> float:
    """How long a robots.txt that cannot be had is not asked for again, after so many failures in a row."""
    if failures <= retries:
        return _at_once(failures)
    return _doubled(FIRST_REST, failures - retries - 1)


def _at_once(failures: int) -> float:
    return FIRST_RETRY * 3.0 ** min(failures - 1, 10)


def _doubled(seconds: float, times: int) -> float:
    return min(seconds * 2.0 ** min(times, 20), LONGEST_REST)
