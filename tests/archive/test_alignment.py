from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from archive.alignment import Budget, Pairs, heaviest_rising, shortest_edit, unique_anchors

WORD = st.text("abc", max_size=10)


def longest_common(old: str, new: str) -> int:
    row = [0] * (len(new) + 1)
    for a in old:
        before = row
        row = [0]
        for place, b in enumerate(new):
            row.append(before[place] + 1 if a == b else max(before[place + 1], row[place]))
    return row[-1]


def assert_aligned(pairs: Pairs, old: str, new: str) -> None:
    assert all(old[i] == new[j] for i, j in pairs)
    assert all(a < b and c < d for (a, c), (b, d) in pairwise(pairs))


@given(WORD, WORD)
def test_the_edit_is_the_shortest(old: str, new: str) -> None:
    pairs = shortest_edit(old, new, 99, Budget(10_000))
    assert pairs is not None
    assert_aligned(pairs, old, new)
    assert len(pairs) == longest_common(old, new)


@given(WORD, WORD)
def test_anchors_are_equal_and_in_order(old: str, new: str) -> None:
    assert_aligned(unique_anchors(old, new, Budget(10_000)), old, new)


def test_too_many_edits_or_too_little_budget_is_said() -> None:
    assert shortest_edit("abcdef", "uvwxyz", 5, Budget(10_000)) is None
    assert shortest_edit("abcdef", "uvwxyz", 99, Budget(10)) is None
    assert shortest_edit("abcdef", "uvwxyz", 12, Budget(10_000)) == []


@given(st.permutations(range(6)), st.lists(st.integers(1, 9), min_size=6, max_size=6))
def test_no_rising_run_is_heavier(order: list[int], weights: list[int]) -> None:
    pairs = list(enumerate(order))
    weight_of = dict(zip(pairs, weights, strict=True))
    runs = (run for size in range(1, 7) for run in combinations(pairs, size))
    rising = [run for run in runs if all(a[1] < b[1] for a, b in pairwise(run))]
    found = heaviest_rising(pairs, weights)
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(found))
    assert sum(map(weight_of.__getitem__, found)) == max(sum(map(weight_of.__getitem__, run)) for run in rising)
