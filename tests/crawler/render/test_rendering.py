"""Pages built by script, from the source file to the version, in a real Chromium."""

import json
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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
    assert STORY in news.run("show", url).out
    assert news.run("show", url, "--as", "html").out == SHELL.decode()
    assert news.run("show", url, "--as", "dom").out == dom.block.decode()
    assert all(asked.headers["user-agent"].startswith("newsmorgue/") for asked in paper.asked)

    # The shell stays as it is, byte for byte, while the story is edited.
    paper.answers["/story.json"] = story(STORY.replace("three", "five"))
    summary = news.crawl("--again")
    assert (summary["articles"], summary["versions"], summary["failed"]) == (0, 1, 0)
    assert kept(news, url, "revisit")
    assert [version["number"] for version in news.run("history", url, "--json").rows] == [1, 2]
    assert "[-three-]{+five+} weeks" in news.run("diff", url).out
    before = news.run("history", url, "--json").out
    assert news.run("verify").status == 0
    assert news.run("reindex").status == 0
    assert news.run("history", url, "--json").out == before
    assert news.run("verify").status == 0
    assert news.run("extract", "--json").rows[-1]["read"] == 0


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
    assert news.crawl()["failed"] == 0
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
def test_a_page_that_does_not_come_about_fails_alone(
    new_collection: Callable[..., Any], new_paper: Callable[..., Any], make_feed: Any, tmp_path: Path
) -> None:
    """One page crashes its tab, the other is fine; then the browser itself is killed, and is there again for the next."""
    news, paper = new_collection(extract="true", retries="0"), new_paper()
    url = publish(paper, make_feed)
    crash = paper.url("/crash")
    paper.answers["/crash"] = ok(body=b"<p>Boom.</p><script>location.href = '/stay'; for (;;) ;</script>")
    paper.answers["/feed.xml"] = make_feed([crash, url])
    news.follow("app", paper.url(), seeds=[("feed", "/feed.xml")], render=True, wait_for="article p", concurrency=1)
    # A Chromium that dies with its first page.
    browser = tmp_path / "chromium"
    browser.write_text(
        "#!/bin/sh\n"
        f'if [ ! -e {tmp_path}/died ]; then touch {tmp_path}/died; timeout -s KILL 6 {_chromium()} "$@"; exit; fi\n'
        f'exec {_chromium()} "$@"\n'
    )
    browser.chmod(0o755)
    news.change(browser=f'"{browser}"')
    ended = news.run("crawl", "--json")
    assert (tmp_path / "died").exists()
    assert ended.status == 4, ended.err
    assert ended.summary["failed"] == 1
    assert ended.summary["articles"] == 1
    assert f"morgue: {crash}: " in ended.err
    assert kept(news, crash, "response")


def _chromium() -> str:
    import shutil

    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome") or ""
