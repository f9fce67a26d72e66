"""Real pages, the whole way: found, crawled, kept byte for byte, read, crawled again, edited, and indexed anew."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from archive.collection import Collection
from archive.errors import NoCapture

PAGES = 60
pytestmark = pytest.mark.shared


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def served(shared, port, *flags):
    command = [sys.executable, str(shared / "tools/serve_pages.py"), "--port", str(port), "--limit", str(PAGES), *flags]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout.readline().startswith(f"{PAGES} pages")
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(10)
        server.stdout.close()


def morgue(*words):
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    done = subprocess.run(
        [sys.executable, "-m", "crawler.cli", *words],
        capture_output=True,
        text=True,
        timeout=100,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def leave_requisites_out(file):
    text = file.read_text()
    assert "requisites = true" in text
    file.write_text(text.replace("requisites = true", "requisites = false"))


def answers(folder, urls):
    """What lookup, history and search say, as a user gets it."""
    with Collection.open(folder) as collection:
        said = [list(collection.lookup(url)) for url in urls]
        for url in urls:
            try:
                said.append(collection.history(url))
            except NoCapture as error:
                said.append(str(error))
        said += [collection.search(word, limit=50) for word in ("president", "minister", "2025", "correction")]
    return said


def test_real_pages_the_whole_way(shared, tmp_path):
    folder, port = tmp_path / "news", free_port()
    at = ("--collection", str(folder))
    sent = {}
    with served(shared, port) as site:
        morgue("init", str(folder), "--contact", "you@example.org", "--allow-network", "127.0.0.0/8")
        morgue("source", "add", site, "--name", "real", *at)
        leave_requisites_out(folder / "sources" / "real.toml")  # the copies name thousands that are not here
        first = json.loads(morgue("crawl", "--json", *at))
        for file in sorted((shared / "data/articles").glob("*/pages/*.html.gz")):
            name = f"{site}{file.parent.parent.name}/{file.name.removesuffix('.gz')}"
            sent[name] = file.read_bytes()
        again = json.loads(morgue("crawl", "--again", "--json", *at))
    assert first["captures"] == first["exchanges"] == PAGES + 3  # robots.txt, feed and sitemap
    assert first["articles"] == first["versions"] >= PAGES - 2
    assert first["failed"] == again["failed"] == again["versions"] == again["captures"] == 0
    assert again["revisits"] == PAGES + 2  # robots.txt holds for a day

    with Collection.open(folder) as collection:
        urls = sorted({one.url for one in collection.lookup(site, match="host") if one.url in sent})
        assert len(urls) == PAGES
        for url in urls:
            original, revisit = collection.lookup(url)
            assert original.revisit is None
            assert revisit.revisit == "not-modified"
            assert collection.memento(original).payload == sent[url]
            assert collection.memento(revisit).payload == sent[url]

    with served(shared, port, "--edit"):
        edited = json.loads(morgue("crawl", "--again", "--json", *at))
    with Collection.open(folder) as collection:
        changed = {url for url in urls if _payloads(collection, url) == 2}
        with_versions = {url for url in urls if _versions(collection, url) > 1}
    assert len(changed) == PAGES // 10
    assert with_versions <= changed
    assert edited["versions"] == len(with_versions) >= len(changed) - 1

    before = answers(folder, urls)
    for path in folder.glob("catalog.sqlite*"):
        path.unlink()
    shutil.rmtree(folder / "search")
    morgue("reindex", *at)
    assert answers(folder, urls) == before
    morgue("verify", *at)


def _payloads(collection, url):
    return len({one.digest for one in collection.lookup(url)})


def _versions(collection, url):
    try:
        return len(collection.history(url))
    except NoCapture:
        return 0
