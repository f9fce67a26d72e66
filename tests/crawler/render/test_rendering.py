"""Pages built by script, from the source file to the version, in a real Chromium."""

import ast
import contextlib
import json
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archive.collection import Collection
from crawler.demo.cases import ok

STORY = "The harbour bridge will close for three weeks in June, the port said on Wednesday."
SCRIPT = b"""
fetch('/story.json').then(answer => answer.json()).then(story => {
  document.getElementById('root').innerHTML =
    '<article><h1>' + story.headline + '</h1>' + story.text.map(one => '<p>' + one + '</p>').join('') + '</article>';
});
"""
SHELL = b"<!DOCTYPE html><html lang=en><title>App</title><div id=root>Please wait.</div><script src=/app.js></script>"


def story(text: str = STORY) -> bytes:
    paragraphs = [f"{text} It was paragraph {number} of the port's long report." for number in range(6)]
    body = json.dumps({"headline": "Bridge to close", "text": paragraphs})
    return ok(body=body.encode(), kind=b"application/json")


def publish(paper: Any, make_feed: Callable[..., bytes], *, shell: bytes = SHELL, script: bytes = SCRIPT) -> str:
    """An app with one story; its URL."""
    paper.answers |= {
        "/app": ok(b"Cache-Control: no-store", body=shell),
        "/app.js": ok(body=script, kind=b"text/javascript"),
        "/story.json": story(),
        "/feed.xml": make_feed([paper.url("/app")]),
    }
    return paper.url("/app")


def kept(news: Any, url: str, *kinds: str) -> list[Any]:
    return [one for one in news.records() if one.get("WARC-Target-URI") == url and one.kind in kinds]


@pytest.mark.browser
def test_a_page_built_by_script_is_captured_and_read(
    new_collection: Callable[..., Any], new_paper: Callable[..., Any], tls_context: ssl.SSLContext, make_feed: Any
) -> None:
    news, paper = new_collection(extract="true"), new_paper(tls=tls_context)
    url = publish(paper, make_feed)
    news.follow("app", paper.url(), seeds=[("feed", "/feed.xml")], render=True, wait_for="article p")
    summary = news.crawl()
    assert (summary["articles"], summary["versions"], summary["failed"]) == (1, 1, 0)
    # Every exchange is in the archive as it was on the wire, the browser's included.
    for path in ("/app", "/app.js", "/story.json", "/robots.txt"):
        [response], [request] = (kept(news, paper.url(path), kind) for kind in ("response", "request"))
        assert [response.block] == paper.sent[path]
        assert [request.block] == [asked.raw for asked in paper.asked if asked.path == path]
        assert response.get("WARC-Cipher-Suite")
    [dom] = kept(news, f"urn:morgue:dom:{url}", "resource")
    [page] = kept(news, url, "response")
    assert dom.get("WARC-Concurrent-To") == page.get("WARC-Record-ID")
    assert STORY.encode() in dom.block
    assert news.run("show", url, "--as", "dom").out == dom.block.decode()
    assert all(asked.headers["user-agent"].startswith("newsmorgue/") for asked in paper.asked)

    # The shell stays as it is, byte for byte, while the story is edited.
    paper.answers["/story.json"] = story(STORY.replace("three", "five"))
    summary = news.crawl("--again")
    assert (summary["articles"], summary["versions"], summary["failed"]) == (0, 1, 0)
    assert kept(news, url, "revisit")
    with Collection.open(news.folder) as collection:
        first, second = collection.history(url)
        assert STORY in collection.version_article(first).text
        assert "for five weeks" in collection.version_article(second).text
        assert collection.memento(url).payload == SHELL
        assert collection.catalog.counts().unread == 0


@pytest.mark.browser
def test_pictures_that_a_script_has_put_there_are_fetched_in_their_turn(
    new_collection: Callable[..., Any], paper: Any, make_feed: Any
) -> None:
    news = new_collection()
    script = SCRIPT.replace(b"'<article>", b"'<article><img src=/bridge.png><svg><image href=/map.png></svg>")
    url = publish(paper, make_feed, script=script)
    paper.answers |= {f"/{name}.png": ok(body=name.encode(), kind=b"image/png") for name in ("bridge", "map")}
    news.follow("app", paper.url(), seeds=[("feed", "/feed.xml")], render=True, wait_for="article p", requisites=True)
    assert news.crawl()["failed"] == 0
    for path in ("/bridge.png", "/map.png"):
        assert paper.times(path) == 1
        assert kept(news, paper.url(path), "response")
    assert kept(news, f"urn:morgue:dom:{url}", "resource")


