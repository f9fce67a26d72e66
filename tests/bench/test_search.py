"""The bench of search runs on a small archive, and every kind of question finds something."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"


@pytest.mark.slow
def test_every_kind_of_question_is_answered(tmp_path: Path) -> None:
    command = [
        sys.executable,
        str(BENCH / "search.py"),
        "--articles",
        "600",
        "--rounds",
        "1",
        "--folder",
        str(tmp_path),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=True)
    rows = [line for line in done.stdout.splitlines() if line.startswith(("one word, c", "two", "phrase", "Chinese"))]
    assert len(rows) == 6
    for row in rows:
        match, index, collection = (int(cell) for cell in row[26:].split()[2:9:3])
        assert match == index == collection > 0


def test_the_archive_is_the_same_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    from finding.corpus import iter_versions

    first, second = list(iter_versions(14)), list(iter_versions(14))
    assert first == second
    assert {one.language for one in first} >= {"en", "zh", "ar", "ko"}
    assert len({(one.key, one.timestamp) for one in first}) == len(first)
