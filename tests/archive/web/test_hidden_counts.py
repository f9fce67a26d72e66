"""Counts tell nothing of what is withheld: not that there is such a page, nor that one came in."""

import re
from collections.abc import Callable
from typing import Any

from httpx import Client
from starlette.types import ASGIApp

from archive.config import load_settings
from archive.web.app import create_app

HTML = ("Content-Type", "text/html")
HIDDEN = (HTML, ("X-Robots-Tag", "noarchive"))
COUNTS = ("captures", "revisits", "urls", "articles", "versions")


def test_counts_are_those_of_an_archive_without_it(newspaper: Any, serve_app: Callable[[ASGIApp], Client]) -> None:
    def publish(url: str, headers: tuple[tuple[str, str], ...]) -> None:
        for day, word in enumerate(("one", "two"), 1):
            page = newspaper.capture(url, f"2024050{day}103000", word.encode(), headers=headers)
            newspaper.read(page, text=f"The harbour has {word}.", headline="Harbour", source="harbour")
        newspaper.capture(url, "20240503103000", b"two", headers=headers)

    newspaper.withhold()

    def counted() -> tuple[list[int], list[float]]:
        client = serve_app(create_app(newspaper.folder, load_settings(newspaper.folder)))
        status = client.get("/api/status").json()
        metrics = client.get("/metrics").text
        told = [
            re.search(rf"^morgue_archive_{name} (\S+)$", metrics, re.MULTILINE) for name in COUNTS if name != "urls"
        ]
        return [status[name] for name in COUNTS], [float(one[1]) for one in told if one]

    publish("https://www.example.org/1", (HTML,))
    before = counted()
    assert before == ([2, 1, 1, 1, 2], [2, 1, 1, 2])
    publish("https://www.example.org/secret", HIDDEN)
    once = newspaper.capture("https://www.example.org/once", "20240504103000", b"once", headers=HIDDEN)
    newspaper.read(once, text="It is here once.", headline="Once", source="harbour")
    assert counted() == before
    newspaper.capture("https://www.example.org/1", "20240505103000", b"hidden today", headers=HIDDEN)
    assert counted() == before
