#!/usr/bin/env python3
"""Search over a hundred thousand articles, beside SQLite's FTS5 in the same run.

usage: bench/search.py [--articles N] [--rounds N] [--folder FOLDER] [--without-peers]

The articles are made up (`finding/corpus.py`): ten languages, words by Zipf's law, a tenth edited once, spread over 2025.
Each question asks for a page of 20 hits as a reader gets it: ranked, each article once, headline, snippet with the hits
marked. `index` is the search index alone, `collection` what commands and pages ask: the same, and for each hit whether it
may be shown and where else the article has stood, which the catalog says. `match` is the index without reading what is
kept of the hits and without snippets.

FTS5 has the easier task: each version is a hit, only newest first (its cheapest order), unfolded but for what its tokenizer
does; `unicode61` knows no words in Chinese, `trigram` none of less than three characters. `hits` says how many questions
had any.

Times are CPU time of the asking thread, the least of some rounds for each question, after one round that is not counted; p50
and p95 are over questions. A busy machine is seen in them all the same: read them beside one another.
"""

import argparse
import gc
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from finding.collection import build
from finding.fts5 import Fts5
from finding.queries import Question, make_questions

from archive.collection import Collection
from archive.index.search import SearchIndex

PAGE = 20
Ask = Callable[[Question], Sequence[object]]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="keep what was made there, and use it again")
    parser.add_argument("--without-peers", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        measure(given.folder or Path(made), given.articles, given.rounds, peers=not given.without_peers)


def measure(folder: Path, articles: int, rounds: int, *, peers: bool) -> None:
    """Print the tables."""
    news = folder / "news"
    if not news.exists():
        built = build(news, articles)
        text = built.text_bytes
        print(f"{built.articles} articles, {built.versions} versions, {text / 1e6:.0f} MB of text")
        print(
            f"{'tantivy':18} {built.versions / built.seconds:6.0f} versions a second of CPU, {built.index_bytes / text:.2f} of the text"
        )
    questions = make_questions(articles)
    with Collection.open(news) as collection:
        index = collection.search_index
        asks: dict[str, Ask] = {
            "match": lambda question: match(index, question),
            "index": lambda question: from_index(index, question),
            "collection": lambda question: from_collection(collection, question),
        }
        if peers:
            asks |= open_peers(folder, articles)
        print(f"\n{'ms':26}" + "".join(f"{name:>22}" for name in asks))
        print(f"{'':26}" + f"{'p50':>8}{'p95':>8}{'hits':>6}" * len(asks))
        for kind, some in questions.items():
            cells = [time_all(ask, some, rounds) for ask in asks.values()]
            print(f"{kind:26}" + "".join(f"{p50:8.2f}{p95:8.2f}{hits:6}" for p50, p95, hits in cells), flush=True)


def open_peers(folder: Path, articles: int) -> dict[str, Ask]:
    """FTS5 with each tokenizer."""
    found: dict[str, Ask] = {}
    for tokenizer in ("unicode61", "trigram"):
        path = folder / f"{tokenizer}.sqlite"
        path.unlink(missing_ok=True)
        peer = Fts5(path, tokenizer, articles)
        print(
            f"{'FTS5 ' + tokenizer:18} {articles / peer.seconds:6.0f} articles a second of CPU, {peer.size / 1e6:.0f} MB"
        )
        found[tokenizer] = lambda question, peer=peer: peer.search(  # type: ignore[misc]
            question.fts5, from_=question.from_, to=question.to, offset=(question.page - 1) * PAGE
        )
    return found


def match(index: SearchIndex, question: Question) -> Sequence[object]:
    """The hits in order, without what is kept of them."""
    answer = index.ask(question.query, from_=question.from_, to=question.to)
    return list(islice(answer.ranked(batch=PAGE * question.page), PAGE * question.page))


def from_index(index: SearchIndex, question: Question) -> Sequence[object]:
    """A page of the index."""
    return index.search(
        question.query, from_=question.from_, to=question.to, limit=PAGE, offset=(question.page - 1) * PAGE
    )


def from_collection(collection: Collection, question: Question) -> Sequence[object]:
    """A page of the collection; a second page goes on behind the first."""
    page = collection.search_page(question.query, from_=question.from_, to=question.to, limit=PAGE)
    if question.page == 2 and page.next:
        began = time.thread_time()
        page = collection.search_page(question.query, limit=PAGE, after=page.next)
        _SECOND.append(time.thread_time() - began)
    return page.hits


_SECOND: list[float] = []
"""Seconds of the last second page alone."""


def time_all(ask: Ask, questions: Sequence[Question], rounds: int) -> tuple[float, float, int]:
    """Milliseconds, p50 and p95 over questions of the least of some rounds each; and how many questions had hits."""
    least: list[float] = []
    hits = 0
    for question in questions:
        hits += bool(ask(question))
    gc.collect()
    gc.disable()
    for question in questions:
        times = []
        for _ in range(rounds):
            _SECOND.clear()
            began = time.thread_time()
            ask(question)
            times.append(_SECOND[0] if _SECOND else time.thread_time() - began)
        least.append(min(times) * 1000)
    gc.enable()
    least.sort()
    return least[len(least) // 2], least[int(len(least) * 0.95)], hits


if __name__ == "__main__":
    main()
