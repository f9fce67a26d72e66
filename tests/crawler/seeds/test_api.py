from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.seeds import Candidate
from crawler.seeds.api import parse_api

URL = "https://news.example/wp-json/wp/v2/posts?per_page=100"


def test_wordpress_posts():
    reading = parse_api(
        b'[{"id": 1, "link": "https://news.example/2024/05/storm/", "title": {"rendered": "Storm &#8211; <i>live</i>"},'
        b'"date": "2024-05-01T12:00:00", "date_gmt": "2024-05-01T10:00:00", "modified_gmt": "2024-05-01T11:00:00"},'
        b'{"id": 2, "link": null}, 3]',
        url=URL,
    )
    assert reading.candidates == (
        Candidate(
            url="https://news.example/2024/05/storm/",
            title="Storm – live",
            published=datetime(2024, 5, 1, 10, tzinfo=UTC),
            modified=datetime(2024, 5, 1, 11, tzinfo=UTC),
        ),
    )
    assert (reading.form, reading.problem) == ("posts", None)


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        (b"", "is empty"),
        (b"[]", None),
        (b"{}", "is not a list of WordPress posts"),
        (b"<html></html>", "is not a list of WordPress posts"),
        (b'[{"name": "x"}]', "is JSON, but no list of WordPress posts"),
        (
            b'{"code":"rest_no_route","message":"No route was found.","data":{"status":404}}',
            "answers with an error: rest_no_route: No route was found.",
        ),
    ],
)
def test_what_is_no_list_of_posts_says_so(payload, problem):
    assert parse_api(payload, url=URL).problem == problem


@given(st.binary(max_size=200))
def test_no_bytes_make_it_raise(payload):
    for start in (b"", b'[{"link": "/x", "title": ', b'{"code": "', b"["):
        reading = parse_api(start + payload, url=URL)
        assert all(one.url.startswith("http") for one in reading.candidates)
