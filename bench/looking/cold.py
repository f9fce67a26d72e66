"""What it costs to start a command that looks up: CPU of the process beyond that of `python -c pass`.

    python bench/looking/cold.py

User and system time of a whole run of the command, on a small archive; the median of twenty.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from archive.config import Settings, init_collection
from archive.formats.timestamp import from_timestamp
from archive.formats.urlkey import urlkey
from archive.model import Article, Exchange, Reading
from archive.reindex import Indexer
from archive.versions import text_digest
from archive.writer import ArchiveWriter
from pipelines.snapshot import take_snapshot

ROOT = Path(__file__).resolve().parents[2]
RUNS = 20
URL = "https://www.example.org/news/bridge"


def main() -> None:
    """One table: each command that looks up, beside bare Python."""
    with tempfile.TemporaryDirectory(prefix="morgue-bench-") as made:
        folder, compiled = Path(made) / "news", Path(made) / "compiled"
        make(folder)
        bare = cpu_of(["-c", "pass"], compiled)
        print(f"{'command':16}{'CPU ms over bare Python':>26}   (bare: {bare:.0f} ms)")
        for command in (
            ["lookup", URL],
            ["history", URL],
            ["diff", URL],
            ["show", URL],
            ["search", "bridge"],
            ["--help"],
        ):
            arguments = ["-m", "crawler.cli", "--collection", str(folder), *command]
            print(f"{'morgue ' + command[0]:16}{cpu_of(arguments, compiled) - bare:26.0f}", flush=True)


def make(folder: Path) -> None:
    """A collection with two versions of one article."""
    init_collection(folder)
    Indexer.open(folder).close()
    with ArchiveWriter.open(folder, Settings()) as writer:
        for day, weeks in (("01", "three"), ("02", "five")):
            text = f"The bridge will close for {weeks} weeks in June, the port said.\nFerries take over."
            message = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + text.encode()
            exchange = Exchange(
                url=URL, request=b"GET / HTTP/1.1\r\n\r\n", response=message, began=from_timestamp(f"202405{day}103000")
            )
            with writer.group():
                snapshot = take_snapshot(exchange, writer.catalog)
                capture = writer.add_capture(snapshot.records, snapshot.capture)
                assert capture
                article = Article(
                    url=URL,
                    headline="Bridge to close",
                    capture=capture.record_id,
                    extractor="newsmorgue/1",
                    confidence=0.9,
                )
                reading = Reading(
                    url=URL,
                    timestamp=capture.timestamp,
                    record_id=capture.record_id or "",
                    digest=capture.digest or "",
                    key=urlkey(URL),
                    extractor="newsmorgue/1",
                    outcome="article",
                    text_digest=text_digest(article.headline, None, text),
                    article=article,
                )
                writer.add_reading(reading, text)
        writer.make_searchable()


def cpu_of(arguments: list[str], compiled: Path) -> float:
    """Milliseconds of CPU of one run of Python, the median of many; compiled modules are kept in that folder."""
    _once(arguments, compiled)
    return statistics.median(_once(arguments, compiled) for _ in range(RUNS))


def _once(arguments: list[str], compiled: Path) -> float:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment["PYTHONPYCACHEPREFIX"] = str(compiled)
    null = subprocess.DEVNULL
    process = subprocess.Popen([sys.executable, *arguments], env=environment, stdout=null, stderr=null)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{arguments} ended with {process.returncode}")
    return 1000 * (usage.ru_utime + usage.ru_stime)


if __name__ == "__main__":
    main()
