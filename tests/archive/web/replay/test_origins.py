"""Two origins: each serves its own routes only, under the names it was given, and both end together."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from archive.config import Settings, init_collection
from archive.errors import SettingInvalid
from archive.formats.toml import decode_toml
from archive.reindex import Indexer

BRIDGE = "https://www.example.org/news/bridge"


def run_serve(folder: Path, *flags: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "crawler.cli", "--collection", str(folder), "serve", *flags]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    init_collection(tmp_path / "news")
    Indexer.open(tmp_path / "news").close()
    return tmp_path / "news"


def test_each_origin_serves_its_own_routes_only(pair) -> None:
    path = f"/20240501103000/{BRIDGE}"
    assert pair.replay.get(path).status_code == 200
    assert pair.main.get(path).status_code == 404
    for own in ("/article?url=x", "/cdx?url=x", "/web/" + BRIDGE, "/api/search?q=x", "/metrics", "/static/style.css"):
        assert pair.replay.get(own).status_code == 404, own
    assert pair.replay.get("/").headers["location"] == pair.main_url + "/"


def test_both_check_the_host(pair) -> None:
    for client in (pair.main, pair.replay):
        assert client.get("/", headers={"Host": "rebound.example"}).status_code == 421
        assert client.post("/").status_code == 405


def test_allowed_host_holds_for_both(serve_pair, news: Path) -> None:
    pair = serve_pair(news, allow_hosts=("box.example",))
    port = {client: client.base_url.port for client in (pair.main, pair.replay)}
    frame = pair.main.get(f"/replay/20240501103000/{BRIDGE}", headers={"Host": f"box.example:{port[pair.main]}"})
    assert f'src="http://box.example:{port[pair.replay]}/20240501103000/' in frame.text
    assert f"frame-src http://box.example:{port[pair.replay]}" in frame.headers["content-security-policy"]
    page = pair.replay.get(f"/20240501103000/{BRIDGE}", headers={"Host": "box.example"})
    assert f"'self' http://box.example:{port[pair.main]};" in page.headers["content-security-policy"]


def test_public_addresses_are_used_behind_a_proxy(serve_pair, news: Path) -> None:
    public = {"public_url": "https://archive.example/papers/", "public_replay_url": "https://replay.example/"}
    pair = serve_pair(news, Settings(**public))
    frame = pair.main.get(f"/replay/20240501103000/{BRIDGE}", headers={"Host": "archive.example"})
    assert 'src="https://replay.example/20240501103000/' in frame.text
    assert 'href="/papers/static/replay.css' in frame.text
    page = pair.replay.get(f"/20240501103000/{BRIDGE}", headers={"Host": "replay.example"})
    assert "'self' https://archive.example;" in page.headers["content-security-policy"]


def test_replay_is_not_offered_where_its_address_cannot_be_known(serve_pair, news: Path) -> None:
    pair = serve_pair(news, Settings(public_url="https://archive.example/"))
    answer = pair.main.get(f"/replay/20240501103000/{BRIDGE}", headers={"Host": "archive.example"})
    assert answer.status_code == 404


@pytest.mark.parametrize("wrong", ["replay", "https://r.example/papers", "https://archive.example/"])
def test_replay_needs_an_origin_of_its_own(wrong: str) -> None:
    text = f'public_url = "https://archive.example/"\npublic_replay_url = "{wrong}"\n'
    with pytest.raises(SettingInvalid, match="public_replay_url"):
        decode_toml(text.encode(), Settings, "morgue.toml")


def test_both_ports_open_and_close_together(empty: Path) -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    server = run_serve(empty, "--port", str(port))
    try:
        assert server.stderr
        assert f":{port}/" in server.stderr.readline()
        assert httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).status_code == 200
        assert httpx.get(f"http://127.0.0.1:{port + 1}/robots.txt", trust_env=False).status_code == 200
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) in (0, -signal.SIGTERM)
    for closed in (port, port + 1):
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://127.0.0.1:{closed}/", trust_env=False)


def test_taken_replay_port_is_said_in_one_line(empty: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        server = run_serve(empty, "--port", "0", "--replay-port", str(port))
        _, said = server.communicate(timeout=60)
    assert server.returncode == 1
    assert said.count("\n") == 1
    assert f"127.0.0.1:{port}" in said
    assert "--replay-port" in said
