"""Where what a captured page names is found in the archive at that page's time."""

import re
from urllib.parse import urljoin, urlsplit

from archive.formats.style import Role
from archive.web.links import LONGEST_URL, escape_url, replay_path

NOWHERE = "data:,"
"""Stands for what is not to be had: loads nothing, asks nobody."""

_ROLES: dict[Role, str] = {"style": "cs_", "font": "im_", "image": "im_"}
_DROPPED = str.maketrans("", "", "\t\n\r")  # the URL standard drops these wherever they stand
_SPACES = "".join(map(chr, range(0x21)))  # and these at both ends
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_WEB = re.compile(r"https?:(?://)?[^/?#]", re.IGNORECASE)
_WITH_DOTS = re.compile(r"/\.\.?(?:[/?#]|$)")
_CLEAN = re.compile(r"[!#$%&'()*+,/:;=?@\[\]~\w.-]*", re.ASCII)


class Addresses:
    """Makes addresses in the archive of what one page or style sheet names."""

    def __init__(self, timestamp: str, url: str, main: str = "") -> None:
        """`url` is the document's own; `main` is where the archive's own pages begin, for links."""
        self._timestamp = timestamp
        self._main = main
        self._resolved: dict[str, str | None] = {}
        self.rebase(url)

    def rebase(self, url: str) -> None:
        """Let relative URLs be relative to this one from now on."""
        self._base = url
        parts = urlsplit(url)
        self._scheme, self._origin = parts.scheme, f"{parts.scheme}://{parts.netloc}"
        self._resolved.clear()

    def page(self, value: str) -> str | None:
        """Where a link leads: to the frame around that page; `None` where it leads to no page of the web."""
        if value.lstrip(_SPACES).startswith("#"):
            return value.strip(_SPACES)
        url = self.resolve(value)
        if url is None:
            return None
        url, hash_, fragment = url.partition("#")
        return self._main + replay_path(self._timestamp, url) + (hash_ and hash_ + escape_url(fragment))

    def requisite(self, value: str, role: str) -> str | None:
        """Where an image, style (`cs_`) or frame (`fr_`) is loaded from; `None` where from nowhere.

        `data:` stays, for it asks nobody; in frames it would be a document of the page's own making.
        """
        value = value.strip(_SPACES)
        if value.startswith("#"):
            return value
        if value[:5].lower() == "data:":
            return value if role == "im_" else None
        url = self.resolve(value)
        return None if url is None else f"/{self._timestamp}{role}/{url if _CLEAN.fullmatch(url) else escape_url(url)}"

    def in_style(self, value: str, role: Role) -> str:
        """As `requisite`, for a URL in a style sheet."""
        return self.requisite(value, _ROLES[role]) or NOWHERE

    def resolve(self, value: str) -> str | None:
        """An absolute URL of the web, as a browser understands it; `None` for any other, such as `javascript:`."""
        if value not in self._resolved:
            self._resolved[value] = self._resolve(value)
        return self._resolved[value]

    def _resolve(self, value: str) -> str | None:
        value = value.strip(_SPACES).translate(_DROPPED)
        if not value or len(value) > LONGEST_URL:
            return None
        if "\\" in value:  # in URLs of the web browsers take it for a slash
            cut = min((at for at in map(value.find, "?#") if at >= 0), default=len(value))
            value = value[:cut].replace("\\", "/") + value[cut:]
        if not _WITH_DOTS.search(value):
            # What urljoin would give, at a tenth of its cost: most links are like these.
            if value.startswith(("https://", "http://")):
                return value if _WEB.match(value) else None
            if value[0] == "/" and value[1:2] != "/":
                return self._origin + value
        if _SCHEME.match(value) and not _WEB.match(value):
            return None
        try:
            url = urljoin(self._base, value)
        except ValueError:
            return None
        return url if _WEB.match(url) else None
