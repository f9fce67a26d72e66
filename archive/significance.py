"""How much of an article's meaning an edit changed: 0 for none of it, towards 1 for all of it. Pure, of any language.

Each changed stretch has a mass: its words, of which numbers, negations, names and what stands in quotation marks weigh more, and
spelling, punctuation and time stamps next to nothing. The formula is in docs/versions.md; the weights are the constants below.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, groupby, islice
from typing import TYPE_CHECKING

import msgspec

from archive.index.folding import fold
from archive.vocabulary import NEGATIONS, negation_signs, numeral_signs
from archive.weighing import NEGATION, NUMBER, Side, Word, closeness
from archive.wording import bare_words, split_words

if TYPE_CHECKING:
    from archive.diff import Diff, Hunk, Span

_HALF = 10.0
"""The mass that makes a score of one half: some twenty words of running text."""
_POWER = 0.7  # the hundredth new word of a paragraph tells less than the first

_IN_NEW_TEXT = 0.5  # of that, in a whole paragraph that came or went: a number put in contradicts nothing
_REORDERED = 0.5
_TYPOGRAPHY, _ACCENTS, _SIGN = 0.02, 0.05, 2.0
_MOVED, _MOVED_WORDS = 0.1, 0.03
_STAMP = 0.02
_NOTICE = 4.0
"""Of a new correction notice, however long: it says that something was wrong."""
_FIELDS = {"headline": 4.0, "standfirst": 2.0, "dateline": 0.5}
_AUTHOR, _FIGURE, _CAPTION = 0.5, 0.3, 0.5
_MOST = 100_000
"""Changed characters beyond which nothing is weighed any more: the score is all but 1 by then."""
_RUN = 5
"""Words in a row that are the same elsewhere have moved there."""

_Runs = frozenset[tuple[str, ...]]


class _Stretch(msgspec.Struct, frozen=True):
    """What went at one place, and what came."""

    gone: str
    come: str
    old: tuple[Word, ...]
    new: tuple[Word, ...]


def significance_of(diff: "Diff") -> float:
    """The score of a diff, from 0 to 1, in thousandths.

    >>> from archive.diff import diff_texts
    >>> from archive.model import Article
    >>> def score(old, new): return diff_texts(Article(url="u", text=old), Article(url="u", text=new)).significance
    >>> rest = " The ferry will run all week, the port said, and lorries take the northern road until June."
    >>> score("Two people died." + rest, "Six people died." + rest), score("It occured." + rest, "It occurred." + rest)
    (0.236, 0.02)
    """
    if not diff.changed:
        return 0.0
    hunks = [hunk for hunk in diff.body if hunk.op != "equal"]
    stretches = _all_stretches(diff, hunks)
    moved = _runs(stretches, old=True) & _runs(stretches, old=False)
    mass = _fields_mass(diff) + sum(
        _hunk_mass(hunk, found, moved) for hunk, found in zip(hunks, stretches, strict=False)
    )
    share = _changed_share(diff, moved)
    return round(1 - _HALF / (mass + _HALF) * (1 - share * share), 3)


def _all_stretches(diff: "Diff", hunks: "list[Hunk]") -> list[list[_Stretch]]:
    """Of each changed paragraph, as far as there is need to look."""
    titled = _is_titled(span for hunk in diff.body for span in hunk.spans)
    stretches: list[list[_Stretch]] = []
    left = _MOST
    for hunk in hunks:
        if left < 0:
            break
        stretches.append(list(_stretches(hunk.spans, titled)) if hunk.role != "stamp" else [])
        left -= sum(len(span.text) for span in hunk.spans if span.op != "equal")
    return stretches


def _hunk_mass(hunk: "Hunk", stretches: list[_Stretch], moved: _Runs) -> float:
    if hunk.role == "stamp":
        return _STAMP
    if hunk.role == "correction" and hunk.op == "insert":
        return _NOTICE
    reordered = _reordered(stretches)
    mass = sum(_mass(one, moved, reordered) for one in stretches)
    if hunk.op in ("replace", "move"):
        if stretches and mass <= _TYPOGRAPHY * len(stretches) and not _same_words(hunk.spans):
            # Each stretch by itself is a mere sign, and yet the paragraph says something else: `-5` and `5`.
            mass += _SIGN
        mass += _sign_of_denial(hunk.spans)
    return mass + (_MOVED if hunk.op == "move" else 0.0)


def _fields_mass(diff: "Diff") -> float:
    mass = 0.0
    for name, factor in _FIELDS.items():
        spans: tuple[Span, ...] = getattr(diff, name)
        if all(span.op == "equal" for span in spans):
            continue
        found = sum(_mass(one) for one in _stretches(spans, _is_titled(spans)))
        if 0 < found <= 3 * _TYPOGRAPHY and not _same_words(spans):
            found = _SIGN
        found += _sign_of_denial(spans)
        mass += factor * found
    mass += sum(_AUTHOR for span in diff.authors if span.op != "equal")
    for figure in diff.images:
        words = sum(_mass(one) for one in _stretches(figure.caption, _is_titled(figure.caption)))
        is_other = figure.op in ("insert", "delete") or (figure.op == "replace" and not words)
        mass += (_FIGURE if is_other else 0.0) + _CAPTION * words
    return mass


def _stretches(spans: "Sequence[Span]", titled: bool) -> Iterator[_Stretch]:
    """The changes in a paragraph, with their words; of each word, where it stands decides what it weighs."""
    sides = {"delete": Side(titled), "insert": Side(titled)}
    for changed, group in groupby(spans, key=lambda span: span.op != "equal"):
        gone, come = "", ""
        old: list[Word] = []
        new: list[Word] = []
        for span in group:
            if not changed:
                sides["delete"].skip(span.text)
                sides["insert"].skip(span.text)
            elif span.op == "delete":
                gone += span.text
                old += sides["delete"].words(span.text)
            else:
                come += span.text
                new += sides["insert"].words(span.text)
        if changed:
            yield _Stretch(gone, come, tuple(old), tuple(new))


def _is_titled(spans: "Iterable[Span]") -> bool:
    """Whether capitals say nothing here: in German, where all nouns have them, and in Headlines Like This."""
    text = ""
    for span in islice(spans, 40):
        if span.op != "delete":
            text += span.text
        if len(text) >= 1_000:
            break
    return _has_many_capitals(text[:1_000])


@lru_cache(maxsize=16)  # of one article the beginning seldom changes
def _has_many_capitals(text: str) -> bool:
    letters = [word[0] for word in text.split()[1:] if word[0].isalpha()]
    return len(letters) > 4 and sum(map(str.isupper, letters)) > 0.27 * len(letters)


def _mass(one: _Stretch, moved: _Runs = frozenset(), reordered: frozenset[str] = frozenset()) -> float:
    old, new = [word.folded for word in one.old], [word.folded for word in one.new]
    if old == new:
        return _ACCENTS if old and bare_words(one.gone) != bare_words(one.come) else _TYPOGRAPHY
    stays_old, stays_new = _marks(old, moved), _marks(new, moved)
    elsewhere = sum(stays_old) + sum(stays_new)
    rest = _substitution(
        [word for word, is_moved in zip(one.old, stays_old, strict=True) if not is_moved],
        [word for word, is_moved in zip(one.new, stays_new, strict=True) if not is_moved],
        reordered,
    )
    if numeral_signs.fullmatch(one.gone.strip()) and numeral_signs.fullmatch(one.come.strip()):
        rest += NUMBER
    return _MOVED_WORDS * _dampened(elsewhere / 2) + _dampened(rest)


def _dampened(mass: float) -> float:
    return mass**_POWER if mass > 1 else mass


def _substitution(old: list[Word], new: list[Word], reordered: frozenset[str]) -> float:
    """The weight of what differs; a word and what took its place count once, a new spelling of it hardly."""
    common = Counter(word.folded for word in old) & Counter(word.folded for word in new)
    if common:
        left, right = _without(old, common), _without(new, common)
        if not left and not right:
            return _REORDERED * sum(word.weight for word in old)
        old, new = left, right
    if not old or not new:
        whole = _IN_NEW_TEXT if len(old) + len(new) > _RUN else 1.0
        words = (Word(one.folded, one.plain, one.extra * whole) for one in old or new)
        return sum(one.weight * (_REORDERED if one.folded in reordered else 1.0) for one in words)
    if _denies(old) and _denies(new):
        old, new = ([one for one in side if one.folded not in NEGATIONS] for side in (old, new))
    pairs = min(len(old), len(new))
    mass = sum(word.weight for word in (*old[pairs:], *new[pairs:]))
    for gone, come in zip(old, new, strict=False):
        mass += max(gone.weight, come.weight) * closeness(gone, come)
    return mass


def _denies(words: list[Word]) -> bool:
    return any(word.folded in NEGATIONS for word in words)


def _without(words: list[Word], common: Counter[str]) -> list[Word]:
    left = Counter(common)
    kept = []
    for word in words:
        if left[word.folded]:
            left[word.folded] -= 1
        else:
            kept.append(word)
    return kept


def _sign_of_denial(spans: "Sequence[Span]") -> float:
    """What negations add that are signs, or stand inside words, where one side of a paragraph has more of them."""
    sides = ("".join(span.text for span in spans if span.op != without) for without in ("insert", "delete"))
    old, new = (len(negation_signs.findall(side)) for side in sides)
    return 0.0 if old == new else _dampened(NEGATION)


def _reordered(stretches: "list[_Stretch]") -> frozenset[str]:
    """The words that went from one place of a paragraph and came to another."""
    if len(stretches) < 2:
        return frozenset()
    old = {word.folded for one in stretches for word in one.old}
    return frozenset(old & {word.folded for one in stretches for word in one.new})


def _same_words(spans: "Iterable[Span]") -> bool:
    old = "".join(span.text for span in spans if span.op != "insert")
    new = "".join(span.text for span in spans if span.op != "delete")
    return bare_words(old) == bare_words(new)


def _runs(stretches: list[list[_Stretch]], *, old: bool) -> _Runs:
    """The runs of words on one side: a sentence that is elsewhere now, a paragraph split in two, has changed no meaning."""
    found: set[tuple[str, ...]] = set()
    for one in chain.from_iterable(stretches):
        words = [word.folded for word in (one.old if old else one.new)]
        found.update(tuple(words[i : i + _RUN]) for i in range(len(words) - _RUN + 1))
    return frozenset(found)


def _marks(words: list[str], runs: _Runs) -> list[bool]:
    marks = [False] * len(words)
    if runs:
        for i in range(len(words) - _RUN + 1):
            if tuple(words[i : i + _RUN]) in runs:
                marks[i : i + _RUN] = [True] * _RUN
    return marks


def _changed_share(diff: "Diff", moved: _Runs) -> float:
    """The share of the bodies' characters that went or came: Dice's distance; what only moved is none of it."""
    total = changed = 0
    left = _MOST if moved else 0
    for hunk in diff.body:
        for span in hunk.spans:
            total += len(span.text) * (2 if span.op == "equal" else 1)
            if span.op != "equal" and hunk.role == "text":
                changed += len(span.text) - (_moved_length(span.text, moved) if left > 0 else 0)
                left -= len(span.text)
    return changed / total if total else 0.0


def _moved_length(text: str, moved: _Runs) -> int:
    words = [fold(piece) for piece in split_words(text) if piece[0].isalnum()]
    return len(text) * sum(_marks(words, moved)) // max(len(words), 1)
