"""What comes into the frontier of what seeds and redirects name."""

import logging
from datetime import UTC, datetime

import pytest

from crawler.admission import CHILD_SITEMAPS, Admission
from crawler.frontier.entry import Entry, Lease
from crawler.seeds import SeedReading
from crawler.seeds.reading import Candidate, ChildSitemap
from crawler.source import CrawlRules, Source

NOW = datetime(2026, 11, 26, tzinfo=UTC).timestamp()
SEED = Entry(url="http://a/feed", kind="seed", seed="feed", source="a")
SOURCE = Source(name="a", site="http://a/", crawl=CrawlRules(article_urls=("/(story|list|calendar)",)))


@pytest.fixture
def admission():
    return Admission()


def urls(admission, *candidates, children=(), seed=SEED):
    reading = SeedReading(candidates=tuple(candidates), children=tuple(children))
    return [entry.url for entry in admission.entries_of(reading, seed, SOURCE, since=None, now=NOW)]


def test_traps_are_refused_counted_and_said_once(admission, caplog):
    found = urls(
        admission,
        Candidate(url="http://a/story/1"),
        *(Candidate(url=f"http://a/calendar/{year}/01/") for year in range(2020, 2060)),
        Candidate(url="http://a/story/x1/story/x1/story/x1/"),
        Candidate(url="http://a/contact"),
    )
    assert found == ["http://a/story/1", *(f"http://a/calendar/{year}/01/" for year in range(2020, 2028))]
    assert admission.refused == {("a", "endless calendar"): 32, ("a", "repeated path"): 1}
    warnings = [record.getMessage() for record in caplog.records]
    assert len(warnings) == 2
    assert warnings[0].startswith("refused url=http://a/calendar/2028/01/ source=a reason=endless calendar")
    with caplog.at_level(logging.INFO):
        admission.report({"b": 7})
    assert "refused candidates source=a reason=endless calendar count=32" in caplog.text
    assert "dropped candidates source=b count=7" in caplog.text


def test_a_story_has_one_url_whatever_the_session(admission):
    links = [Candidate(url=f"http://a/story;jsessionid=0A{number}?id=7&PHPSESSID=1b{number}") for number in range(3)]
    assert set(urls(admission, *links)) == {"http://a/story?id=7"}


def test_combinations_are_refused_over_several_polls(admission):
    pages = [f"http://a/list?sort={s}&size={z}&page={p}" for s in range(10) for z in range(10) for p in range(10)]
    let_in = [url for page in pages for url in urls(admission, Candidate(url=page))]
    assert len(let_in) == 200
    assert urls(admission, Candidate(url=pages[0])) == pages[:1]


def test_child_sitemaps_are_taken_so_many_and_so_deep(admission):
    children = [ChildSitemap(url=f"http://a/s{number}.xml") for number in range(CHILD_SITEMAPS + 9)]
    assert len(urls(admission, children=children)) == CHILD_SITEMAPS
    deep = Entry(url="http://a/s.xml", kind="seed", seed="sitemap", source="a", redirects=3)
    assert urls(admission, children=children, seed=deep) == []


def target(admission, url, to, *, fetched=None, redirects=0):
    entry = Entry(url=url, kind="page", source="a", redirects=redirects)
    lease = Lease(entry=entry, first_seen=0.0, last_fetched=fetched)
    found = admission.target_of(lease, to, max_redirects=5, now=NOW)
    return found and found.url


def test_redirects_lead_on_but_not_into_traps(admission):
    assert target(admission, "http://a/story/1", "http://a/story/2") == "http://a/story/2"
    assert target(admission, "http://a/story/1", "http://a/story/1#top") is None
    assert target(admission, "http://a/story/1", "http://a/story/2", redirects=5) is None
    assert target(admission, "http://a/story/1", "http://a/go/x1/go/x1/go/x1") is None
    assert target(admission, "http://a/story/1", "http://a/story/2?PHPSESSID=7a") == "http://a/story/2"


def test_a_site_that_wants_a_session_is_followed_once(admission):
    with_session = "http://a/story/1;jsessionid=0A1B"
    assert target(admission, "http://a/story/1", with_session) == with_session
    assert target(admission, "http://a/story/1", with_session, fetched=NOW - 3600) is None
