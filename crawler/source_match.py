"""Which source a URL belongs to. Pure."""

from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from crawler.source import Source


def source_for(url: str, sources: Iterable[Source]) -> Source | None:
    """The source a URL belongs to: the one with the nearest host, then the longest path of its `site`.

    The host of a source is that of its site or of one of its seeds; `www.` makes no difference, and a subdomain
    belongs to the source of its parent unless it has its own.
    """
    try:
        parts = urlsplit(url)
        best = max(
            ((_nearness(parts, url, source), source) for source in sources), key=lambda pair: pair[0], default=None
        )
    except ValueError:
        return None
    return best[1] if best and best[0] > (0, 0) else None


def _nearness(parts: SplitResult, url: str, source: Source) -> tuple[int, int]:
    """How well a source fits a URL: `(0, 0)` for not at all."""
    site = urlsplit(source.site)
    folder = site.path.rpartition("/")[0] + "/"
    depth = len(folder) if parts.path.startswith(folder) else 1
    if any(seed.url == url for seed in source.seeds):
        return 5, depth
    host, own = _host(parts), _host(site)
    if host == own:
        return 4, depth
    # Two hosts of one newspaper often differ in nothing but the port when they are tried out on one machine.
    if any(host == _host(urlsplit(seed.url)) for seed in source.seeds):
        return 3, depth
    if host.endswith(f".{own}"):
        return 2, len(own)
    return 0, 0


def _host(parts: SplitResult) -> str:
    """Host and, where it is not the scheme's own, port; without `www.`."""
    port = {("http", 80): None, ("https", 443): None}.get((parts.scheme, parts.port or 0), parts.port)
    host = (parts.hostname or "").removeprefix("www.")
    return f"{host}:{port}" if port else host
