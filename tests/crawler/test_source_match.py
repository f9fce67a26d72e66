import pytest

from crawler.source import Seed, Source
from crawler.source_match import source_for

SOURCES = [
    Source(name="voa", site="https://www.voanews.com/"),
    Source(name="learning", site="https://learning.voanews.com/"),
    Source(name="bbc", site="https://www.bbc.com/", seeds=(Seed(kind="feed", url="https://feeds.bbci.co.uk/rss.xml"),)),
    Source(name="bbc-persian", site="https://www.bbc.com/persian/"),
    Source(name="local-1", site="http://127.0.0.1:8901/"),
    Source(name="local-2", site="http://127.0.0.1:8902/"),
    Source(name="burner-1", site="https://one.example/", seeds=(Seed(kind="feed", url="https://burner.example/1"),)),
    Source(name="burner-2", site="https://two.example/", seeds=(Seed(kind="feed", url="https://burner.example/2"),)),
]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.voanews.com/a/1.html", "voa"),
        ("http://voanews.com:80/a/1.html", "voa"),
        ("https://m.voanews.com/a/1.html", "voa"),
        ("https://learning.voanews.com/a/1.html", "learning"),
        ("https://notvoanews.com/", None),
        ("https://www.bbc.com/news/1", "bbc"),
        ("https://www.bbc.com/persian/iran-1", "bbc-persian"),
        ("https://www.bbc.com/persians", "bbc"),
        ("https://feeds.bbci.co.uk/other.xml", "bbc"),
        ("http://127.0.0.1:8902/x", "local-2"),
        ("http://127.0.0.1:8903/x", None),
        ("https://burner.example/2", "burner-2"),
        ("https://[::1", None),
        ("nonsense", None),
    ],
)
def test_a_url_belongs_to_the_nearest_source(url, name):
    found = source_for(url, SOURCES)
    assert (found.name if found else None) == name
