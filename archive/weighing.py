"""What a word weighs where it stands: numbers, negations, names and quoted words more than others. And how near one word is to another.

Pure. `archive.significance` makes the score of an edit out of it.
"""

import re

import msgspec

from archive.alignment import Budget, shortest_edit
from archive.index.folding import fold
from archive.vocabulary import NEGATING_PREFIXES, NEGATIONS, NUMERALS
from archive.wording import split_words

_WORD, _SHORT_WORD = 1.0, 0.5
_SHORT = 3  # letters; most of what is no longer is an article, a preposition, a pronoun
_CHARACTER, _SYLLABIC = 0.5, 0.2  # of Chinese and Japanese; of Thai, Lao, Khmer and Burmese
NUMBER, NEGATION, _NAME = 4.0, 5.0, 1.5  # added to the word's own weight
_IN_QUOTES = 1.5
_SPELLING = 0.15  # of its word's weight
_INFLECTION = 0.5
_QUOTES = frozenset('"“”„«»「」『』‟')
_grouped = re.compile(r"\d{1,3}(?:[.,\u066c]\d{3})+")
_not_spelt = re.compile(r"[\d']")
_SYLLABIC_RANGE = ("\u0e00", "\u109f"), ("\u1780", "\u17ff")
_SPACELESS_RANGE = ("\u2e80", "\u9fff"), ("\uf900", "\ufaff"), ("\U00020000", "\U0003ffff")
_ENDS = ".!?:。！？…"  # of sentences


class Word(msgspec.Struct, frozen=True):
    """A word of one side of a stretch."""

    folded: str
    plain: float
    extra: float
    """What a number, a negation, a name add."""
    is_name: bool = False

    @property
    def weight(self) -> float:
        return self.plain + self.extra


class Side:
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
            self._begins = tail in _ENDS or tail in _QUOTES

    def words(self, text: str) -> list[Word]:
        found: list[Word] = []
        for piece in _apostrophes_joined(split_words(text)):
            if piece in _QUOTES:
                self._quoted = not self._quoted
                continue
            if not any(map(str.isalnum, piece)):
                if not piece.isspace():
                    self._begins = piece in _ENDS
                continue
            is_name = piece[0].isupper() and not self._begins and not self._titled
            folded = fold(piece).replace("\u200c", "")
            plain, extra = _weights(folded)
            quoted = _IN_QUOTES if self._quoted else 1.0
            found.append(Word(folded, plain * quoted, (extra or (_NAME if is_name else 0.0)) * quoted, is_name))
            self._begins = False
        return found


def _apostrophes_joined(pieces: list[str]) -> list[str]:
    """Pieces of which `won`, `'` and `t` are one."""
    joined: list[str] = []
    open_at = -1
    for piece in pieces:
        if piece in ("'", "\u2019") and joined and joined[-1].isalpha():
            joined[-1] += "'"
            open_at = len(joined)
        elif open_at == len(joined) and piece.isalpha():
            joined[-1] += piece
            open_at = -1
        else:
            joined.append(piece)
    return joined


def _weights(folded: str) -> tuple[float, float]:
    first = folded[0]
    if any(map(str.isdigit, folded)) or folded in NUMERALS:
        return _WORD, NUMBER
    if folded in NEGATIONS:
        return _WORD, NEGATION
    if first > "\u0e00":
        if _is_syllabic(folded):
            # A sign may be a letter or a whole syllable.
            return _SYLLABIC * max(1, sum(map(str.isalpha, folded))), 0.0
        if len(folded) <= 8 and any(low <= first <= high for low, high in _SPACELESS_RANGE):
            return _CHARACTER, 0.0
    return _SHORT_WORD if len(folded) <= _SHORT else _WORD, 0.0


def _is_syllabic(folded: str) -> bool:
    return any(low <= folded[0] <= high for low, high in _SYLLABIC_RANGE)


def closeness(gone: Word, come: Word) -> float:
    """How much of the meaning of a word changes when this one takes its place: a spelling, a form of it, another word."""
    a, b = sorted((gone.folded, come.folded), key=len)
    if _is_syllabic(a) and _is_syllabic(b):
        return min(1.0, _edits(a, b) / (len(a) + len(b)))
    if _grouped.fullmatch(b) and (_grouped.fullmatch(a) or a.isdigit()) and _ungrouped(a) == _ungrouped(b):
        return _SPELLING / NUMBER  # 1,200 and 1200
    if _not_spelt.search(a + b) or len(a) < 4 or {a, b} & NUMERALS or {a, b} & NEGATIONS:
        return 1.0
    if b.endswith(a) and b[: -len(a)] in NEGATING_PREFIXES:
        return 1.0 + NEGATION  # legal and illegal, می‌شود and نمی‌شود
    if len(b) > 40 or len(b) - len(a) > 3 or a[0] != b[0]:
        return 1.0
    edits = _edits(a, b)
    if edits <= (2 if len(a) < 8 else 3):
        inflected = a[-1] != b[-1] and sorted(a) != sorted(b)
        # A name spelt otherwise is another name, or one that was wrong.
        return _INFLECTION if inflected or gone.is_name or come.is_name else _SPELLING
    return 1.0


def _ungrouped(number: str) -> str:
    return "".join(filter(str.isdigit, number))


def _edits(a: str, b: str) -> int:
    """Letters that go or come; two that change places count two."""
    pairs = shortest_edit(a, b, 4, Budget(400))
    return 9 if pairs is None else len(a) + len(b) - 2 * len(pairs)
