"""A diff for readers: marked lines or two columns for a terminal, HTML, JSON. Pure.

Captured text is hostile: its control characters never reach a terminal, nor its markup a browser. What changed is told by signs,
never by colour alone.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from html import escape
from itertools import groupby
from typing import NamedTuple

import msgspec
from rich.cells import cell_len

from archive.diff import Diff, Figure, Hunk, Span
from archive.wording import Op, split_signs

CONTEXT = 1
"""Unchanged paragraphs shown before and after a change."""
_LONGEST_NAME = 80
NARROWEST = 40
"""Columns of a terminal below which two do not stand side by side."""

_Marks = dict[Op, tuple[str, str]]
_PLAIN: _Marks = {"equal": ("", ""), "delete": ("[-", "-]"), "insert": ("{+", "+}")}
# The signs stay beside the colours: "4147 million" would be left for whoever cannot tell red from green, or copies it.
_COLOR: _Marks = {"equal": ("", ""), "delete": ("\x1b[31m[-", "-]\x1b[0m"), "insert": ("\x1b[32m{+", "+}\x1b[0m")}
_TAGS: _Marks = {"equal": ("", ""), "delete": ("<del>", "</del>"), "insert": ("<ins>", "</ins>")}
_SIGNS: dict[Op, tuple[str, str, str]] = {
    "equal": ("", "", ""),
    "delete": ("[-", "-]", "\x1b[31m"),
    "insert": ("{+", "+}", "\x1b[32m"),
}

# C0 and C1 controls, line breaks that splitlines() knows, and what turns the reading direction for all that follows.
_controls = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ max-width: 44rem; margin: 2rem auto; padding: 0 1rem; font: 1.0625rem/1.6 serif; overflow-wrap: break-word }}
header, .label {{ font: .875rem/1.5 sans-serif; color: GrayText }}
.label {{ margin: 1rem 0 0 }} .label + p {{ margin-top: 0 }}
.headline {{ font-size: 1.6rem; font-weight: bold; line-height: 1.25 }} .standfirst {{ font-size: 1.2rem }}
del {{ color: #b3261e; background: #b3261e1f }} ins {{ color: #14691f; background: #14691f1f; text-decoration: underline }}
.move {{ border-inline-start: 4px double; padding-inline-start: .75rem }}
.correction {{ border-inline-start: 4px solid; padding-inline-start: .75rem }}
@media (prefers-color-scheme: dark) {{ del {{ color: #ffb4a9 }} ins {{ color: #9fe0a3 }} }}
</style>
</head>
<body>
<header><h1 dir="auto">{title}</h1>
{lines}
</header>
<main>
{blocks}</main>
</body>
</html>
"""


def to_unified(diff: Diff, color: bool = False) -> str:
    """Lines for a terminal: the changed fields, then the changed paragraphs, each with its words marked in place.

    They are marked as `git diff --word-diff` does: `[-gone-]{+come+}`. Nothing changed: an empty text.
    """
    marks = _COLOR if color else _PLAIN
    lines = [f"{name}: {_marked(spans, marks)}" for name, spans in changed_fields(diff)]
    for hunks, is_shown in near_changes(diff.body):
        if is_shown:
            for hunk in hunks:
                lines += [f"  {label_of(hunk)}"] if hunk.op != "equal" else []
                lines.append(_marked(hunk.spans, marks))
        else:
            lines.append(f"  … {len(hunks)} unchanged")
    return "".join(f"{line}\n" for line in lines)


