"""EDGI's wayback follows mementos of ours: redirects near and far, circles, neighbours, both modes of playback.

What it searches, and the simple ways of getting a memento, are in test_clients_cdx.py.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx import Client
from starlette.types import ASGIApp

from archive.config import Settings
from archive.web.app import create_app
from archive.web.replay.origins import Origins

wayback = pytest.importorskip("wayback")

HOST = "web.archive.org"
A, B, C = (f"https://www.example.org/{name}" for name in "abc")


@pytest.fixture
def machine(
    newspaper: Any, serve_app: Callable[[ASGIApp], Client], wayback_client: Callable[[str], Any]
) -> Iterator[Any]:
    """The client, at the archive that the test fills. Replay is served too: programs must not be sent there."""
    origins = Origins(public_replay_url="https://replay.example", main_port=1, replay_port=2)
    server = serve_app(create_app(newspaper.folder, Settings(), allow_hosts=[HOST], origins=origins))
    with wayback_client(str(server.base_url)) as client:
        yield client


def noon(day: int) -> datetime:
    return datetime(2024, 5, day, 12, tzinfo=UTC)


def stamp(day: int) -> str:
    return f"202405{day:02}120000"


def redirect(newspaper: Any, url: str, day: int, target: str) -> None:
    headers = (("Location", target), ("Content-Type", "text/html"))
    newspaper.capture(url, stamp(day), b"moved", status="302 Found", headers=headers)


def test_redirects_are_followed_one_after_the_other(newspaper: Any, machine: Any) -> None:
    redirect(newspaper, A, 1, "/b")
    redirect(newspaper, B, 1, C)
    newspaper.capture(C, "20240501150000", b"<p>there")
    memento = machine.get_memento(A, timestamp=noon(1))
    assert (memento.url, memento.text) == (C, "<p>there")
    assert [one.url for one in memento.history] == [A, B]
    assert memento.timestamp == datetime(2024, 5, 1, 15, tzinfo=UTC)


def test_the_target_of_a_redirect_is_taken_from_near_in_time_only(newspaper: Any, machine: Any) -> None:
    redirect(newspaper, A, 1, B)
    newspaper.capture(B, stamp(5), b"<p>later")
    with pytest.raises(wayback.exceptions.MementoPlaybackError):
        machine.get_memento(A, timestamp=noon(1))
    memento = machine.get_memento(A, timestamp=noon(1), target_window=timedelta(days=10))
    assert memento.text == "<p>later"


def test_a_target_that_was_never_captured_is_known_to_be_missing(newspaper: Any, machine: Any) -> None:
    redirect(newspaper, A, 1, B)
    with pytest.raises(wayback.exceptions.NoMementoError):
        machine.get_memento(A, timestamp=noon(1), exact_redirects=False)
    assert machine.get_memento(A, timestamp=noon(1), follow_redirects=False).status_code == 302


def test_circles_are_found(newspaper: Any, machine: Any) -> None:
    redirect(newspaper, A, 1, B)
    redirect(newspaper, B, 1, A)
    with pytest.raises(wayback.exceptions.MementoPlaybackError, match="circular"):
        machine.get_memento(A, timestamp=noon(1))


def test_http_that_leads_to_https_is_no_circle(newspaper: Any, machine: Any) -> None:
    plain = A.replace("https", "http")
    redirect(newspaper, plain, 1, A)
    newspaper.capture(A, "20240501120001", b"<p>secure")
    assert machine.get_memento(plain, timestamp=noon(1)).text == "<p>secure"
    assert machine.get_memento(plain, timestamp=noon(2), exact=False).text == "<p>secure"


def test_neighbours_lead_from_memento_to_memento(newspaper: Any, machine: Any) -> None:
    for day in range(1, 5):
        newspaper.capture(A, stamp(day), b"<p>%d" % day)
    memento = machine.get_memento(A, timestamp=noon(1))
    seen = [memento.text]
    while following := next((link for rel, link in memento.links.items() if rel.startswith("next")), None):
        memento = machine.get_memento(following["url"])
        seen.append(memento.text)
    assert seen == ["<p>1", "<p>2", "<p>3", "<p>4"]


def test_revisits_are_what_they_stand_for(newspaper: Any, machine: Any) -> None:
    newspaper.capture(A, stamp(1), b"<p>same")
    newspaper.capture(A, stamp(2), b"<p>same")
    newspaper.capture(A, stamp(3), b"", status="304 Not Modified")
    for day in (1, 2, 3):
        memento = machine.get_memento(A, timestamp=noon(day))
        assert (memento.status_code, memento.text, memento.timestamp) == (200, "<p>same", noon(day))


def test_the_mode_for_people_gives_a_program_what_was_captured(newspaper: Any, machine: Any) -> None:
    newspaper.capture(A, stamp(1), b"<p>page")
    memento = machine.get_memento(A, timestamp=noon(1), mode=wayback.Mode.view, exact=False)
    assert memento.text == "<p>page"
    with pytest.raises(wayback.exceptions.NoMementoError):
        machine.get_memento(A, timestamp=noon(1), mode=wayback.Mode.css)


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone", "500 Oops", "503 Busy"])
def test_a_captured_failure_is_a_memento(newspaper: Any, machine: Any, status: str) -> None:
    newspaper.capture(A, stamp(1), b"<p>sorry", status=status)
    memento = machine.get_memento(A, timestamp=noon(1))
    assert (memento.status_code, memento.ok, memento.text) == (int(status[:3]), False, "<p>sorry")
