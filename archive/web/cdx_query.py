"""What a CDX query asks, whichever dialect it is written in: its parameters, read and checked. Pure."""

from datetime import UTC, datetime
from typing import TypeVar

import msgspec
from starlette.datastructures import QueryParams

from archive.errors import QueryInvalid
from archive.formats.timestamp import parse_time, to_timestamp
from archive.formats.urlkey import Match, match_range
from archive.index.catalog import CaptureKey
from archive.web.cdx_filter import Test
from archive.web.cdx_row import Value
from archive.web.links import LONGEST_URL, check_url
from archive.web.questions import parse_number

Choice = TypeVar("Choice", bound=str)

BLOCK = PAGE_SIZE = 3_000
"""Captures in a block of the Internet Archive's index, by which clients estimate sizes, and on a page."""
LARGEST_PAGE = 100_000
MOST_HELD = 10_000
"""Rows that are sorted in memory."""
_MOST = 10**9
_MOST_FIELDS = 40


class CdxQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked, checked."""

    url: str
    """As it was asked for, without its wildcard."""
    start: str
    end: str
    """The half-open range of urlkeys that is meant."""
    from_: str | None = None
    to: str | None = None
    closest: str | None = None
    """Timestamp to sort by; `None` for another order."""
    held: int | None = None
    """Of more than one URL sorted by time: how many rows are held to sort them."""
    newest_first: bool = False
    filters: tuple[Test, ...] = ()
    collapse: tuple[Value, ...] = ()
    """Of adjacent captures that agree in all of these the first is answered."""
    resolve: bool = False
    """Whether revisits are answered with what their original says."""
    offset: int = 0
    limit: int | None = None
    """Of the page, where there is one."""
    from_end: bool = False
    """Whether the last `limit` are meant."""
    after: CaptureKey | None = None
    """Where an answer before this one ended."""
    page: int | None = None
    page_size: int = PAGE_SIZE
    most_walked: int | None = None
    """Captures that may be read before the walk ends with `LongWalk`."""
    count_pages: bool = False
    output: str
    fields: tuple[str, ...] = ()
    """Empty for what the output has by itself."""
    show_resume_key: bool = False
    count_skipped: bool = False
    """Whether each row is to know what was left out behind it."""
    chosen_by: tuple[str, ...] = ()
    """Filters and collapsing as they were written, and in which dialect."""

    @property
    def identity(self) -> tuple[object, ...]:
        """Equal for queries whose pages are the same."""
        place = self.start, self.end, self.from_, self.to, self.after, self.newest_first
        return *place, self.resolve, self.page_size, self.chosen_by


class Parameters:
    """The parameters of a query string. Empty ones count as not given, unknown ones are passed over."""

    def __init__(self, given: QueryParams) -> None:
        self._given: dict[str, list[str]] = {}
        for name, value in given.multi_items():
            self._given.setdefault(name, []).append(value)

    def text(self, *names: str) -> str | None:
        """The first of these that is given. Raises QueryInvalid where it has two values, or a very long one."""
        for name in names:
            if name not in self._given:
                continue
            values = {value for value in self._given[name] if value}
            if len(values) > 1:
                raise QueryInvalid(f"{name} is given {len(values)} times, each time another (give it once)")
            for value in values:
                if len(value) > LONGEST_URL:
                    raise QueryInvalid(f"{name} has {len(value)} characters, more than the {LONGEST_URL} answered")
                return value
        return None

    def texts(self, name: str) -> list[str]:
        """All values of a parameter that may be repeated."""
        return self._given.get(name, [])

    def choice(self, name: str, choices: tuple[Choice, ...], default: Choice) -> Choice:
        value = self.text(name) or default
        for choice in choices:
            if choice == value:
                return choice
        raise QueryInvalid(f"{name}={value[:40]} is not answered here (write {', '.join(choices)})")

    def number(self, name: str, *, least: int = 1, most: int = _MOST) -> int | None:
        value = self.text(name)
        return parse_number(name, value, least=least, most=most, default=0) if value else None

    def time(self, *names: str, end: bool = False) -> str | None:
        value = self.text(*names)
        return to_timestamp(parse_time(value, now=datetime.now(UTC), end=end)) if value else None

    def flag(self, name: str) -> bool:
        """As pywb reads them: anything but 0, false, f and off is true."""
        return (self.text(name) or "0").lower() not in ("0", "false", "f", "off")

    def names(self, *names: str) -> tuple[str, ...]:
        """A list of names with commas between them."""
        given = tuple(name.strip() for name in (self.text(*names) or "").split(",") if name.strip())
        if len(given) > _MOST_FIELDS:
            raise QueryInvalid(f"{names[-1]} names {len(given)} fields, more than the {_MOST_FIELDS} that are answered")
        return given

    def url_range(self) -> tuple[str, Match, tuple[str, str]]:
        """What `url` and `matchType` mean: `*.example.org` is a domain, `example.org/*` a prefix."""
        url = check_url(self.text("url"))
        match: Match = "exact"
        if url.startswith("*."):
            url, match = url[2:].removesuffix("*"), "domain"
        elif url.endswith("*"):
            url, match = url[:-1], "prefix"
        match = self.choice("matchType", ("exact", "prefix", "host", "domain"), match)
        return url, match, match_range(url, match)

    def closest(self, sort: str) -> str | None:
        """The time to sort by; `None` for another order."""
        closest = self.time("closest")
        if sort == "closest" and not closest:
            raise QueryInvalid("sort=closest needs closest= and a timestamp")
        return closest if sort == "closest" else None


def check_held(query: CdxQuery, match: Match) -> CdxQuery:
    """The query, with how many rows it holds to sort them. Captures of one URL come sorted; those of more are bounded."""
    if not query.closest or match == "exact":
        return query
    held = (query.page or 0) * query.page_size + query.offset + (query.limit or MOST_HELD)
    if query.limit is None or held > MOST_HELD:
        raise QueryInvalid(f"sort=closest of more than one URL needs a limit, and ends after {MOST_HELD:,} captures")
    return msgspec.structs.replace(query, held=held)
