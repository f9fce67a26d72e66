"""Scores readings by the definitions of the shared folder's tools/score_extraction.py, for where that folder is absent.

usage: score.py FOLDER PREDICTIONS.jsonl [--worst N]

FOLDER holds gold.jsonl. A test compares the two on the same readings. Definitions: the tool's own words (a character of a
script without spaces is a word), bags of words, 4-word shingles, snippets as folded text, fields after folding.
"""

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from pathlib import Path
from typing import Any

_WORD = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+")
_INTRODUCTION = re.compile(r"^(?:by|von|par|por)\s+", re.IGNORECASE)
_BETWEEN_AUTHORS = re.compile(r";|,| and | & ")
_SHINGLE_WORDS = 4

Row = dict[str, Any]


def words_of(text: str | None) -> list[str]:
    return _WORD.findall((text or "").lower())


def fold(text: str | None) -> str:
    return " ".join(words_of(text))


def compare(found: Sequence[Hashable], gold: Sequence[Hashable]) -> tuple[float, float, float]:
    """Precision, recall and F1 of one bag against another."""
    if not found or not gold:
        both = float(not found and not gold)
        return both, both, both
    same = (Counter(found) & Counter(gold)).total()
    precision, recall = same / len(found), same / len(gold)
    return precision, recall, 2 * precision * recall / (precision + recall) if same else 0.0


def shingles(words: list[str]) -> list[tuple[str, ...]]:
    last = max(1, len(words) - _SHINGLE_WORDS + 1)
    return [tuple(words[start : start + _SHINGLE_WORDS]) for start in range(last)] if words else []


def authors_of(value: Any) -> set[str]:
    names = _BETWEEN_AUTHORS.split(value) if isinstance(value, str) else value or []
    return {fold(_INTRODUCTION.sub("", str(name))) for name in names} - {""}


def day_of(value: Any) -> str:
    return str(value or "")[:10]


FOLDS: dict[str, Callable[[Any], Any]] = {"title": fold, "date": day_of, "authors": authors_of}
"""What of a field has to be the same."""


def mean(values: Iterable[float]) -> float:
    values = list(values)
    return sum(values) / len(values) if values else 0.0


def score(gold: list[Row], predictions: dict[str, Row]) -> tuple[Row, list[tuple[float, str]]]:
    """The scores, and each page's token F1."""
    tokens: list[tuple[float, str]] = []
    pairs: list[tuple[float, float]] = []
    kept: list[float] = []
    leaked: list[float] = []
    fields: dict[str, list[float]] = {name: [] for name in FOLDS}
    for page in gold:
        found = predictions.get(page["id"], {})
        wanted = words_of(page["text"])
        readings = [words_of(found.get("text"))]
        if found.get("standfirst"):  # gold texts differ in whether they hold it: the better reading counts
            readings.append(words_of(f"{found['standfirst']}\n{found.get('text') or ''}"))
        words = max(readings, key=lambda reading: compare(reading, wanted)[2])
        tokens.append((compare(words, wanted)[2], page["id"]))
        pairs.append(compare(shingles(words), shingles(wanted))[:2])
        text = fold(found.get("text"))
        kept += [snippet in text for snippet in map(fold, page.get("must_contain", ())) if snippet]
        leaked += [snippet in text for snippet in map(fold, page.get("must_not_contain", ())) if snippet]
        for name, values in fields.items():
            if page.get(name) and name in found:
                values.append(FOLDS[name](found[name]) == FOLDS[name](page[name]))
    precision, recall = mean(one for one, _ in pairs), mean(other for _, other in pairs)
    result: Row = {
        "pages": len(gold),
        "missing": len(gold) - len(predictions),
        "token_f1": mean(one for one, _ in tokens),
        "shingle_f1": 2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        "precision": precision,
        "recall": recall,
        "below_0.8": sum(one < 0.8 for one, _ in tokens),
    }
    if kept:
        result |= {"snippets_kept": mean(kept), "snippets_leaked": mean(leaked)}
    result |= {name: mean(values) for name, values in fields.items() if values}
    return {name: round(value, 4) for name, value in result.items()}, sorted(tokens)


def read_rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("predictions", type=Path)
    parser.add_argument("--worst", type=int, default=0)
    args = parser.parse_args()
    gold = read_rows(args.folder / "gold.jsonl")
    result, tokens = score(gold, {row["id"]: row for row in read_rows(args.predictions)})
    print(json.dumps(result))
    for value, page in tokens[: args.worst]:
        print(f"{value:.3f} {page}", file=sys.stderr)


if __name__ == "__main__":
    main()
