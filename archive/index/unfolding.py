"""What folding changed in a line, kept beside the folded line so that it can be shown as it was. Pure.

Folding changes few characters of a line, and mostly one to one; so this takes a small part of what the line itself does.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise
from operator import add, sub
from typing import Self

import msgspec

from archive.index.places import Span, find_places, keeps_places

_capitals = re.compile("[A-Z_]")
_differing = re.compile(rb"[^\0]")


class Unfolding(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """The changed stretches of a line, in order."""

    steps: list[int]
    """For each how many folded characters after the one before it begins."""
    originals: str
    """What they were before, one after another."""
    widths: list[int] = []
    """For each how many characters it is folded, and then how many it was; empty where that is one and one throughout."""

    @classmethod
    def of(cls, original: str, folded: str) -> Self | None:
        """What takes a line back from its folded form; `None` where nothing was changed."""
        if original == folded:
            return None
        if keeps_places(original):
            starts = _changed(original, folded)
            return cls(_steps(starts), "".join([original[at] for at in starts]))
        starts, originals, widths = [], [], []
        places = find_places(original)
        ends = zip([*places.folded[1:], len(folded)], [*places.original[1:], len(original)], strict=True)
        for at, was_at, cluster_end, (end, was_end) in zip(*places, ends, strict=True):
            if cluster_end:
                starts.append(at)
                originals.append(original[was_at:was_end])
                widths += [end - at, was_end - was_at]
            else:
                for offset in _changed(original[was_at:was_end], folded[at:end]):
                    starts.append(at + offset)
                    originals.append(original[was_at + offset])
                    widths += [1, 1]
        return cls(_steps(starts), "".join(originals), widths)

    def restore_part(self, folded: str, start: int, end: int) -> str:
        """The line with a stretch of it as it was, where folding left each character in its place."""
        starts = [*accumulate(self.steps)]
        first, last = bisect_left(starts, start), bisect_left(starts, end)
        parts: list[str] = []
        done = 0
        for at, original in zip(starts[first:last], self.originals[first:last], strict=True):
            parts += (folded[done:at], original)
            done = at + 1
        parts.append(folded[done:])
        return "".join(parts)

    def restore(self, folded: str, spans: Sequence[Span] = ()) -> tuple[str, list[Span]]:
        """The line as it was, and where in it these stretches of the folded line stood: what was folded as one is not parted."""
        widths = self.widths or [1, 1] * len(self.steps)
        starts = [*accumulate(self.steps)]
        ends = [*map(add, starts, widths[::2])]
        taken = [*accumulate(widths[1::2])]
        was_ends = [*map(add, accumulate(map(sub, widths[1::2], widths[::2])), ends)]
        parts: list[str] = []
        done = used = 0
        for at, end, upto in zip(starts, ends, taken, strict=True):
            parts += (folded[done:at], self.originals[used:upto])
            done, used = end, upto
        parts.append(folded[done:])
        found: list[Span] = []
        for start, end in spans:
            # The last change that begins no later than the first character, and than the last.
            first, last = bisect_right(starts, start) - 1, bisect_right(starts, end - 1) - 1
            begin, stop = start, end
            if first >= 0:
                is_within = start < ends[first]
                begin = was_ends[first] - widths[2 * first + 1] if is_within else was_ends[first] + start - ends[first]
            if last >= 0:
                stop = was_ends[last] + max(0, end - ends[last])
            found.append((begin, stop))
        return "".join(parts), found


def _steps(starts: Sequence[int]) -> list[int]:
    return [here - before for before, here in pairwise([0, *starts])]


def _changed(original: str, folded: str) -> list[int]:
    """Where two lines of one length differ."""
    if original.isascii():
        return [match.start() for match in _capitals.finditer(original)]
    size = 4 * len(original)
    first, second = (int.from_bytes(text.encode("utf-32-le"), "little") for text in (original, folded))
    bytes_that_differ = _differing.finditer((first ^ second).to_bytes(size, "little"))
    return [*dict.fromkeys([match.start() >> 2 for match in bytes_that_differ])]
