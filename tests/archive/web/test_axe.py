"""What axe-core finds wrong with our pages for readers who use them otherwise than by eye and mouse, and whether they fit a small phone."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright
from starlette.types import ASGIApp

from archive.config import Settings
from archive.web.app import create_app
from archive.web.explaining import Explanation, Removed

pytestmark = pytest.mark.browser

BRIDGE = quote("https://www.example.org/news/bridge", safe="")
PERSIAN = quote("https://fa.example.org/a/1.html", safe="")
HOSTILE = quote("https://evil.example/x?a=1&b=%22%3E", safe="")
MISSING = quote("https://www.example.org/missing", safe="")
PAGES = {
    "front": "/",
    "results": "/?q=bridge",
    "nothing found": "/?q=zeppelin",
    "day": "/day?date=2024-05-01",
    "empty day": "/day?date=2001-01-01",
    "sources": "/sources",
    "source": "/source?name=harbour",
    "changes": "/changes",
    "article": f"/article?url={BRIDGE}",
    "older version": f"/article?url={BRIDGE}&at=20240502",
    "right to left": f"/article?url={PERSIAN}",
    "hostile": f"/article?url={HOSTILE}",
    "captures": f"/article?url={MISSING}",
    "provenance": f"/article/provenance?url={BRIDGE}&explain=1",
    "provenance right to left": f"/article/provenance?url={PERSIAN}",
    "versions": f"/article/versions?url={BRIDGE}",
    "versions right to left": f"/article/versions?url={PERSIAN}",
    "diff": f"/diff?url={BRIDGE}&a=1&b=3",
    "error": "/article?url=https%3A%2F%2Fnowhere.example%2F",
}
OF_OTHER_COLOURS = ("front", "results", "day", "source", "older version", "provenance", "diff", "error")
GRAVE = ("serious", "critical")


class Reader:
    """An `Explain` that read this page once."""

    def __call__(self, payload: bytes, *, url: str, headers: object) -> Explanation:
        removed = [
            Removed(rule="share", layer="tree", chars=12, text="Share this", why="class or id says 'share'"),
            Removed(rule="end", layer="line", chars=900, text="اشتراک بگذارید", why="most readers end before it"),
        ]
        return Explanation(removed=removed, kept_chars=431, reader="branch", agreement=0.96)

    def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def browser(browser_path: str) -> Iterator[Browser]:
    with ExitStack() as stack:
        chromium = stack.enter_context(sync_playwright()).chromium
        # --no-sandbox: in containers Chromium's own sandbox cannot be had.
        yield stack.enter_context(chromium.launch(executable_path=browser_path, args=["--no-sandbox"]))


@pytest.fixture(scope="module")
def address(news: Any, serving_app: Callable[[ASGIApp], Any]) -> Iterator[str]:
    with serving_app(create_app(news, Settings(), explain=Reader())) as address:
        yield address


def violations(results: Any) -> list[str]:
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:160]}"
        for one in results.response["violations"]
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_grave_and_pages_fit_a_small_phone(browser: Browser, address: str, scheme: Any) -> None:
    found: dict[str, list[str]] = {}
    with browser.new_context(
        base_url=address, color_scheme=scheme, viewport={"width": 320, "height": 640}, reduced_motion="reduce"
    ) as context:
        page = context.new_page()
        for name in OF_OTHER_COLOURS if scheme == "dark" else PAGES:
            page.goto(PAGES[name])
            # Structure is the same in the dark; colours are not.
            options = {"runOnly": ["color-contrast", "link-in-text-block"]} if scheme == "dark" else {}
            grave = violations(Axe().run(page, options=options))
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                grave.append("wider than the screen")
            if grave:
                found[name] = grave
    assert found == {}


def test_axe_would_find_what_is_wrong(browser: Browser, address: str) -> None:
    with browser.new_context(base_url=address) as context:
        page = context.new_page()
        page.goto("/sources")
        page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=/static/icon.svg>')")
        assert any(one.startswith("image-alt (critical)") for one in violations(Axe().run(page)))
