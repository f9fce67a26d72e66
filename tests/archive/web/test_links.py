"""Addresses of the server, and archived ones inside them."""

import pytest

from archive.errors import QueryInvalid
from archive.web.links import Site, check_url, escape_url, path_target


@pytest.mark.parametrize(
    ("raw_path", "query", "target"),
    [
        (b"/web/2024id_/https://x.example/a%20b", b"", "2024id_/https://x.example/a%20b"),
        (b"/web/https://x.example/a", b"b=1&c=%26", "https://x.example/a?b=1&c=%26"),
        (b"/web/https://x.example/web/a", b"", "https://x.example/web/a"),
        (b"/web/", b"", ""),
    ],
)
def test_archived_address_is_taken_as_it_was_sent(raw_path: bytes, query: bytes, target: str) -> None:
    assert path_target({"raw_path": raw_path, "query_string": query}, "/web/") == target


def test_server_that_passes_no_raw_path_is_served() -> None:
    assert path_target({"path": "/web/https://x.example/é", "query_string": b""}, "/web/").endswith("%C3%A9")


@pytest.mark.parametrize("url", ["a\r\nb", "a>b", 'a"b', "a b", "a\x00b", "é", "\ud800"])
def test_escaped_address_fits_into_a_header(url: str) -> None:
    escaped = escape_url(url)
    assert escaped.isascii()
    assert escaped.isprintable()
    assert not set('<>" ') & set(escaped)


def test_address_escaped_as_a_whole_is_unescaped_once() -> None:
    assert check_url("https%3A%2F%2Fx.example%2F%2541") == "https://x.example/%41"
    assert check_url("https://x.example/https%3A%2F%2Fy") == "https://x.example/https%3A%2F%2Fy"


@pytest.mark.parametrize("url", [None, "", "  ", "x" * 8001])
def test_no_address_or_too_much_of_it_is_refused(url: str | None) -> None:
    with pytest.raises(QueryInvalid):
        check_url(url)


def test_paths_stand_below_the_public_address() -> None:
    site = Site("news", "https://archive.example/papers/")
    assert site.path("/article", url="https://x.example/?a=b&c", at=None) == (
        "/papers/article?url=https%3A%2F%2Fx.example%2F%3Fa%3Db%26c"
    )
    assert site.raw("2024", "https://x.example/") == "/papers/web/2024id_/https://x.example/"
