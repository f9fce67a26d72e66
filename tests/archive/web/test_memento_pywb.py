"""pywb over the very files of a collection: every capture's index line, every payload and every nearest answer as ours.

Three differences are meant. pywb does not see 304s, which our indexes leave out for it (it would answer with an empty page).
It takes what is nearest in time whatever its status, where ours prefers a complete page. And it sends captured header names
on that are none, which clients refuse.
"""

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from archive.collection import Collection
from archive.config import Settings
from archive.formats.timestamp import from_timestamp, to_timestamp
from archive.model import Capture
from archive.web.app import create_app

FIELDS = ("urlkey", "timestamp", "url", "mime", "status", "digest", "length", "offset", "filename")
AS_SENT = {"accept-encoding": "gzip, deflate, br, zstd"}
"""Without it pywb undoes the payload's coding."""
BAD_HEADERS = "https://evil.example/"
PATIENCE_SECONDS = 60


@contextmanager
def running_pywb(programs: Path, place: Path, folders: dict[str, Path]) -> Iterator[httpx.Client]:
    """pywb, with a collection for each folder of ours, by name."""
    place.mkdir()
    config = {
        "collections": {
            name: {"archive_paths": f"{folder}/archive/", "index_paths": f"{folder}/indexes/"}
            for name, folder in folders.items()
        }
    }
    (place / "config.yaml").write_text(json.dumps(config))  # JSON is YAML
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with (place / "log").open("wb") as log:
        command = [str(programs / "wayback"), "--bind", "127.0.0.1", "--port", str(port), "--directory", str(place)]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
            until = time.monotonic() + PATIENCE_SECONDS
            while True:
                try:
                    client.get("/")
                    break
                except httpx.ConnectError:
                    if process.poll() is not None or time.monotonic() > until:
                        raise AssertionError((place / "log").read_text()[-2000:]) from None
                    time.sleep(0.1)
            yield client
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two crawls of the demo's newsroom left, between which it edited itself."""
    folder = tmp_path_factory.mktemp("demo") / "news"
    command = [sys.executable, "-m", "crawler.cli", "demo", "--folder", str(folder)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return folder


class Both:
    """One collection, served by pywb and by us."""

    def __init__(self, folder: Path, pywb: httpx.Client, ours: httpx.Client) -> None:
        self._pywb, self._ours = pywb, ours
        with Collection.open(folder) as collection:
            self.captures = list(collection.catalog.captures())

    def index(self, **query: Any) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        """The index lines that each gives, brought to one form."""
        found = []
        for client, path in ((self._pywb, "/news/cdx"), (self._ours, "/cdx")):
            text = client.get(path, params={**query, "output": "json"}).text
            lines = [json.loads(line) for line in text.splitlines()]
            found.append([{key: line[key] for key in FIELDS if key in line} for line in lines if "urlkey" in line])
        return found[0], found[1]

    def memento(self, timestamp: str, url: str) -> tuple[httpx.Response, httpx.Response]:
        """What each answers for that time, redirects of its own followed (captured ones are not)."""
        found = []
        for client, path in ((self._pywb, "/news"), (self._ours, "/web")):
            answer = client.get(f"{path}/{timestamp}id_/{url}", headers=AS_SENT)
            for _ in range(3):
                if answer.status_code != 302 or "memento-datetime" in answer.headers:
                    break
                answer = client.get(answer.headers["location"], headers=AS_SENT)
            found.append(answer)
        return found[0], found[1]


@pytest.fixture(
    scope="module",
    params=["news", "chronicle", pytest.param("crawled", marks=pytest.mark.slow)],
)
def both(
    request: pytest.FixtureRequest,
    pywb_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
    serve_shared: Callable[[Any], httpx.Client],
) -> Iterator[Both]:
    original: Path = request.getfixturevalue(request.param)
    # A copy of what other programs are to read; the rest of the collection they do without.
    folder = tmp_path_factory.mktemp("pywb") / "files"
    for name in ("archive", "indexes"):
        shutil.copytree(original / name, folder / name)
    ours = serve_shared(create_app(original, Settings()))
    with running_pywb(pywb_folder, folder / "pywb", {"news": folder}) as pywb:
        yield Both(original, pywb, ours)


def domains(captures: list[Capture]) -> set[str]:
    return {one.url.split("/")[2] for one in captures}


def test_every_capture_has_the_same_line(both: Both) -> None:
    seen = 0
    for host in sorted(domains(both.captures)):
        theirs, ours = both.index(url=f"http://{host}/", matchType="prefix")
        assert theirs == ours
        seen += len(ours)
    assert seen == len([one for one in both.captures if one.revisit != "not-modified"]) > 8


def test_every_payload_is_the_same(both: Both) -> None:
    kinds = set()
    for capture in both.captures:
        if capture.revisit == "not-modified" or capture.url.startswith(BAD_HEADERS):
            continue
        theirs, ours = both.memento(capture.timestamp, capture.url)
        assert theirs.status_code == ours.status_code == (capture.status or 200), capture
        assert theirs.content == ours.content, capture
        for name in ("memento-datetime", "content-type", "content-encoding"):
            assert theirs.headers.get(name) == ours.headers.get(name), (name, capture)
        kinds.add((capture.status or 200, capture.revisit))
    assert {(200, None), (200, "identical"), (301, None)} <= kinds


def test_a_304_is_ours_alone_and_says_what_it_stands_for(both: Both) -> None:
    for capture in (one for one in both.captures if one.revisit == "not-modified"):
        theirs, ours = both.memento(capture.timestamp, capture.url)
        assert ours.headers["memento-datetime"] != theirs.headers["memento-datetime"]
        assert ours.status_code == 200
        assert ours.content


def test_the_nearest_capture_is_the_same(both: Both) -> None:
    random = Random(5)
    times = sorted({one.timestamp for one in both.captures})
    not_modified = {(one.url, one.timestamp) for one in both.captures if one.revisit == "not-modified"}
    meant = 0
    for url in sorted({one.url for one in both.captures if not one.url.startswith(BAD_HEADERS)}):
        for _ in range(4):
            moment = from_timestamp(random.choice(times))
            moment += timedelta(seconds=random.choice([-(10**7), -86_399, -2, -1, 0, 1, 3, 40_000, 10**7]))
            stamp = to_timestamp(moment)
            lines = both.index(url=url, closest=stamp, limit=1)
            assert lines[0] == lines[1], (url, stamp)
            theirs, ours = both.memento(stamp, url)
            if theirs.headers.get("memento-datetime") == ours.headers.get("memento-datetime"):
                assert theirs.content == ours.content, (url, stamp)
                continue
            asked = ours.url.path.partition("id_/")[0][-14:]
            assert (url, asked) in not_modified or theirs.status_code >= 300 > ours.status_code, (url, stamp)
            meant += 1
    assert meant < len(both.captures)
