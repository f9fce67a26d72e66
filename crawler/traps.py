"""URLs that lead nowhere: what a site makes up without end, told by their form. Pure, but for what it has seen of queries.

Wherever candidates become entries a trap is refused by name, never silently. Well-behaved sites must not lose an article:
each rule names a shape that a program repeats and an editor does not write.
"""

import re
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

from crawler.frontier.entry import MAX_URL_LENGTH

Trap = Literal["too long", "repeated path", "endless calendar", "query explosion"]

MAX_SEGMENTS = 40
MAX_PARAMETERS = 50
REPEATS = 3
"""So often in a row one and the same part of a path is a loop: `/en/news/en/news/en/news/`. Numbers may, as dates do."""
SPREAD = 6
"""So often in one path, in a row or not."""
FUTURE_YEARS, PAST_YEARS = 1, 10
_SESSION_NAMES = re.compile(
    r"(?:phpsessid|jsessionid|aspsessionid[a-z]{0,16}|asp\.net_sessionid|cfid|cftoken|zenid|oscsid|session_?id|sess_?id)",
    re.IGNORECASE,
)
# `sid` names stories, too: only a long drawn number is a session, and only where something else names the page. Never
# `s`: that is the signature of pictures that are made to measure.
_DRAWN_NAMES = re.compile(r"(?:sid|sess|session)", re.IGNORECASE)
_DRAWN = re.compile(r"(?=[0-9]*[a-z])(?=[a-z]*[0-9])[0-9a-z]{26,128}", re.IGNORECASE)
_SCRIPT = re.compile(r"(?:/|\.(?:php[0-9]?|aspx?|cgi|jsp|pl|cfm|do))$", re.IGNORECASE)
_PATH_SESSION = re.compile(r";(?:jsessionid|phpsessid|sessionid|sid)=[^/?#;]{0,200}", re.IGNORECASE)
_ASP_SESSION = re.compile(r"/\((?:[A-Z]\([0-9A-Za-z]{20,64}\)){1,4}\)(?=/)")
_CALENDAR = re.compile(
    r"(?:^|[/_.-])(?:calendars?|kalender|calendario|calendrier|agenda|events?|eventos?|evenements?|veranstaltungen|termine)"
    r"(?:$|[/_.-])",
    re.IGNORECASE,
)
_LIST = re.compile(r"/(?:archives?|archivo|archiv|by-?date|date|day|month|year)/", re.IGNORECASE)
_MONTH, _DAY = r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12][0-9]|3[01])"
_END = r"(?:/(?:index\.[a-z]{3,5}|page/[0-9]{1,4}))?/?$"
_LISTED_DAY = re.compile(rf"/([12][0-9]{{3}})([/-]){_MONTH}\2{_DAY}{_END}")
_LISTED_MONTH = re.compile(rf"/([0-9]{{4}})[/-]{_MONTH}{_END}")
_DATE_NAMES = re.compile(
    r"(?:(?:event|start|end|tribe-bar-)?date|datum|fecha|data|day|tag|month|monat|mes|mois|week|from|to|d|m)",
    re.IGNORECASE,
)
_PARTED_DATE = re.compile(r"([0-9]{4})[-/.](?:0?[1-9]|1[0-2])(?:[-/.](?:0?[1-9]|[12][0-9]|3[01]))?")
_YEAR_NAMES = re.compile(r"(?:(?:cal_?)?year|y|yr|jahr|ano|annee)", re.IGNORECASE)
_MONTH_NAMES = re.compile(r"(?:(?:cal_?)?month|m|mon|monat|mes|mois)", re.IGNORECASE)


def without_session(url: str) -> str:
    """The URL without session identifiers, which would make each visit another page.

    >>> without_session("http://a/story;jsessionid=0A1B?id=7&PHPSESSID=0a1b2c"), without_session("http://a/s?sid=4711")
    ('http://a/story?id=7', 'http://a/s?sid=4711')
    """
    if ";" not in url and "=" not in url and "/(" not in url:
        return url
    path, mark, query = url.partition("?")
    path = _ASP_SESSION.sub("", _PATH_SESSION.sub("", path))
    # As it was written, piece by piece: what a server makes of quoting is its own affair.
    pieces = query.split("&")
    kept = [piece for piece in pieces if not _SESSION_NAMES.fullmatch(piece.partition("=")[0])]
    others = [piece for piece in kept if not _is_drawn(piece)]
    if others or not _SCRIPT.search(path):
        kept = others
    if len(kept) == len(pieces):
        return path + mark + query
    return path + "?" + "&".join(kept) if kept else path


def find_trap(url: str, now: float) -> Trap | None:
    """What is wrong with a URL by its form, for a candidate of this time; `None` where nothing is.

    >>> find_trap("http://a/en/go/en/go/en/go/", 0.0), find_trap("http://a/calendar/2090/05/", 1.8e9)
    ('repeated path', 'endless calendar')
    """
    if len(url) > MAX_URL_LENGTH:
        return "too long"
    parts = urlsplit(url)
    segments = [segment for segment in parts.path.split("/") if segment]
    if len(segments) > MAX_SEGMENTS or parts.query.count("&") >= MAX_PARAMETERS:
        return "too long"
    if _is_repeated(segments):
        return "repeated path"
    if _is_endless(parts.path, parts.query, now):
        return "endless calendar"
    return None


