"""What was asked of a run."""

import msgspec


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Which URLs it visits, and until when."""

    sources: frozenset[str] | None = None
    """Names of the sources to visit; `None` for all."""
    left_out: frozenset[str] = frozenset()
    """Names of those that cannot be visited here."""
    urls: frozenset[str] | None = None
    """For `morgue save`: only these, what they redirect to, and what they need to be shown."""
    limit: int | None = None
    """Pages to fetch at most; what they need to be shown comes on top."""
    since: float | None = None
    """Unix time: candidates that say they are older are left out."""
    endless: bool = False
    """For `morgue schedule run`: wait for what falls due, until stopped."""
