"""What reaches stdout and stderr where nobody watches; what a terminal gets is in test_commands."""

import pytest

from archive.output import print_table, printable, readable_size, show_progress


def test_table_without_a_terminal_is_lines_of_columns(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("a", "b", "c"), [(1, None, "two\twords\nhere"), ("x", "\x1b[2J", "z")])
    assert capsys.readouterr().out == "1\t\ttwo words here\nx\t[2J\tz\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("line\nnext\tcolumn", "line\nnext\tcolumn"),
        ("\x1b]0;title\x07", "]0;title"),
        ("\x9b31m", "31m"),
        ("safe\u202egnp.exe", "safegnp.exe"),
        ("می‌شود", "می‌شود"),
    ],
)
def test_printable_text_keeps_what_is_written_and_drops_what_steers(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_progress_without_a_terminal_is_a_line_for_every_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    with show_progress("checking") as progress:
        for done in range(0, 1001, 5):
            progress("a.warc.gz", done, 1000)
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == ""
    assert len(lines) == 11
    assert lines[0] == "morgue: checking 0% a.warc.gz"
    assert lines[-1] == "morgue: checking 100% a.warc.gz"


def test_progress_of_nothing_is_done_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    with show_progress("checking") as progress:
        progress("", 0, 0)
    assert capsys.readouterr().err == "morgue: checking 100%\n"


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (2_500_000_000, "2.5 GB"),
    ],
)
def test_sizes_are_short(size: int, shown: str) -> None:
    assert readable_size(size) == shown
