"""What changed between two texts of an article: paragraphs first, then the words of those that changed. Pure.

Every old paragraph and every new one stands in exactly one hunk, so both texts can be had back from the diff. Which
paragraphs belong together is decided in `archive.pairing`, which words in `archive.wording`. Captured text is hostile:
rendered, its control characters never reach a terminal, nor its markup a browser.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from html import escape
from itertools import groupby
from typing import Literal, Protocol

import msgspec

from archive.alignment import Budget, Pairs
from archive.index.folding import tokens
from archive.pairing import likeness, pair_paragraphs
from archive.wording import Op, compare_lists, compare_words

_STEPS = 2_000_000  # a second or two of work at most, whatever the texts are
_CONTEXT = 1  # unchanged paragraphs shown before and after a change

_Marks = dict[Op, tuple[str, str]]
_PLAIN: _Marks = {"equal": ("", ""), "delete": ("[-", "-]"), "insert": ("{+", "+}")}
# The signs stay beside the colours: "4147 million" would be left for whoever cannot tell red from green, or copies it.
_COLOR: _Marks = {"equal": ("", ""), "delete": ("\x1b[31m[-", "-]\x1b[0m"), "insert": ("\x1b[32m{+", "+}\x1b[0m")}
_TAGS: _Marks = {"equal": ("", ""), "delete": ("<del>", "</del>"), "insert": ("<ins>", "</ins>")}

# C0 and C1 controls, and what turns the reading direction for all that follows.
_controls = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Readable(Protocol):
    """What of an article is compared; `archive.model.Article` is one."""

    @property
    def headline(self) -> str | None: ...
    @property
    def standfirst(self) -> str | None: ...
    @property
    def authors(self) -> tuple[str, ...]: ...
    @property
    def text(self) -> str: ...


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of text that stayed, came or went."""

    op: Op
    text: str


class Hunk(msgspec.Struct, frozen=True, kw_only=True):
    """One paragraph: of the old text, of the new one, or of both."""

    op: Literal["equal", "insert", "delete", "replace", "move"]
    """`replace`: edited in its place. `move`: now elsewhere; its spans tell whether it was edited too."""
    old: int | None = None
    """Number of the paragraph in the old text, from 0; `None` when it is new."""
    new: int | None = None
    """Number of the paragraph in the new text, from 0; `None` when it is gone."""
    spans: tuple[Span, ...]


class Diff(msgspec.Struct, frozen=True, kw_only=True):
    """The difference of two articles, field by field. A field without text has no spans."""

    headline: tuple[Span, ...] = ()
    standfirst: tuple[Span, ...] = ()
    authors: tuple[Span, ...] = ()
    """One span an author."""
    body: tuple[Hunk, ...] = ()
    """In the order of the new text; what is gone stands where it was."""

    @property
    def changed(self) -> bool:
        """Whether anything differs at all."""
        spans = (*self.headline, *self.standfirst, *self.authors)
        return any(span.op != "equal" for span in spans) or any(hunk.op != "equal" for hunk in self.body)


def diff_texts(old: Readable, new: Readable) -> Diff:
    """The difference of two texts of an article.

    >>> from archive.model import Article
    >>> diff = diff_texts(Article(url="u", text="Two people fled."), Article(url="u", text="Six people fled."))
    >>> [(span.op, span.text) for span in diff.body[0].spans]
    [('delete', 'Two'), ('insert', 'Six'), ('equal', ' people fled.')]
    """
    budget = Budget(_STEPS)
    return Diff(
        headline=_changes(old.headline or "", new.headline or "", budget),
        standfirst=_changes(old.standfirst or "", new.standfirst or "", budget),
        authors=_spans(compare_lists(old.authors, new.authors, budget)),
        body=_diff_paragraphs(_paragraphs(old.text), _paragraphs(new.text), budget),
    )


def old_text(diff: Diff) -> str:
    """The body before the change."""
    hunks = sorted((hunk for hunk in diff.body if hunk.old is not None), key=lambda hunk: hunk.old or 0)
    return "\n".join(_side(hunk.spans, "insert") for hunk in hunks)


def new_text(diff: Diff) -> str:
    """The body after the change: the old one with the diff applied."""
    return "\n".join(_side(hunk.spans, "delete") for hunk in diff.body if hunk.new is not None)


def similarity(a: str, b: str) -> float:
    """How much of two texts is the same, order and spelling variants aside: Dice's coefficient of their tokens, 0 to 1.

    >>> similarity("The quake hit Izmir.", "the quake hit İzmir"), similarity("quake", "flood")
    (1.0, 0.0)
    """
    return likeness(Counter(tokens(a)), Counter(tokens(b)))


