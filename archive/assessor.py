"""Judges the versions of a collection: reads the texts that were held against each other, and remembers what came of it."""

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from archive.judge import Judgement
from archive.judgement import is_amended, is_touched, judge_change
from archive.model import Article, RecordLocation
from archive.versions import ReadingEntry

_REMEMBERED = 20_000
"""Judgements; some 300 bytes each. The page of an article that changes all day is asked for again and again."""

_Value = TypeVar("_Value")
_Key = tuple[Path, RecordLocation, RecordLocation, str]

# One memory for all that is open in a process: `morgue serve` lends a collection to each request. Text files only grow, so a
# place in one never means anything else; and of two threads that judge the same edit, both are right.
_judgements: OrderedDict[_Key, Judgement] = OrderedDict()
_touched: OrderedDict[_Key, bool] = OrderedDict()
_amended: OrderedDict[_Key, bool] = OrderedDict()


class Assessor:
    """Judges for one open collection."""

    def __init__(
        self,
        folder: Path,
        read_article: Callable[[ReadingEntry], Article],
        read_fields: Callable[[ReadingEntry], Article],
    ) -> None:
        """`read_fields` reads an article without its text."""
        self._folder = folder
        self._read_article = read_article
        self._read_fields = read_fields
        self._last: tuple[RecordLocation, Article] | None = None

    def judge(self, old: ReadingEntry, new: ReadingEntry, last_seen: str) -> Judgement:
        """What sort of edit made the newer reading out of the older one, which was last seen at a timestamp."""
        key = (self._folder, old.location, new.location, last_seen)
        known = _judgements.get(key)
        if known is None:
            known = _remember(_judgements, key, judge_change(self._read(old), self._read(new), last_seen))
        return known

    def is_touched(self, first: ReadingEntry, last: ReadingEntry) -> bool:
        """Whether the page stated a later date of change over the same text."""
        key = (self._folder, first.location, last.location, "")
        known = _touched.get(key)
        if known is None:
            known = _remember(_touched, key, is_touched(self._fields(first), self._fields(last)))
        return known

    def is_amended(self, before: ReadingEntry, after: ReadingEntry) -> bool:
        """Whether authors, dateline, pictures, captions or credits changed."""
        key = (self._folder, before.location, after.location, "")
        known = _amended.get(key)
        if known is None:
            known = _remember(_amended, key, is_amended(self._fields(before), self._fields(after)))
        return known

    def _fields(self, entry: ReadingEntry) -> Article:
        if self._last is not None and self._last[0] == entry.location:
            return self._last[1]
        return self._read_fields(entry)

    def _read(self, entry: ReadingEntry) -> Article:
        """The article of a reading. The newer one of a pair is the older one of the next."""
        if self._last is None or self._last[0] != entry.location:
            self._last = (entry.location, self._read_article(entry))
        return self._last[1]


def forget() -> None:
    """Let go of what is remembered; the next history reads all texts again."""
    _judgements.clear()
    _touched.clear()
    _amended.clear()


def _remember(memory: OrderedDict[_Key, _Value], key: _Key, value: _Value) -> _Value:
    memory[key] = value
    if len(memory) > _REMEMBERED:
        memory.popitem(last=False)
    return value
