"""How much of an article's meaning an edit changed: 0 for none of it, towards 1 for all of it. Pure, of any language.

Each changed stretch has a mass: its words, of which numbers, negations, names and what stands in quotation marks weigh more, and
spelling, punctuation and time stamps next to nothing. The formula is in docs/versions.md; the weights are the constants below.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import msgspec

from archive.alignment import Budget, shortest_edit
from archive.index.folding import fold
from archive.vocabulary import NEGATIONS, NUMERALS, negation_signs, numeral_signs
from archive.wording import bare_words, split_words

if TYPE_CHECKING:
    from archive.diff import Diff, Hunk, Span

_HALF = 10.0
"""The mass that makes a score of one half: some twenty words of running text."""
_POWER = 0.75  # the hundredth new word of a paragraph tells less than the first

_WORD, _SHORT_WORD = 1.0, 0.4
_SHORT = 3  # letters; most of what is no longer is an article, a preposition, a pronoun
_CHARACTER, _SYLLABIC = 0.5, 0.2  # of Chinese and Japanese; of Thai, Lao, Khmer and Burmese
_NUMBER, _NEGATION, _NAME = 4.0, 5.0, 1.5
_IN_QUOTES = 1.5
_SPELLING = 0.15  # of its word's weight
_INFLECTION = 0.5
_TYPOGRAPHY, _ACCENTS, _SIGN = 0.02, 0.05, 2.0
_MOVED, _MOVED_WORDS = 0.3, 0.1
_STAMP = 0.02
_NOTICE = 4.0
"""Of a new correction notice, however long: it says that something was wrong."""
_FIELDS = {"headline": 3.0, "standfirst": 1.5, "dateline": 0.5}
_AUTHOR, _FIGURE, _CAPTION = 0.5, 0.3, 0.5
_ENOUGH = 2_000.0
"""Mass beyond which nothing is weighed any more: the score is 0.995 by then."""
_RUN = 5
"""Words in a row that are the same elsewhere have moved there."""

_Runs = frozenset[tuple[str, ...]]
_QUOTES = frozenset('"“”„«»「」『』‟')
_SYLLABIC_RANGE = ("\u0e00", "\u109f"), ("\u1780", "\u17ff")
_SPACELESS_RANGE = ("\u2e80", "\u9fff"), ("\uf900", "\ufaff"), ("\U00020000", "\U0003ffff")


class _Word(msgspec.Struct, frozen=True):
    """A word of one side of a stretch."""

    folded: str
    weight: float
    is_name: bool


class _Stretch(msgspec.Struct, frozen=True):
    """What went at one place, and what came."""

    gone: str
    come: str
    old: tuple[_Word, ...]
    new: tuple[_Word, ...]


def significance_of(diff: "Diff") -> float:
    """The score of a diff, from 0 to 1, in thousandths.

    >>> from archive.diff import diff_texts
    >>> from archive.model import Article
    >>> def score(old, new): return diff_texts(Article(url="u", text=old), Article(url="u", text=new)).significance
    >>> rest = " The ferry will run all week, the port said, and lorries take the northern road until June."
    >>> score("Two people died." + rest, "Six people died." + rest), score("It occured." + rest, "It occurred." + rest)
    (0.251, 0.02)
    """
    if not diff.changed:
        return 0.0
    mass, share = _fields_mass(diff), 0.0
    stretches: list[tuple[Hunk, list[_Stretch]]] = []
    for hunk in diff.body:
        if hunk.op == "equal":
            continue
        if mass > _ENOUGH:
            break
        if hunk.role == "stamp":
            mass += _STAMP
            continue
        mass += _MOVED if hunk.op == "move" else 0.0
        found = list(_stretches(hunk.spans))
        stretches.append((hunk, found))
        if hunk.role == "correction" and hunk.op == "insert":
            mass += _NOTICE
            found.clear()
    went, came = _runs(stretches, old=True), _runs(stretches, old=False)
    both = went & came
    for hunk, found in stretches:
        before = mass
        for one in found:
            mass += _mass(one, both)
        if found and mass == before and hunk.op == "replace":
            # Each stretch by itself is a mere sign, and yet the paragraph says something else: `-5` and `5`.
            mass += _TYPOGRAPHY if _same_words(hunk.spans) else _SIGN
    share = _changed_share(diff, both)
    return round(1 - _HALF / (mass + _HALF) * (1 - share * share), 3)


def _fields_mass(diff: "Diff") -> float:
    mass = 0.0
    for name, factor in _FIELDS.items():
        spans: tuple[Span, ...] = getattr(diff, name)
        found = sum(_mass(one) for one in _stretches(spans))
        if not found and any(span.op != "equal" for span in spans):
            found = _TYPOGRAPHY if _same_words(spans) else _SIGN
        mass += factor * found
    mass += sum(_AUTHOR for span in diff.authors if span.op != "equal")
    for figure in diff.images:
        words = sum(_mass(one) for one in _stretches(figure.caption))
        mass += (_FIGURE if figure.op in ("insert", "delete") else 0.0) + _CAPTION * words
    return mass


def _stretches(spans: "Sequence[Span]") -> Iterator[_Stretch]:
    """The changes in a paragraph, with their words; of each word, where it stands decides what it weighs."""
    titled = _is_titled("".join(span.text for span in spans if span.op != "delete"))
    sides = {"delete": _Side(titled), "insert": _Side(titled)}
    for changed, group in groupby(spans, key=lambda span: span.op != "equal"):
        gone, come = "", ""
        old: list[_Word] = []
        new: list[_Word] = []
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


class _Side:
    """Goes through one side of a paragraph: knows whether a sentence begins, and whether a quotation is open."""

    def __init__(self, titled: bool) -> None:
        self._titled = titled
        self._begins = True
        self._quoted = False

    def skip(self, text: str) -> None:
        """Go past what stayed."""
        if sum(map(text.count, _QUOTES)) % 2:
            self._quoted = not self._quoted
        tail = text.rstrip(" ")[-1:]
        if tail:
            self._begins = tail in ".!?:。！？…" or tail in _QUOTES

    def words(self, text: str) -> list[_Word]:
        found: list[_Word] = []
        for piece in split_words(text):
            if piece in _QUOTES:
                self._quoted = not self._quoted
                continue
            if not any(map(str.isalnum, piece)):
                if not piece.isspace():
                    self._begins = piece in ".!?:。！？…"
                continue
            is_name = piece[0].isupper() and not self._begins and not self._titled
            folded = fold(piece)
            weight = _weight(folded) + (_NAME if is_name else 0.0)
            found.append(_Word(folded, weight * (_IN_QUOTES if self._quoted else 1.0), is_name))
            self._begins = False
        return found


def _is_titled(text: str) -> bool:
    """Whether capitals say nothing here: in German, where all nouns have them, and in Headlines Like This."""
    words = [word for word in text[:2_000].split()[1:] if word[0].isalpha()]
    return len(words) > 4 and sum(word[0].isupper() for word in words) > 0.3 * len(words)


def _weight(folded: str) -> float:
    first = folded[0]
    if any(map(str.isdigit, folded)) or folded in NUMERALS:
        return _WORD + _NUMBER
    if folded in NEGATIONS:
        return _WORD + _NEGATION
    if first > "\u0e00" and len(folded) <= 8:
        if any(low <= first <= high for low, high in _SYLLABIC_RANGE):
            return _SYLLABIC
        if any(low <= first <= high for low, high in _SPACELESS_RANGE):
            return _CHARACTER
    return _SHORT_WORD if len(folded) <= _SHORT else _WORD


def _mass(one: _Stretch, moved: _Runs = frozenset()) -> float:
    old, new = [word.folded for word in one.old], [word.folded for word in one.new]
    if old == new:
        if bare_words(one.gone) == bare_words(one.come):
            return 0.0 if not old else _TYPOGRAPHY
        return _ACCENTS if old else 0.0
    stays_old, stays_new = _marks(old, moved), _marks(new, moved)
    elsewhere = sum(stays_old) + sum(stays_new)
    rest = _substitution(
        [word for word, is_moved in zip(one.old, stays_old, strict=True) if not is_moved],
        [word for word, is_moved in zip(one.new, stays_new, strict=True) if not is_moved],
    )
    return _MOVED_WORDS * _dampened(elsewhere / 2) + _dampened(rest + (0.0 if elsewhere else _sign_bonus(one)))


def _dampened(mass: float) -> float:
    return mass**_POWER if mass > 1 else mass


def _substitution(old: list[_Word], new: list[_Word]) -> float:
    """The weight of what differs; a word and what took its place count once, a new spelling of it hardly."""
    common = Counter(word.folded for word in old) & Counter(word.folded for word in new)
    if common:
        left, right = _without(old, common), _without(new, common)
        if not left and not right:
            return sum(word.weight for word in old) / 2  # the same words in another order
        old, new = left, right
    mass = sum(word.weight for word in (old if len(old) > len(new) else new)[min(len(old), len(new)) :])
    for gone, come in zip(old, new, strict=False):
        mass += max(gone.weight, come.weight) * _closeness(gone, come)
    return mass


def _without(words: list[_Word], common: Counter[str]) -> list[_Word]:
    left = Counter(common)
    kept = []
    for word in words:
        if left[word.folded]:
            left[word.folded] -= 1
        else:
            kept.append(word)
    return kept


def _closeness(gone: _Word, come: _Word) -> float:
    """How much of the meaning of a word changes when this one takes its place: a spelling, a form of it, another word."""
    a, b = sorted((gone.folded, come.folded), key=len)
    if not a.isalpha() or not b.isalpha() or len(a) < 3 or {a, b} & NUMERALS or {a, b} & NEGATIONS:
        return 1.0
    if len(b) - len(a) in (1, 2, 3) and b.endswith(a):
        return 1.0 + _NEGATION  # legal and illegal, می‌شود and نمی‌شود
    if len(b) > 40 or len(b) - len(a) > 3 or a[0] != b[0]:
        return 1.0
    edits = _edits(a, b)
    if edits <= (2 if len(a) < 8 else 3) and len(a) > 3:
        inflected = b.startswith(a[: max(3, len(a) - 2)]) and a[-2:] != b[-2:]
        # A name spelt otherwise is another name, or one that was wrong.
        return _INFLECTION if inflected or gone.is_name or come.is_name else _SPELLING
    return 1.0


def _edits(a: str, b: str) -> int:
    """Letters that go or come; two that change places count two."""
    pairs = shortest_edit(a, b, 4, Budget(400))
    return 9 if pairs is None else len(a) + len(b) - 2 * len(pairs)


def _sign_bonus(one: _Stretch) -> float:
    """What scripts without spaces, or with negations inside words, add: numerals and negations that are on one side only."""
    bonus = 0.0
    if (
        one.gone
        and one.come
        and numeral_signs.fullmatch(one.gone.strip())
        and numeral_signs.fullmatch(one.come.strip())
    ):
        bonus += _NUMBER
    if len(negation_signs.findall(one.gone)) != len(negation_signs.findall(one.come)):
        bonus += _NEGATION
    return bonus


def _same_words(spans: "Iterable[Span]") -> bool:
    old = "".join(span.text for span in spans if span.op != "insert")
    new = "".join(span.text for span in spans if span.op != "delete")
    return bare_words(old) == bare_words(new)


def _runs(stretches: "list[tuple[Hunk, list[_Stretch]]]", *, old: bool) -> _Runs:
    """The runs of words on one side: a sentence that is elsewhere now, a paragraph split in two, has changed no meaning."""
    found: set[tuple[str, ...]] = set()
    for _, stretch in stretches:
        for one in stretch:
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
    for hunk in diff.body:
        for span in hunk.spans:
            total += len(span.text) * (2 if span.op == "equal" else 1)
            if span.op != "equal" and hunk.role == "text":
                changed += len(span.text)
    if not total or changed * 5 < total:
        return 0.0 if not total else changed / total
    if moved:
        kept = 0
        for hunk in diff.body:
            for span in hunk.spans:
                if span.op != "equal":
                    words = [fold(piece) for piece in split_words(span.text) if piece[:1].isalnum()]
                    marks = _marks(words, moved)
                    kept += len(span.text) * sum(marks) // max(len(marks), 1)
        changed -= kept
    return changed / total
