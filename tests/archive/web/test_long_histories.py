"""An article that is written all day: what pages show of it comes at once, and all the rest can be come to."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from httpx import Client
from starlette.types import ASGIApp

from archive import assessor
from archive.collection import Collection
from archive.config import Settings, init_collection
from archive.formats.timestamp import to_timestamp
from archive.model import Image
from archive.web.app import create_app
from archive.writer import ArchiveWriter

LIVE = "https://www.example.org/live"
COUNT = 130


def moment(minute: int) -> str:
    return to_timestamp(datetime(2024, 5, 1, tzinfo=UTC) + timedelta(minutes=minute))


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, newspaper_type: type) -> Path:
    """130 versions; the picture of the 3rd is swapped, then its caption corrected, while the text stays."""
    folder = tmp_path_factory.mktemp("live") / "news"
    with ArchiveWriter.open(folder, init_collection(folder)) as writer:
        paper = newspaper_type(writer)
        with writer.group():
            for number in range(1, COUNT + 1):
                takes = [("bridge.jpg", "The bridge."), ("ferry.jpg", "The bridge."), ("ferry.jpg", "The ferry.")]
                for take, (file, caption) in enumerate(takes if number == 3 else takes[:1]):
                    page = paper.capture(LIVE, moment(10 * number + take), f"<p>{number} {take}".encode())
                    paper.read(
                        page,
                        text=f"The bridge is closed.\nFerry {number} has left the pier, the port says.",
                        headline="Live: the bridge",
                        source="harbour",
                        language="en",
                        is_new=take == 0,
                        images=(Image(url=f"https://www.example.org/img/{file}", caption=caption),),
                    )
    return folder


@pytest.fixture(scope="module")
def reader(live: Path, serve_shared: Callable[[ASGIApp], Client]) -> Iterator[Client]:
    return serve_shared(create_app(live, Settings()))


def page(reader: Client, path: str, **given: object) -> str:
    answer = reader.get(path, params={"url": LIVE, **given})
    assert answer.status_code == 200, answer.text
    return answer.text


def numbers(html: str) -> list[int]:
    return [int(one) for one in re.findall(r">(\d+) · ", html.partition('<ol class="timeline"')[2])]


def test_an_article_lists_its_newest_versions(reader: Client) -> None:
    html = page(reader, "/article")
    assert numbers(html) == list(range(COUNT, COUNT - 15, -1))
    assert "All 130 versions" in html


def test_an_old_version_is_listed_with_those_beside_it(reader: Client) -> None:
    html = page(reader, "/article", at=moment(30))
    assert numbers(html)[-3:] == [4, 3, 2]
    assert "111 between these" in html
    assert html.count('class="current"') == html.count('class="span edited current"') == 1
    assert 'aria-current="true"' in html


def test_texts_that_no_reader_sees_are_not_read(reader: Client, live: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[object] = []
    real = Collection.read_article
    monkeypatch.setattr(Collection, "read_article", lambda self, entry: read.append(entry) or real(self, entry))
    for path, given, most in (
        ("/article", {}, 20),
        ("/article/provenance", {}, 6),
        ("/diff", {}, 10),
        ("/article/versions", {"from": 60}, 60),
        ("/api/article", {}, 6),
        ("/api/diff", {}, 10),
        ("/api/history", {"limit": 5}, 6),
        ("/changes", {}, 30),
    ):
        assessor.forget()
        read.clear()
        answer = reader.get(path, params={"url": LIVE, **given})
        assert answer.status_code == 200
        assert len(read) <= most, path


def test_pages_of_versions_have_each_once(reader: Client) -> None:
    seen: list[int] = []
    html = page(reader, "/article/versions")
    assert 'rel="prev"' not in html
    for _ in range(9):
        seen += numbers(html)
        older = re.search(r'rel="next" href="([^"]+)"', html)
        if older is None:
            break
        html = reader.get(older[1].replace("&amp;", "&")).text
    assert seen == list(range(COUNT, 0, -1))
    newer = re.search(r'rel="prev" href="[^"]*from=(\d+)', html)
    assert newer
    assert int(newer[1]) == 80


@pytest.mark.parametrize("wrong", ["0", "-1", "x", "1e3", "9" * 12, "１"])
def test_a_number_that_is_none_is_said(reader: Client, wrong: str) -> None:
    answer = reader.get("/article/versions", params={"url": LIVE, "from": wrong})
    assert answer.status_code == 400
    assert "is no number of a version" in answer.text


def test_a_number_beyond_the_newest_is_the_newest(reader: Client) -> None:
    assert page(reader, "/article/versions", **{"from": 9999}) == page(reader, "/article/versions", **{"from": COUNT})


def test_versions_come_in_pages_of_json(reader: Client) -> None:
    seen: list[int] = []
    cursor = None
    for _ in range(9):
        answer = reader.get("/api/history", params={"url": LIVE, "limit": 50, **({"cursor": cursor} if cursor else {})})
        found = answer.json()
        assert found["count"] == COUNT
        seen = [one["number"] for one in found["versions"]] + seen
        cursor = found["cursor"]
        if cursor is None:
            break
    assert seen == list(range(1, COUNT + 1))
    whole = reader.get("/api/history", params={"url": LIVE}).json()
    assert [one["number"] for one in whole["versions"]] == seen
    assert whole["cursor"] is None


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 5, "min_change": 0.1}, "either limit= or min_change="),
        ({"cursor": "WyIyMDI0MDUwMTAwMDAwMCJd"}, "goes with limit="),
        ({"limit": 5, "cursor": "x"}, "cursor"),
    ],
)
def test_questions_that_make_no_sense(reader: Client, given: dict[str, object], told: str) -> None:
    answer = reader.get("/api/history", params={"url": LIVE, **given})
    assert answer.status_code == 400
    assert told in answer.text


def test_a_swapped_picture_is_told_without_a_version(reader: Client) -> None:
    third = reader.get("/api/history", params={"url": LIVE}).json()["versions"][2]
    assert third["amended"] == [
        {"before": moment(30), "after": moment(31)},
        {"before": moment(31), "after": moment(32)},
    ]
    swapped, corrected = (
        reader.get("/api/diff", params={"url": LIVE, "a": one["before"], "b": one["after"]}).json()
        for one in third["amended"]
    )
    assert (swapped["old"]["number"], swapped["new"]["number"], swapped["changed"]) == (3, 3, True)
    assert [one["new"][-9:] for one in swapped["diff"]["images"] if one["op"] == "replace"] == ["ferry.jpg"]
    assert [[span["text"] for span in one["caption"]] for one in corrected["diff"]["images"]] == [
        ["The ", "bridge", "ferry", "."]
    ]


def test_a_swapped_picture_is_found_on_the_pages(reader: Client) -> None:
    for html in (page(reader, "/article", at=moment(30)), page(reader, "/article/versions", **{"from": 20})):
        links = re.findall(r'href="(/diff[^"]+)">Other names, pictures or captions', html)
        assert len(links) == 2
        told = [reader.get(one.replace("&amp;", "&")).text for one in links]
        assert ["<del>(bridge.jpg)</del>" in one and "<ins>(ferry.jpg)</ins>" in one for one in told].count(True) == 1
        for one in told:
            assert "its authors, place, pictures, captions or credits did not" in one
            assert '<h2 class="cell" dir="ltr">Version 3' in one


def test_an_article_at_a_time_has_the_caption_of_that_time(reader: Client) -> None:
    (early,) = reader.get("/api/article", params={"url": LIVE, "at": moment(29)}).json()["article"]["images"]
    assert early["caption"] == "The bridge."  # of the third version, which was seen first a minute later
    for minute, file, caption in (
        (30, "bridge", "bridge"),
        (31, "ferry", "bridge"),
        (32, "ferry", "ferry"),
        (35, "ferry", "ferry"),
    ):
        html = page(reader, "/article", at=moment(minute))
        assert f"The {caption}." in html.partition("<aside>")[0]
        (image,) = reader.get("/api/article", params={"url": LIVE, "at": moment(minute)}).json()["article"]["images"]
        assert (image["url"][-10:], image["caption"]) == (f"{file}.jpg"[-10:].rjust(10, "/"), f"The {caption}.")
        provenance = re.search(r'href="(/article/provenance[^"]+)"', html)
        assert provenance
        assert moment(min(minute, 32)) in provenance[1]


def test_histories_of_thousands_are_bounded(reader: Client) -> None:
    """No page grows with the history."""
    for path in ("/article", "/article/versions", "/diff"):
        began = time.process_time()
        assert len(page(reader, path)) < 60_000
        assert time.process_time() - began < 2
