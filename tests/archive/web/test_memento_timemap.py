"""TimeMaps: every capture of a URL, in pages, in three forms."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx import Client
from starlette.applications import Starlette

from archive.web.links import Site
from archive.web.memento import MementoServer
from archive.web.pool import CollectionPool

BRIDGE = "https://www.example.org/news/bridge"
PAGED = "https://www.example.org/paged?a=1"


def own(client: Client) -> str:
    return str(client.base_url).rstrip("/")


def parse(text: str) -> list[dict[str, str]]:
    """The links of a TimeMap."""
    lines = text.splitlines()
    assert [line.endswith(",") for line in lines] == [True] * (len(lines) - 1) + [False]
    found = []
    for line in lines:
        match = re.fullmatch(r'<([^>]+)>((?:; [a-z]+="[^"]*")+),?', line)
        assert match, line
        found.append({"target": match[1], **dict(re.findall(r'([a-z]+)="([^"]*)"', match[2]))})
    return found


def mementos(found: list[dict[str, str]]) -> list[str]:
    return [one["target"] for one in found if "memento" in one["rel"].split()]


@pytest.fixture
def serve_pages(serve_app: Callable[..., Client]) -> Callable[[Path, int], Client]:
    """A client for the TimeMaps of a collection, with pages of that size."""

    def serve(folder: Path, size: int) -> Client:
        server = MementoServer(CollectionPool(folder), Site("news"), size)
        return serve_app(Starlette(routes=server.routes()))

    return serve


def test_link_format_lists_every_capture(client: Client) -> None:
    answer = client.get(f"/web/timemap/link/{BRIDGE}")
    assert answer.headers["content-type"].startswith("application/link-format")
    found = parse(answer.text)
    assert [one["rel"] for one in found] == [
        "original",
        "self",
        "timegate",
        "first memento",
        "memento",
        "memento",
        "memento",
        "last memento",
    ]
    assert found[1] == {
        "target": f"{own(client)}/web/timemap/link/{BRIDGE}",
        "rel": "self",
        "type": "application/link-format",
        "from": "Wed, 01 May 2024 10:30:00 GMT",
        "until": "Sun, 05 May 2024 10:30:00 GMT",
    }
    assert found[3]["datetime"] == "Wed, 01 May 2024 10:30:00 GMT"
    for one in found[3:]:
        memento = client.get(one["target"])
        assert memento.status_code == 200
        assert memento.headers["memento-datetime"] == one["datetime"]


def test_json_lists_the_same(client: Client) -> None:
    answer = client.get(f"/web/timemap/json/{BRIDGE}")
    assert answer.headers["content-type"] == "application/json"
    found = answer.json()
    linked = parse(client.get(f"/web/timemap/link/{BRIDGE}").text)
    assert [one["uri"] for one in found["mementos"]["list"]] == mementos(linked)
    assert found["mementos"]["first"] == {"datetime": "2024-05-01T10:30:00Z", "uri": mementos(linked)[0]}
    assert found["mementos"]["last"] == found["mementos"]["list"][-1]
    assert found["original_uri"] == BRIDGE
    assert found["self"] == f"{own(client)}/web/timemap/json/{BRIDGE}"
    assert found["timegate_uri"] == f"{own(client)}/web/{BRIDGE}"
    assert found["timemap_uri"] == {
        f"{form}_format": f"{own(client)}/web/timemap/{form}/{BRIDGE}" for form in ("link", "json", "cdxj")
    }
    assert "pages" not in found


def test_cdxj_lists_the_same(client: Client) -> None:
    answer = client.get(f"/web/timemap/cdxj/{BRIDGE}")
    assert answer.headers["content-type"] == "application/cdxj+ors"
    lines = [line for line in answer.text.splitlines() if not line.startswith("!")]
    found = [(stamp, json.loads(rest)) for stamp, _, rest in (line.partition(" ") for line in lines)]
    linked = parse(client.get(f"/web/timemap/link/{BRIDGE}").text)
    assert [one["uri"] for _, one in found] == mementos(linked)
    assert [stamp for stamp, _ in found] == [f"2024050{day}103000" for day in range(1, 6)]
    assert found[0][1]["rel"] == "first memento"
    assert [line.partition(" ")[0] for line in answer.text.splitlines()[:3]] == ["!context", "!id", "!keys"]


def add(newspaper: Any, numbers: range) -> None:
    for number in numbers:
        newspaper.capture(PAGED, f"202405{1 + number // 24:02}{number % 24:02}0000", b"<p>%d" % number)


def walk(client: Client, between: Callable[[], None] = lambda: None) -> Iterator[list[dict[str, str]]]:
    """The pages that `timemap` links lead to, one after the other."""
    address: str | None = f"/web/timemap/link/{PAGED}"
    own_start = ""
    while address:
        found = parse(client.get(address).text)
        yield found
        between()
        here = next(one for one in found if one["rel"] == "self")
        later = [one for one in found if one["rel"] == "timemap" and "from" in one and one["target"] > own_start]
        address = min((one["target"] for one in later if one["target"] != here["target"]), default=None)
        own_start = address or ""


def test_pages_together_hold_each_memento_once(newspaper: Any, serve_pages: Callable[[Path, int], Client]) -> None:
    add(newspaper, range(40))
    client = serve_pages(newspaper.folder, 7)
    pages = list(walk(client))
    assert [len(mementos(page)) for page in pages] == [7, 7, 7, 7, 7, 5]
    everything = [target for page in pages for target in mementos(page)]
    assert everything == sorted(set(everything))
    assert len(everything) == 40
    relations = [one["rel"] for page in pages for one in page if "memento" in one["rel"]]
    assert relations == ["first memento", *["memento"] * 38, "last memento"]
    # The first page names all others, with the span of each.
    others = [one for one in pages[0] if one["rel"] == "timemap"]
    own_links = [next(one for one in page if one["rel"] == "self") for page in pages[1:]]
    assert [{**one, "rel": "self"} for one in others] == own_links
    assert pages[1][3]["target"] == f"{own(client)}/web/timemap/link/{PAGED}"


def test_pages_in_json(newspaper: Any, serve_pages: Callable[[Path, int], Client]) -> None:
    add(newspaper, range(20))
    client = serve_pages(newspaper.folder, 8)
    address: str | None = f"/web/timemap/json/{PAGED}"
    seen, starts = [], []
    while address:
        found = client.get(address).json()
        seen += [one["datetime"] for one in found["mementos"]["list"]]
        if "list" in found.get("pages", {}):
            starts = [one["uri"] for one in found["pages"]["list"]]
        assert ("last" in found["mementos"]) == ("next" not in found.get("pages", {}))
        address = found.get("pages", {}).get("next", {}).get("uri")
        if address:
            assert address == starts.pop(0)
    assert len(seen) == len(set(seen)) == 20


def test_what_is_added_meanwhile_neither_repeats_nor_hides(
    newspaper: Any, serve_pages: Callable[[Path, int], Client]
) -> None:
    add(newspaper, range(30))
    client = serve_pages(newspaper.folder, 7)
    new = iter(range(30, 60, 2))

    def crawl() -> None:
        number = next(new)
        add(newspaper, range(number, number + 2))

    everything = [target for page in walk(client, crawl) for target in mementos(page)]
    assert everything == sorted(set(everything))
    assert len(everything) >= 30


def test_a_second_is_never_parted_and_a_spelling_told_once(
    newspaper: Any, serve_pages: Callable[[Path, int], Client]
) -> None:
    for number in range(12):  # http and https have one key
        url = PAGED if number % 2 else PAGED.replace("https", "http")
        newspaper.capture(url, "20240501120000", b"<p>%d" % number)
    newspaper.capture(PAGED, "20240501120001", b"<p>later")
    client = serve_pages(newspaper.folder, 5)
    first, second = walk(client)
    assert [one.partition("/web/")[2] for one in mementos(first)] == [
        "20240501120000id_/http://www.example.org/paged?a=1",
        "20240501120000id_/https://www.example.org/paged?a=1",
    ]
    assert [one.partition("/web/")[2] for one in mementos(second)] == [f"20240501120001id_/{PAGED}"]
    assert second[1]["until"] == "Wed, 01 May 2024 12:00:01 GMT"


def test_pages_of_a_long_address_hold_less(
    newspaper: Any, serve_pages: Callable[[Path, int], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.web.memento_timemap.PAGE_CHARACTERS", 5 * len(PAGED))
    add(newspaper, range(12))
    client = serve_pages(newspaper.folder, 100)
    assert [len(mementos(page)) for page in walk(client)] == [5, 5, 2]
