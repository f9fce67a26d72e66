"""`morgue extract --html FILE --url URL` prints one article as one line of JSON."""

import json
from pathlib import Path

from click.testing import CliRunner

from pipelines.commands import extract

PAGE = """<html lang="en"><head><title>The bridge is open | Example</title></head><body><h1>The bridge is open</h1><article>
<p>After a year of repairs the harbour bridge was opened to traffic again on Tuesday morning, under a clear sky.</p>
<p>The first to cross it was a milk cart, as tradition wants it, followed by the mayor on his old bicycle.</p></article></body></html>"""


def test_the_article_is_printed_as_one_line_of_json(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(PAGE)
    result = CliRunner().invoke(extract, ["--html", str(page), "--url", "https://news.example.org/a"])
    assert result.exit_code == 0
    assert result.stdout.count("\n") == 1
    article = json.loads(result.stdout)
    assert article["headline"] == "The bridge is open"
    assert article["text"].startswith("After a year of repairs")


def test_a_missing_file_is_bad_usage(tmp_path: Path) -> None:
    result = CliRunner().invoke(extract, ["--html", str(tmp_path / "none.html"), "--url", "https://news.example.org/a"])
    assert result.exit_code == 2
    assert "none.html" in result.stderr


def test_a_page_that_cannot_be_read_is_one_clear_line(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_bytes(b"\x1f\x8b\x00\x00rubbish")
    result = CliRunner().invoke(extract, ["--html", str(page), "--url", "https://news.example.org/a"])
    assert result.exit_code == 1
    assert str(page) in result.stderr
    assert result.stderr.count("\n") == 1
