"""Where the tokens of folded text stand in the original, for marking hits. Pure."""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from archive.index.folding import JOINER, RESIZED, fold, patterns_for


class Token(NamedTuple):
    """One token and the place of the original text it came from."""

    text: str
    start: int
    end: int


def spans(text: str) -> list[Token]:
    """The tokens of `tokens(text)`, each with its place in the original text. Slow: meant for one paragraph."""
    folded, starts, ends = fold_in_place(text)
    found: list[Token] = []
    for match in patterns_for(folded).run.finditer(folded):
        if match["unspaced"] is None:
            found.append(Token(match[0], starts[match.start()], ends[match.end() - 1]))
        else:
            last = match.end()
            for i in range(match.start(), last):
                end = min(i + 2, last)
                found.append(Token(folded[i:end], starts[i], ends[end - 1]))
    return found


def compound_spans(text: str) -> list[Token]:
    """The words of `compounds(text)`, each with its place in the original text."""
    if not JOINER.search(fold(text)):
        return []
    folded, starts, ends = fold_in_place(text)
    return [
        Token(JOINER.sub("", match[0]), starts[match.start()], ends[match.end() - 1])
        for match in patterns_for(folded).compound.finditer(folded)
    ]


def fold_in_place(text: str) -> tuple[str, Sequence[int], Sequence[int]]:
    """The folded text, and for each of its characters where in the original it starts and ends."""
    if text.isascii() or keeps_places(text):
        return fold(text), range(len(text)), range(1, len(text) + 1)
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    begin = 0
    for end in range(1, len(text) + 1):
        if end < len(text) and _continues(text[end]):
            continue
        piece = _fold_cluster(text[begin:end])
        pieces.append(piece)
        starts.extend([begin] * len(piece))
        ends.extend([end] * len(piece))
        begin = end
    return "".join(pieces), starts, ends


def keeps_places(text: str) -> bool:
    """Whether folding replaces one character by one throughout, as it does with most texts; if in doubt, no."""
    folded = text.casefold()  # never makes a text shorter
    return (
        len(folded) == len(text)
        and unicodedata.is_normalized("NFKC", text)
        and unicodedata.is_normalized("NFKC", folded)
        and not RESIZED.search(folded)
        and len(fold(text)) == len(text)
    )


@lru_cache(maxsize=16384)
def _fold_cluster(cluster: str) -> str:
    return fold(cluster)


@lru_cache(maxsize=16384)
def _continues(character: str) -> bool:
    """Whether normalisation may join a character to the one before it: marks, and Hangul vowels and finals."""
    first = unicodedata.normalize("NFKD", character)[:1]
    return unicodedata.category(first)[0] == "M" or "\u1160" <= first <= "\u11ff"
