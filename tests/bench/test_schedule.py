"""The schedule holds to its targets on a small copy of the bench's feeds and articles."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "bench" / "schedule.py"
SMALL = ("--feeds", "40", "--days", "45", "--drift-days", "30", "--articles", "1500", "--json")


@pytest.fixture(scope="module")
def tables() -> dict[str, dict[str, dict[str, Any]]]:
    done = subprocess.run([sys.executable, SCRIPT, *SMALL], check=True, capture_output=True, text=True)
    return {name: {row["policy"]: row for row in rows} for name, rows in json.loads(done.stdout).items()}


def test_news_is_found_nearly_as_soon_as_by_who_knows_every_hours_rate(tables):
    ours = tables["steady"]["newsmorgue"]
    assert ours["to_even"] <= 1.0
    assert ours["to_rhythmic"] <= 1.10
    assert ours["later_to_rhythmic"] <= 1.05


def test_feeds_that_drift_die_and_are_born_cost_little_more(tables):
    assert tables["drifting"]["newsmorgue"]["to_even"] <= 1.05


def test_polls_stay_within_the_budget_and_are_the_same_for_all(tables):
    for name, days in (("steady", 45), ("drifting", 30)):
        polls = [row["polls"] for policy, row in tables[name].items() if policy != "x1.5 / x0.8"]
        assert max(polls) <= 40 * 6 * days * 1.01
        assert max(polls) <= min(polls) * 1.02


def test_others_find_news_later(tables):
    for name in ("steady", "drifting"):
        minutes = {policy: row["minutes"] for policy, row in tables[name].items() if "optimum" not in policy}
        assert min(minutes, key=minutes.__getitem__) == "newsmorgue"


def test_fewer_edits_are_missed_than_by_the_table_with_as_many_requests(tables):
    ours, table = tables["edits"]["newsmorgue"], tables["edits"]["table, equal requests"]
    assert abs(ours["looks"] - table["looks"]) <= 0.02 * table["looks"]
    assert ours["missed"] < 0.95 * table["missed"]
    assert ours["hours"] < table["hours"]
