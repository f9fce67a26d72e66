"""Which paragraphs of an old text are which of a new one: the same, edited in place, or moved. Pure and bounded."""

from collections import Counter
from collections.abc import Sequence

from archive.alignment import Budget, Pairs, heaviest_rising, unique_anchors
from archive.index.folding import tokens
from archive.wording import common_space

_ALIKE = 0.5  # two paragraphs with less in common are a deletion and an insertion
_MOVED_ALIKE = 0.75  # a paragraph found elsewhere must be more like itself than one found in its place


def pair_paragraphs(old: Sequence[str], new: Sequence[str], budget: Budget) -> tuple[Pairs, Pairs]:
    """Numbers (old, new) of the paragraphs that kept their order, edited or not, and of those that moved."""
    same = unique_anchors(old, new, budget)
    moved = _same_elsewhere(old, new, same)
    in_place = _add_alike(old, new, same, moved, budget)
    if len(in_place) + len(moved) < min(len(old), len(new)):
        moved = moved + _alike_elsewhere(old, new, in_place + moved, budget)
    if not moved:
        return in_place, moved
    # Of what changed places, the least text has moved: one paragraph went to the top, not all others down.
    pairs = sorted(in_place + moved)
    kept = heaviest_rising(pairs, [len(new[j]) + 1 for _, j in pairs])
    stays = set(kept)
    return kept, [pair for pair in pairs if pair not in stays]


def likeness(a: Counter[str], b: Counter[str]) -> float:
    """Dice's coefficient of two bags of tokens, 0 to 1; two empty ones are alike."""
    total = a.total() + b.total()
    return 2 * (a & b).total() / total if total else 1.0


def _left_over(old: Sequence[str], new: Sequence[str], pairs: Pairs) -> tuple[list[int], list[int]]:
    old_taken, new_taken = {i for i, _ in pairs}, {j for _, j in pairs}
    return (
        [i for i in range(len(old)) if i not in old_taken],
        [j for j in range(len(new)) if j not in new_taken],
    )


def _same_elsewhere(old: Sequence[str], new: Sequence[str], pairs: Pairs) -> Pairs:
    """Paragraphs, each the only one of its kind, that stand out of order."""
    gone, come = _left_over(old, new, pairs)
    old_counts, new_counts = Counter(old[i] for i in gone), Counter(new[j] for j in come)
    places = {new[j]: j for j in come if new_counts[new[j]] == 1}
    return [(i, places[old[i]]) for i in gone if old_counts[old[i]] == 1 and old[i] in places]


def _add_alike(old: Sequence[str], new: Sequence[str], in_place: Pairs, moved: Pairs, budget: Budget) -> Pairs:
    """The pairs, and between them those edited in place: the pairing of most likeness that keeps the order."""
    gone, come = _left_over(old, new, in_place + moved)
    found = list(in_place)
    corners = [(-1, -1), *in_place, (len(old), len(new))]
    gone_at = come_at = 0
    for i, j in corners[1:]:
        gone_to, come_to = gone_at, come_at
        while gone_to < len(gone) and gone[gone_to] < i:
            gone_to += 1
        while come_to < len(come) and come[come_to] < j:
            come_to += 1
        if gone_at < gone_to and come_at < come_to:
            found += _most_alike(old, new, gone[gone_at:gone_to], come[come_at:come_to], budget)
        gone_at, come_at = gone_to, come_to
    return sorted(found)


def _most_alike(old: Sequence[str], new: Sequence[str], gone: list[int], come: list[int], budget: Budget) -> Pairs:
    if len(gone) == len(come) == 1 and _shares_most(old[gone[0]], new[come[0]], budget):
        return [(gone[0], come[0])]
    table = _likeness_table(old, new, gone, come, _ALIKE, budget)
    if table is None:
        return []
    rows, columns = len(gone), len(come)
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for r in range(rows - 1, -1, -1):
        for c in range(columns - 1, -1, -1):
            paired = table[r][c] + best[r + 1][c + 1] if table[r][c] else 0.0
            best[r][c] = max(paired, best[r + 1][c], best[r][c + 1])
    pairs: Pairs = []
    r = c = 0
    while r < rows and c < columns:
        if table[r][c] and best[r][c] == table[r][c] + best[r + 1][c + 1]:
            pairs.append((gone[r], come[c]))
            r, c = r + 1, c + 1
        elif best[r][c] == best[r + 1][c]:
            r += 1
        else:
            c += 1
    return pairs


def _shares_most(old: str, new: str, budget: Budget) -> bool:
    """Whether two paragraphs are alike by their common beginning and end alone, as most are that were edited: that is soon counted."""
    start, end = common_space(old, new)
    if 2 * (start + end) < len(old) or not budget.take((len(old) + len(new)) // 20):
        return False
    shared = len(tokens(old[:start])) + len(tokens(old[len(old) - end :]))
    rest = sum(len(tokens(text[start : len(text) - end])) for text in (old, new))
    return 2 * shared >= (2 * shared + rest) * _ALIKE and shared > 0


def _alike_elsewhere(old: Sequence[str], new: Sequence[str], pairs: Pairs, budget: Budget) -> Pairs:
    gone, come = _left_over(old, new, pairs)
    table = _likeness_table(old, new, gone, come, _MOVED_ALIKE, budget) if gone and come else None
    if table is None:
        return []
    ranked = sorted((-value, r, c) for r, row in enumerate(table) for c, value in enumerate(row) if value)
    found: dict[int, int] = {}
    taken: set[int] = set()
    for _, r, c in ranked:
        if gone[r] not in found and come[c] not in taken:
            found[gone[r]] = come[c]
            taken.add(come[c])
    return list(found.items())


def _likeness_table(
    old: Sequence[str], new: Sequence[str], gone: list[int], come: list[int], least: float, budget: Budget
) -> list[list[float]] | None:
    """How alike each old paragraph is to each new one, 0 where less than `least`; `None` beyond the budget."""
    sizes = [sum(len(text[i]) for i in rows) for text, rows in ((old, gone), (new, come))]
    if not budget.take((sizes[0] * len(come) + sizes[1] * len(gone)) // 20 + len(gone) * len(come)):
        return None
    old_tokens = [Counter(tokens(old[i])) for i in gone]
    new_tokens = [Counter(tokens(new[j])) for j in come]
    return [[value if (value := likeness(a, b)) >= least else 0.0 for b in new_tokens] for a in old_tokens]