def to_columns(diff: Diff, width: int, color: bool = False) -> str:
    """The old version on the left and the new one on the right, for a terminal of so many columns.

    Wide letters (Chinese, Japanese, Korean) take two columns. Narrower than `NARROWEST`: as `to_unified`.
    """
    if width < NARROWEST:
        return to_unified(diff, color)
    column = (width - 3) // 2
    lines: list[str] = []
    for name, spans in changed_fields(diff):
        lines += [f"  {name}", *_side_by_side(spans, column, color)]
    for hunks, is_shown in near_changes(diff.body):
        if is_shown:
            for hunk in hunks:
                lines += [f"  {label_of(hunk)}"] if hunk.op != "equal" else []
                lines += _side_by_side(hunk.spans, column, color)
        else:
            lines.append(f"  … {len(hunks)} unchanged")
    return "".join(f"{line}\n" for line in lines)


def to_html(diff: Diff) -> str:
    """A fragment: one block a field or paragraph, of class headline, standfirst, authors, dateline, picture or the hunk's operation.

    Every block has `dir="auto"`; words are in `<ins>` and `<del>`; a moved paragraph tells its old number in `data-from`; a
    correction notice is of class `correction` too.
    """
    blocks = [
        f'<p class="{name}" dir="auto">{_marked(spans, _TAGS, escape)}</p>' for name, spans in changed_fields(diff)
    ]
    for hunk in diff.body:
        moved = f' data-from="{hunk.old}"' if hunk.op == "move" else ""
        role = "" if hunk.role == "text" else f" {hunk.role}"
        blocks.append(f'<p class="{hunk.op}{role}"{moved} dir="auto">{_marked(hunk.spans, _TAGS, escape)}</p>')
    return "".join(f"{block}\n" for block in blocks)


def to_page(diff: Diff, title: str, lines: Sequence[str] = ()) -> str:
    """A whole HTML page that needs nothing else; `lines` stand under its title."""
    blocks = [
        f'<p class="label">{name}</p>\n<p class="{name}" dir="auto">{_marked(spans, _TAGS, escape)}</p>\n'
        for name, spans in changed_fields(diff)
    ]
    for hunk in diff.body:
        label = f'<p class="label">{label_of(hunk)}</p>\n' if hunk.op != "equal" else ""
        blocks.append(f'{label}<p class="{hunk.op} {hunk.role}" dir="auto">{_marked(hunk.spans, _TAGS, escape)}</p>\n')
    return _PAGE.format(
        title=escape(_clean(title)),
        lines="\n".join(f'<p dir="auto">{escape(_clean(line))}</p>' for line in lines),
        blocks="".join(blocks),
    )


def to_json(diff: Diff) -> str:
    """The diff on one line: its fields as they are in `archive.diff`."""
    return msgspec.json.encode(diff).decode()


def changed_fields(diff: Diff) -> Iterator[tuple[str, tuple[Span, ...]]]:
    """The changed fields outside the body, by name, as spans of one line; pictures by their captions."""
    for name in ("headline", "standfirst", "authors", "dateline"):
        spans: tuple[Span, ...] = getattr(diff, name)
        if any(span.op != "equal" for span in spans):
            yield name, _parted(spans) if name == "authors" else spans
    for figure in diff.images:
        if figure.op != "equal":
            yield "picture", figure_spans(figure)


def near_changes(hunks: Sequence[Hunk]) -> Iterator[tuple[list[Hunk], bool]]:
    """Paragraphs that stand together, and whether they are near a change; nothing where none changed."""
    changed = [number for number, hunk in enumerate(hunks) if hunk.op != "equal"]
    shown = {near for number in changed for near in range(number - CONTEXT, number + CONTEXT + 1)}
    if shown:
        for is_shown, group in groupby(enumerate(hunks), key=lambda pair: pair[0] in shown):
            yield [hunk for _, hunk in group], is_shown


def label_of(hunk: Hunk) -> str:
    """What became of a paragraph, in words; paragraphs count from 1."""
    what = {"correction": "correction notice", "update": "note of an update", "stamp": "time stamp"}.get(hunk.role)
    name = f"{what} (paragraph {_number(hunk)})" if what else f"paragraph {_number(hunk)}"
    if hunk.op == "move":
        edited = " and edited" if any(span.op != "equal" for span in hunk.spans) else ""
        return f"{name}, moved{edited}, from {(hunk.old or 0) + 1}"
    verb = {"insert": "new", "delete": "gone"}.get(hunk.op, "edited")
    return f"{name}, {verb}"


