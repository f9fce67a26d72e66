"""What folding changed in a line, kept beside the folded line so that it can be shown as it was. Pure.

Folding changes few characters of a line, and mostly one to one; so this takes a small part of what the line itself does.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Self

import msgspec

from archive.index.places import Places, Span, find_places, keeps_places

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
        part = [*folded[start:end]]
        for at, original in zip(starts[first:last], self.originals[first:last], strict=True):
            part[at - start] = original
        return folded[:start] + "".join(part) + folded[end:]

    def restore(self, folded: str, spans: Sequence[Span] = ()) -> tuple[str, list[Span]]:
        """The line as it was, and where in it these stretches of the folded line stand."""
        widths = self.widths or [1, 1] * len(self.steps)
        places = Places([], [], [])
        parts: list[str] = []
        at = end = was_at = taken = 0
        for step, width, was_wide in zip(self.steps, widths[::2], widths[1::2], strict=True):
            at += step
            if at > end:
                places.append(end, was_at, 0)
                parts.append(folded[end:at])
                was_at += at - end
            places.append(at, was_at, was_at + was_wide)
            parts.append(self.originals[taken : taken + was_wide])
            taken += was_wide
            was_at += was_wide
            end = at + width
        places.append(end, was_at, 0)
        parts.append(folded[end:])
        return "".join(parts), [places.original_span(*span) for span in spans]


def _steps(starts: Sequence[int]) -> list[int]:
    return [here - before for before, here in pairwise([0, *starts])]


def _changed(original: str, folded: str) -> list[int]:
    """Where two lines of one length differ."""
    if original.isascii():
        return [match.start() for match in _capitals.finditer(original)]
    size = 4 * len(original)
    first, second = (int.from_bytes(text.encode("utf-32-le"), "little") for text in (original, folded))
    found = (match.start() // 4 for match in _differing.finditer((first ^ second).to_bytes(size, "little")))
    return list(dict.fromkeys(found))
