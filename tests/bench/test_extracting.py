"""The bench of extraction scores as the shared tool does, and says what it cannot measure."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"
GOLD = [
    {
        "id": "1",
        "url": "https://a.example/1",
        "text": "The mill burned.\nNobody was hurt in the fire.",
        "title": "Fire!",
    },
    {"id": "2", "url": "https://b.example/2", "text": "渔民们站在岸边。", "authors": ["Ana Reyes", "John Roe"]},
    {"id": "3", "url": "https://b.example/3", "text": "One two three four five.", "date": "2024-05-01T10:00:00Z"},
    {
        "id": "4",
        "url": "https://b.example/4",
        "text": "Short.",
        "must_contain": ["short", "…"],
        "must_not_contain": ["ad"],
    },
    {"id": "5", "url": "https://b.example/5", "text": "Never read."},
]
READINGS = [
    {"id": "1", "text": "Nobody was hurt.", "standfirst": "The mill burned.", "title": "fire"},
    {"id": "2", "text": "渔民站在岸边\u2028。", "authors": "by Ana Reyes; John Roe"},
    {"id": "3", "text": "One two three four five six.", "date": "2024-05-01", "title": None},
    {"id": "4", "text": "", "date": None},
]


@pytest.fixture(autouse=True)
def bench_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))


def scores(tool: Path, folder: Path, readings: list[dict[str, Any]]) -> dict[str, Any]:
    for name, rows in (("gold", GOLD), ("readings", readings)):
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    command = [sys.executable, tool, folder, folder / "readings.jsonl"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.shared
def test_scores_are_those_of_the_shared_tool(shared: Path, tmp_path: Path) -> None:
    tool, own = shared / "tools" / "score_extraction.py", BENCH / "extracting" / "score.py"
    for readings in (READINGS, READINGS[:2], [], [{**row, "title": "Fire", "authors": []} for row in GOLD]):
        assert scores(own, tmp_path, readings) == scores(tool, tmp_path, readings)


def test_the_newsrooms_own_stories_are_its_gold() -> None:
    from extracting.pages import load_pages
    from extracting.score import score

    for pages in load_pages("newsroom").values():
        gold = [page.gold for page in pages]
        result, _ = score(gold, {row["id"]: row for row in gold})
        assert (result["token_f1"], result["snippets_kept"], result["snippets_leaked"]) == (1, 1, 0)


def test_a_system_that_is_not_there_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from extracting import systems

    def read(html: bytes, url: str) -> dict[str, Any]:
        raise ModuleNotFoundError("no module named nobody")

    monkeypatch.setitem(systems.SYSTEMS, "nobody", (read, "nobody"))
    assert "nobody is not installed" in (systems.why_missing("nobody") or "")
    assert systems.why_missing("newsmorgue") is None