def _number(hunk: Hunk) -> int:
    return ((hunk.old if hunk.new is None else hunk.new) or 0) + 1


def _parted(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Authors with a sign between them: each is a span of its own."""
    parted: list[Span] = []
    for span in spans:
        parted += [Span(op="equal", text="; "), span] if parted else [span]
    return tuple(parted)


def figure_spans(figure: Figure) -> tuple[Span, ...]:
    """What became of a picture: of its words, and of its file where that is another one or all there is to be told."""
    old, new = ((address or "").rpartition("/")[2][:_LONGEST_NAME] for address in (figure.old, figure.new))
    if figure.op != "replace" or old == new or not (old and new):
        if figure.caption:
            return figure.caption
        return (Span(op="delete" if figure.op == "delete" else "insert", text=new or old or "without a caption"),)
    space = (Span(op="equal", text=" "),) if figure.caption else ()
    return (*figure.caption, *space, Span(op="delete", text=f"({old})"), Span(op="insert", text=f"({new})"))


def _clean(text: str) -> str:
    return _controls.sub("\ufffd", text.replace("\n", " "))


def _marked(spans: Sequence[Span], marks: _Marks, quote: Callable[[str], str] = str) -> str:
    return "".join(marks[span.op][0] + quote(_clean(span.text)) + marks[span.op][1] for span in spans)


class _Piece(NamedTuple):
    """What cannot be broken, and how it is coloured."""

    text: str
    paint: str
    width: int


def _side_by_side(spans: Sequence[Span], column: int, color: bool) -> list[str]:
    old = _wrapped(_pieces(spans, "insert"), column, color)
    new = _wrapped(_pieces(spans, "delete"), column, color)
    lines = []
    for index in range(max(len(old), len(new))):
        left, used = old[index] if index < len(old) else ("", 0)
        right, _ = new[index] if index < len(new) else ("", 0)
        lines.append(f"{left}{' ' * (column - used)} │ {right}".rstrip())
    return lines


def _pieces(spans: Sequence[Span], without: Op) -> Iterator[_Piece]:
    for span in spans:
        if span.op == without:
            continue
        before, after, paint = _SIGNS[span.op]
        clusters = split_signs(_clean(span.text).replace("\t", " "))
        clusters[0] = before + clusters[0]  # a sign stays with what it marks
        clusters[-1] += after
        for cluster in clusters:
            yield _Piece(cluster, paint, cell_len(cluster))


def _wrapped(pieces: Iterator[_Piece], column: int, color: bool) -> list[tuple[str, int]]:
    """Lines of at most so many columns, with what each takes; broken at spaces where one is in reach, else anywhere."""
    lines: list[tuple[str, int]] = []
    line: list[_Piece] = []
    used = space = 0
    for piece in pieces:
        if used + piece.width > column and line:
            # A line with no space, as Chinese has, is broken where it is full.
            cut = space if space and not piece.text.isspace() else len(line)
            lines.append(_painted(line[:cut], color))
            line = line[cut:]
            used, space = sum(one.width for one in line), 0
        if piece.text.isspace():
            if not line:
                continue
            space = len(line) + 1
        line.append(piece)
        used += piece.width
    return [*lines, _painted(line, color)] if line else lines


def _painted(line: list[_Piece], color: bool) -> tuple[str, int]:
    while line and line[-1].text.isspace():
        line = line[:-1]
    width = sum(one.width for one in line)
    if not color:
        return "".join(one.text for one in line), width
    parts = []
    for paint, group in groupby(line, key=lambda one: one.paint):
        text = "".join(one.text for one in group)
        parts.append(f"{paint}{text}\x1b[0m" if paint else text)
    return "".join(parts), width
