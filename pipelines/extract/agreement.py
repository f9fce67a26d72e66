"""Chooses among readings of one page: the one that agrees most with the others, the medoid by token F1.

Readers go wrong on different pages, each in its own way, and are right in the same way. How far the chosen reading agrees with the
others says how far it is to be trusted. What it holds beyond where most others have ended is no part of the article.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from pipelines.extract.blocks import Block, key_of
from pipelines.extract.hidden import is_about, read_hidden
from pipelines.extract.profile import Quality
from pipelines.extract.readers import READERS, Page, Reading, bag_of

logger = logging.getLogger(__name__)

_MIN_WORDS = 20
"""A reading with fewer has found nothing, and has no vote where another has."""
_SCANT_WORDS = 50
"""With fewer in sight, the article may be out of sight."""
_FAVOUR = {"trafilatura": 0.03}
"""What a reader that is best by itself has before the others: it is left where it agrees clearly less than another."""
_DOUBT, _WHOLE_SHARE = 0.75, 0.9
"""Readers that agree less may each hold a part: one that holds so much of what each other holds is then taken."""
_MIN_ENDS = 3
"""So many readings must say where the article ends before one of them is cut."""
_WITHOUT_CONTAINER = frozenset({"resiliparse"})
"""Holds what others hold because it leaves little out."""
_DECLARED = "declared"


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """The reading that holds."""

    reading: Reading
    agreement: float
    """The mean of its token F1 against the others, 0 to 1; 0 where there is no other."""
    voters: tuple[str, ...] = ()
    """The readers that found enough to be compared, in their order."""
    failed: tuple[str, ...] = ()
    """The readers that broke on the page."""
    cut: tuple[str, ...] = ()
    """Lines of the reading that stood beyond where most readings end."""


def read_by_agreement(page: Page, quality: Quality = "best") -> Choice:
    """Let the readers read the page, choose, and cut the choice where the readings end.

    Where hardly anything stands in sight, what the page keeps out of sight is read.
    """
    readings, failed = _read_all(page, quality)
    choice = choose(readings)
    if choice.voters == (_DECLARED,) and not is_about(page, choice.reading.lines):
        choice = choose([reading for reading in readings if reading.reader != _DECLARED])
    words = _size(choice.reading)
    if words < _SCANT_WORDS:
        hidden = read_hidden(page)
        if _size(hidden) > 3 * words:
            return Choice(reading=hidden, agreement=0.0, failed=failed)
    voices = [reading for reading in readings if reading.reader in choice.voters and reading.reader != _DECLARED]
    lines = cut_where_most_end(choice.reading.lines, [reading.lines for reading in voices], page.blocks)
    kept, cut = Reading(reader=choice.reading.reader, lines=lines), choice.reading.lines[len(lines) :]
    return msgspec.structs.replace(choice, reading=kept, failed=failed, cut=cut)


def choose(readings: Sequence[Reading]) -> Choice:
    """The reading that agrees most with the others, or where none does, one that holds what the others hold; of equal ones the first."""
    bags = [bag_of("\n".join(reading.lines)) for reading in readings]
    sizes = [bag.total() for bag in bags]
    voters = [index for index, size in enumerate(sizes) if size >= _MIN_WORDS]
    voters = voters or [index for index, size in enumerate(sizes) if size]
    if not voters:
        return Choice(reading=readings[0] if readings else Reading(reader="none", lines=()), agreement=0.0)
    total = dict.fromkeys(voters, 0.0)
    whole = {index for index in voters if readings[index].reader not in _WITHOUT_CONTAINER}
    for place, one in enumerate(voters):
        for other in voters[place + 1 :]:
            common = _common(bags[one], bags[other])
            total[one] += 2 * common / (sizes[one] + sizes[other])
            total[other] += 2 * common / (sizes[one] + sizes[other])
            whole -= {holder for holder, held in ((one, other), (other, one)) if common < _WHOLE_SHARE * sizes[held]}
    mean = {index: total[index] / max(1, len(voters) - 1) for index in voters}
    best = max(voters, key=lambda index: mean[index] + _FAVOUR.get(readings[index].reader, 0.0))
    if mean[best] < _DOUBT and whole:
        best = min(whole, key=lambda index: (sizes[index], index))
    return Choice(
        reading=readings[best], agreement=mean[best], voters=tuple(readings[index].reader for index in voters)
    )


def likeness(one: str, other: str) -> float:
    """How much two texts are alike: token F1, 0 to 1."""
    bags = bag_of(one), bag_of(other)
    total = bags[0].total() + bags[1].total()
    return 2 * _common(*bags) / total if total else 1.0


def cut_where_most_end(
    lines: tuple[str, ...], readings: Sequence[Iterable[str]], blocks: Sequence[Block]
) -> tuple[str, ...]:
    """The lines up to where the middle one of the readings ends; with an even number, the earlier of the middle two.

    Places are told by the page's blocks that occur once.
    """
    times = Counter(block.key for block in blocks)
    places = {block.key: place for place, block in enumerate(blocks) if times[block.key] == 1}
    ends = sorted(end for reading in readings if (end := _end(reading, places)) is not None)
    if len(ends) < _MIN_ENDS:
        return lines
    end = ends[(len(ends) - 1) // 2]
    kept = len(lines)
    for index in range(len(lines) - 1, -1, -1):
        place = places.get(key_of(lines[index]))
        if place is not None:
            if place <= end:
                break
            kept = index
    return lines[:kept]


def _end(lines: Iterable[str], places: Mapping[str, int]) -> int | None:
    """The place of the last line that has one."""
    return next((place for line in reversed(tuple(lines)) if (place := places.get(key_of(line))) is not None), None)


def _read_all(page: Page, quality: Quality) -> tuple[list[Reading], tuple[str, ...]]:
    """Every reader's reading, and the names of those that broke: they lose their vote, the page does not lose its text."""
    readings, failed = [], []
    for name, read in READERS[quality].items():
        try:
            readings.append(read(page))
        except Exception as error:  # noqa: BLE001  # whatever a page does to a library; counted by the caller
            logger.debug("lost reader=%s url=%s error=%r", name, page.url, error)
            failed.append(name)
    return readings, tuple(failed)


def _size(reading: Reading) -> int:
    return bag_of("\n".join(reading.lines)).total()


def _common(one: Counter[str], other: Counter[str]) -> int:
    if len(one) > len(other):
        one, other = other, one
    return sum(min(count, other[word]) for word, count in one.items() if word in other)
