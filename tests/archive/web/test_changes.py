"""The page of changes: what it says of an edit, and how a reader gets from one to the next."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from httpx import Client
from starlette.types import ASGIApp

from archive.config import Settings
from archive.model import Image
from archive.web.app import create_app

BRIDGE = "https://www.example.org/news/bridge"


def diff(client: Client, **given: str) -> str:
    answer = client.get("/diff", params={"url": BRIDGE, **given})
    assert answer.status_code == 200
    return answer.text


def test_a_correction_notice_stands_above_the_changes(client: Client) -> None:
    page = diff(client, a="1", b="2")
    notice, _, rest = page.partition('<div class="comparison"')
    assert "Correction notice" in notice
    assert "Correction: an earlier version of this story gave 3 weeks." in notice
    assert "row insert changed notice-correction" in rest


def test_steps_lead_through_all_changes(client: Client) -> None:
    first, last = diff(client, a="1", b="2"), diff(client, a="2", b="3")
    assert 'rel="prev"' not in first
    assert re.search(r'rel="next" href="[^"]*a=2&amp;b=3', first)
    assert re.search(r'rel="prev" href="[^"]*a=1&amp;b=2', last)
    assert 'rel="next"' not in last
    inline = diff(client, a="1", b="2", view="inline")
    assert re.search(r'rel="next" href="[^"]*view=inline', inline)


def test_silence_is_said(client: Client) -> None:
    assert "Silent: the page did not say so" in diff(client, a="2", b="3")
    assert "Silent" not in diff(client, a="1", b="2")


def test_versions_can_be_left_out_by_what_they_changed(client: Client) -> None:
    page = diff(client, min_change="1")
    assert "None of its 3 versions changed so much" in page
    assert len(re.findall("<option value=.1.", diff(client, min_change="0.99", a="1", b="2"))) >= 2
    for wrong in ("2", "-1", "nan", "x" * 100):
        answer = client.get("/diff", params={"url": BRIDGE, "min_change": wrong})
        assert answer.status_code == 400
        assert "write a number from 0 to 1" in answer.text
        assert len(answer.text) < 20_000


@pytest.mark.parametrize("view", ["sides", "inline"])
def test_changes_are_not_told_by_colour_alone(client: Client, view: str) -> None:
    page = diff(client, a="1", b="2", view=view)
    assert "<del>3</del>" in page
    assert '<p class="unseen">Edited paragraph</p>' in page
    sheet = client.get("/static/diff.css").text
    for rule in ("line-through", "text-decoration: underline", '" [gone: "', '" [new: "'):
        assert rule in sheet


def test_pictures_that_were_swapped_stand_side_by_side(newspaper: Any, serve_app: Callable[[ASGIApp], Client]) -> None:
    url, pictures = "https://www.example.org/p", [f"https://img.example.org/{name}.png" for name in ("bridge", "ferry")]
    for minute, picture in enumerate(pictures):
        page = newspaper.capture(url, f"202405011030{minute:02}", picture.encode())
        image = Image(url=picture, caption="The port today.")
        newspaper.read(page, text="Nothing new.", headline="Port", source="harbour", images=(image,), is_new=not minute)
        newspaper.capture(picture, f"202405011031{minute:02}", b"png", headers=(("Content-Type", "image/png"),))
    client = serve_app(create_app(newspaper.folder, Settings()))
    (version,) = client.get("/api/history", params={"url": url}).json()["versions"]
    (change,) = version["amended"]
    for view in ("sides", "inline"):
        given = {"url": url, "a": change["before"], "b": change["after"], "view": view}
        page = client.get("/diff", params=given).text
        assert re.findall(r'<img src="[^"]*(https://[^"]+)"', page) == pictures
        assert "of 1" not in page  # the text has no significance here
    assert "one version only" in client.get("/diff", params={"url": url}).text