HOSTILE = b"""
const tell = what => fetch('/told?' + what).catch(() => {});
fetch('/beacon', {method: 'POST', body: 'x'}).then(answer => tell('post-' + answer.status), () => tell('post-failed'));
navigator.sendBeacon('/beacon', 'x');
fetch('http://127.0.0.2:OTHER/inside', {mode: 'no-cors'}).catch(() => {});
fetch('http://169.254.169.254/latest', {mode: 'no-cors'}).catch(() => {});
new WebSocket('ws://' + location.host + '/socket').onerror = () => tell('socket-failed');
const peer = new RTCPeerConnection({iceServers: [{urls: 'stun:127.0.0.1:OTHER'}]});
peer.createDataChannel('x');
peer.createOffer().then(offer => peer.setLocalDescription(offer));
if (navigator.serviceWorker) navigator.serviceWorker.register('/worker.js').catch(() => {});
navigator.geolocation.getCurrentPosition(() => tell('place-came'), () => tell('place-failed'));
window.open('/popup');
document.cookie = 'visited=1';
fetch('/private.json').then(answer => tell('private-' + answer.status));
alert('Hello'); confirm('Leave?');
document.body.innerHTML += '<img src=/picture.png><video src=/film.mp4 autoplay></video><a ping=/ping href=#x id=a>x</a>';
document.getElementById('a').click();
document.getElementById('root').textContent = 'arrived';
addEventListener('load', () => setTimeout(() => { location.href = '/elsewhere'; }, 50));
setTimeout(() => { for (let n = 0; n < 250; n++) fetch('/many/' + n).catch(() => {}); }, 400);
"""


@pytest.mark.browser
def test_a_hostile_page_gets_nowhere(
    new_collection: Callable[..., Any], new_paper: Callable[..., Any], make_feed: Any
) -> None:
    news, paper, inside = new_collection(networks=("127.0.0.1/32",)), new_paper(), new_paper("127.0.0.2")
    other = inside.addresses[0].partition(":")[2].encode()
    url = publish(paper, make_feed, script=HOSTILE.replace(b"OTHER", other))
    paper.answers["/robots.txt"] = ok(body=b"User-agent: *\nDisallow: /private", kind=b"text/plain")
    paper.answers["/told"] = ok(body=b"")
    news.follow("app", paper.url(), seeds=[("feed", "/feed.xml")], render=True)
    ended = news.run("--debug", "crawl", "--json")
    assert ended.summary["failed"] == 0
    # Chromium asked for nothing on its own account: what it did not name a page for is what it then was asked to.
    strangers = ended.err.rpartition("closed the browser strangers=")[2].partition("\n")[0]
    assert ast.literal_eval(strangers) == [url]
    [dom] = kept(news, f"urn:morgue:dom:{url}", "resource")
    assert b"arrived" in dom.block
    asked = [one.path for one in paper.asked]
    told = {path.partition("?")[2] for path in asked if path.startswith("/told")}
    assert told == {"post-403", "private-403", "socket-failed", "place-failed"}
    assert inside.asked == []
    assert {one.raw.split()[0] for one in paper.asked} == {b"GET"}
    for path in (
        "/beacon",
        "/socket",
        "/worker.js",
        "/private.json",
        "/picture.png",
        "/film.mp4",
        "/ping",
        "/elsewhere",
    ):
        assert path not in asked, path
    assert len(asked) < 210
    # What crossed the wire is in the archive, and nothing else went out.
    assert sorted(record.block for record in news.records() if record.kind == "request") == sorted(
        one.raw for one in paper.asked
    )


@pytest.mark.browser
def test_redirects_errors_and_other_types_are_taken_as_they_come(
    new_collection: Callable[..., Any], new_paper: Callable[..., Any], make_feed: Any
) -> None:
    news, paper = new_collection(), new_paper()
    paper.answers |= {
        "/old": ok(b"Location: /new", status=b"HTTP/1.1 301 Moved", body=b""),
        "/new": ok(body=b"<p>here</p><script>document.body.append('drawn')</script>"),
        "/data.json": ok(body=b"{}", kind=b"application/json"),
        "/feed.xml": make_feed([paper.url("/old"), paper.url("/gone"), paper.url("/data.json")]),
    }
    news.follow("app", paper.url(), seeds=[("feed", "/feed.xml")], render=True)
    assert news.crawl()["failed"] == 0
    doms = {record.get("WARC-Target-URI"): record.block for record in news.records() if record.kind == "resource"}
    assert doms.keys() == {f"urn:morgue:dom:{paper.url('/new')}"}
    assert b"drawn" in doms[f"urn:morgue:dom:{paper.url('/new')}"]


