"""Who says what became of an article from one version to the next: nobody, or `archive.assessor`, who reads the texts."""

from typing import TYPE_CHECKING, Protocol

import msgspec

from archive.model import Change

if TYPE_CHECKING:
    from archive.versions import ReadingEntry


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of the edit that made a version (`archive.judgement`)."""

    change: Change
    significance: float | None = None
    silent: bool = False


class Judge(Protocol):
    """What tells of edits; all readings that it is given at once are by one extractor."""

    def judge(self, old: "ReadingEntry", new: "ReadingEntry", last_seen: str) -> Judgement:
        """Of the readings that were held against each other; the older version was last seen then (14 digits)."""
        ...

    def is_touched(self, first: "ReadingEntry", last: "ReadingEntry") -> bool:
        """Whether the page stated a later date over one text."""
        ...

    def is_amended(self, before: "ReadingEntry", after: "ReadingEntry") -> bool:
        """Whether authors, dateline, pictures, their captions or credits changed over one text."""
        ...


class Unjudged:
    """For who asks which versions there are, and not what they changed: reads nothing."""

    def judge(self, _old: "ReadingEntry", _new: "ReadingEntry", _last_seen: str) -> Judgement:
        return Judgement(change="edited")

    def is_touched(self, _first: "ReadingEntry", _last: "ReadingEntry") -> bool:
        return False

    def is_amended(self, _before: "ReadingEntry", _after: "ReadingEntry") -> bool:
        return False


UNJUDGED = Unjudged()
