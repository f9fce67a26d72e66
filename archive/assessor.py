"""Judges the versions of one collection: reads the texts that were held against each other, and remembers what came of it."""

from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

from archive.judgement import is_touched, judge_change
from archive.model import Article, RecordLocation
from archive.versions import Judgement, ReadingEntry

_REMEMBERED = 20_000
"""Judgements; some 300 bytes each. The page of an article that changes all day is asked for again and again."""

_Key = tuple[RecordLocation, RecordLocation, str]
_Value = TypeVar("_Value")


class Assessor:
    """Remembers by the places of the two readings: text files only grow, so these never mean anything else."""

    def __init__(self, read_article: Callable[[ReadingEntry], Article]) -> None:
        self._read_article = read_article
        self._judgements: OrderedDict[_Key, Judgement] = OrderedDict()
        self._touched: OrderedDict[_Key, bool] = OrderedDict()
        self._last: tuple[RecordLocation, Article] | None = None

    def judge(self, old: ReadingEntry, new: ReadingEntry, last_seen: str) -> Judgement:
        """What sort of edit made the newer reading out of the older one, which was last seen at a timestamp."""
        key = (old.location, new.location, last_seen)
        known = self._judgements.get(key)
        if known is None:
            known = _remember(self._judgements, key, judge_change(self._read(old), self._read(new), last_seen))
        return known

    def is_touched(self, first: ReadingEntry, last: ReadingEntry) -> bool:
        """Whether the page stated a later date of change over the same text."""
        key = (first.location, last.location, "")
        known = self._touched.get(key)
        if known is None:
            known = _remember(self._touched, key, is_touched(self._read(first), self._read(last)))
        return known

    def _read(self, entry: ReadingEntry) -> Article:
        """The article of a reading. The newer one of a pair is the older one of the next."""
        if self._last is None or self._last[0] != entry.location:
            self._last = (entry.location, self._read_article(entry))
        return self._last[1]


def _remember(memory: OrderedDict[_Key, _Value], key: _Key, value: _Value) -> _Value:
    memory[key] = value
    if len(memory) > _REMEMBERED:
        memory.popitem(last=False)
    return value
