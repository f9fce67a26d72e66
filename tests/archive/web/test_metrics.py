"""Health and counters."""

import re
from collections.abc import Callable
from pathlib import Path

from httpx import Client
from starlette.types import ASGIApp

from archive.config import Settings
from archive.web.app import create_app


def test_health_is_told(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_requests_are_counted_by_area_and_status(news: Path, serve_app: Callable[[ASGIApp], Client]) -> None:
    client = serve_app(create_app(news, Settings()))
    for path in ("/", "/", "/cdx", "/one", "/two/three", "/article?url=https://www.example.org/news/bridge"):
        client.get(path)
    client.get("/", headers={"host": "evil.example"})
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    counted = dict(re.findall(r"^morgue_http_requests_total\{(.*)\} (\d+)$", answer.text, re.MULTILINE))
    assert counted == {
        'area="/",status="200"': "2",
        'area="/",status="421"': "1",
        'area="/article",status="200"': "1",
        'area="/cdx",status="400"': "1",
        'area="/other",status="404"': "2",
    }
