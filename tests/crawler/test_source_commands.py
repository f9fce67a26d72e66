import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from archive.config import init_collection
from archive.formats.units import Duration
from crawler.cli import run
from crawler.demo.newsroom import Newsroom
from crawler.source import CrawlRules, Seed, Source
from crawler.source_file import load_source, write_source

AT_ONCE = CrawlRules(delay=Duration())
HOUSE = Path(__file__).resolve().parents[2]
VOA = Source(
    name="voa", site="https://www.voanews.com/", seeds=(Seed(kind="feed", url="https://www.voanews.com/rss/"),)
)


@pytest.fixture
def collection(tmp_path, monkeypatch):
    folder = tmp_path / "news"
    init_collection(folder, contact="desk@example.org", allow_networks=("127.0.0.0/8",))
    monkeypatch.setenv("MORGUE_COLLECTION", str(folder))
    return folder


@pytest.fixture(scope="module")
def newsroom():
    with Newsroom() as newsroom:
        yield newsroom


def morgue(*arguments):
    """Run a command that fetches in a process of its own: a reactor runs once."""
    return subprocess.run(
        [sys.executable, "-m", "crawler.cli", *arguments],
        cwd=HOUSE,
        env={**os.environ, "PYTHONPATH": str(HOUSE)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_site_is_added_checked_and_listed(collection, newsroom):
    site = newsroom.sites[0].url
    added = morgue("source", "add", site, "--name", "radio", "--json")
    assert added.returncode == 0, added.stderr
    (row,) = map(json.loads, added.stdout.splitlines())
    assert {"name", "file", "site", "language", "seeds", "crawl", "found", "left_out", "fetches"} <= row.keys()
    source = load_source(collection / "sources" / "radio.toml")
    assert row["file"] == str(collection / "sources" / "radio.toml")
    assert [seed["url"] for seed in row["seeds"]] == [seed.url for seed in source.seeds]
    assert source.site == site
    assert source.language == "en"

    checked = morgue("source", "check", "radio", "--json")
    assert checked.returncode == 0, checked.stderr
    states = [json.loads(line) for line in checked.stdout.splitlines()]
    assert [state["url"] for state in states] == [seed.url for seed in source.seeds]
    for state in states:
        assert state["status"] == 200
        assert state["problem"] is None
        assert state["candidates"] or state["children"]
        assert state["articles"] == state["candidates"]

    listed = morgue("source", "list", "--json")
    assert json.loads(listed.stdout)["name"] == "radio"


def test_a_table_is_one_line_a_seed(collection, newsroom):
    site = newsroom.sites[1].url
    added = morgue("source", "add", site)
    assert added.returncode == 0, added.stderr
    (path,) = (collection / "sources").glob("*.toml")
    assert path.stem.startswith("127-0-0-1-")
    rows = added.stdout.splitlines()
    source = load_source(path)
    cells = [row.split("\t") for row in rows]
    assert [row[1] for row in cells if row[-1] == "chosen"] == [seed.url for seed in source.seeds]
    assert all(row[-1].startswith("left out: ") for row in cells[len(source.seeds) :])
    text = path.read_text()
    assert text.startswith(f"# Found by `morgue source add {site}` on 20")
    assert text.count("# Named by ") + text.count("# Listed by ") == len(source.seeds)
    assert f"wrote {path}" in added.stderr


def test_a_seed_with_a_problem_is_said_with_status_4_and_1_where_all_have_one(collection, newsroom):
    base = newsroom.sites[0].url
    good, gone, html = (
        Seed(kind="feed", url=base + "feed.xml"),
        Seed(kind="feed", url=base + "gone.xml"),
        Seed(kind="sitemap", url=base),
    )
    write_source(Source(name="some", site=base, seeds=(good, gone, html), crawl=AT_ONCE), collection / "sources")
    write_source(Source(name="all", site=base, seeds=(gone,), crawl=AT_ONCE), collection / "sources")
    checked = morgue("source", "check", "some", "--json")
    problems = [json.loads(line)["problem"] for line in checked.stdout.splitlines()]
    assert problems == [None, "answers with status 404", "is HTML, not a sitemap"]
    assert checked.returncode == 4
    checked = morgue("source", "check", "all")
    assert "answers with status 404" in checked.stdout
    assert checked.returncode == 1


def test_a_site_that_does_not_answer_is_one_line(collection):
    added = morgue("source", "add", "http://127.0.0.1:1/")
    assert added.returncode == 1
    assert added.stdout == ""
    message = [line for line in added.stderr.splitlines() if line.startswith("morgue: ")]
    assert len(message) == 1
    assert "http://127.0.0.1:1/robots.txt: " in message[0]
    assert list((collection / "sources").iterdir()) == []


def test_sources_are_listed(collection, capsys):
    assert run(["source", "list"]) == 0
    assert "morgue source add URL" in capsys.readouterr().err
    write_source(VOA, collection / "sources")
    assert run(["source", "list"]) == 0
    assert capsys.readouterr().out == "voa\thttps://www.voanews.com/\t?\t1 seed\n"
    assert run(["source", "list", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["seeds"] == [{"kind": "feed", "url": "https://www.voanews.com/rss/", "every": "15m"}]
    assert row["crawl"]["delay"] == "2s"


def test_a_source_is_removed_even_when_it_is_broken(collection, capsys):
    path = write_source(VOA, collection / "sources")
    path.write_text("not TOML")
    assert run(["source", "remove", "voa"]) == 0
    assert not path.exists()
    assert run(["source", "remove", "voa"]) == 2
    assert "voa: no such source" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["check", "bbc"], 2, "bbc: no such source in {folder} (there: voa)"),
        (["remove", "../morgue"], 2, "../morgue: no such source in"),
        (["add", "https://www.voanews.com"], 2, "https://www.voanews.com: is followed already, as voa ("),
        (["add", "https://www.voanews.com/rss/"], 2, "is followed already, as voa ("),
        (["add", "https://other.example/", "--name", "voa"], 2, "voa.toml: exists already (give another --name"),
        (["add", "https://other.example/", "--name", "V O A"], 2, "'V O A' is not a name"),
        (["add", "no address"], 2, "'no address' is not a web address"),
        (["add", "ftp://other.example/"], 2, "is not a web address"),
    ],
)
def test_a_wrong_command_is_one_line_and_changes_nothing(collection, capsys, arguments, status, message):
    path = write_source(VOA, collection / "sources")
    assert run(["source", *arguments]) == status
    shown = capsys.readouterr()
    assert message.format(folder=collection / "sources") in shown.err
    assert (shown.out, shown.err.count("\n")) == ("", 1)
    assert list((collection / "sources").iterdir()) == [path]


def test_a_broken_source_file_is_one_line(collection, capsys):
    path = write_source(VOA, collection / "sources")
    path.write_text(path.read_text().replace('"15m"', '"15min"'))
    assert run(["source", "list"]) == 2
    assert capsys.readouterr().err == (
        'morgue: sources/voa.toml: seeds[0].every: "15min" is not a duration (write "15m")\n'
    )


def test_a_host_that_is_down_is_said_to_be(collection):
    base = "http://127.0.0.1:1/"
    write_source(
        Source(name="down", site=base, seeds=(Seed(kind="feed", url=base),), crawl=AT_ONCE), collection / "sources"
    )
    checked = morgue("source", "check", "down")
    assert checked.returncode == 1
    assert checked.stdout.endswith("\trobots.txt cannot be had, so nothing is fetched: Connection refused\n")
