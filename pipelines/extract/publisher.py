"""What is known of single publishers: fields, furniture and container by selector, for what stays odd after all general rules.

One file a publisher, `publishers/NAME.toml` in this package; docs/sources.md says how to add one. A rule holds for its hosts and
those below them, between its dates, and is chosen by the day of the capture.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from urllib.parse import urlsplit

import msgspec
from lxml.html import HtmlElement

from archive.errors import SettingInvalid
from archive.formats.toml import FieldInvalid, decode_toml
from pipelines.errors import PublisherInvalid
from pipelines.extract.blocks import Block
from pipelines.extract.dates import parse_date
from pipelines.extract.metadata import Fields
from pipelines.extract.names import MAX_NAMES, clean_names
from pipelines.extract.readers import Reading
from pipelines.extract.selectors import check_selector, compile_selector
from pipelines.extract.tree import clean, drop, select, text_of

MAX_FOUND = 500
"""Elements that one selector may take out of a page."""
MAX_SHARE = 0.5
"""Of the page's text: a selector that finds more has gone stale, and is not believed."""
MIN_CONTAINER_CHARS = 100
_MAX_REFUSED = 5
_MAX_VALUE_CHARS = 2000
_MAX_LABELS = 10

_HOST = re.compile(r"(?!www\.)[a-z0-9-]+(\.[a-z0-9-]+)+")


