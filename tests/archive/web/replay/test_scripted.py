"""Replay with scripts: refused where it is not safe, and, where NEWSMORGUE_REPLAYWEB names the player, seen in Chromium."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from archive.config import Settings
from archive.errors import ArchiveError
from archive.web.replay.scripted import check_script_replay

AT = "20240501103000"
SITE = "https://n.example"


@pytest.fixture
def player(tmp_path: Path) -> Path:
    """A folder that has the file, if not its content."""
    (tmp_path / "sw.js").write_text("// worker")
    return tmp_path


@pytest.mark.parametrize(
    "settings",
    [
        Settings(),
        Settings(public_url="https://m.example/"),
        Settings(public_url="https://m.example/", public_replay_url="https://m.example:8443/"),
        Settings(public_replay_url="http://127.0.0.1:8081/"),
    ],
)
def test_scripts_need_another_host_name(player: Path, settings: Settings) -> None:
    with pytest.raises(ArchiveError, match="another host name"):
        check_script_replay(player, settings, "127.0.0.1")


def test_scripts_need_the_player(tmp_path: Path) -> None:
    settings = Settings(public_url="https://m.example/", public_replay_url="https://r.example/")
    with pytest.raises(ArchiveError, match=r"holds no sw\.js"):
        check_script_replay(tmp_path, settings, "127.0.0.1")


def test_nothing_of_it_is_served_unless_asked_for(pair) -> None:
    for path in (
        "/replayweb/player.js",
        "/replayweb/replay/sw.js",
        f"/replayweb/view/{AT}/{SITE}/",
        f"/replayweb/raw/{AT}id_/{SITE}/",
    ):
        assert pair.replay.get(path).status_code == 404
    assert pair.main.get(f"/replay/with-scripts/{AT}/https://www.example.org/news/bridge").status_code == 404


def test_payloads_are_for_the_player_alone(serve_pair, newspaper, player: Path) -> None:
    newspaper.capture(f"{SITE}/x.js", AT, b"alert(1)", headers=(("Content-Type", "text/javascript"),))
    pair = serve_pair(newspaper.folder, replayweb=player)
    path = f"/replayweb/raw/{AT}id_/{SITE}/x.js"
    answer = pair.replay.get(path)
    assert (answer.content, answer.headers["content-type"]) == (b"alert(1)", "text/javascript")
    assert "sandbox" in answer.headers["content-security-policy"]
    for dest in ("document", "iframe", "script", "worker", "serviceworker"):
        assert pair.replay.get(path, headers={"Sec-Fetch-Dest": dest}).status_code == 403
    assert pair.replay.get(f"/{AT}/{SITE}/x.js", headers={"Sec-Fetch-Dest": "script"}).status_code == 403


def test_player_by_itself_leads_to_the_frame(serve_pair, newspaper, player: Path) -> None:
    pair = serve_pair(newspaper.folder, replayweb=player)
    path = f"/replayweb/view/{AT}/{SITE}/"
    assert "data-page" in pair.replay.get(path, headers={"Sec-Fetch-Dest": "iframe"}).text
    answer = pair.replay.get(path, headers={"Sec-Fetch-Dest": "document"})
    assert answer.headers["location"].startswith("http://news.localhost:")
    assert answer.headers["location"].endswith(f"/replay/with-scripts/{AT}/{SITE}/")


@pytest.fixture(scope="module")
def browser(browser_path: str) -> Iterator[Browser]:
    with ExitStack() as stack:
        chromium = stack.enter_context(sync_playwright()).chromium
        args = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE *.localhost"]
        yield stack.enter_context(chromium.launch(executable_path=browser_path, args=args))


@pytest.mark.browser
def test_captured_script_runs_in_the_player(serve_pair, newspaper, browser: Browser) -> None:
    folder = os.environ.get("NEWSMORGUE_REPLAYWEB")
    if not folder:
        pytest.skip("NEWSMORGUE_REPLAYWEB names no folder with ReplayWeb.page's sw.js")
    html, script = (("Content-Type", "text/html"),), (("Content-Type", "text/javascript"),)
    newspaper.capture(f"{SITE}/", AT, b"<h1>before</h1><script src=/x.js></script>", headers=html)
    code = b"document.querySelector('h1').textContent = 'written by a script, ' + location.hostname"
    newspaper.capture(f"{SITE}/x.js", AT, code, headers=script, kind="requisite")
    pair = serve_pair(newspaper.folder, replayweb=Path(folder))
    ports = pair.main.base_url.port, pair.replay.base_url.port
    own = (
        f"http://news.localhost:{ports[0]}/",
        f"http://replay.news.localhost:{ports[1]}/",
        "data:",
        "blob:",
        "about:",
    )
    with browser.new_context() as context:
        page = context.new_page()
        complaints: list[str] = []
        context.on("request", lambda one: one.url.startswith(own) or complaints.append(one.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(f"{own[0]}replay/with-scripts/{AT}/{SITE}/")
        shown = page.frame_locator("iframe").frame_locator("iframe")
        shown.get_by_role("heading", name="written by a script, n.example").wait_for(timeout=15_000)
        assert complaints == []
