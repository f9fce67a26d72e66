"""`morgue extract --html FILE --url URL` prints one article as one line of JSON."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from crawler.cli import morgue, run

PAGE = """<html lang="en"><head><title>The bridge is open | Example</title></head><body><h1>The bridge is open</h1><article>
<p>After a year of repairs the harbour bridge was opened to traffic again on Tuesday morning, under a clear sky.</p>
<p>The first to cross it was a milk cart, as tradition wants it, followed by the mayor on his old bicycle.</p></article></body></html>"""


def test_the_article_is_printed_as_one_line_of_json(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(PAGE)
    result = CliRunner().invoke(morgue, ["extract", "--html", str(page), "--url", "https://news.example.org/a"])
    assert result.exit_code == 0
    assert result.stdout.count("\n") == 1
    article = json.loads(result.stdout)
    assert article["headline"] == "The bridge is open"
    assert article["text"].startswith("After a year of repairs")


def test_a_missing_file_is_bad_usage(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        morgue, ["extract", "--html", str(tmp_path / "none.html"), "--url", "https://news.example.org/a"]
    )
    assert result.exit_code == 2
    assert "none.html" in result.stderr


def test_a_page_that_cannot_be_read_is_one_clear_line(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_bytes(b"\x1f\x8b\x00\x00rubbish")
    result = CliRunner().invoke(morgue, ["extract", "--html", str(page), "--url", "https://news.example.org/a"])
    assert result.exit_code == 1
    assert str(page) in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--url", "news.example.org/a"], "--url: 'news.example.org/a' is not a web address (write it like https://"),
        (["--url", "ftp://news.example.org/a"], "is not a web address"),
        (["--url", "https://["], "is not a web address"),
        (["--url", "https://news.example.org/a", "paper"], "neither SOURCE nor --since goes with it"),
        (["--url", "https://news.example.org/a", "--since", "2d"], "neither SOURCE nor --since goes with it"),
    ],
)
def test_what_does_not_go_with_one_file_is_bad_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    page = tmp_path / "page.html"
    page.write_text(PAGE)
    assert run(["extract", "--html", str(page), *arguments]) == 2
    assert message in (error := capsys.readouterr().err)
    assert error.count("\n") == 1


@pytest.mark.parametrize("command", ["extract", "doctor"])
def test_a_source_that_is_not_there_is_bad_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert run(["init", str(tmp_path / "news")]) == 0
    assert run(["--collection", str(tmp_path / "news"), command, "papr"]) == 2
    assert "papr: no such source in" in capsys.readouterr().err
    assert run(["--collection", str(tmp_path / "news"), command]) == 0


FURNISHED = PAGE.replace(
    "<p>The first",
    "<p>Read also: <a href='/x'>The harbour is\u202e closed</a></p><p>The first",
).replace("</article>", "</article><div class='share'>Sh\x9b2Jare</div>")


def explain(tmp_path: Path, *options: str) -> Result:
    page = tmp_path / "page.html"
    page.write_text(FURNISHED)
    return CliRunner().invoke(
        morgue, ["extract", "--html", str(page), "--url", "https://news.example.org/a", "--explain", *options]
    )


def test_explain_prints_what_each_rule_took_and_why(tmp_path: Path) -> None:
    result = explain(tmp_path)
    assert result.exit_code == 0
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert rows[:2] == [
        ["share", "tree", "7", "class or id says 'share'", "Sh2Jare"],
        ["related", "line", "33", "begins with 'read also'", "Read also: The harbour is closed"],
    ]
    assert "as trafilatura read it; the other readers agree with it by 0." in result.stdout
    assert not {"\x9b", "\u202e"} & set(result.stdout)


def test_explain_says_what_was_cut_off_behind_the_story(tmp_path: Path) -> None:
    story = "".join(
        f"<p>Paragraph {n} tells at some length why the old bridge over the river had to close.</p>" for n in range(9)
    )
    other = "".join(
        f"<div class='x{n}'><p>Elsewhere, {n} boats were sold to people who had never seen the sea.</p></div>"
        for n in range(3)
    )
    page = tmp_path / "page.html"
    page.write_text(f"<html><body><h1>Bridge</h1><div>{story}</div>{other}</body></html>")
    shown = CliRunner().invoke(
        morgue, ["extract", "--html", str(page), "--url", "https://news.example.org/a", "--explain", "--json"]
    )
    *removals, article = map(json.loads, shown.stdout.splitlines())
    said = " ".join(one["text"] for one in removals)
    for n in range(3):
        line = f"Elsewhere, {n} boats were sold to people who had never seen the sea."
        assert (line in article["text"]) != (line in said), "each line is text, or somebody says why it is none"


def test_explain_as_json_prints_an_object_a_removal_and_the_article_last(tmp_path: Path) -> None:
    result = explain(tmp_path, "--json")
    first, *_, article = map(json.loads, result.stdout.splitlines())
    assert first == {"rule": "share", "layer": "tree", "chars": 7, "text": "Sh2Jare", "why": "class or id says 'share'"}
    assert article["text"].endswith("old bicycle.")
    assert "as trafilatura read it" in result.stderr


def test_explain_needs_a_file(tmp_path: Path) -> None:
    result = CliRunner().invoke(morgue, ["extract", "--explain"])
    assert result.exit_code == 2
    assert "--html" in result.stderr