class Prune(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Elements that are never part of a story."""

    select: str
    reason: str
    """What they are, and why no general rule takes them."""

    def __post_init__(self) -> None:
        check_selector("select", self.select)
        if not self.reason.strip():
            raise FieldInvalid("reason", "is empty (say what it takes out, and why no general rule does)")


class FieldSelector(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a field stands."""

    select: str
    attribute: str | None = None
    """Its value is the field; without one the element's text is."""

    def __post_init__(self) -> None:
        check_selector("select", self.select)


class FieldSelectors(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fields that a page's own declarations get wrong, or do not have."""

    headline: FieldSelector | None = None
    standfirst: FieldSelector | None = None
    authors: FieldSelector | None = None
    dateline: FieldSelector | None = None
    section: FieldSelector | None = None
    date_published: FieldSelector | None = None
    date_modified: FieldSelector | None = None


class PublisherRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of rules."""

    name: str
    hosts: tuple[str, ...]
    """Without `www.`; hosts below them are meant too."""
    valid_from: date | None = None
    """The first day whose captures have this markup."""
    valid_until: date | None = None
    """The last one."""
    container: str | None = None
    """Selects what holds the body, and nothing but the body and what is pruned."""
    prune: tuple[Prune, ...] = ()
    fields: FieldSelectors = FieldSelectors()

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise FieldInvalid("name", "is empty (write the publisher's name)")
        if not self.hosts:
            raise FieldInvalid("hosts", 'is empty (write it like ["example.org"])')
        for index, host in enumerate(self.hosts):
            if not _HOST.fullmatch(host):
                raise FieldInvalid(
                    f"hosts[{index}]", 'is not a bare host (write it like "example.org", without "www.")'
                )
        if self.valid_from and self.valid_until and self.valid_from > self.valid_until:
            raise FieldInvalid("valid_until", "lies before valid_from (exchange the two)")
        if self.container is not None:
            check_selector("container", self.container)

    def holds_at(self, captured: datetime | None) -> bool:
        """Whether a page captured then has this markup. Without a date only rules that have no end do hold."""
        if captured is None:
            return self.valid_until is None
        day = captured.date()
        return (self.valid_from or day) <= day <= (self.valid_until or day)


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """What a publisher's rules found on a page."""

    headline: str | None = None
    standfirst: str | None = None
    authors: tuple[str, ...] = ()
    dateline: str | None = None
    section: str | None = None
    date_published: datetime | None = None
    date_modified: datetime | None = None
    containers: tuple[HtmlElement, ...] = ()

    def over(self, fields: Fields) -> Fields:
        """The page's declared fields, with what was found here in their place."""
        found: dict[str, object] = {
            name: value
            for name in ("headline", "authors", "dateline", "section", "date_published", "date_modified")
            if (value := getattr(self, name))
        }
        if self.headline:
            found["titles"] = (self.headline, *fields.titles)
        return msgspec.structs.replace(fields, **found) if found else fields


Index = Mapping[str, Sequence[PublisherRules]]


def rules_for(url: str, captured: datetime | None, index: Index | None = None) -> PublisherRules | None:
    """The rules of a page's publisher at the time of its capture: those of its own host, else of the nearest above it."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return None
    index = _shipped() if index is None else index
    labels = host.split(".")[-_MAX_LABELS:]
    for start in range(len(labels) - 1):
        for rules in index.get(".".join(labels[start:]), ()):
            if rules.holds_at(captured):
                return rules
    return None


def apply(rules: PublisherRules, tree: HtmlElement, *, latest: datetime | None = None) -> Stated:
    """Read the fields, then take out of the tree what is pruned. Dates after `latest` are not believed."""
    wanted = rules.fields
    stated = Stated(
        headline=_first(tree, wanted.headline),
        standfirst=_first(tree, wanted.standfirst),
        authors=clean_names(_values(tree, wanted.authors)),
        dateline=_first(tree, wanted.dateline),
        section=_first(tree, wanted.section),
        date_published=parse_date(_first(tree, wanted.date_published), latest=latest),
        date_modified=parse_date(_first(tree, wanted.date_modified), latest=latest),
        containers=tuple(_find(tree, rules.container)) if rules.container else (),
    )
    most = MAX_SHARE * len(text_of(tree))
    for prune in rules.prune:
        _prune(tree, prune.select, most)
    return stated


def read_container(stated: Stated, blocks: Iterable[Block]) -> Reading | None:
    """The lines inside the containers; `None` where there are none, or as good as none."""
    containers = set(stated.containers)
    if not containers:
        return None
    lines = tuple(
        block.text
        for block in blocks
        if block.element in containers or any(ancestor in containers for ancestor in block.element.iterancestors())
    )
    return Reading(reader="publisher", lines=lines) if sum(map(len, lines)) >= MIN_CONTAINER_CHARS else None


def load_rules(folder: Traversable) -> Index:
    """The rules of a folder's files by host. Raises `PublisherInvalid`."""
    index: dict[str, list[PublisherRules]] = {}
    owners: dict[int, str] = {}
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not entry.name.endswith(".toml"):
            continue
        file = f"publishers/{entry.name}"
        try:
            rules = decode_toml(entry.read_bytes(), PublisherRules, file)
        except SettingInvalid as error:
            raise PublisherInvalid(str(error)) from None
        owners[id(rules)] = file
        for place, host in enumerate(rules.hosts):
            others = index.setdefault(host, [])
            for other in others:
                if _overlap(rules, other):
                    raise PublisherInvalid(
                        f'{file}: hosts[{place}]: "{host}" is a host of {owners[id(other)]} at the same time '
                        f"(part the two by valid_from and valid_until)"
                    )
            others.append(rules)
    return index


@cache
def _shipped() -> Index:
    return load_rules(files("pipelines.extract") / "publishers")


def _overlap(one: PublisherRules, other: PublisherRules) -> bool:
    return all(
        (first.valid_from or date.min) <= (second.valid_until or date.max)
        for first, second in ((one, other), (other, one))
    )


def _values(tree: HtmlElement, wanted: FieldSelector | None) -> Iterator[str]:
    for element in _find(tree, wanted.select)[:MAX_NAMES] if wanted else ():
        value = text_of(element) if wanted is None or wanted.attribute is None else clean(element.get(wanted.attribute))
        if value and len(value) <= _MAX_VALUE_CHARS:
            yield value


def _first(tree: HtmlElement, wanted: FieldSelector | None) -> str | None:
    return next(_values(tree, wanted), None)


def _find(tree: HtmlElement, selector: str) -> list[HtmlElement]:
    return [element for element in select(compile_selector(selector), tree)[:MAX_FOUND] if element is not tree]


def _prune(tree: HtmlElement, selector: str, most: float) -> None:
    """Drop what is found, but for what holds the headline or more than `most` characters."""
    gone: set[HtmlElement] = set()
    refused = 0
    for element in _find(tree, selector):
        if any(ancestor in gone for ancestor in element.iterancestors()):
            continue
        if next(element.iter("h1"), None) is None and len(text_of(element)) <= most:
            drop(element)
            gone.add(element)
        elif (refused := refused + 1) == _MAX_REFUSED:
            return
