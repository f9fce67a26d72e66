"""Tells redirects that lead in a circle from those that lead somewhere, within one run."""

import threading

_MOST = 10_000
"""Hops remembered; those of the seeds of a thousand sources are fewer."""


class Circles:
    """Remembers where each URL was last redirected to. Safe in any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._leads_to: dict[str, str] = {}

    def close(self, url: str, target: str) -> str | None:
        """Note a redirect; the circle that it closes, in words, or `None`.

        >>> circles = Circles()
        >>> circles.close("https://a.example/1", "https://a.example/2")
        >>> circles.close("https://a.example/2", "https://a.example/1")
        'redirects in a circle: https://a.example/1 to https://a.example/2 to https://a.example/1'
        """
        with self._lock:
            return self._close(url, target)

    def forget(self, url: str) -> None:
        """A URL leads nowhere else any more."""
        with self._lock:
            self._leads_to.pop(url, None)

    def _close(self, url: str, target: str) -> str | None:
        self._leads_to.pop(url, None)
        self._leads_to[url] = target
        way, at = {url: None}, target
        while at not in way and at in self._leads_to:
            way[at] = None
            at = self._leads_to[at]
        if at in way:
            # The next visit finds out for itself whether it is one still.
            for hop in way:
                self._leads_to.pop(hop, None)
            hops = list(way)
            # From where it was entered, which is what the hop that closes it leads to.
            circle = [*hops[1:], url] if at == url else hops[hops.index(at) :]
            return "redirects in a circle: " + " to ".join([*circle, circle[0]])
        if len(self._leads_to) > _MOST:
            del self._leads_to[next(iter(self._leads_to))]
        return None
