"""A diff side by side: which spans stand in which cell of which row, and which rows may be folded away. Pure."""

from collections.abc import Sequence

import msgspec

from archive.diff import Diff, Hunk, Span

CONTEXT = 1
"""Unchanged paragraphs shown before and after a change."""

Spans = tuple[Span, ...]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A paragraph or field, as it was and as it is."""

    spans: Spans
    label: str | None = None

    @property
    def old(self) -> Spans:
        """None where it was not there."""
        return tuple(span for span in self.spans if span.op != "insert")

    @property
    def new(self) -> Spans:
        """None where it is gone."""
        return tuple(span for span in self.spans if span.op != "delete")

    @property
    def changed(self) -> bool:
        return any(span.op != "equal" for span in self.spans) or self.label is not None


class Block(msgspec.Struct, frozen=True):
    """Rows that stand together; folded where none of them is near a change."""

    rows: Sequence[Row]
    folded: bool


def to_blocks(diff: Diff) -> list[Block]:
    """The rows of a diff: the fields that are there, then the paragraphs, in the order of the new text."""
    rows = [
        Row(spans=spans, label=name)
        for name, spans in (
            ("Headline", diff.headline),
            ("Standfirst", diff.standfirst),
            ("By", _parted(diff.authors)),
        )
        if any(span.op != "equal" for span in spans)
    ]
    rows += [Row(spans=hunk.spans, label=_label(hunk)) for hunk in diff.body]
    changed = [index for index, row in enumerate(rows) if row.changed]
    near = {index for at in changed for index in range(at - CONTEXT, at + CONTEXT + 1)}
    blocks: list[Block] = []
    for index, row in enumerate(rows):
        folded = index not in near
        if blocks and blocks[-1].folded == folded:
            blocks[-1] = Block((*blocks[-1].rows, row), folded)
        else:
            blocks.append(Block((row,), folded))
    # A fold that hides no more than the line it takes is none.
    return [Block(block.rows, block.folded and len(block.rows) > 1) for block in blocks]


def _label(hunk: Hunk) -> str | None:
    return f"Moved here from paragraph {(hunk.old or 0) + 1}" if hunk.op == "move" else None


def _parted(authors: Spans) -> Spans:
    """Authors with commas between them: each is a span of its own."""
    return tuple(
        Span(op=span.op, text=span.text + (", " if index < len(authors) - 1 else ""))
        for index, span in enumerate(authors)
    )
