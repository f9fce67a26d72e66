"""Hostile pages in a real browser: no script runs, and nobody outside is asked, by each of the two walls alone.

Every name but the loopback address leads to a server that counts whoever connects (`--host-resolver-rules`).
"""

import runpy
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from archive.config import init_collection
from archive.web.replay.origins import Origins
from archive.web.replay.policy import Wall
from archive.writer import ArchiveWriter

_ATTACKS = runpy.run_path(str(Path(__file__).with_name("attacks.py")))
OUT: str = _ATTACKS["OUT"]
PAGES: dict[str, str] = _ATTACKS["PAGES"]
ENCODED: dict[str, tuple[str, bytes]] = _ATTACKS["ENCODED"]
FILES: dict[str, tuple[str, str]] = _ATTACKS["FILES"]

pytestmark = pytest.mark.browser

TIME = "20240501100000"
EVIL = "https://evil.example"
FRONT = f"{EVIL}/front"


class Outside:
    """Stands for every host of the web, and notes the first bytes of each connection."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.heard: list[bytes] = []
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._hear, args=(peer,), daemon=True).start()

    def _hear(self, peer: socket.socket) -> None:
        said = b""
        with peer:
            peer.settimeout(1)
            try:
                while len(said) < 8000 and b"\r\n\r\n" not in said:
                    said += peer.recv(8000) or b"\r\n\r\n"
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            except OSError:
                pass
        self.heard.append(said[:200])

    def close(self) -> None:
        self._listener.close()


@pytest.fixture(scope="module")
def outside() -> Iterator[Outside]:
    server = Outside()
    yield server
    server.close()


@pytest.fixture(scope="module")
def browser(browser_path: str, outside: Outside) -> Iterator[Browser]:
    own_errands = ", ".join(f"MAP {name} ~NOTFOUND" for name in ("*.google.com", "*.googleapis.com", "*.gvt1.com"))
    rules = f"{own_errands}, MAP * 127.0.0.1:{outside.port}, EXCLUDE 127.0.0.1, EXCLUDE localhost"
    args = ["--no-sandbox", f"--host-resolver-rules={rules}", "--ignore-certificate-errors"]
    with ExitStack() as stack:
        chromium = stack.enter_context(sync_playwright()).chromium
        yield stack.enter_context(chromium.launch(executable_path=browser_path, args=args))


class Watched:
    """A page of the browser, and what it did that it should not."""

    def __init__(self, context: BrowserContext, own: tuple[str, ...], outside: Outside) -> None:
        self.page: Page = context.new_page()
        self._outside = outside
        self._before = len(outside.heard)
        self.ran: list[str] = []
        self.asked: list[str] = []
        context.on("request", lambda one: one.url.startswith((*own, "data:", "about:")) or self.asked.append(one.url))
        self.page.on("console", lambda message: "RAN" in message.text[:4] and self.ran.append(message.text))
        context.on("page", lambda page: page is self.page or self.asked.append(f"opened {page.url}"))

    @property
    def heard(self) -> list[bytes]:
        """What came to the outside meanwhile."""
        return self._outside.heard[self._before :]


@pytest.fixture
def watch(browser: Browser, outside: Outside) -> Iterator[Callable[..., Watched]]:
    with ExitStack() as stack:

        def watch(*own: str) -> Watched:
            return Watched(stack.enter_context(browser.new_context()), own, outside)

        yield watch


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, newspaper_type: type) -> Path:
    folder: Path = tmp_path_factory.mktemp("hostile") / "news"
    with ArchiveWriter.open(folder, init_collection(folder)) as writer:
        paper = newspaper_type(writer)
        for name, (kind, payload) in all_pages().items():
            paper.capture(f"{EVIL}/{name}", TIME, payload, headers=(("Content-Type", kind),) if kind else ())
        for path, (kind, text) in FILES.items():
            headers = (("Content-Type", kind),)
            paper.capture(EVIL + path, TIME, text.replace("OUT", OUT).encode(), headers=headers, kind="requisite")
        paper.capture(FRONT, TIME, frames().encode())
    return folder


def frames() -> str:
    return "<h1>Front</h1>" + "".join(f"<iframe src=/{name}></iframe>" for name in all_pages())


def all_pages() -> dict[str, tuple[str, bytes]]:
    pages = {name: ("text/html; charset=utf-8", text.replace("OUT", OUT).encode()) for name, text in PAGES.items()}
    return pages | ENCODED


def raw_pages(_app: ASGIApp, origins: Origins) -> ASGIApp:
    """Every page as captured, behind the wall."""
    pages = all_pages() | {path[1:]: (kind, text.replace("OUT", OUT).encode()) for path, (kind, text) in FILES.items()}

    async def answer(request: Request) -> Response:
        name = request.url.path.rpartition("/")[2]
        kind, payload = pages.get(name, ("text/html", frames().encode()))
        return Response(payload, headers={"content-type": kind} if kind else {})

    return Wall(Starlette(routes=[Route("/{path:path}", answer)]), origins)


def without_policy(app: ASGIApp, _origins: Origins) -> ASGIApp:
    """Every page rewritten, and nothing that keeps the browser from anything."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                names = (b"content-security-policy", b"x-content-type-options", b"permissions-policy")
                message["headers"] = [one for one in message["headers"] if one[0] not in names]
            await send(message)

        await app(scope, receive, send_on)

    return answer


def without_anything(app: ASGIApp, origins: Origins) -> ASGIApp:
    return without_policy(raw_pages(app, origins), origins)


