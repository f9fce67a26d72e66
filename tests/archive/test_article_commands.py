"""An article whose paper edits in silence, corrects, takes back and redates it: what `history` and `diff` say of it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.collection import Collection
from archive.config import load_settings
from archive.rebuild import reindex
from crawler.cli import run

DAM = "https://www.example.org/news/dam"
READ_AGAIN = "https://www.example.org/news/quarry"
ROOT = Path(__file__).resolve().parents[2]

TEXT = (
    "Two people died when the dam above Port Elder broke on Monday night, the mayor said.\n"
    "“We had no warning,” said Ada Quill, who keeps the mill below it.\n"
    "The water carried off 14 houses and the road to the quarry.\n"
    "A crew from the coast looks for the missing."
)
NOTICE = "Correction: an earlier version of this story gave a wrong number of houses."
PUBLISHED = datetime(2024, 5, 1, 8, 0, tzinfo=UTC)
EDITIONS: tuple[tuple[str, str, datetime | None], ...] = (
    ("Dam breaks above Port Elder", TEXT, PUBLISHED),
    # A letter, and no new date: nobody minds.
    ("Dam breaks above Port Elder", TEXT.replace("carried", "carrried"), PUBLISHED),
    # Silent: another number of dead.
    ("Dam breaks above Port Elder", TEXT.replace("Two people", "Nine people"), PUBLISHED),
    # Said by a date.
    ("Dam breaks above Port Elder", TEXT.replace("Two people", "Eleven people"), PUBLISHED + timedelta(hours=9)),
    # Owned up to.
    (
        "Dam breaks above Port Elder",
        TEXT.replace("14 houses", "40 houses") + "\n" + NOTICE,
        PUBLISHED + timedelta(hours=12),
    ),
    # Back to the first text, and its date: silent.
    ("Dam breaks above Port Elder", TEXT, PUBLISHED),
    # The same text under a new date.
    ("Dam breaks above Port Elder", TEXT, PUBLISHED + timedelta(days=2)),
    # A headline that says otherwise, in silence.
    ("Dam holds above Port Elder", TEXT, PUBLISHED + timedelta(days=2)),
)


@pytest.fixture(scope="module")
def dam(tmp_path_factory: pytest.TempPathFactory, newspaper_type: Any) -> Path:
    from archive.config import init_collection
    from archive.writer import ArchiveWriter

    folder = tmp_path_factory.mktemp("dam") / "news"
    with ArchiveWriter.open(folder, init_collection(folder)) as writer:
        paper = newspaper_type(writer)
        texts = set()
        for hour, (headline, text, modified) in enumerate(EDITIONS):
            capture = paper.capture(DAM, f"20240501{10 + hour}0000", f"<h1>{hour}</h1>".encode())
            paper.read(
                capture, text=text, headline=headline, source="elder", language="en", is_new=(headline, text) not in texts,
                date_published=PUBLISHED, date_modified=modified,
            )  # fmt: skip
            texts.add((headline, text))
        # Read by two extractors: the newer one reads a line that the older one left out, and no date.
        first = paper.capture(READ_AGAIN, "20240501100000", b"<p>1")
        paper.read(first, text="The quarry is shut.", source="elder", extractor="newsmorgue/1", date_modified=PUBLISHED)
        second = paper.capture(READ_AGAIN, "20240501110000", b"<p>2")
        later = "The quarry is shut.\nNobody was hurt in it, and 12 men walked home."
        paper.read(second, text=later, source="elder", extractor="newsmorgue/2")
        paper.read(first, text=later, source="elder", extractor="newsmorgue/2", is_new=False)
    return folder


Morgue = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(capfd: pytest.CaptureFixture[str], dam: Path) -> Iterator[Morgue]:
    def morgue(*arguments: str) -> tuple[int, str, str]:
        capfd.readouterr()
        return (run([*arguments, "--collection", str(dam)]), *capfd.readouterr())

    return morgue


def listed(ask: Morgue, *arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ask("history", DAM, "--json", *arguments)[1].splitlines()]


def test_history_tells_silent_edits_from_those_that_were_said(ask: Morgue) -> None:
    found = [(one["number"], one["change"], one["silent"], one["same_as"], one["touched"]) for one in listed(ask)]
    assert found == [
        (1, "first", False, None, False),
        (2, "edited", False, None, False),
        (3, "edited", True, None, False),
        (4, "edited", False, None, False),
        (5, "corrected", False, None, False),
        (6, "edited", True, 1, True),
        (7, "headline", True, None, False),
    ]


def test_scores_are_in_the_order_of_what_matters(ask: Morgue) -> None:
    first, typo, number, again, corrected, *_, headline = (one["significance"] for one in listed(ask))
    assert first is None
    assert 0 < typo < 0.03 < again <= number < corrected
    assert number < headline


def test_small_versions_are_folded(ask: Morgue) -> None:
    found = listed(ask, "--min-change", "0.1")
    assert [(one["number"], one["folded"]) for one in found] == [(1, 1), (3, 0), (4, 0), (5, 0), (6, 0), (7, 0)]
    assert found[0]["last_seen"] == "20240501110000"
    assert [one["number"] for one in listed(ask, "--min-change", "1")] == [1]
    for wrong in ("2", "-1", "much"):
        assert ask("history", DAM, "--min-change", wrong)[0] == 2


def test_history_says_it_in_columns(ask: Morgue) -> None:
    rows = [line.split("\t") for line in ask("history", DAM, "--min-change", "0.1")[1].splitlines()]
    assert [row[5] for row in rows] == ["+1 folded", "silent", "", "", "silent, same as 1, redated", "silent"]
    assert rows[0][4] == ""
    assert 0 < float(rows[1][4]) < 1


def test_a_rebuilt_catalog_says_the_same(dam: Path, tmp_path: Path) -> None:
    copy = tmp_path / "news"
    shutil.copytree(dam, copy)
    reindex(copy, load_settings(copy))
    with Collection.open(copy) as rebuilt, Collection.open(dam) as opened:
        assert rebuilt.history(DAM) == opened.history(DAM)


def test_a_better_reading_is_no_edit_and_not_silent(ask: Morgue) -> None:
    (one,) = (json.loads(line) for line in ask("history", READ_AGAIN, "--json")[1].splitlines())
    assert (one["change"], one["silent"], one["significance"]) == ("first", False, None)


def test_diff_of_versions_that_changed_enough(ask: Morgue) -> None:
    _, out, _ = ask("diff", DAM, "--min-change", "0.1")
    assert out.startswith("--- version 6,")
    assert "Dam [-breaks-]{+holds+} above" in out
    status, _, err = ask("diff", DAM, "--min-change", "0.99")
    assert status == 3
    assert "none of its 7 versions changed 0.99 of the meaning or more" in err
    assert "[-carried-]{+carrried+}" in ask("diff", DAM, "1", "2", "--min-change", "0.5")[1]


def test_diff_names_a_correction_notice(ask: Morgue) -> None:
    _, out, _ = ask("diff", DAM, "4", "5")
    assert f"  correction notice (paragraph 5), new\n{{+{NOTICE}+}}" in out
    (found,) = (json.loads(line) for line in ask("diff", DAM, "4", "5", "--json")[1].splitlines())
    assert [hunk["role"] for hunk in found["body"] if hunk["op"] == "insert"] == ["correction"]
    assert found["significance"] > 0.3


def test_diff_side_by_side(ask: Morgue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "61")
    _, out, _ = ask("diff", DAM, "1", "3", "--side-by-side")
    assert "[-Two-] people died when the  │ {+Nine+} people died when the\n" in out
    assert all(len(line) <= 61 for line in out.splitlines()[2:])


def test_diff_as_a_page(ask: Morgue) -> None:
    _, out, _ = ask("diff", DAM, "1", "3", "--as", "html")
    assert out.startswith("<!DOCTYPE html>")
    assert "<del>Two</del><ins>Nine</ins>" in out


@pytest.mark.parametrize(
    "arguments", [("--as", "html", "--json"), ("--side-by-side", "--json"), ("--side-by-side", "--as", "html")]
)
def test_forms_that_contradict_each_other_are_bad_usage(ask: Morgue, arguments: tuple[str, ...]) -> None:
    status, out, err = ask("diff", DAM, *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("morgue: --")


def test_forms_of_json_are_one(ask: Morgue) -> None:
    assert ask("diff", DAM, "--as", "json") == ask("diff", DAM, "--json")


def test_a_page_that_is_only_looked_up_weighs_nothing(dam: Path) -> None:
    """Judging reads all texts: `lookup` and `show` must not load it."""
    program = (
        "import sys; from archive.collection import Collection\n"
        f"Collection.open({str(dam)!r}).article({DAM!r})\n"
        "print(*[name for name in ('archive.diff', 'archive.significance', 'archive.notices') if name in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.split() == []
