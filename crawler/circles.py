"""Tells redirects that lead in a circle from those that lead somewhere, within one run."""

_MOST = 10_000
"""Hops remembered; those of the seeds of a thousand sources are fewer."""


class Circles:
    """Remembers from where each URL was reached by a redirect."""

    def __init__(self) -> None:
        self._came_from: dict[str, str] = {}

    def close(self, url: str, target: str) -> str | None:
        """Note a redirect; the circle that it closes, in words, or `None`.

        >>> circles = Circles()
        >>> circles.close("https://a.example/1", "https://a.example/2")
        >>> circles.close("https://a.example/2", "https://a.example/1")
        'redirects in a circle: https://a.example/1 to https://a.example/2 to https://a.example/1'
        """
        way = [url]
        while target not in way and (before := self._came_from.get(way[-1])) and before not in way:
            way.append(before)
        if target in way:
            # The hop that closes it is not kept: whoever walks back must arrive.
            return "redirects in a circle: " + " to ".join([*reversed(way[: way.index(target) + 1]), target])
        self._came_from.pop(target, None)
        self._came_from[target] = url
        if len(self._came_from) > _MOST:
            del self._came_from[next(iter(self._came_from))]
        return None
