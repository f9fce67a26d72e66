"""A simulated week of the newsroom, crawled by a schedule whose clock is compressed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"


@pytest.mark.slow
def test_every_edit_that_outlives_the_next_look_becomes_a_version_and_every_history_is_right() -> None:
    command = [sys.executable, str(BENCH / "week.py"), "--json", "--seconds", "90"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    week = json.loads(done.stdout)
    assert week["broken_promises"] == []
    assert week["wrong_histories"] == []
    assert week["edits"]["promised"] >= 10
    assert week["edits"]["kept"] == week["edits"]["promised"]
    assert week["gone"]["kept"] == week["gone"]["promised"] > 0
    assert week["restored"]["kept"] == week["restored"]["promised"] > 0
    assert week["moved"] >= 3
    assert week["dated_by_the_clock"] is True
    assert week["summary"]["failed"] == 0
