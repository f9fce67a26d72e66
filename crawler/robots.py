"""What a site's robots.txt lets us fetch. Pure: an answer in, rules out; fetching it is the spider's.

Spec: RFC 9309. Which group holds for us and which answers close a site is decided here; Protego matches the paths.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Self
from urllib.parse import urlsplit

from protego import Protego

MAX_ROBOTS_BYTES = 500 * 1024
"""As much as RFC 9309 section 2.5 asks a crawler to read."""

LIFETIME_SECONDS = 86400.0
"""For how long a copy may be used (section 2.4)."""

_MAX_SITEMAPS = 1000
_RETRY = timedelta(minutes=15)

_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_NO_LINE_ENDS = re.compile("[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# As forgiving as the RFC suggests: the colon may be missing, and "User agent" is what some write.
_FIELD = re.compile(r"(user[- ]?agent|sitemap|[a-z-]+)\s*(?::|\s)\s*(.*)", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z_-]+")
_OUTER = re.compile(r"Mozilla/[\d.]+ \(compatible; ", re.IGNORECASE)
_RESERVED = re.compile("%(2f|3a|3f|40)", re.IGNORECASE)
"""What stands for itself in a query: `/`, `:`, `?` and `@` (RFC 3986 section 3.4)."""


class RobotsRules:
    """The rules of one origin, for one user agent, until they expire."""

    def __init__(self, text: str, *, user_agent: str, expires: datetime, problem: str | None = None) -> None:
        self.expires = expires
        """When robots.txt should be fetched again."""
        self.problem = problem
        """Why robots.txt cannot be had, so that nothing may be fetched for now (section 2.3.1.4)."""
        self.size = len(text)
        """Characters of its text, a measure of the memory it takes."""
        fields = list(_iter_fields(text))
        self.sitemaps = tuple(value for name, value in fields if name == "sitemap" and value)[:_MAX_SITEMAPS]
        """Where robots.txt says sitemaps are, as written."""
        rules = _own_rules(fields, product_token(user_agent))
        lines = (f"{name}: {_decode_query(value)}" for name, value in rules)
        self._matcher = Protego.parse("User-agent: *\n" + "\n".join(lines))

    @classmethod
    def from_response(cls, status: int, body: bytes, *, fetched: datetime, user_agent: str) -> Self:
        """The rules that an answer to `/robots.txt` makes; `status` is the one after redirects.

        Server errors and 429 close the site for a while, other answers but success leave it open. A redirect that was
        followed far enough counts as no robots.txt (section 2.3.1.2).
        """
        if status >= 500 or status == 429 or status < 100:
            return cls.unreachable(fetched=fetched, user_agent=user_agent, problem=f"it answers with status {status}")
        lifetime = timedelta(seconds=LIFETIME_SECONDS)
        return cls(robots_text(status, body), user_agent=user_agent, expires=fetched + lifetime)

    @classmethod
    def unreachable(cls, *, fetched: datetime, user_agent: str, problem: str = "no answer") -> Self:
        """The rules of a site that did not answer: nothing may be fetched until it was asked again."""
        return cls("", user_agent=user_agent, expires=fetched + _RETRY, problem=problem)

    @property
    def unavailable(self) -> bool:
        """Whether nothing may be fetched for now, since robots.txt cannot be had."""
        return self.problem is not None

    def allows(self, url: str) -> bool:
        """Whether a URL of this origin may be fetched; robots.txt itself always may."""
        if urlsplit(url).path == "/robots.txt":
            return True
        return not self.unavailable and self._matcher.can_fetch(_decode_query(url), "*")

    def crawl_delay(self) -> float | None:
        """Seconds between two requests that the site asks for: no part of the RFC, but widely used."""
        return self._matcher.crawl_delay("*")


def product_token(user_agent: str) -> str:
    """The name that robots.txt files call us by, in lower case (section 2.2.1).

    >>> product_token("newsmorgue/0.1 (+desk@example.org)")
    'newsmorgue'
    >>> product_token("Mozilla/5.0 (compatible; Papers/2.0; +https://example.org)")
    'papers'
    """
    found = _TOKEN.match(_OUTER.sub("", user_agent.strip(), count=1))
    return found[0].lower() if found else ""


def robots_text(status: int, body: bytes) -> str:
    """What an answer to `/robots.txt` says, as far as it is read; nothing where it is no success."""
    if not 200 <= status < 300:
        return ""
    if len(body) > MAX_ROBOTS_BYTES:
        # Half a line would be a rule that nobody wrote.
        body = body[: max(body.rfind(b"\n", 0, MAX_ROBOTS_BYTES), body.rfind(b"\r", 0, MAX_ROBOTS_BYTES)) + 1]
    return body.decode("utf-8-sig", "replace")


def _decode_query(path: str) -> str:
    """A path whose query has some reserved characters as they are: the RFC's own table has both forms match.

    >>> _decode_query("/a%2Fb?to=https%3A%2F%2Fexample.org%2F&x=%26")
    '/a%2Fb?to=https://example.org/&x=%26'
    """
    head, mark, query = path.partition("?")
    return head + mark + _RESERVED.sub(lambda found: chr(int(found[1], 16)), query) if "%" in query else path


def _iter_fields(text: str) -> Iterator[tuple[str, str]]:
    """Name, in lower case, and value of each line that has both."""
    for line in _LINE_ENDS.split(_NO_LINE_ENDS.sub(" ", text)):
        if found := _FIELD.fullmatch(line.partition("#")[0].strip()):
            name = found[1].lower()
            yield "user-agent" if name.startswith("user") else name, found[2].strip()


def _own_rules(fields: list[tuple[str, str]], token: str) -> list[tuple[str, str]]:
    """The rules of all groups that name us; where none does, of all that are for everyone (section 2.2.1)."""
    ours: list[tuple[str, str]] = []
    everyones: list[tuple[str, str]] = []
    named = False
    agents: set[str] = set()
    in_rules = False
    for name, value in fields:
        if name == "user-agent":
            if in_rules:
                agents, in_rules = set(), False
            found = _TOKEN.match(value)
            agents.add("*" if value.startswith("*") else found[0].lower() if found else "")
            named = named or token in agents
        elif name != "sitemap" and agents:  # a sitemap line ends no group (section 2.2.4)
            in_rules = True
            if token in agents:
                ours.append((name, value))
            if "*" in agents:
                everyones.append((name, value))
    return ours if named else everyones
