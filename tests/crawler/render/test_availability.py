import pytest

from crawler.errors import RenderUnavailable
from crawler.render.availability import find_browser, leave_out
from crawler.source import CrawlRules, Source


def which(*there: str):
    return lambda name: f"/bin/{name}" if name in there else None


def find(browser: str = "", *there: str, environ: dict[str, str] | None = None, has_extra: bool = True) -> str:
    return find_browser(browser, which=which(*there), environ=environ or {}, has_extra=lambda: has_extra)


def source(name: str, *, render: bool) -> Source:
    return Source(name=name, site=f"https://{name}.example/", crawl=CrawlRules(render=render))


def missing(_: str) -> str:
    raise RenderUnavailable("no Chromium")


PLAIN, APP = source("plain", render=False), source("app", render=True)


def test_the_browser_that_is_named_is_taken() -> None:
    assert find("my-chrome", "my-chrome", "chromium") == "/bin/my-chrome"
    with pytest.raises(RenderUnavailable, match=r"my-chrome is none that can be run \(check .*morgue.toml"):
        find("my-chrome", "chromium")


def test_else_the_first_on_the_path() -> None:
    assert find("", "google-chrome", "chromium-browser") == "/bin/chromium-browser"


def test_else_playwrights_own(tmp_path) -> None:
    (tmp_path / "chromium-1200").mkdir()
    with pytest.raises(RenderUnavailable):
        find(environ={"PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)})
    (tmp_path / "chromium-1200/INSTALLATION_COMPLETE").touch()
    assert find(environ={"PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}) == ""


def test_what_is_missing_is_said_with_the_way_out() -> None:
    with pytest.raises(RenderUnavailable, match=r"no Chromium \(apt install chromium, .* browser in morgue.toml\)"):
        find()
    with pytest.raises(RenderUnavailable, match=r'pip install "newsmorgue\[render\]"'):
        find("", "chromium", has_extra=False)


def test_sources_that_cannot_be_rendered_are_left_out() -> None:
    assert leave_out([PLAIN, APP], "", find=missing) == {"app": "no Chromium"}
    assert leave_out([PLAIN, APP], "", wanted=frozenset({"plain"}), find=missing) == {}
    assert leave_out([PLAIN, APP], "", find=lambda _: "/bin/chromium") == {}
    assert leave_out([PLAIN], "", find=missing) == {}


def test_nothing_else_to_do_is_an_error() -> None:
    for asked in ({}, {"wanted": frozenset({"app"})}, {"urls": ["https://app.example/story"]}):
        sources = [APP] if not asked else [PLAIN, APP]
        with pytest.raises(RenderUnavailable, match=r"sources/app.toml: no Chromium"):
            leave_out(sources, "", find=missing, **asked)
    assert leave_out([PLAIN, APP], "", urls=["https://plain.example/story"], find=missing) == {}
