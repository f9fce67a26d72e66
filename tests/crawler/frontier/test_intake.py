"""How URLs are told apart by host."""

import pytest

from crawler.frontier.intake import host_of


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://News.Example/a", "news.example"),
        ("https://news.example:443/a", "news.example"),
        ("http://news.example:443/a", "news.example:443"),
        ("http://news.example.:80/", "news.example"),
        ("http://127.0.0.1:8900/x", "127.0.0.1:8900"),
        ("http://user@[::1]:81/", "::1:81"),
    ],
)
def test_politeness_counts_by_host_and_port(url, host):
    assert host_of(url) == host
