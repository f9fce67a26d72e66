"""Whether this machine can render pages: the extra `render` is installed, and there is a Chromium. Imports neither.

Where it cannot, the sources that ask for it are left out of a crawl, and the others go on.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from crawler.errors import RenderUnavailable
from crawler.source import Source
from crawler.source_match import source_for

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLAYWRIGHTS_OWN = ""
"""The path that stands for the browser which `playwright install chromium` brings."""


def find_browser(
    browser: str,
    *,
    which: Callable[[str], str | None] = shutil.which,
    environ: Mapping[str, str] = os.environ,
    has_extra: Callable[[], bool] = lambda: find_spec("scrapy_playwright") is not None,
) -> str:
    """The path of the browser to use; `browser` is the setting, empty where none is named. Raises RenderUnavailable."""
    if not has_extra():
        raise RenderUnavailable(
            'render = true needs scrapy-playwright, which is not installed (pip install "newsmorgue[render]")'
        )
    if browser:
        found = which(browser)
        if found is None:
            raise RenderUnavailable(
                f"render = true needs a browser, and {browser} is none that can be run"
                ' (check "browser" in morgue.toml, or MORGUE_BROWSER)'
            )
        return found
    for name in NAMES:
        if (found := which(name)) is not None:
            return found
    if _has_playwrights_own(environ):
        return PLAYWRIGHTS_OWN
    raise RenderUnavailable(
        "render = true needs a browser, and there is no Chromium "
        "(apt install chromium, or playwright install chromium, or name one: browser in morgue.toml)"
    )


def leave_out(
    sources: Sequence[Source],
    browser: str,
    *,
    wanted: frozenset[str] | None = None,
    urls: Iterable[str] | None = None,
    find: Callable[[str], str] = find_browser,
) -> dict[str, str]:
    """What keeps sources from being visited here, by name. Raises RenderUnavailable where nothing else was asked for.

    `wanted` are the names of the sources to visit, all where it is `None`; `urls` single pages instead.
    """
    rendered = [source.name for source in sources if source.crawl.render]
    if not rendered:
        return {}
    try:
        find(browser)
    except RenderUnavailable as error:
        if urls is not None:
            asked = {source.name for url in urls if (source := source_for(url, sources))}
        else:
            asked = {source.name for source in sources if wanted is None or source.name in wanted}
        missing = [name for name in rendered if name in asked]
        if missing and (urls is not None or len(missing) == len(asked)):
            raise RenderUnavailable(f"sources/{missing[0]}.toml: {error}") from None
        return dict.fromkeys(missing, str(error))
    return {}


def _has_playwrights_own(environ: Mapping[str, str]) -> bool:
    named = environ.get("PLAYWRIGHT_BROWSERS_PATH")
    home = Path(environ.get("HOME", "/nonexistent"))
    folders = [Path(named)] if named else [home / ".cache/ms-playwright", home / "Library/Caches/ms-playwright"]
    return any(any(folder.glob("chromium*-*/INSTALLATION_COMPLETE")) for folder in folders)
