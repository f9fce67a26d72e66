"""Gathers the URLs that a page or style sheet needs: made absolute, each once, the weightiest first, within bounds."""

from urllib.parse import urljoin, urlsplit

import msgspec

from archive.formats.style import Role

MAX_REQUISITES = 500
"""Of one page or style sheet."""
MAX_HOSTS = 30
"""That one page may send the crawler to, besides its own."""
MAX_GATHERED = 5000
"""URLs looked at for one page, before the weightiest are chosen."""
_MAX_URL_CHARS = 2048
_DROPPED = str.maketrans("", "", "\t\n\r")  # the URL standard drops these wherever they stand


class Requisite(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that belongs to a page."""

    url: str
    """Absolute, http or https, without fragment."""
    role: Role


class Gathering:
    """The requisites of one document so far. What comes with less weight is let go first where there are too many."""

    def __init__(self, url: str, base: str | None = None) -> None:
        """`base` is what relative URLs are relative to, where it is not the document's own URL."""
        self._url = url.partition("#")[0]
        self._base = base or url
        self._found: dict[str, tuple[int, Role]] = {}

    def add(self, value: str | None, role: Role, *, weight: int = 0) -> None:
        """Take in a URL as a document has it; weight 0 is what the page looks broken without, 2 one choice of several."""
        url = _absolute(self._base, value) if value else None
        if url is None or url == self._url:
            return
        known = self._found.get(url)
        if known is None and len(self._found) >= MAX_GATHERED:
            return
        if known is None or weight < known[0]:
            self._found[url] = (weight, role)

    def requisites(self) -> tuple[Requisite, ...]:
        """What was gathered, the weightiest first."""
        chosen: list[Requisite] = []
        hosts = {urlsplit(self._url).netloc}
        for url, (_, role) in sorted(self._found.items(), key=lambda item: item[1][0]):
            host = urlsplit(url).netloc
            if host not in hosts and len(hosts) > MAX_HOSTS:
                continue
            hosts.add(host)
            chosen.append(Requisite(url=url, role=role))
            if len(chosen) == MAX_REQUISITES:
                break
        return tuple(chosen)


def _absolute(base: str, value: str) -> str | None:
    # Pictures are written into pages as data: URLs of any length.
    if len(value) > _MAX_URL_CHARS:
        return None
    value = value.strip().translate(_DROPPED)
    if not value or value.startswith("#"):
        return None
    try:
        url = urljoin(base, value).partition("#")[0]
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc and len(url) <= _MAX_URL_CHARS else None
