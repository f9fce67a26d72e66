"""The page of changes: what it says of an edit, and how a reader gets from one to the next."""

import re

import pytest
from httpx import Client

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
