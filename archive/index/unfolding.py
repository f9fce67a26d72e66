"""What folding changed in a line, kept beside the folded line so that it can be shown as it was. Pure.

Folding changes few characters of a line, and most of them one to one; so this takes a small part of what the line does.
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
    """The changed characters of a line, in order."""

    steps: list[int]
    """For each that was folded to one how many folded characters after the one before it stands."""
    originals: str
    """What they were before."""
    cluster_steps: list[int] = []
    """The same of what was folded to more characters or fewer, by where it begins."""
    clusters: list[str] = []
    """What that was before."""
    widths: list[int] = []
    """How many characters each of it is folded."""

    @classmethod
    def of(cls, original: str, folded: str) -> Self | None:
        """What takes a line back from its folded form; `None` where nothing was changed."""
        if original == folded:
            return None
        if keeps_places(original):
            changed = _changed(original, folded)
            return cls(_steps(changed), "".join([original[at] for at in changed]))
        starts: list[int] = []
        originals: list[str] = []
        cluster_starts: list[int] = []
        clusters: list[str] = []
        widths: list[int] = []
        places = find_places(original)
        ends = zip([*places.folded[1:], len(folded)], [*places.original[1:], len(original)], strict=True)
        for at, was_at, cluster_end, (end, was_end) in zip(*places, ends, strict=True):
            if cluster_end:
                cluster_starts.append(at)
                clusters.append(original[was_at:was_end])
                widths.append(end - at)
            else:
                changed = _changed(original[was_at:was_end], folded[at:end])
                starts += [at + offset for offset in changed]
                originals += [original[was_at + offset] for offset in changed]
        return cls(_steps(starts), "".join(originals), _steps(cluster_starts), clusters, widths)

    def restore_part(self, folded: str, start: int, end: int) -> str:
        """The line with a stretch of it as it was, but for what was folded to more characters or fewer."""
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
        """The line as it was, and where in it these stretches of the folded line stood: no cluster is parted."""
        line = self.restore_part(folded, 0, len(folded))
        starts = [*accumulate(self.cluster_steps)]
        ends = [*map(add, starts, self.widths)]
        was_widths = [*map(len, self.clusters)]
        was_ends = [*map(add, accumulate(map(sub, was_widths, self.widths)), ends)]
        parts: list[str] = []
        done = 0
        for at, end, cluster in zip(starts, ends, self.clusters, strict=True):
            parts += (line[done:at], cluster)
            done = end
        parts.append(line[done:])
        found: list[Span] = []
        for start, end in spans:
            # The last cluster that begins no later than the first character, and than the last.
            first, last = bisect_right(starts, start) - 1, bisect_right(starts, end - 1) - 1
            begin, stop = start, end
            if first >= 0:
                begin = was_ends[first] + (start - ends[first] if start >= ends[first] else -was_widths[first])
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
    # As numbers, all characters are compared at once.
    first, second, width = original.encode("utf-16-le"), folded.encode("utf-16-le"), 2
    if not len(first) == len(second) == width * len(original):  # some character takes two units
        first, second, width = original.encode("utf-32-le"), folded.encode("utf-32-le"), 4
    differing = int.from_bytes(first, "little") ^ int.from_bytes(second, "little")
    found = _differing.finditer(differing.to_bytes(len(first), "little"))
    return [*dict.fromkeys([match.start() // width for match in found])]