def to_unified(diff: Diff, color: bool = False) -> str:
    """Lines for a terminal: the changed fields, then the changed paragraphs, each with its words marked in place.

    They are marked as `git diff --word-diff` does: `[-gone-]{+come+}`. Nothing changed: an empty text.
    """
    marks = _COLOR if color else _PLAIN
    lines = [f"{name}: {_marked(spans, marks, '; ' if name == 'authors' else '')}" for name, spans in _fields(diff)]
    shown = _near_a_change(diff.body)
    for visible, group in groupby(enumerate(diff.body), key=lambda pair: pair[0] in shown):
        hunks = [hunk for _, hunk in group]
        if visible:
            for hunk in hunks:
                lines += [f"  {_label(hunk)}"] if hunk.op != "equal" else []
                lines.append(_marked(hunk.spans, marks))
        elif shown:
            lines.append(f"  … {len(hunks)} unchanged")
    return "".join(f"{line}\n" for line in lines)


def to_html(diff: Diff) -> str:
    """A fragment: one block a field or paragraph, of class headline, standfirst, authors or the hunk's operation.

    Every block has `dir="auto"`; words are in `<ins>` and `<del>`; a moved paragraph tells its old number in `data-from`.
    """
    blocks = [
        f'<p class="{name}" dir="auto">{_marked(spans, _TAGS, "; " if name == "authors" else "", escape)}</p>'
        for name, spans in _fields(diff)
    ]
    for hunk in diff.body:
        moved = f' data-from="{hunk.old}"' if hunk.op == "move" else ""
        blocks.append(f'<p class="{hunk.op}"{moved} dir="auto">{_marked(hunk.spans, _TAGS, "", escape)}</p>')
    return "".join(f"{block}\n" for block in blocks)


def to_json(diff: Diff) -> str:
    """The diff on one line: its fields as they are in `archive.diff`."""
    return msgspec.json.encode(diff).decode()


def _side(spans: Sequence[Span], without: str) -> str:
    return "".join(span.text for span in spans if span.op != without)


def _paragraphs(text: str) -> list[str]:
    return text.split("\n") if text else []


def _diff_paragraphs(old: list[str], new: list[str], budget: Budget) -> tuple[Hunk, ...]:
    in_place, moved = pair_paragraphs(old, new, budget)
    return tuple(_hunks(old, new, in_place, {j: i for i, j in moved}, budget))


def _hunks(old: list[str], new: list[str], in_place: Pairs, moved: dict[int, int], budget: Budget) -> list[Hunk]:
    moved_from = set(moved.values())
    hunks: list[Hunk] = []
    old_at = new_at = 0
    for i, j in [*in_place, (len(old), len(new))]:
        for gone in range(old_at, i):
            if gone not in moved_from:
                hunks.append(Hunk(op="delete", old=gone, spans=_whole("delete", old[gone])))
        for come in range(new_at, j):
            if come in moved:
                spans = _changes(old[moved[come]], new[come], budget)
                hunks.append(Hunk(op="move", old=moved[come], new=come, spans=spans))
            else:
                hunks.append(Hunk(op="insert", new=come, spans=_whole("insert", new[come])))
        if i < len(old):
            spans = _changes(old[i], new[j], budget)
            hunks.append(Hunk(op="equal" if old[i] == new[j] else "replace", old=i, new=j, spans=spans))
        old_at, new_at = i + 1, j + 1
    return hunks


def _changes(old: str, new: str, budget: Budget) -> tuple[Span, ...]:
    return _spans(compare_words(old, new, budget))


def _whole(op: Op, text: str) -> tuple[Span, ...]:
    return _spans([(op, text)] if text else [])


def _spans(parts: Sequence[tuple[Op, str]]) -> tuple[Span, ...]:
    return tuple(Span(op=op, text=text) for op, text in parts)


def _fields(diff: Diff) -> Iterator[tuple[str, tuple[Span, ...]]]:
    for name in ("headline", "standfirst", "authors"):
        spans: tuple[Span, ...] = getattr(diff, name)
        if any(span.op != "equal" for span in spans):
            yield name, spans


def _near_a_change(hunks: Sequence[Hunk]) -> set[int]:
    changed = [number for number, hunk in enumerate(hunks) if hunk.op != "equal"]
    return {near for number in changed for near in range(number - _CONTEXT, number + _CONTEXT + 1)}


def _label(hunk: Hunk) -> str:
    if hunk.op == "move":
        return f"paragraph {_number(hunk.new)}, moved from {_number(hunk.old)}"
    verb = {"insert": "new", "delete": "gone"}.get(hunk.op, "edited")
    return f"paragraph {_number(hunk.old if hunk.new is None else hunk.new)}, {verb}"


def _number(index: int | None) -> int:
    return 0 if index is None else index + 1


def _marked(spans: Sequence[Span], marks: _Marks, between: str = "", quote: Callable[[str], str] = str) -> str:
    marked = []
    for span in spans:
        opening, closing = marks[span.op]
        marked.append(opening + quote(_controls.sub("\ufffd", span.text)) + closing)
    return between.join(marked)
