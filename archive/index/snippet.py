"""Snippets: the lines of an article that show why it was found, with the hits marked. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from archive.index.folding import Token, compound_spans, spans, tokens_and_compounds
from archive.index.query import Pattern, Term

HIT_START, HIT_END = "\x02", "\x03"
LENGTH = 240
"""Characters of a snippet, marks and ellipses apart."""

_PIECE = 2_000  # A paragraph without end must not cost more than a page.
_marks = re.compile(f"[{HIT_START}{HIT_END}]")


def make_snippet(paragraphs: Iterable[str], patterns: Sequence[Pattern]) -> str:
    """Plain text around the best match: the first paragraph that shows the most of the patterns, cut to `LENGTH`.

    Hits stand between U+0002 and U+0003. Without any match it is the beginning of the text.
    """
    best, most = "", 0
    for piece in _pieces(paragraphs):
        best = best or piece
        count = _count(piece, patterns)
        if count > most:
            best, most = piece, count
            if count == len(patterns):
                break
    return _marked(best, _hits(best, patterns) if most else [])


def _pieces(paragraphs: Iterable[str]) -> Iterator[str]:
    for paragraph in paragraphs:
        text = _marks.sub("", paragraph).strip()
        for start in range(0, len(text), _PIECE):
            yield text[start : start + _PIECE]


def _count(text: str, patterns: Sequence[Pattern]) -> int:
    """How many of the patterns a text shows."""
    found, joined = tokens_and_compounds(text)
    return sum(
        next(_matches(found, pattern.terms), None) is not None
        or (pattern.joined is not None and pattern.joined in found)
        or any(token in joined for token in _whole_words(pattern))
        for pattern in patterns
    )


def _whole_words(pattern: Pattern) -> set[str]:
    """What a compound written as one word may be, to match."""
    single = {pattern.terms[0].text} if len(pattern.terms) == 1 else set()
    return single if pattern.joined is None else {pattern.joined, *single}


def _matches(found: Sequence[str], terms: Sequence[Term]) -> Iterator[int]:
    """Where in a list of tokens the terms of a pattern stand, each at its offset."""
    first, *others = terms
    for start in _places(found, first):
        if start + terms[-1].offset >= len(found):
            return
        if all(_fits(found[start + term.offset], term) for term in others):
            yield start


def _places(found: Sequence[str], term: Term) -> Iterator[int]:
    if term.prefix:
        yield from (at for at, token in enumerate(found) if _fits(token, term))
        return
    at = -1
    with suppress(ValueError):
        while True:
            at = found.index(term.text, at + 1)
            yield at


def _fits(token: str, term: Term) -> bool:
    return token.startswith(term.text) if term.prefix else token == term.text


def _hits(text: str, patterns: Sequence[Pattern]) -> list[tuple[int, int]]:
    """The places to mark, in order, none touching another."""
    located = spans(text)
    found = [token.text for token in located]
    places: list[tuple[int, int]] = []
    for pattern in patterns:
        for start in _matches(found, pattern.terms):
            places.extend(_place(located[start + term.offset], term) for term in pattern.terms)
        words = _whole_words(pattern)
        places.extend((token.start, token.end) for token in compound_spans(text) if token.text in words)
        places.extend((token.start, token.end) for token in located if token.text == pattern.joined)
    merged: list[tuple[int, int]] = []
    for start, end in sorted(places):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _place(token: Token, term: Term) -> tuple[int, int]:
    # A single character found as the first of a pair: mark it, not its neighbour.
    one = term.prefix and len(token.text) > len(term.text)
    return token.start, token.start + 1 if one else token.end


def _marked(text: str, hits: Sequence[tuple[int, int]]) -> str:
    start, end = _window(text, hits)
    parts = ["…"] if start else []
    at = start
    for left, right in hits:
        if left >= start and right <= end:
            parts += [text[at:left], HIT_START, text[left:right], HIT_END]
            at = right
    parts.append(text[at:end])
    if end < len(text):
        parts.append("…")
    return "".join(parts)


def _window(text: str, hits: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The stretch of at most `LENGTH` characters with the most hits, opening at a space where one is near."""
    if len(text) <= LENGTH:
        return 0, len(text)
    start = 0
    if hits:
        counts = [sum(left <= a and b <= left + LENGTH for a, b in hits[i:]) for i, (left, _) in enumerate(hits)]
        start = hits[counts.index(max(counts))][0]
        start = max(0, min(start - LENGTH // 4, len(text) - LENGTH))
    space = text.find(" ", max(0, start - 1), start + 20)
    start = space + 1 if start and space >= 0 else start
    end = min(len(text), start + LENGTH)
    space = text.rfind(" ", end - 20, end)
    return start, space if end < len(text) and space > start else end