@pytest.mark.browser
@pytest.mark.parametrize("victim", ["chrom", pytest.param("node", marks=pytest.mark.slow)])
def test_a_browser_that_dies_is_started_again_and_a_page_fails_alone(
    new_collection: Callable[..., Any], new_paper: Callable[..., Any], make_feed: Any, victim: str
) -> None:
    news, paper = new_collection(extract="true", retries="0", max_response_size='"60KB"'), new_paper()
    url = publish(paper, make_feed)
    large, last = paper.url("/large"), paper.url("/last")
    paper.answers["/large"] = ok(body=b"<script>document.write('a'.repeat(100000))</script>")
    paper.answers["/last"] = ok(body=b"<script>document.write('dra' + 'wn')</script>")
    paper.answers["/feed.xml"] = make_feed([url, large, last])
    paper.delays["/story.json"] = 3
    news.follow("app", paper.url(), seeds=[("feed", "/feed.xml")], render=True, concurrency=1)
    crawling = news.start("crawl", "--json")
    while not paper.times("/story.json"):
        time.sleep(0.05)
        assert crawling.poll() is None
    os.kill(min(pid for pid, name in descendants(crawling.pid).items() if name.startswith(victim)), signal.SIGKILL)
    ended = news.end(crawling)
    assert ended.status == 4, ended.err
    assert f"morgue: {large}: its document exceeds max_response_size" in ended.err
    assert b"drawn" in kept(news, f"urn:morgue:dom:{last}", "resource")[0].block
    assert kept(news, large, "response")
    assert kept(news, url, "response")
    if victim == "chrom":
        # The very page gets another browser.
        assert (ended.summary["failed"], ended.summary["articles"]) == (1, 1)
        assert paper.times("/story.json") == 2
    else:
        assert ended.summary["failed"] == 2
        assert f"morgue: {url}: the browser is gone" in ended.err


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_crawl_is_stopped_while_a_page_is_rendered(
    new_collection: Callable[..., Any], new_paper: Callable[..., Any], make_feed: Any, how: signal.Signals
) -> None:
    news, paper = new_collection(), new_paper()
    publish(paper, make_feed)
    paper.delays["/story.json"] = 600
    news.follow("app", paper.url(), seeds=[("feed", "/feed.xml")], render=True, wait_for="article p")
    process = news.start("crawl", "--json")
    while not paper.times("/story.json"):
        time.sleep(0.05)
        assert process.poll() is None
    family = descendants(process.pid)
    assert any("chrom" in name for name in family.values())
    process.send_signal(how)
    news.end(process)
    assert how == signal.SIGKILL or news.open_files == []
    deadline = time.monotonic() + 10
    while left := [pid for pid, name in family.items() if "chrom" in name and Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


def descendants(pid: int) -> dict[int, str]:
    """The processes below one, by id, with their names."""
    found: dict[int, str] = {}
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, children.read_text().split()):
            with contextlib.suppress(OSError):
                found |= {child: Path(f"/proc/{child}/comm").read_text().strip(), **descendants(child)}
    return found


class TestWhereSomethingIsMissing:
    @pytest.fixture
    def nothing(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
        """No browser anywhere."""
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
        return tmp_path

    @pytest.fixture
    def news(self, new_collection: Callable[..., Any], paper: Any, make_feed: Any) -> Any:
        news = new_collection()
        paper.answers |= {"/plain.xml": make_feed([paper.url("/plain")]), "/plain": ok(body=b"<p>plain")}
        publish(paper, make_feed)
        news.follow("app", paper.url(), seeds=[("feed", "/feed.xml")], render=True)
        news.follow("plain", paper.url(), seeds=[("feed", "/plain.xml")])
        return news

    def test_other_sources_go_on(self, news: Any, paper: Any, nothing: Path) -> None:
        ended = news.run("crawl", "--json")
        assert ended.status == 4
        assert ended.complaint.startswith(
            "sources/app.toml: render = true needs a browser, and there is no Chromium (apt"
        )
        assert ended.summary["failed"] == 1
        assert paper.times("/plain") == 1
        assert paper.times("/app") == 0

    def test_alone_it_is_an_error(self, news: Any, paper: Any, nothing: Path) -> None:
        for words in (("crawl", "app"), ("save", paper.url("/app"))):
            ended = news.run(*words)
            assert ended.status == 1
            assert ended.complaint.startswith("sources/app.toml: render = true needs a browser")
        assert paper.asked == []

    def test_the_browser_that_is_named_has_to_be_there(self, news: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        news.change(browser='"/nowhere/chromium"')
        assert "/nowhere/chromium is none that can be run" in news.run("crawl", "app").complaint

    def test_the_extra_has_to_be_there(self, news: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['scrapy_playwright'] = None\n")
        monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
        assert 'not installed (pip install "newsmorgue[render]")' in news.run("crawl", "app").complaint


def test_who_renders_nothing_loads_nothing() -> None:
    code = "import crawler.crawl, crawler.spiders.news, crawler.wire, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "crawler.wire" in loaded
    for name in ("playwright", "scrapy_playwright", "crawler.render.browser", "crawler.render.renderer"):
        assert name not in loaded
