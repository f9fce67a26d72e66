"""A diff side by side: which spans stand in which cell of which row, and which rows may be folded away. Pure."""

from collections.abc import Sequence

import msgspec

from archive.diff import Diff, Hunk, Span
from archive.diff_forms import CONTEXT, changed_fields, figure_spans

Spans = tuple[Span, ...]

_FIELDS = {
    "headline": "Headline",
    "standfirst": "Standfirst",
    "authors": "By",
    "dateline": "Dateline",
}
_PICTURES = {"insert": "New picture", "delete": "Picture gone", "replace": "Picture"}
_NOTICES = {"correction": "Correction notice", "update": "Note of an update", "stamp": "Time stamp"}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A paragraph or field, as it was and as it is."""

    spans: Spans
    kind: str = "equal"
    """`field`, or what became of the paragraph: equal, insert, delete, replace, move (it is here now), moved (it was here)."""
    role: str = "text"
    label: str | None = None
    """What stands above it."""
    told: str | None = None
    """What a screen reader says of it, which others see by its signs."""
    anchor: str | None = None
    """Id of a paragraph that moved, where it was or is."""
    pictures: tuple[str | None, str | None] = (None, None)
    """Addresses of the picture that this is about, as it was and as it is."""
    link: str | None = None
    """Id of the other place of a paragraph that moved."""

    @property
    def old(self) -> Spans:
        """None where it was not there."""
        return () if self.kind == "move" else tuple(span for span in self.spans if span.op != "insert")

    @property
    def new(self) -> Spans:
        """None where it is gone."""
        return () if self.kind == "moved" else tuple(span for span in self.spans if span.op != "delete")

    @property
    def changed(self) -> bool:
        return self.kind != "equal"


class Block(msgspec.Struct, frozen=True):
    """Rows that stand together; folded where none of them is near a change."""

    rows: Sequence[Row]
    folded: bool


def to_blocks(diff: Diff) -> list[Block]:
    """The rows of a diff: the fields that changed, then the paragraphs, in the order of the new text."""
    fields = [one for one in changed_fields(diff) if one[0] != "picture"]
    rows = [Row(spans=spans, kind="field", label=_FIELDS[name]) for name, spans in fields]
    rows += [
        Row(spans=figure_spans(one), kind="field", label=_PICTURES[one.op], pictures=(one.old, one.new))
        for one in diff.images
        if one.op != "equal"
    ]
    rows += _paragraphs(diff.body)
    changed = [index for index, row in enumerate(rows) if row.changed]
    near = {index for at in changed for index in range(at - CONTEXT, at + CONTEXT + 1)}
    blocks: list[Block] = []
    run: list[Row] = []
    for index, row in enumerate(rows):
        if run and ((index - 1) in near) != (index in near):
            blocks.append(_block(run, (index - 1) in near))
            run = []
        run.append(row)
    if run:
        blocks.append(_block(run, (len(rows) - 1) in near))
    return blocks


def shorten(blocks: Sequence[Block], most: int) -> tuple[list[Block], int]:
    """The blocks up to so many rows, and how many rows are left out."""
    kept: list[Block] = []
    left = most
    for block in blocks:
        if left > 0:
            kept.append(Block(block.rows[:left], block.folded))
        left -= len(block.rows)
    return kept, max(-left, 0)


def _block(rows: list[Row], near: bool) -> Block:
    # A fold that hides no more than the line it takes is none.
    return Block(tuple(rows), not near and len(rows) > 1)


def _paragraphs(hunks: Sequence[Hunk]) -> list[Row]:
    """A row a paragraph; one that moved has a row where it was too, so that either column reads on."""
    moved = {hunk.old: hunk for hunk in hunks if hunk.op == "move"}
    left = sorted(number for number in moved if number is not None)
    rows: list[Row] = []
    for hunk in hunks:
        while hunk.op != "move" and hunk.old is not None and left and left[0] < hunk.old:
            rows.append(_was_here(moved[left.pop(0)]))
        rows.append(_row(hunk))
    return [*rows, *(_was_here(moved[number]) for number in left)]


def _row(hunk: Hunk) -> Row:
    label = _NOTICES.get(hunk.role) if hunk.op != "equal" else None
    told = {"insert": "New paragraph", "delete": "Paragraph gone", "replace": "Edited paragraph"}.get(hunk.op)
    if hunk.op == "move":
        number = (hunk.old or 0) + 1
        label = " · ".join(part for part in (label, f"Moved here from paragraph {number}") if part)
        anchor, link = f"moved-{number}", f"was-{number}"
        return Row(spans=hunk.spans, kind="move", role=hunk.role, label=label, anchor=anchor, link=link)
    return Row(spans=hunk.spans, kind=hunk.op, role=hunk.role, label=label, told=told if label is None else None)


def _was_here(hunk: Hunk) -> Row:
    number = (hunk.old or 0) + 1
    return Row(
        spans=hunk.spans,
        kind="moved",
        label=f"Moved from here to paragraph {(hunk.new or 0) + 1}",
        anchor=f"was-{number}",
        link=f"moved-{number}",
    )
