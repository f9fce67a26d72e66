"""Aligning two sequences: which elements of the old one are which of the new. Pure, and bounded on hostile input.

All cost is paid from a `Budget`; once it is spent the functions answer coarsely instead of slowly.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import pairwise

Pairs = list[tuple[int, int]]
"""Indices (old, new) of equal elements, both rising."""

_DEEPEST = 16


class Budget:
    """Steps that may still be taken; some two million make a second."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def take(self, steps: int) -> bool:
        """Whether that many were left; they are then spent."""
        if steps > self.left:
            return False
        self.left -= steps
        return True


def common_ends(old: Sequence[Hashable], new: Sequence[Hashable]) -> tuple[int, int]:
    """How many elements are equal at the start, and how many of the rest at the end.

    >>> common_ends("abcxe", "abcye")
    (3, 1)
    """
    shorter = min(len(old), len(new))
    start = 0
    while start < shorter and old[start] == new[start]:
        start += 1
    end = 0
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return start, end


def shortest_edit(old: Sequence[Hashable], new: Sequence[Hashable], most_edits: int, budget: Budget) -> Pairs | None:
    """The equal elements under the fewest insertions and deletions, or `None` when it takes more than allowed.

    E. W. Myers, An O(ND) Difference Algorithm and Its Variations, Algorithmica 1 (1986).

    >>> shortest_edit("abcd", "xbd", 9, Budget(1000))
    [(1, 1), (3, 2)]
    """
    start, end = common_ends(old, new)
    rows, columns = len(old) - start - end, len(new) - start - end
    ends = [(i, i) for i in range(start)] + [(len(old) - i, len(new) - i) for i in range(end, 0, -1)]
    if not rows or not columns:
        return ends
    # furthest[middle + k] is the row reached on diagonal k = row - column; `trail` keeps, for each number of edits,
    # the part of it that was looked at.
    most = min(most_edits, rows + columns)
    middle = most + 1
    furthest = [-1] * (2 * most + 3)
    furthest[middle + 1] = 0
    trail: list[list[int]] = []
    for edits in range(most + 1):
        if not budget.take(edits + 1):
            return None
        trail.append(furthest[middle - edits - 1 : middle + edits + 2])
        for k in range(-edits, edits + 1, 2):
            left, right = furthest[middle + k - 1], furthest[middle + k + 1]
            row = first = right if k == -edits or (k != edits and left < right) else left + 1
            while row < rows and row - k < columns and old[start + row] == new[start + row - k]:
                row += 1
            budget.left -= row - first
            furthest[middle + k] = row
            if row >= rows and row - k >= columns:
                return sorted(ends + _walk_back(trail, rows, columns, start))
    return None


def _walk_back(trail: list[list[int]], row: int, column: int, shift: int) -> Pairs:
    pairs: Pairs = []
    for edits in range(len(trail) - 1, -1, -1):
        k = row - column
        # The kept part begins at diagonal -edits - 1.
        left, right = trail[edits][edits + k], trail[edits][edits + k + 2]
        down = k == -edits or (k != edits and left < right)
        from_row = right if down else left + 1
        while row > from_row:
            row, column = row - 1, column - 1
            pairs.append((shift + row, shift + column))
        if down:
            column -= 1
        else:
            row -= 1
    return pairs


def unique_anchors(old: Sequence[Hashable], new: Sequence[Hashable], budget: Budget) -> Pairs:
    """Equal ends, and between them elements that occur once on each side and keep their order, again and again.

    Bram Cohen's patience diff: what is unique is seldom aligned by chance.

    >>> unique_anchors("xaybz", "axbyz", Budget(1000))
    [(1, 0), (3, 2), (4, 4)]
    """
    pairs: Pairs = []
    todo = [(0, len(old), 0, len(new), 0)]
    while todo:
        old_from, old_to, new_from, new_to, depth = todo.pop()
        head, tail = common_ends(old[old_from:old_to], new[new_from:new_to])
        pairs.extend((old_from + i, new_from + i) for i in range(head))
        pairs.extend((old_to - i, new_to - i) for i in range(1, tail + 1))
        old_from, old_to, new_from, new_to = old_from + head, old_to - tail, new_from + head, new_to - tail
        size = old_to - old_from + new_to - new_from
        if old_from == old_to or new_from == new_to or depth == _DEEPEST or not budget.take(size):
            continue
        anchors = _unique_pairs(old, new, (old_from, old_to), (new_from, new_to))
        pairs.extend(anchors)
        if anchors:
            corners = [(old_from - 1, new_from - 1), *anchors, (old_to, new_to)]
            todo.extend((a + 1, b, c + 1, d, depth + 1) for (a, c), (b, d) in pairwise(corners))
    return sorted(pairs)


def _unique_pairs(
    old: Sequence[Hashable], new: Sequence[Hashable], old_range: tuple[int, int], new_range: tuple[int, int]
) -> Pairs:
    old_counts, new_counts = Counter(old[slice(*old_range)]), Counter(new[slice(*new_range)])
    places = {new[i]: i for i in range(*new_range) if new_counts[new[i]] == 1}
    return longest_rising(
        [(i, places[old[i]]) for i in range(*old_range) if old_counts[old[i]] == 1 and old[i] in places]
    )


def longest_rising(pairs: Pairs) -> Pairs:
    """The longest run of pairs, sorted by their first, whose second rises too.

    >>> longest_rising([(0, 2), (1, 0), (2, 1)])
    [(1, 0), (2, 1)]
    """
    tops: list[int] = []
    piles: list[int] = []
    before: list[int] = []
    for index, (_, place) in enumerate(pairs):
        pile = bisect_left(tops, place)
        before.append(piles[pile - 1] if pile else -1)
        if pile == len(tops):
            tops.append(place)
            piles.append(index)
        else:
            tops[pile], piles[pile] = place, index
    run: Pairs = []
    at = piles[-1] if piles else -1
    while at >= 0:
        run.append(pairs[at])
        at = before[at]
    return run[::-1]


def heaviest_rising(pairs: Pairs, weights: Sequence[int]) -> Pairs:
    """Of pairs sorted by their first, those of most weight together whose second rises too.

    >>> heaviest_rising([(0, 2), (1, 0), (2, 1)], [9, 4, 4])
    [(0, 2)]
    """
    # tops[p] is the heaviest run that ends at a place below some power-of-two reach of p: P. M. Fenwick, A New Data Structure for
    # Cumulative Frequency Tables, Software: Practice and Experience 24 (1994), with the greatest in place of the sum.
    places = {place: rank for rank, place in enumerate(sorted({place for _, place in pairs}), 1)}
    tops = [(0, -1)] * (len(places) + 1)
    before: list[int] = []
    best = (0, -1)
    for index, (_, place) in enumerate(pairs):
        rank = places[place] - 1
        weight, last = 0, -1
        while rank > 0:
            weight, last = max((weight, last), tops[rank])
            rank -= rank & -rank
        before.append(last)
        run = (weight + weights[index], index)
        best = max(best, run)
        rank = places[place]
        while rank < len(tops):
            tops[rank] = max(tops[rank], run)
            rank += rank & -rank
    found: Pairs = []
    at = best[1]
    while at >= 0:
        found.append(pairs[at])
        at = before[at]
    return found[::-1]
