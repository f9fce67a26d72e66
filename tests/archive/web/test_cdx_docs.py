"""docs/cdx.md: its sessions and its examples of clients, run against the archive of these tests."""

import doctest
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from httpx import Client
from starlette.types import ASGIApp

from archive.config import Settings
from archive.web import cdx_pywb, cdx_wayback
from archive.web.app import create_app

ADDRESS = "http://127.0.0.1:8080"
PAGE = (Path(__file__).resolve().parents[3] / "docs/cdx.md").read_text()
SESSIONS = re.findall(rf"^\$ curl -s '{ADDRESS}(/[^']+)'\n((?:(?!\$ |```).*\n)*)", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("asked", "shown"), SESSIONS)
def test_session_is_what_the_server_says(client: Client, asked: str, shown: str) -> None:
    pattern = ".*".join(map(re.escape, shown.split("…")))
    assert re.fullmatch(pattern, client.get(asked).text)


def test_sessions_are_found() -> None:
    assert len(SESSIONS) == 6


def test_clients_do_what_is_shown(
    news: Path, serve_app: Callable[[ASGIApp], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    toolkit = pytest.importorskip("cdx_toolkit.myrequests")
    pytest.importorskip("wayback")
    monkeypatch.setitem(toolkit.retry_info["default"], "minimum_interval", 0)
    monkeypatch.delitem(toolkit.retry_info, "127.0.0.1", raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    client = serve_app(create_app(news, Settings(), allow_hosts=["web.archive.org"]))
    text = PAGE.replace(ADDRESS, str(client.base_url).rstrip("/"))
    examples = doctest.DocTestParser().get_doctest(text, {}, "cdx.md", "cdx.md", 0)
    outcome = doctest.DocTestRunner(verbose=False).run(examples)
    assert outcome.attempted == 9
    assert outcome.failed == 0


@pytest.mark.parametrize("dialect", [cdx_pywb, cdx_wayback])
def test_every_parameter_is_in_the_page(dialect: object) -> None:
    source = (
        Path(str(vars(dialect)["__file__"])).read_text() + Path(cdx_pywb.__file__).with_name("cdx_query.py").read_text()
    )
    for name in re.findall(r'parameters?\.(?:text|texts|choice|number|time|flag|names)\("(\w+)"', source):
        assert f"`{name}" in PAGE, name
