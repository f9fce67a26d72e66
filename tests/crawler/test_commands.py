"""`morgue crawl` and `morgue save` as a person types them: what they print, and the status they end with."""

import shutil
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from crawler.cli import run
from crawler.demo.cases import ok
from crawler.frontier.frontier import Frontier


def known(news, url):
    with Frontier(news.folder / "frontier.sqlite") as frontier:
        return url in frontier.known([url])


@pytest.fixture
def refused(news, capsys):
    """Run a command that has to fail before it fetches anything; its status and the one line it says."""

    def run_refused(*words):
        status = run([*words, "--collection", str(news.folder)])
        out, err = capsys.readouterr()
        assert out == ""
        [line] = err.splitlines()
        return status, line.removeprefix("morgue: ")

    return run_refused


def test_the_summary_is_one_line_of_json_or_of_words(news):
    ended = news.run("crawl", "--json")
    assert ended.out.count("\n") == 1
    assert ended.summary == {
        "exchanges": 6,
        "captures": 6,
        "revisits": 0,
        "articles": 0,
        "versions": 0,
        "failed": 0,
    }
    assert news.run("crawl", "--again").out.startswith("5 exchanges kept, 0 captures, 5 revisits")


def test_a_limit_is_kept_and_the_next_crawl_goes_on(news, paper):
    for expected in (3, 4, 4):
        assert news.run("crawl", "--limit", "3").status == 0
        assert sum(paper.times(f"/story/{number}.html") for number in range(1, 5)) == expected


def test_since_leaves_out_what_the_seed_says_is_older(news, paper):
    now = datetime.now(UTC)
    ages = {1: timedelta(hours=1), 2: timedelta(days=1), 3: timedelta(days=5), 4: None}
    items = ""
    for number, age in ages.items():
        date = f"<pubDate>{format_datetime(now - age)}</pubDate>" if age else ""
        items += f"<item><link>{paper.url(f'/story/{number}.html')}</link>{date}</item>"
    paper.answers["/feed.xml"] = ok(body=f"<rss version='2.0'><channel>{items}</channel></rss>".encode())
    news.crawl("--since", "2d")
    assert [paper.times(f"/story/{number}.html") for number in ages] == [1, 1, 0, 1]


def test_a_dry_run_prints_what_is_due_and_fetches_nothing(news, paper):
    before = news.run("crawl", "--dry-run", "--json")
    assert not (news.folder / "frontier.sqlite").exists()
    assert before.rows == [{"url": paper.url("/feed.xml"), "source": "paper", "kind": "seed", "overdue_seconds": 0}]
    assert paper.asked == []
    news.crawl()
    assert news.run("crawl", "--dry-run", "--json").rows == []
    again = news.run("crawl", "--dry-run", "--again", "--json").rows
    assert {row["url"] for row in again} == {
        paper.url("/feed.xml"),
        *(paper.url(f"/story/{n}.html") for n in range(1, 5)),
    }


def test_only_the_named_sources_are_crawled_and_only_theirs_made_due(news, new_paper):
    other = new_paper()
    other.publish(2)
    news.follow("other", other.url(), seeds=[("feed", "/feed.xml")])
    news.crawl("paper")
    assert other.asked == []
    news.crawl()
    other.asked.clear()
    news.crawl("--again", "paper")
    assert news.crawl()["exchanges"] == 0
    assert other.asked == []


def test_an_unknown_source_is_bad_usage(news, refused):
    assert refused("crawl", "nope") == (2, f"nope: no such source in {news.folder / 'sources'} (there: paper)")


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("timeout", '"5 parsecs"', 'morgue.toml: timeout: "5 parsecs" is not a duration (write'),
        ("concurrency", "0", "morgue.toml: concurrency: 0 "),
        (
            "allow_networks",
            '["127.0.0.0/40"]',
            'morgue.toml: allow_networks[0]: "127.0.0.0/40" is not a network (write',
        ),
        ("retries", '"often"', 'morgue.toml: retries: "often" '),
    ],
)
def test_a_wrong_setting_is_named_with_file_key_value_and_remedy(news, refused, key, value, says):
    news.change(**{key: value})
    status, line = refused("crawl")
    assert status == 2
    assert line.startswith(says)


def test_a_wrong_source_is_named_with_file_key_value_and_remedy(news, refused):
    path = news.folder / "sources" / "paper.toml"
    text = path.read_text()
    path.write_text(text.replace('every = "15m"', 'every = "15min"'))
    remedy = 'sources/paper.toml: seeds[0].every: "15min" is not a duration (write "15m")'
    assert refused("crawl") == (2, remedy)
    path.write_text(text.replace("[crawl]", "[crawl"))
    status, line = refused("crawl")
    assert status == 2
    assert line.startswith("sources/paper.toml: ")


@pytest.mark.parametrize("url", ["nonsense", "ftp://a/b", "http://", "http://a:99999/", "http://[::1/", "/etc/passwd"])
def test_what_is_no_web_address_is_not_saved(refused, url):
    status, line = refused("save", url)
    assert status == 2
    assert f"{url!r} is not a web address" in line


def test_no_collection_is_bad_usage(news, refused):
    (news.folder / "morgue.toml").unlink()
    for words in (["crawl"], ["save", "http://127.0.0.1:1/"], ["schedule", "run"]):
        status, line = refused(*words)
        assert status == 2
        assert "no collection, it holds no morgue.toml (run `morgue init" in line


@pytest.mark.parametrize("name", ["archive", "text", "frontier.sqlite", "catalog.sqlite"])
def test_what_cannot_be_written_to_is_named(news, refused, name):
    path = news.folder / name
    if path.is_dir():
        shutil.rmtree(path)
        path.write_text("a file in the way")
    else:
        path.mkdir()
    status, line = refused("crawl")
    assert status == 1
    assert str(path) in line
    assert "a bug" not in line


def test_an_address_in_any_script_is_saved_as_it_is_asked_for(news, paper):
    paper.answers["/%D8%B3%D9%84%D8%A7%D9%85"] = ok()
    assert news.run("save", paper.url("/سلام#top")).status == 0
    assert paper.url("/%D8%B3%D9%84%D8%A7%D9%85") in news.responses()
    assert known(news, paper.url("/%D8%B3%D9%84%D8%A7%D9%85"))


def test_saving_ends_though_other_pages_wait_to_be_tried_again(news, paper):
    paper.answers["/story/1.html"] = ok(status=b"HTTP/1.1 500 Oops")
    news.change(retries="0")
    assert news.run("crawl").status == 4
    began = time.monotonic()
    assert news.run("save", paper.url("/story/2.html")).status == 0
    assert time.monotonic() - began < 20


def test_a_second_crawl_at_once_is_refused(news, paper):
    paper.delays["/story/1.html"] = 6.0
    first = news.start("crawl", "--json")
    while not paper.asked:
        time.sleep(0.02)
    second = news.run("crawl")
    assert second.status == 1
    assert "is writing to it; wait for it to end, or stop it" in second.complaint
    assert "`morgue crawl --json`" in second.complaint
    assert news.run("crawl", "--dry-run").status == 0
    assert news.end(first).summary["captures"] == 6
