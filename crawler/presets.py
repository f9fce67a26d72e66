"""Presets: well-known newspapers as source files that ship with the program, `crawler/sources/NAME.toml`.

Each is a source file with the keys that are the newspaper's own, under comments that say what it is and where the facts
come from. Nothing here fetches: whether a preset still holds, `morgue source check` shows.
"""

import difflib
from pathlib import Path

import msgspec

from crawler.errors import PresetUnknown
from crawler.source import Source
from crawler.source_file import SourceNotes, load_source

_FOLDER = Path(__file__).with_name("sources")


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """One newspaper of the library."""

    title: str
    """Its own name, as its readers write it."""
    source: Source
    notes: SourceNotes
    """What stands above the file's first key."""


def preset_names() -> list[str]:
    """The names of all presets, sorted."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


def load_preset(name: str) -> Preset:
    """One preset by its name. Raises PresetUnknown."""
    names = preset_names()
    if name not in names:
        close = difflib.get_close_matches(name, names, n=3)
        hint = f"like {', '.join(close)}? " if close else ""
        raise PresetUnknown(f"{name}: no such preset ({hint}`morgue source presets` lists all {len(names)})")
    path = _FOLDER / f"{name}.toml"
    lines = path.read_text(encoding="utf-8").splitlines()
    head = [line.removeprefix("#").strip() for line in lines[: _first(lines)]]
    return Preset(title=head[0] if head else name, source=load_source(path), notes=SourceNotes(head=tuple(head)))


def load_presets() -> list[Preset]:
    """All presets, by name."""
    return [load_preset(name) for name in preset_names()]


def _first(lines: list[str]) -> int:
    """The number of the first line that is no comment."""
    return next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
