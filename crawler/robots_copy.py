"""What is kept of an origin's robots.txt between runs: its last good text, and since when it cannot be had. Pure.

RFC 9309 lets a copy be used for a day (section 2.4). While robots.txt cannot be had nothing is fetched (2.3.1.4); where
that lasts a month, the last copy holds again, or none where there never was one.
"""

from datetime import UTC, datetime
from typing import Self

import msgspec

from crawler.backoff import rest_seconds
from crawler.robots import LIFETIME_SECONDS, RobotsRules

LONG_UNREACHABLE = 30 * 86400.0
"""Seconds after which a robots.txt that cannot be had closes its site no longer: the RFC's own example."""


class RobotsCopy(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one origin's robots.txt."""

    origin: str
    tried: float
    """Unix time of the last request for it."""
    text: str = ""
    """What it last said; empty also where the site has none."""
    problem: str | None = None
    """Why it cannot be had; `None` where it can."""
    failures: int = 0
    """Requests in a row that did not bring it."""
    failing_since: float | None = None

    def after(self, rules: RobotsRules, text: str, now: float) -> Self:
        """The copy once it was asked for again."""
        if not rules.unavailable:
            return type(self)(origin=self.origin, tried=now, text=text)
        since = now if self.failing_since is None else self.failing_since
        return msgspec.structs.replace(
            self, tried=now, problem=rules.problem, failures=self.failures + 1, failing_since=since
        )

    def rules(self, user_agent: str, *, retries: int) -> RobotsRules:
        """The rules it makes. Takes its time: a text may hold 500 KiB of patterns."""
        if self.problem is None or self._is_failing_for_long():
            return RobotsRules(self.text, user_agent=user_agent, expires=_moment(self.tried + LIFETIME_SECONDS))
        wait = rest_seconds(self.failures, retries=retries)
        return RobotsRules("", user_agent=user_agent, expires=_moment(self.tried + wait), problem=self.problem)

    def _is_failing_for_long(self) -> bool:
        return self.failing_since is not None and self.tried - self.failing_since >= LONG_UNREACHABLE


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
