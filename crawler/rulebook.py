"""What a run goes by, sources/*.toml and morgue.toml, read again when the files change.

What cannot be understood is reported in one line, and its old rules stay. What a run makes of new rules is
`crawler.renewal`'s.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from archive.config import SETTINGS_FILE, Settings, load_settings
from archive.errors import ArchiveError
from archive.formats.tdmrep import PATH as TDM_FILE
from crawler.errors import CrawlerError
from crawler.frontier.entry import Bounds, Entry
from crawler.politeness import origin_of
from crawler.source import Source
from crawler.source_file import load_source
from pipelines.source_rules import SourceRules

AT_ONCE = ("alert_webhook", "delay", "max_redirects", "requests_per_day", "retries")
"""Settings that hold as soon as they change; the others are built into what a run started with."""

_Mark = tuple[int, int, int]
"""Time of change, size and inode of a file."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What a run goes by."""

    settings: Settings
    sources: tuple[Source, ...]

    @property
    def about(self) -> list[tuple[str, str]]:
        """The crawl's part of each warcinfo record."""
        ignoring = [source.name for source in self.sources if source.crawl.robots == "ignore"]
        about = [
            ("http-header-user-agent", self.settings.agent),
            ("robots", "ignore for " + ", ".join(ignoring) if ignoring else "obey"),
        ]
        if self.settings.contact:
            about.append(("operator", self.settings.contact))
        return about

    @property
    def of_reading(self) -> Mapping[str, SourceRules]:
        """How each source's pages are read."""
        return {
            source.name: SourceRules(extract=source.extract, language=source.language or None)
            for source in self.sources
        }


class Rulebook:
    """The rules in force, and the files they were read from. Used by one thread at a time."""

    def __init__(self, folder: Path, rules: Rules, *, on_event: Callable[[str], None]) -> None:
        self.rules = rules
        self._folder = folder
        self._on_event = on_event
        self._marks: dict[str, _Mark] | None = None
        """`None` before the first look: what changed since the rules were read would be missed."""
        self._written = rules.settings
        """As morgue.toml last had them."""
        self._is_asked = False

    def ask(self) -> None:
        """Have the next `renew` read all files, changed or not; may be called from a signal handler."""
        self._is_asked = True

    def renew(self) -> Rules | None:
        """The rules as the files have them now, where that is something new."""
        if is_asked := self._is_asked:
            # Not otherwise: a signal between the two would be lost.
            self._is_asked = False
        try:
            marks = _marks(self._folder)
        except OSError as error:
            if is_asked or self._marks:
                self._on_event(f"not reloaded: {error.filename}: {error.strerror}; the old rules stay")
            self._marks = {}
            return None
        before = {} if is_asked or self._marks is None else self._marks
        changed = [path for path, mark in marks.items() if before.get(path) != mark]
        if not changed and before.keys() == marks.keys():
            return None
        self._marks = marks
        rules = Rules(settings=self._settings(changed), sources=self._sources(marks, changed))
        lines = [*_differences(self.rules.sources, rules.sources)]
        lines += [f"{SETTINGS_FILE}: {', '.join(_changed_keys(self.rules.settings, rules.settings))}"] * (
            rules.settings != self.rules.settings
        )
        if lines:
            self._on_event("reloaded: " + "; ".join(lines))
        elif is_asked:
            self._on_event("reloaded: nothing has changed")
        if rules == self.rules:
            return None
        self.rules = rules
        return rules

    def _settings(self, changed: Iterable[str]) -> Settings:
        in_force = self.rules.settings
        if str(self._folder / SETTINGS_FILE) not in changed:
            return in_force
        try:
            written = load_settings(self._folder)
        except ArchiveError as error:
            self._on_event(f"not reloaded: {error}; its old rules stay")
            return in_force
        late = [key for key in _changed_keys(self._written, written) if key not in AT_ONCE]
        if late:
            self._on_event(f"{SETTINGS_FILE}: {', '.join(late)}: holds when the run is started again")
        self._written = written
        return msgspec.structs.replace(in_force, **{key: getattr(written, key) for key in AT_ONCE})

    def _sources(self, marks: Iterable[str], changed: Iterable[str]) -> tuple[Source, ...]:
        in_force = {source.name: source for source in self.rules.sources}
        changed = frozenset(changed)
        sources = []
        for path in sorted(map(Path, marks)):
            if path == self._folder / SETTINGS_FILE:
                continue
            source = in_force.get(path.stem)
            if str(path) in changed:
                try:
                    source = load_source(path)
                except CrawlerError as error:
                    self._on_event(f"not reloaded: {error}; " + ("its old rules stay" if source else "it is left out"))
            if source is not None:
                sources.append(source)
        return tuple(sources)


def bounds_of(source: Source) -> Bounds:
    """How much of a source may come into the frontier and go out of it."""
    return Bounds(page_budget=source.crawl.page_budget, max_waiting=source.crawl.max_waiting)


def seed_entries(source: Source) -> list[Entry]:
    """A source's seeds as entries."""
    return [
        Entry(url=seed.url, kind="seed", source=source.name, seed=seed.kind, every_seconds=seed.every.total_seconds())
        for seed in source.seeds
    ]


def claims_entry(source: Source) -> Entry:
    """Where a source's site says what may be made of it, for collections that ask."""
    return Entry(url=origin_of(source.site) + TDM_FILE, kind="robots", source=source.name)


def _marks(folder: Path) -> dict[str, _Mark]:
    """The files that rules are in. Raises OSError where the folder cannot be read: its sources are not gone then."""
    marks: dict[str, _Mark] = {}
    # Editors put another file in its place, and for a moment there may be none.
    with suppress(FileNotFoundError):
        marks[str(folder / SETTINGS_FILE)] = _mark((folder / SETTINGS_FILE).stat())
    with os.scandir(folder / "sources") as found:
        for one in found:
            if one.name.endswith(".toml") and one.name[0] != ".":
                with suppress(FileNotFoundError):
                    marks[one.path] = _mark(one.stat())
    return marks


def _mark(state: os.stat_result) -> _Mark:
    return state.st_mtime_ns, state.st_size, state.st_ino


def _differences(before: Iterable[Source], after: Iterable[Source]) -> Iterable[str]:
    old, new = {one.name: one for one in before}, {one.name: one for one in after}
    for title, names in (
        ("added", new.keys() - old.keys()),
        ("removed", old.keys() - new.keys()),
        ("changed", {name for name in old.keys() & new.keys() if old[name] != new[name]}),
    ):
        if names:
            yield f"{title} {', '.join(sorted(names))}"


def _changed_keys(before: Settings, after: Settings) -> list[str]:
    return [key for key in Settings.__struct_fields__ if getattr(before, key) != getattr(after, key)]