def _is_drawn(piece: str) -> bool:
    name, _, value = piece.partition("=")
    return bool(_DRAWN_NAMES.fullmatch(name) and _DRAWN.fullmatch(value))


def _is_repeated(segments: list[str]) -> bool:
    counts = Counter(segment for segment in segments if len(segment) > 2 and not segment.isdigit())
    if counts and max(counts.values()) >= SPREAD:
        return True
    for period in range(1, len(segments) // REPEATS + 1):
        run = 0
        for place in range(period, len(segments)):
            run = run + 1 if segments[place] == segments[place - period] else 0
            # Digits are dates, single letters the folders of a file store.
            if run >= period * (REPEATS - 1) and any(
                len(segment) > 1 and not segment.isdigit() for segment in segments[place - period + 1 : place + 1]
            ):
                return True
    return False


def _is_endless(path: str, query: str, now: float) -> bool:
    """Whether it is a list for a date too far away: its path ends with the date, or its query is one.

    A story's own path goes on behind the date. Far in the past are only the pages of calendars: papers list their old
    issues by date, and mean it.
    """
    is_calendar = bool(_CALENDAR.search(path))
    years = [int(match[1]) for match in (_LISTED_DAY.search(path),) if match]
    if is_calendar or _LIST.search(path):
        years += [int(match[1]) for match in (_LISTED_MONTH.search(path),) if match]
    years += _years_of(query)
    if not years:
        return False
    this_year = datetime.fromtimestamp(now, UTC).year
    return max(years) > this_year + FUTURE_YEARS or (is_calendar and min(years) < this_year - PAST_YEARS)


def _years_of(query: str) -> Iterator[int]:
    pairs = parse_qsl(query, max_num_fields=2 * MAX_PARAMETERS)
    has_month = any(_MONTH_NAMES.fullmatch(name) and value.isdigit() for name, value in pairs)
    for name, value in pairs:
        if _DATE_NAMES.fullmatch(name) and (match := _PARTED_DATE.fullmatch(value)):
            yield int(match[1])
        elif has_month and _YEAR_NAMES.fullmatch(name) and re.fullmatch("[0-9]{4}", value):
            yield int(value)


class Queries:
    """Tells pages that are named by their query from combinations of filters: `?id=` from `?sort=&colour=&page=`.

    In the first, some parameter is another one for nearly each URL. In the second none is: all of them take few values,
    in every combination. And a path whose parameters come in ever other sets is one as well. Safe in any thread.
    """

    ENOUGH = 200
    """URLs of one path and set of names after which it is judged."""
    MOST_SETS = 40
    """Sets of names for one path."""
    SHARE = 4
    """So many URLs to each value of its most varied parameter are combinations."""

    def __init__(self, *, memory: int = 400_000) -> None:
        self._memory = memory
        """Values remembered; of what was not seen longest, all is forgotten."""
        self._size = 0
        self._paths: OrderedDict[tuple[str, str], _Path] = OrderedDict()
        self._lock = threading.Lock()

    def explodes(self, url: str) -> bool:
        """Whether a URL is one combination too many; what has been let through once is let through again."""
        parts = urlsplit(url)
        # One parameter alone makes no combinations.
        if "&" not in parts.query or parts.query.count("&") >= MAX_PARAMETERS:
            return False
        pairs = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=2 * MAX_PARAMETERS)
        key = (parts.netloc, parts.path)
        with self._lock:
            path = self._paths.pop(key, None)
            self._size -= path.size if path else 0
            path = self._paths[key] = path or _Path()
            explodes = path.explodes(pairs)
            self._size += path.size
            while self._size > self._memory and len(self._paths) > 1:
                self._size -= self._paths.popitem(last=False)[1].size
        return explodes


class _Path:
    """What is known of one path's queries."""

    def __init__(self) -> None:
        self.size = 1
        self._sets: dict[tuple[str, ...], tuple[set[int], dict[str, set[int]]] | None] = {}
        """By names: the URLs, and the values of each. `None` where one parameter names the page: there is no end to it,
        and nothing wrong with that."""

    def explodes(self, pairs: list[tuple[str, str]]) -> bool:
        names = tuple(sorted(name for name, _ in pairs))
        if names not in self._sets:
            if len(self._sets) >= Queries.MOST_SETS:
                return True
            self._sets[names] = (set(), {name: set() for name in names})
            self.size += 1 + len(names)
        known = self._sets[names]
        if known is None:
            return False
        urls, values = known
        this = hash(tuple(sorted(pairs)))
        if this in urls:
            return False
        if len(urls) >= Queries.ENOUGH:
            return True
        urls.add(this)
        for name, value in pairs:
            values[name].add(hash(value))
        self.size += 1 + len(pairs)
        if len(urls) == Queries.ENOUGH and max(map(len, values.values())) * Queries.SHARE > Queries.ENOUGH:
            self._sets[names] = None
            self.size -= Queries.ENOUGH * (1 + len(pairs))
        return False
