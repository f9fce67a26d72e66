import pytest

from crawler.source import CrawlRules, Source, is_web_url


@pytest.mark.parametrize(
    ("url", "valid"),
    [
        ("https://example.org", True),
        ("http://127.0.0.1:8900/", True),
        ("https://[2001:db8::1]/", True),
        ("https://пример.рф/новости", True),
        ("HTTP://EXAMPLE.ORG/", True),
        ("example.org", False),
        ("https:///path", False),
        ("https://user:pass@example.org/", False),
        ("https://example.org:99999/", False),
        ("https://[::1/", False),
        ("https://example.org/a b", False),
        ("javascript:alert(1)", False),
        ("", False),
        ("https://a%7fb.example/", False),
        ("https://a%20b.example/", False),
        ("https://a\x7fb.example/", False),
    ],
)
def test_web_addresses(url, valid):
    assert is_web_url(url) is valid


def test_article_urls_are_found_anywhere_in_the_url():
    source = Source(name="a", site="http://a.example", crawl=CrawlRules(article_urls=(r"/20\d\d/", r"-\d{6,}$")))
    assert source.is_article_url("http://a.example/2024/x")
    assert source.is_article_url("http://a.example/story-1234567")
    assert not source.is_article_url("http://a.example/about")
