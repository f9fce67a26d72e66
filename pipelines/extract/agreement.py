"""Chooses among readings of one page: the one that agrees most with the others, the medoid by token F1.

Readers go wrong on different pages, each in its own way, and are right in the same way. How far the chosen reading agrees with the
others says how far it is to be trusted.
"""

import re
from collections import Counter
from collections.abc import Sequence

import msgspec

from pipelines.extract.profile import Quality
from pipelines.extract.readers import READERS, Page, Reading

# A character of a script written without spaces is a word by itself.
_WORD = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+")
_MIN_WORDS = 20
"""A reading with fewer has found nothing, and has no vote where another has."""
_FAVOUR = {"trafilatura": 0.05}
"""What a reader that is best by itself has before the others: it is left where it agrees clearly less than another."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """The reading that holds."""

    reading: Reading
    agreement: float
    """The mean of its token F1 against the others, 0 to 1; 0 where there is no other."""


def read_by_agreement(page: Page, quality: Quality = "best") -> Choice:
    """Let every reader read the page, and choose; the cheap ones only where it is to be `fast`."""
    readers = READERS if quality == "best" else READERS[1:]
    return choose([read(page) for read in readers])


def choose(readings: Sequence[Reading]) -> Choice:
    """The reading that agrees most with the others; of equal ones the first."""
    bags = [Counter(_WORD.findall("\n".join(reading.lines).lower())) for reading in readings]
    sizes = [bag.total() for bag in bags]
    voters = [index for index, size in enumerate(sizes) if size >= _MIN_WORDS]
    voters = voters or [index for index, size in enumerate(sizes) if size]
    if not voters:
        return Choice(reading=readings[0], agreement=0.0)
    total = dict.fromkeys(voters, 0.0)
    for place, one in enumerate(voters):
        for other in voters[place + 1 :]:
            same = 2 * (bags[one] & bags[other]).total() / (sizes[one] + sizes[other])
            total[one] += same
            total[other] += same
    mean = {index: total[index] / max(1, len(voters) - 1) for index in voters}
    best = max(voters, key=lambda index: mean[index] + _FAVOUR.get(readings[index].reader, 0.0))
    return Choice(reading=readings[best], agreement=mean[best])


def likeness(one: str, other: str) -> float:
    """How much two texts are alike: token F1, 0 to 1."""
    bags = [Counter(_WORD.findall(text.lower())) for text in (one, other)]
    total = bags[0].total() + bags[1].total()
    return 2 * (bags[0] & bags[1]).total() / total if total else 1.0