def settle(page: Page) -> None:
    """Let everything that was going to happen happen."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(800)


def test_hostile_pages_do_nothing(hostile: Path, serve_pair, watch) -> None:
    pair = serve_pair(hostile)
    watched = watch(pair.main_url, pair.replay_url)
    watched.page.goto(f"{pair.main_url}/replay/{TIME}/{FRONT}", wait_until="commit")
    settle(watched.page)
    assert len(watched.page.frames) > len(all_pages())
    assert (watched.ran, watched.asked, watched.heard) == ([], [], [])


@pytest.mark.parametrize("wrap", [raw_pages, without_policy])
def test_each_wall_holds_alone(hostile: Path, serve_pair, watch, wrap) -> None:
    pair = serve_pair(hostile, wrap=wrap)
    watched = watch(pair.main_url, pair.replay_url)
    watched.page.goto(f"{pair.replay_url}/{TIME}fr_/{FRONT}", wait_until="commit")
    settle(watched.page)
    assert len(watched.page.frames) > len(all_pages())
    assert watched.ran == []
    # No policy keeps a browser from opening a connection (preconnect) that it then says nothing on; rewriting does.
    assert [said for said in watched.heard if said or wrap is without_policy] == []


def test_attacks_are_some(hostile: Path, serve_pair, watch) -> None:
    """Without the walls scripts do run and the outside is asked: so that the tests above can fail."""
    pair = serve_pair(hostile, wrap=without_anything)
    watched = watch(pair.main_url, pair.replay_url)
    watched.page.goto(f"{pair.replay_url}/{TIME}fr_/{FRONT}", wait_until="commit")
    watched.page.wait_for_timeout(2500)
    assert len(watched.ran) > 10
    assert watched.heard


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory, newspaper_type: type) -> Path:
    """A harmless site, and a page that tries to pass for the archive."""
    folder: Path = tmp_path_factory.mktemp("paper") / "news"
    page = (("Content-Type", "text/html; charset=utf-8"),)
    with ArchiveWriter.open(folder, init_collection(folder)) as writer:
        paper = newspaper_type(writer)
        paper.capture(
            f"{EVIL}/story",
            TIME,
            b"<link rel=stylesheet href=/s.css><h1>Story</h1><img id=a src=/a.svg><a href=/next>next</a> <a href=/gone>gone</a>"
            b"<form action=http://outside.example/form target=_top><input name=a value=b><button>send</button></form>"
            b"<div style='position:fixed;top:-200px;left:0;width:100vw;height:900px;background:red;z-index:99999'></div>",
            headers=page,
        )
        paper.capture(f"{EVIL}/next", "20240503000000", b"<h1>Next</h1>", headers=page)
        svg = b"<svg xmlns='http://www.w3.org/2000/svg' width='30' height='20'/>"
        paper.capture(f"{EVIL}/a.svg", TIME, svg, headers=(("Content-Type", "image/svg+xml"),), kind="requisite")
        style = b"h1{color:rgb(1,2,3)} div{pointer-events:none}"
        paper.capture(f"{EVIL}/s.css", TIME, style, headers=(("Content-Type", "text/css"),), kind="requisite")
    return folder


@pytest.mark.parametrize("size", [{"width": 1200, "height": 800}, {"width": 360, "height": 700}], ids=["desk", "phone"])
def test_reader_sees_the_page_and_follows_its_links(paper: Path, serve_pair, watch, size) -> None:
    pair = serve_pair(paper)
    watched = watch(pair.main_url, pair.replay_url)
    page = watched.page
    page.set_viewport_size(size)
    page.goto(f"{pair.main_url}/replay/{TIME}/{EVIL}/story")
    inside = page.frame_locator("iframe")
    assert inside.locator("h1").evaluate("heading => getComputedStyle(heading).color") == "rgb(1, 2, 3)"
    assert inside.locator("#a").evaluate("image => image.naturalWidth") == 30
    # What the page draws ends where the banner begins.
    banner, frame = page.locator(".banner").bounding_box(), page.locator("iframe").bounding_box()
    assert banner is not None
    assert frame is not None
    assert frame["y"] >= banner["y"] + banner["height"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    inside.get_by_role("button", name="send").click()
    page.wait_for_timeout(300)
    assert page.url.endswith("/story")
    inside.get_by_role("link", name="next").click()
    page.wait_for_url(f"**/replay/20240503000000/{EVIL}/next")
    assert "3 May 2024" in page.locator(".banner").inner_text()
    page.go_back()
    inside.get_by_role("link", name="gone").click()
    page.wait_for_url("**/gone")
    assert "nothing is archived" in page.locator("main").inner_text()
    assert (watched.ran, watched.asked, watched.heard) == ([], [], [])


def test_page_is_reached_by_keyboard(paper: Path, serve_pair, watch) -> None:
    pair = serve_pair(paper)
    page = watch(pair.main_url, pair.replay_url).page
    page.goto(f"{pair.main_url}/replay/{TIME}/{EVIL}/story")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.wait_for_function("location.hash")  # a Tab that comes sooner starts from where the last one ended
    page.keyboard.press("Tab")
    page.wait_for_function("document.activeElement.tagName == 'IFRAME'")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{EVIL}/next")


def test_frame_is_accessible(paper: Path, serve_pair, watch) -> None:
    pair = serve_pair(paper)
    page = watch(pair.main_url, pair.replay_url).page
    page.goto(f"{pair.main_url}/replay/{TIME}/{EVIL}/story")
    found = Axe().run(page, options={"iframes": False}).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
