"""Snippets: the line of an article that shows why it was found, with the hits marked. Pure.

An article is kept as lines beside their folded form, so that a hit is found without folding anything, and only the one
line that is shown is decoded.
"""

import re
from collections.abc import Callable, Iterable, Sequence

import msgspec

from archive.index.folding import fold, fold_ascii
from archive.index.places import Span, keeps_places
from archive.index.sought import Sought, spans_in

HIT_START, HIT_END = "\x02", "\x03"
LENGTH = 240
"""Characters of a snippet, marks and ellipses apart."""

_PIECE = 2_000  # A paragraph without end must not cost more than a page.
_marks = re.compile(f"[{HIT_START}{HIT_END}]")


class Lines(msgspec.Struct, frozen=True, array_like=True):
    """The text of an article as it is kept for snippets."""

    original: bytes
    """Lines joined by newlines, in UTF-8."""
    folded: bytes
    """The same lines folded; empty where all are ASCII, which is folded in no time."""
    moved: bytes
    """A byte for each line: 1 where folding moves characters; empty where it never does."""

    @classmethod
    def of(cls, paragraphs: Iterable[str], folding: Callable[[str], str] = fold) -> "Lines":
        """The lines of these paragraphs: none empty, none endless, and without marks of hits of their own."""
        lines = [
            text[start : start + _PIECE]
            for paragraph in paragraphs
            for text in [_marks.sub("", paragraph).replace("\n", " ").strip()]
            for start in range(0, len(text), _PIECE)
        ]
        original = "\n".join(lines).encode()
        if original.isascii():
            return cls(original, b"", b"")
        folded = "\n".join(map(folding, lines)).encode()
        moved = bytes(not keeps_places(line) for line in lines)
        return cls(original, folded, moved if any(moved) else b"")

    def snippet(self, sought: Sequence[Sought]) -> str:
        """Plain text around the best match: the first line that shows the most of what is sought, cut to `LENGTH`.

        Hits stand between U+0002 and U+0003. Without any match it is the beginning of the text.
        """
        folded = self.folded or fold_ascii(self.original)
        best = _best_line(folded, sought)
        if best is None:
            return _marked(self.original.partition(b"\n")[0].decode(), [])
        number, line = best
        shown = self.original.split(b"\n", number + 1)[number].decode()
        in_place = not (self.moved and self.moved[number])
        return _marked(shown, spans_in(shown, line, sought, in_place=in_place))


def _best_line(folded: bytes, sought: Sequence[Sought]) -> tuple[int, str] | None:
    """The first of the folded lines that shows the most of what is sought, and its number."""
    if len(sought) == 1:
        found = _first_line(folded, sought[0])
        if found is not None:
            return found
    best, most = None, 0
    # Lines that show something as a compound are looked through only where something is missing without them: few hits
    # need it, and it takes longer.
    for is_likely in (Sought.may_be_in, Sought.may_be_joined_in):
        if most == len(sought) or not any(is_likely(one, folded) for one in sought):
            continue
        for number, line in enumerate(folded.split(b"\n")):
            if any(is_likely(one, line) for one in sought):
                text = line.decode()
                count = sum(one.is_in(text) for one in sought)
                if count > most:
                    best, most = (number, text), count
                    if count == len(sought):
                        break
    return best


def _first_line(folded: bytes, sought: Sought) -> tuple[int, str] | None:
    """What most searches ask for: one word or phrase, in the first line that begins to show it."""
    at = folded.find(sought.probe)
    while at >= 0:
        start = folded.rfind(b"\n", 0, at) + 1
        end = folded.find(b"\n", at)
        end = len(folded) if end < 0 else end
        line = folded[start:end].decode()
        if sought.is_in(line):
            return folded.count(b"\n", 0, start), line
        at = folded.find(sought.probe, end)
    return None


def make_snippet(paragraphs: Iterable[str], sought: Sequence[Sought]) -> str:
    """The snippet of a text that is not kept as lines."""
    return Lines.of(paragraphs).snippet(sought)


def _marked(text: str, hits: Sequence[Span]) -> str:
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


def _window(text: str, hits: Sequence[Span]) -> Span:
    """The stretch of at most `LENGTH` characters with the most hits, opening at a space where one is near."""
    if len(text) <= LENGTH:
        return 0, len(text)
    start = 0
    if hits:
        start = hits[_densest(hits)][0]
        start = max(0, min(start - LENGTH // 4, len(text) - LENGTH))
    space = text.find(" ", max(0, start - 1), start + 20)
    start = space + 1 if start and space >= 0 else start
    end = min(len(text), start + LENGTH)
    space = text.rfind(" ", end - 20, end)
    return start, space if end < len(text) and space > start else end


def _densest(hits: Sequence[Span]) -> int:
    """Which hit opens the stretch of `LENGTH` characters that holds the most; the first of several."""
    best = most = last = 0
    for first, (start, _) in enumerate(hits):
        while last < len(hits) and hits[last][1] <= start + LENGTH:
            last += 1
        if last - first > most:
            best, most = first, last - first
    return best
