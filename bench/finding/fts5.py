"""SQLite's full-text search over the same texts: the peer that needs nothing installed."""

import sqlite3
import time
from pathlib import Path

from finding.corpus import iter_versions


class Fts5:
    """An FTS5 table of all versions, in the order of their timestamps: rowid descending is newest first, its cheapest order."""

    def __init__(self, path: Path, tokenizer: str, articles: int) -> None:
        began = time.process_time()
        self._made = sqlite3.connect(path)
        self._made.execute(f"CREATE VIRTUAL TABLE v USING fts5(headline, text, url UNINDEXED, tokenize='{tokenizer}')")
        self._made.execute("CREATE TABLE seen (id INTEGER PRIMARY KEY, timestamp INTEGER)")
        self._made.execute("CREATE INDEX by_time ON seen (timestamp)")
        making = 0.0
        documents = iter_versions(articles)
        with self._made:
            while True:
                resumed = time.process_time()
                document = next(documents, None)
                making += time.process_time() - resumed
                if document is None:
                    break
                row = self._made.execute(
                    "INSERT INTO v (headline, text, url) VALUES (?, ?, ?)",
                    (document.headline, f"{document.standfirst}\n{document.body}", document.url),
                )
                self._made.execute("INSERT INTO seen VALUES (?, ?)", (row.lastrowid, int(document.timestamp)))
        self.seconds = time.process_time() - began - making
        self.size = path.stat().st_size

    def search(self, query: str, *, from_: str | None = None, to: str | None = None, offset: int = 0) -> list[str]:
        """Twenty hits with snippets, newest first."""
        # Each match is looked up by its id: `rowid IN (a month)` would search once for every version of the month.
        within = "" if from_ is None else "AND (SELECT timestamp FROM seen WHERE id = v.rowid) BETWEEN ? AND ?"
        times = () if from_ is None else (int(from_.ljust(14, "0")), int((to or "").ljust(14, "9")))
        rows = self._made.execute(
            f"SELECT url, headline, snippet(v, 1, '<', '>', '…', 30) FROM v WHERE v MATCH ? {within} "
            "ORDER BY rowid DESC LIMIT 20 OFFSET ?",
            (query, *times, offset),
        )
        return [url for url, _, _ in rows]
