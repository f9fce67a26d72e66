"""`morgue schedule plan` and `install` as a person types them. `run` is in test_renewal.py."""

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from crawler.cli import run


@pytest.fixture
def ask(news, capsys):
    """Run `morgue schedule`; its status and what it printed."""

    def ask(*words):
        status = run(["schedule", *words, "--collection", str(news.folder)])
        return status, *capsys.readouterr()

    return ask


def test_a_plan_names_the_next_visits_and_what_each_host_is_to_expect(news, paper, ask):
    news.crawl()
    before = (news.folder / "frontier.sqlite").read_bytes()
    status, out, err = ask("plan")
    assert (status, err) == (0, "")
    *visits, host = [line.split("\t") for line in out.splitlines()]
    assert [visit[1:3] for visit in visits] == [["paper", "seed"], ["paper", "page"]]
    assert visits[0][3] == paper.url("/feed.xml")
    assert visits[1][3].startswith("4 pages, the last ")
    assert host[0] == paper.addresses[0]
    assert float(host[1]) > 96
    assert (news.folder / "frontier.sqlite").read_bytes() == before


def test_a_plan_as_json_names_every_visit(news, paper):
    news.crawl()
    rows = news.run("schedule", "plan", "--json").rows
    assert [set(row) for row in rows] == [{"url", "source", "kind", "due"}] * 5 + [{"host", "requests_per_day"}]
    dues = [row["due"] for row in rows[:-1]]
    assert dues == sorted(dues)
    assert all(len(due) == 14 for due in dues)
    assert {row["url"] for row in rows[1:-1]} == {paper.url(f"/story/{number}.html") for number in range(1, 5)}


def test_a_plan_looks_as_far_ahead_as_it_is_asked_to(news, ask):
    news.crawl()
    assert ask("plan", "--hours", "0.5")[1].count("\n") == 2
    soon = f"{datetime.now(UTC) + timedelta(minutes=30):%Y%m%d%H%M%S}"
    assert ask("plan", "--until", soon)[1].count("\n") == 2
    assert ask("plan", "--until", "2020")[0] == 2
    assert ask("plan", "--until", "soon")[0] == 2
    status, _, err = ask("plan", "--until", soon, "--hours", "2")
    assert status == 2
    assert "exclude each other" in err


def test_a_plan_needs_no_crawl_before_it_and_knows_only_what_is_followed(news, paper, ask):
    assert ask("plan", "--json")[1].count("\n") == 2
    assert not (news.folder / "frontier.sqlite").exists()
    news.crawl()
    (news.folder / "sources" / "paper.toml").unlink()
    assert ask("plan")[:2] == (0, "")
    assert ask("plan", "paper")[0] == 2


def test_a_plan_is_read_while_a_schedule_runs(news, paper):
    paper.delays["/story/1.html"] = 20.0
    news.start("schedule", "run")
    while len(paper.asked) < 3:
        pass
    ended = news.run("schedule", "plan")
    assert ended.status == 0
    assert paper.url("/feed.xml") in ended.out


def test_a_damaged_frontier_is_one_line(news, ask):
    (news.folder / "frontier.sqlite").write_bytes(b"not a database at all" * 100)
    status, out, err = ask("plan")
    assert (status, out) == (1, "")
    assert err.startswith(f"morgue: {news.folder / 'frontier.sqlite'}: ")
    assert err.count("\n") == 1


def test_a_plan_of_an_older_frontier_is_read_as_it_is(news, ask):
    news.crawl()
    with sqlite3.connect(news.folder / "frontier.sqlite") as database:
        database.execute("PRAGMA user_version = 1")
    assert ask("plan")[0] == 0
