"""Source files, `sources/NAME.toml`: read, and written with every key under its description.

What the keys are is said once, in `crawler.source` and what it is made of.
"""

import textwrap
from pathlib import Path
from typing import get_type_hints

import msgspec

from archive.errors import FolderUnwritable, SettingInvalid
from archive.formats.toml import decode_toml, to_toml
from crawler.errors import SourceExists, SourceInvalid
from crawler.source import Source


class SourceNotes(msgspec.Struct, frozen=True, kw_only=True):
    """What a source file says in comments besides its keys' descriptions: where it comes from, and why."""

    head: tuple[str, ...] = ()
    """Above everything else."""
    seeds: dict[str, str] = {}
    """By URL of a seed: where it was found, and what it offered."""
    left_out: tuple[str, ...] = ()
    """What was found and is no seed, and why."""


NO_NOTES = SourceNotes()


def load_source(path: Path) -> Source:
    """Read one source file; `SourceInvalid` names file, key, value and remedy in one line."""
    file = f"{path.parent.name}/{path.name}"
    try:
        source = decode_toml(path.read_bytes(), Source, file)
    except OSError as error:
        raise SourceInvalid(f"{file}: cannot be read: {error.strerror} (check the file and its permissions)") from None
    except SettingInvalid as error:
        raise SourceInvalid(str(error)) from None
    if source.name != path.stem:
        raise SourceInvalid(f'{file}: name: "{source.name}" is not the file\'s name (write "{path.stem}")')
    return source


def load_sources(folder: Path) -> list[Source]:
    """All sources of a folder, by name; names are unique because each is its file's name."""
    # Hidden ones are what editors keep beside a file that is being changed.
    paths = [path for path in folder.glob("*.toml") if not path.name.startswith(".")]
    return [load_source(path) for path in sorted(paths, key=lambda path: path.stem)]


def write_source(source: Source, folder: Path, notes: SourceNotes = NO_NOTES) -> Path:
    """Write `NAME.toml` with every key, each under its description; never over a file that is there."""
    path = folder / f"{source.name}.toml"
    if path.exists():
        raise SourceExists(f"{folder.name}/{path.name}: exists already (give another --name, or remove it first)")
    unfinished = folder / f".{source.name}.new"
    try:
        folder.mkdir(exist_ok=True)
        unfinished.write_text(source_toml(source, notes), encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        raise FolderUnwritable(f"{folder}: cannot be written: {error.strerror} (check its permissions)") from None
    return path


def source_toml(source: Source, notes: SourceNotes = NO_NOTES) -> str:
    """A source file: every key, uncommented, on a line of its own; notes are comments."""
    lines = [_comment(note) for note in notes.head]
    lines += ["# One newspaper. A time is a number and a unit: ms, s, m, h, d, w.", *_assign(source)]
    if not source.seeds:
        lines.append("seeds = []")
    for index, seed in enumerate(source.seeds):
        about = [_comment(note)] if (note := notes.seeds.get(seed.url)) else []
        lines += ["", *about, "[[seeds]]", *_assign(seed, explain=index == 0)]
    if notes.left_out:
        lines += ["", "# Found, and left out:", *(_comment(note, "#   ") for note in notes.left_out)]
    for name, rules in (("crawl", source.crawl), ("extract", source.extract), ("watch", source.watch)):
        lines += ["", f"[{name}]", *_assign(rules)]
    return "\n".join(lines) + "\n"


def _comment(note: str, mark: str = "# ") -> str:
    """A note as one line: what a stranger's page says must not become a key."""
    return mark + " ".join("".join(one if one.isprintable() else " " for one in note).split())[:2000]


def _assign(struct: msgspec.Struct, *, explain: bool = True) -> list[str]:
    """`key = value` for each plain field, with its description above."""
    hints = get_type_hints(type(struct), include_extras=True)
    lines = []
    for key in struct.__struct_fields__:
        described = getattr(hints[key], "__metadata__", ())
        if not described:
            continue
        if explain:
            lines += textwrap.wrap(described[0].description, 118, initial_indent="# ", subsequent_indent="# ")
        lines.append(f"{key} = {_to_toml(getattr(struct, key))}")
    return lines


def _to_toml(value: object) -> str:
    r"""As `to_toml`, with lists of expressions one to a line and in literal quotes: `'[0-9]+\.html'`."""
    if not isinstance(value, tuple):
        return to_toml(value)
    items = [_to_literal(item) for item in value]
    return (
        f"[{items[0]}]"
        if len(items) == 1
        else "[\n" + "".join(f"    {item},\n" for item in items) + "]"
        if items
        else "[]"
    )


def _to_literal(text: str) -> str:
    return f"'{text}'" if text.isprintable() and "'" not in text else to_toml(text)
