"""Health and counters."""

import re
from collections.abc import Callable
from pathlib import Path

from httpx import Client
from prometheus_client.parser import text_string_to_metric_families
from starlette.types import ASGIApp

from archive.config import Settings, init_collection
from archive.web.app import create_app
from archive.web.metrics import _AREAS


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
    counted = dict(re.findall(r"^morgue_http_requests_total\{(.*)\} (\d+)\.0$", answer.text, re.MULTILINE))
    assert counted == {
        'area="/",status="200"': "2",
        'area="/",status="421"': "1",
        'area="/article",status="200"': "1",
        'area="/cdx",status="400"': "1",
        'area="/other",status="404"': "2",
    }


def test_every_area_that_is_served_is_counted_by_its_name(news: Path) -> None:
    served = {getattr(route, "path", "/").split("/")[1] for route in create_app(news, Settings()).routes}
    assert served == _AREAS


def test_what_the_archive_holds_is_told(client: Client) -> None:
    text = client.get("/metrics").text
    told = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert told["morgue_archive_captures",] > 0
    assert told["morgue_archive_versions",] >= told["morgue_archive_articles",] > 0
    assert told["morgue_archive_size_bytes",] > 1000
    assert told["morgue_archive_last_capture_timestamp_seconds", "harbour"] > 1.6e9


def test_requests_are_counted_where_the_archive_cannot_be_read(
    news: Path, tmp_path: Path, serve_app: Callable[[ASGIApp], Client]
) -> None:
    init_collection(tmp_path / "empty")
    text = serve_app(create_app(tmp_path / "empty", Settings())).get("/metrics").text
    assert "morgue_http_requests_total" in text
    assert "morgue_archive" not in text
