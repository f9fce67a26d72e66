"""The CDX server beside pywb's own, each over the same collection folder, answer by answer.

Where the two differ on purpose is in docs/cdx.md; `test_differences` holds the list to what is true.
"""

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

STORY = "https://www.example.org/story"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="session")
def pywb(
    chronicle: Path, chronicle_client: httpx.Client, pywb_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """pywb's server over the same folder (`/news`), and over nothing but our addresses (`/remote`)."""
    folder = tmp_path_factory.mktemp("pywb")
    address = str(chronicle_client.base_url).rstrip("/")
    (folder / "config.yaml").write_text(
        f"collections:\n"
        f"  news:\n    index_paths: {chronicle}/indexes\n    archive_paths: {chronicle}/archive/\n"
        f"  remote:\n    index_paths: cdxj+{address}/cdx\n    archive_paths: {address}/warc/\n"
    )
    port = free_port()
    server = subprocess.Popen(
        [pywb_folder / "warcserver", "-p", str(port), "-b", "127.0.0.1"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
            wait_for(client, server)
            yield client
    finally:
        server.terminate()
        server.wait(10)


def wait_for(client: httpx.Client, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        assert server.poll() is None, "pywb's server ended"
        try:
            client.get("/")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("pywb's server does not answer")


def answers(ours: httpx.Client, pywb: httpx.Client, query: dict[str, Any]) -> tuple[list[str], list[str]]:
    """What the two answer, without the names of its files that pywb adds, and the fuzzy matches of its rules."""
    theirs = pywb.get("/news/index", params={**query, "nosource": "true", "allowFuzzy": "false"})
    assert theirs.status_code == 200, theirs.text
    own = ours.get("/cdx", params=query)
    # Nothing found is no JSON: 404 instead.
    assert own.status_code == 200 or (own.status_code == 404 and query.get("output") == "json"), own.text
    return own.text.splitlines() if own.status_code == 200 else [], theirs.text.splitlines()


URLS = [
    STORY,
    "http://WWW.example.org:80/story/",
    "example.org",
    "https://www.example.org/a.png",
    "https://www.example.org/2023/",
    "nowhere.example",
]
CHOICES: dict[str, st.SearchStrategy[Any]] = {
    "matchType": st.sampled_from(["exact", "prefix", "host", "domain"]),
    "from": st.sampled_from(["2024", "20240502", "202405031200", "20250101"]),
    "to": st.sampled_from(["2024", "202405", "20240503", "20240502120000", "2023"]),
    "sort": st.just("reverse"),
    "limit": st.sampled_from([1, 2, 3, 100]),
    "output": st.sampled_from(["cdxj", "json"]),
    "fl": st.sampled_from(["urlkey", "timestamp,url", "mime,status,digest", "filename,offset,length", "nosuch,url"]),
    "fields": st.just("url,timestamp"),
    "filter": st.lists(
        st.sampled_from(
            [
                "=status:200",
                "!=status:200",
                "status:0",
                "!mime:revisit",
                "~status:[35]..",
                "!~url:.*story",
                "=mimetype:text/html",
                "~timestamp:2024050[1-3]",
                "original:example",
                "nosuch:x",
                "!nosuch:x",
                "filename:warc",
            ]
        ),
        min_size=1,
        max_size=3,
    ),
    "resolveRevisits": st.sampled_from(["true", "false"]),
    "collapseTime": st.sampled_from([6, 8]),
}


@given(
    url=st.sampled_from(URLS),
    query=st.lists(st.sampled_from(sorted(CHOICES)), max_size=5, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: CHOICES[name] for name in names})
    ),
)
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_answers_are_those_of_pywb(
    chronicle_client: httpx.Client, pywb: httpx.Client, url: str, query: dict[str, Any]
) -> None:
    own, theirs = answers(chronicle_client, pywb, {"url": url, **query})
    assert own == theirs


@pytest.mark.parametrize("url", ["*.example.org", "example.org/*", "https://www.example.org/st*", "*.org"])
def test_wildcards_are_those_of_pywb(chronicle_client: httpx.Client, pywb: httpx.Client, url: str) -> None:
    own, theirs = answers(chronicle_client, pywb, {"url": url})
    assert own == theirs


@pytest.mark.parametrize("moment", ["20240503120000", "20240504000000", "20240101000000", "20300101000000"])
@pytest.mark.parametrize("limit", [1, 3, 100])
def test_closest_are_those_of_pywb(chronicle_client: httpx.Client, pywb: httpx.Client, moment: str, limit: int) -> None:
    own, theirs = answers(chronicle_client, pywb, {"url": STORY, "closest": moment, "limit": limit})
    assert own == theirs
    assert own


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_closest_of_many_urls_are_those_of_pywb(chronicle_client: httpx.Client, pywb: httpx.Client, limit: int) -> None:
    query = {"url": "*.example.org", "closest": "20240503000000", "limit": limit, "filter": "!status:503"}
    own, theirs = answers(chronicle_client, pywb, query)
    assert own == theirs
    assert own


def test_pywb_finds_and_loads_records_through_our_addresses(chronicle_client: httpx.Client, pywb: httpx.Client) -> None:
    """pywb with no files of its own: its index is our `/cdx`, its archive our `/warc`."""
    index = pywb.get("/remote/index", params={"url": STORY, "closest": "20240503110000", "nosource": "true"})
    assert next(line.split()[1] for line in index.text.splitlines()) == "20240503120000"
    for closest, payload in (("20240503110000", b"<p>B"), ("20240502120000", b"<p>A")):
        answer = pywb.get("/remote/resource", params={"url": STORY, "closest": closest})
        assert answer.status_code == 200, answer.text
        assert answer.headers["warcserver-source-coll"] == "remote"
        assert payload in answer.content


@pytest.mark.parametrize(
    ("query", "own", "theirs"),
    [
        # What pywb answers with an empty 200 or a 500, or passes over.
        ({"url": "nowhere.example", "output": "json"}, 404, 200),
        ({"url": STORY, "page": 1}, 400, 200),
        ({"url": STORY, "filter": "~url:("}, 400, 500),
        ({"url": STORY, "filter": "status"}, 400, 200),
        ({"url": STORY, "limit": "x"}, 400, 500),
        ({"url": STORY, "limit": -1}, 400, 200),
        ({"url": STORY, "from": "noon"}, 400, 200),
        ({"url": STORY, "sort": "upwards"}, 400, 200),
        ({"url": "example.org", "matchType": "host", "closest": "20240503110000"}, 400, 200),
        ({"url": STORY, "showPagedIndex": "true"}, 400, 200),
        # What both refuse.
        ({}, 400, 400),
        ({"url": STORY, "output": "xml"}, 400, 400),
        ({"url": STORY, "matchType": "near"}, 400, 400),
    ],
)
def test_differences_in_status(
    chronicle_client: httpx.Client, pywb: httpx.Client, query: dict[str, Any], own: int, theirs: int
) -> None:
    statuses = chronicle_client.get("/cdx", params=query).status_code, pywb.get("/news/index", params=query).status_code
    assert statuses == (own, theirs)


def test_differences_in_form(chronicle_client: httpx.Client, pywb: httpx.Client) -> None:
    own, theirs = answers(chronicle_client, pywb, {"url": STORY, "output": "text", "limit": 1})
    block = json.loads(theirs[0].split(" ", 2)[2])  # its text is the line of its index, whatever that is
    assert own[0].split(" ")[2:6] == [block[name] for name in ("url", "mime", "status", "digest")]
    assert own[0].split(" ")[6:] == ["-", "-", *(block[name] for name in ("length", "offset", "filename"))]
    own, theirs = answers(chronicle_client, pywb, {"url": STORY, "output": "link", "limit": 1})
    assert own[0].replace(f"{chronicle_client.base_url}/web/20240501120000id_/", "") == theirs[0]
    # A time without its hours is its beginning to us, its end to pywb.
    own, theirs = answers(chronicle_client, pywb, {"url": STORY, "closest": "20240502", "limit": 1})
    assert (own[0].split(" ")[1], theirs[0].split(" ")[1]) == ("20240501120000", "20240502120000")


def test_differences_in_revisits(chronicle_client: httpx.Client, pywb: httpx.Client) -> None:
    """A picture that was seen first at another address: pywb looks for originals among the lines of its answer."""
    query = {"url": "https://www.example.org/b.png", "resolveRevisits": "true", "fl": "mime,orig.filename"}
    own, theirs = answers(chronicle_client, pywb, query)
    assert '"mime": "image/png"' in own[0]
    assert '"mime": "warc/revisit", "orig.filename": "-"' in theirs[0]
