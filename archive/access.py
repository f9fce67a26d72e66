"""Which captures are given out: the collection's answer to what pages say of their own use. Pure.

Enforced where a collection is opened for readers (`archive.collection`): what is hidden there is hidden from lookup, show,
history, search, replay and downloads alike. Whoever writes, verifies or indexes sees all.
"""

from collections.abc import Callable, Iterable
from typing import Literal

import msgspec

from archive.config import Settings
from archive.formats.rights import RESERVED, is_past

_RESERVING = frozenset({RESERVED, "noai"})


class AccessRules(msgspec.Struct, frozen=True, kw_only=True):
    """How a collection heeds what pages say."""

    noarchive: Literal["keep", "withhold", "skip"] = "keep"
    tdm: Literal["keep", "exclude", "ask"] = "exclude"

    @classmethod
    def of(cls, settings: Settings) -> "AccessRules":
        """The rules that a collection's settings make."""
        return cls(noarchive=settings.noarchive, tdm=settings.tdm)

    @property
    def hides_any(self) -> bool:
        """Whether any capture may be hidden. What was kept before a page was to be skipped is, too."""
        return self.noarchive != "keep"

    def hides(self, rights: Iterable[str], now: Callable[[], str]) -> bool:
        """Whether a capture with these rights is given out nowhere; `now` gives a timestamp."""
        if not self.hides_any:
            return False
        return any(mark == "noarchive" or (mark.startswith("unavailable") and is_past(mark, now())) for mark in rights)

    def excludes(self, rights: Iterable[str]) -> bool:
        """Whether a capture with these rights is left out of search and exports."""
        return self.tdm != "keep" and not _RESERVING.isdisjoint(rights)
