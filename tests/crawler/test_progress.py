import os
import signal
import time

import pytest

from crawler.progress import advise, describe
from crawler.report import Crawled
from pipelines.kept import Counts


def crawled(*, exchanges=0, failed=0, signal=None, next_due=None):
    counts = Counts(exchanges=exchanges, failed=failed)
    return Crawled(counts=counts, errors={}, failed_uploads={}, signal=signal, next_due=next_due)


def test_a_summary_names_failures_only_where_there_are_some():
    assert describe(Counts(exchanges=3, captures=2, revisits=1, articles=1, versions=2)) == (
        "3 exchanges kept, 2 captures, 1 revisits, 1 new articles, 2 new versions"
    )
    assert describe(Counts(failed=1)).endswith(", 1 failed")


@pytest.mark.parametrize("outcome", [crawled(exchanges=3, next_due=1.0), crawled(failed=1, next_due=1.0), crawled()])
def test_a_crawl_that_did_its_work_gives_no_advice(outcome):
    assert advise(outcome) is None


def test_a_crawl_with_nothing_to_do_says_when_there_will_be():
    assert advise(crawled(next_due=1_714_559_400.0)) == (
        "nothing is due before 2024-05-01 10:30:00 UTC (--again visits recent articles now)"
    )


def test_a_stopped_crawl_says_that_it_is_not_done(new_collection, paper):
    news = new_collection()
    paper.publish(30)
    paper.delay_seconds = 0.3
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")], concurrency=1)
    process = news.start("crawl", "--json")
    while not any(asked.path.startswith("/story/") for asked in paper.asked):
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    ended = news.end(process)
    assert ended.summary["captures"] < 30
    assert ended.complaint.startswith("stopped before")
    assert news.open_files == []


def test_a_crawl_without_sources_says_what_comes_first(new_collection):
    ended = new_collection().run("crawl", "--json")
    assert ended.status == 0
    assert set(ended.summary.values()) == {0}
    assert ended.complaint == "no sources yet: add one with `morgue source add URL`"
