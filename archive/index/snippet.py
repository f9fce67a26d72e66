"""Snippets: the line of an article that shows why it was found, with the hits marked. Pure.

An article is kept as folded lines, and beside them what folding changed: a hit is found without folding anything, and only
the one line that is shown is taken back to what it was.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from archive.index.folding import fold
from archive.index.places import Span
from archive.index.sought import Sought, merged, spans_in
from archive.index.unfolding import Unfolding

HIT_START, HIT_END = "\x02", "\x03"
LENGTH = 240
"""Characters of a snippet, marks and ellipses apart."""

_PIECE = 2_000  # A paragraph without end must not cost more than a page.
_NEAR = 20  # characters within which a snippet begins and ends at a space
_marks = re.compile(f"[{HIT_START}{HIT_END}]")
_encode = msgspec.msgpack.encode
_decode = msgspec.msgpack.Decoder(Unfolding).decode


class Lines(msgspec.Struct, frozen=True, array_like=True):
    """The text of an article as it is kept for snippets."""

    folded: bytes
    """Folded lines joined by newlines, in UTF-8."""
    changes: list[bytes]
    """For each line an encoded `Unfolding`; empty where folding changed nothing."""

    @classmethod
    def of(cls, paragraphs: Iterable[str], folding: Callable[[str], str] = fold) -> "Lines":
        """The lines of these paragraphs: none empty, none endless, and without marks of hits of their own."""
        lines = [
            text[start : start + _PIECE]
            for paragraph in paragraphs
            for text in [_marks.sub("", paragraph).replace("\n", " ").strip()]
            for start in range(0, len(text), _PIECE)
        ]
        folded = [folding(line) for line in lines]
        changes = [Unfolding.of(*both) for both in zip(lines, folded, strict=True)]
        return cls("\n".join(folded).encode(), [_encode(one) if one else b"" for one in changes])

    def snippet(self, sought: Sequence[Sought]) -> str:
        """Plain text around the best match: the first line that shows the most of what is sought, cut to `LENGTH`.

        Hits stand between U+0002 and U+0003. Without any match it is the beginning of the text.
        """
        if not self.changes:
            return ""
        start = _best_line(self.folded, sought)
        line = self.folded[start : _end_of_line(self.folded, start)].decode()
        hits = spans_in(line, sought)
        changes = self.changes[self.folded.count(b"\n", 0, start)]
        unfolding = _decode(changes) if changes else None
        if unfolding and unfolding.widths:
            line, hits = unfolding.restore(line, hits)
        hits = merged(hits)
        start = _start(len(line), hits)
        if unfolding and not unfolding.widths:
            line = unfolding.restore_part(line, max(0, start - 1), start + LENGTH + _NEAR)
        return _marked(line, hits, start)


def _best_line(folded: bytes, sought: Sequence[Sought]) -> int:
    """Where the first of the folded lines begins that shows the most of what is sought; 0 where none does."""
    if len(sought) == 1:
        at = sought[0].first_in(folded, 0, len(folded))
        if at >= 0:
            return folded.rfind(b"\n", 0, at) + 1
    if not sought:
        return 0
    shown: dict[int, int] = {}  # how much of it each line shows
    for start, end in _lines_with(folded, sought[0]):
        if all(one.first_in(folded, start, end) >= 0 for one in sought[1:]):
            return start
        shown[start] = 1
    for one in sought[1:]:
        for start, _ in _lines_with(folded, one):
            shown[start] = shown.get(start, 0) + 1
    best = min(shown, key=lambda start: (-shown[start], start), default=0)
    # Lines that show something as a compound are looked through only where something is missing without them: few hits
    # need it, and it takes longer.
    most = shown.get(best, 0)
    if any(one.may_be_joined_in(folded) for one in sought):
        start = 0
        for line in folded.split(b"\n"):
            if any(one.may_be_joined_in(line) for one in sought):
                text = line.decode()
                count = sum(one.is_in(text) for one in sought)
                if count > most:
                    best, most = start, count
            start += len(line) + 1
    return best


def _lines_with(folded: bytes, sought: Sought) -> Iterator[Span]:
    """The folded lines in which it stands, by their first byte and the one after their last."""
    at = sought.first_in(folded, 0, len(folded))
    while at >= 0:
        end = _end_of_line(folded, at)
        yield folded.rfind(b"\n", 0, at) + 1, end
        at = sought.first_in(folded, end, len(folded))


def _end_of_line(folded: bytes, at: int) -> int:
    end = folded.find(b"\n", at)
    return end if end >= 0 else len(folded)


def make_snippet(paragraphs: Iterable[str], sought: Sequence[Sought]) -> str:
    """The snippet of a text that is not kept as lines."""
    return Lines.of(paragraphs).snippet(sought)


def _marked(text: str, hits: Sequence[Span], start: int) -> str:
    """What stands from there on, opening and ending at a space where one is near, the hits in it marked."""
    start, end = _window(text, start)
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


def _window(text: str, start: int) -> Span:
    if len(text) <= LENGTH:
        return 0, len(text)
    space = text.find(" ", max(0, start - 1), start + _NEAR)
    start = space + 1 if start and space >= 0 else start
    end = min(len(text), start + LENGTH)
    space = text.rfind(" ", end - _NEAR, end)
    return start, space if end < len(text) and space > start else end


def _start(length: int, hits: Sequence[Span]) -> int:
    """Where in a text of this length the stretch of `LENGTH` characters begins that holds the most hits."""
    if length <= LENGTH or not hits:
        return 0
    start = hits[_densest(hits) if len(hits) > 1 else 0][0]
    return max(0, min(start - LENGTH // 4, length - LENGTH))


def _densest(hits: Sequence[Span]) -> int:
    """Which hit opens the stretch of `LENGTH` characters that holds the most; the first of several."""
    best = most = last = 0
    for first, (start, _) in enumerate(hits):
        while last < len(hits) and hits[last][1] <= start + LENGTH:
            last += 1
        if last - first > most:
            best, most = first, last - first
    return best
