import io
import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from warcio.archiveiterator import ArchiveIterator as WarcioIterator

from archive.collection import SEARCH_FOLDER, Collection
from archive.config import init_collection, load_settings
from archive.errors import ArchiveError, CollectionBusy, FolderUnwritable, IndexOutdated
from archive.formats.timestamp import from_timestamp
from archive.formats.units import Duration, Size
from archive.formats.warc import iter_records
from archive.model import Article, Capture, Exchange, Reading
from archive.verify import verify
from archive.versions import text_digest
from archive.warcfile import warc_files
from archive.writer import ArchiveWriter
from pipelines.snapshot import take_snapshot

URL = "https://example.org/{}"
STAMP = "20240501{:06d}"
Paper = Callable[[ArchiveWriter], Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    init_collection(tmp_path / "news")
    return tmp_path / "news"


def reopen(folder: Path, **settings: object) -> ArchiveWriter:
    return ArchiveWriter.open(folder, msgspec.structs.replace(load_settings(folder, environ={}), **settings))


def urls(folder: Path) -> list[str]:
    with Collection.open(folder) as collection:
        found = [capture.url for capture in collection.lookup("example.org", match="host")]
        for capture in collection.lookup("example.org", match="host"):
            assert collection.memento(capture).payload
        return found


def findable(folder: Path, word: str) -> list[str]:
    with Collection.open(folder) as collection:
        return sorted(hit.url for hit in collection.search(word))


def problems(folder: Path, check_warc: Callable[[Path], list[str]]) -> list[object]:
    """What is wrong with a collection in our own eyes and in those of others."""
    found: list[object] = list(verify(folder, load_settings(folder, environ={})))
    for kind in ("archive", "text"):
        found += [problem for path in warc_files(folder / kind) for problem in check_warc(path)]
    return found


def files(folder: Path, kind: str = "archive") -> list[str]:
    return [path.name for path in warc_files(folder / kind)]


def write_story(paper: Any, number: int, text: str = "Bridge closes") -> None:
    capture = paper.capture(URL.format(number), STAMP.format(number), b"<p>%d" % number)
    paper.read(capture, text=f"{text} {number}", source="voa", headline=f"Story {number}")


def test_what_a_group_wrote_is_there_for_other_readers(folder: Path, newspaper_type: Paper) -> None:
    with reopen(folder) as writer:
        write_story(newspaper_type(writer), 1)
        assert files(folder)[0].endswith(".open")
        assert urls(folder) == [URL.format(1)]
        assert findable(folder, "bridge") == []
        writer.make_searchable()
        assert findable(folder, "bridge") == [URL.format(1)]
        with Collection.open(folder) as collection:
            assert collection.article(URL.format(1)).text == "Bridge closes 1"


def test_close_seals_and_indexes(folder: Path, newspaper_type: Paper, check_warc: Callable[[Path], list[str]]) -> None:
    with reopen(folder) as writer:
        paper = newspaper_type(writer)
        write_story(paper, 2)
        write_story(paper, 1)
        paper.capture(URL.format(2), STAMP.format(3), status="304 Not Modified")
    assert [name for kind in ("archive", "text") for name in files(folder, kind) if name.endswith(".open")] == []
    (index,) = (folder / "indexes").iterdir()
    assert index.name == files(folder)[0].replace(".warc.gz", ".cdxj")
    lines = index.read_text().splitlines()
    assert [line.split(" ")[:2] for line in lines] == [
        ["org,example)/1", STAMP.format(1)],
        ["org,example)/2", STAMP.format(2)],
    ]
    assert findable(folder, "bridge") == [URL.format(1), URL.format(2)]
    assert problems(folder, check_warc) == []


def test_other_tools_find_each_record_by_its_cdxj_line(folder: Path, newspaper_type: Paper) -> None:
    with reopen(folder) as writer:
        for number in range(3):
            write_story(newspaper_type(writer), number)
        newspaper_type(writer).capture(URL.format(0), STAMP.format(9), b"<p>0")
    (index,) = (folder / "indexes").iterdir()
    for line in index.read_text().splitlines():
        fields = json.loads(line.split(" ", 2)[2])
        data = (folder / "archive" / fields["filename"]).read_bytes()
        span = data[int(fields["offset"]) :][: int(fields["length"])]
        (record,) = WarcioIterator(io.BytesIO(span))
        assert record.rec_headers.get_header("WARC-Target-URI") == fields["url"]
        assert record.rec_headers.get_header("WARC-Payload-Digest") == fields["digest"]
        assert (record.rec_type == "revisit") == (fields["mime"] == "warc/revisit")
        assert record.http_headers.get_statuscode() == fields["status"]


def test_files_are_rotated(folder: Path, newspaper_type: Paper, check_warc: Callable[[Path], list[str]]) -> None:
    with reopen(folder, max_file_size=Size(1000)) as writer:
        paper = newspaper_type(writer)
        for number in range(10):
            write_story(paper, number)
    assert len(files(folder)) > 2
    assert len(list((folder / "indexes").iterdir())) == len(files(folder))
    assert len(urls(folder)) == 10
    assert problems(folder, check_warc) == []


def test_files_are_sealed_when_they_are_old(folder: Path, newspaper_type: Paper) -> None:
    with reopen(folder, seal_after=Duration(milliseconds=10)) as writer:
        write_story(newspaper_type(writer), 1)
        time.sleep(0.02)
        with writer.group():
            pass
        assert not any(name.endswith(".open") for kind in ("archive", "text") for name in files(folder, kind))
        write_story(newspaper_type(writer), 2)
    assert urls(folder) == [URL.format(1), URL.format(2)]


def test_an_error_in_a_group_leaves_the_catalog_as_it_was_and_the_files_to_be_taken_in(
    folder: Path, newspaper_type: Paper, check_warc: Callable[[Path], list[str]]
) -> None:
    writer = reopen(folder)
    write_story(newspaper_type(writer), 1)
    with pytest.raises(RuntimeError, match="bug"):
        add_and_fail(writer, range(2, 3))
    assert urls(folder) == [URL.format(1)]
    with pytest.raises(ArchiveError, match="close it and open it again"), writer.group():
        pass
    writer.close()
    assert files(folder)[0].endswith(".open")
    assert problems(folder, check_warc) == []
    reopen(folder).close()
    assert urls(folder) == [URL.format(1), URL.format(2)]
    assert findable(folder, "bridge") == [URL.format(1)]
    assert problems(folder, check_warc) == []


def test_an_error_behind_a_rotation_loses_nothing(
    folder: Path, newspaper_type: Paper, check_warc: Callable[[Path], list[str]]
) -> None:
    with reopen(folder, max_file_size=Size(1000)) as writer, pytest.raises(RuntimeError, match="bug"):
        add_and_fail(writer, range(9))
    assert len(files(folder)) > 2
    assert urls(folder) == []
    reopen(folder).close()
    assert urls(folder) == [URL.format(number) for number in range(9)]
    assert problems(folder, check_warc) == []


def exchange(number: int) -> Exchange:
    return Exchange(
        url=URL.format(number),
        request=b"GET / HTTP/1.1\r\n\r\n",
        response=b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>page",
        began=from_timestamp(STAMP.format(number)),
    )


def add_and_fail(writer: ArchiveWriter, numbers: range) -> None:
    with writer.group():
        for number in numbers:
            snapshot = take_snapshot(exchange(number), writer.catalog)
            writer.add_capture(snapshot.records, snapshot.capture)
        raise RuntimeError("bug")


def reading(capture: Capture, text: str) -> Reading:
    return Reading(
        url=capture.url,
        timestamp=capture.timestamp,
        record_id=capture.record_id or "",
        digest=capture.digest or "",
        key=capture.urlkey,
        extractor="newsmorgue/1",
        outcome="article",
        text_digest=text_digest("Story", None, text),
        article=Article(url=capture.url, headline="Story", extractor="newsmorgue/1"),
    )


def test_a_text_that_came_in_the_same_group_is_searchable_under_both_addresses(
    folder: Path, newspaper_type: Paper
) -> None:
    with reopen(folder) as writer:
        one, two = (newspaper_type(writer).capture(URL.format(n), STAMP.format(n), b"<p>%d" % n) for n in (1, 2))
        with writer.group():
            writer.add_reading(reading(one, "Ferries sail"), "Ferries sail")
            writer.add_reading(reading(two, "Ferries sail"), None)
    assert findable(folder, "ferries") == [URL.format(1), URL.format(2)]
    with Collection.open(folder) as collection:
        assert collection.article(URL.format(2)).text == "Ferries sail"


def test_a_second_writer_is_turned_away(folder: Path) -> None:
    with reopen(folder), pytest.raises(CollectionBusy, match=rf"pid {os.getpid()} on "):
        reopen(folder)
    reopen(folder).close()


def test_a_writer_that_cannot_open_lets_go_of_the_lock(folder: Path) -> None:
    (folder / "archive").rmdir()
    (folder / "archive").write_text("in the way")
    for _ in range(2):
        with pytest.raises(FolderUnwritable, match="archive: File exists"):
            reopen(folder)
    (folder / "archive").unlink()
    reopen(folder).close()


def test_a_catalog_that_is_gone_is_not_made_up(folder: Path, newspaper_type: Paper) -> None:
    with reopen(folder) as writer:
        write_story(newspaper_type(writer), 1)
    (folder / "catalog.sqlite").unlink()
    with pytest.raises(IndexOutdated, match="morgue reindex"):
        reopen(folder)


def test_files_of_others_are_taken_in_at_the_next_opening(folder: Path, tmp_path: Path, newspaper_type: Paper) -> None:
    init_collection(tmp_path / "other")
    with reopen(tmp_path / "other") as writer:
        write_story(newspaper_type(writer), 7)
    reopen(folder).close()
    (name,) = files(tmp_path / "other")
    (folder / "archive" / "taken.warc.gz").write_bytes((tmp_path / "other" / "archive" / name).read_bytes())
    reopen(folder).close()
    assert urls(folder) == [URL.format(7)]


def test_search_catches_up_with_what_it_never_committed(folder: Path, newspaper_type: Paper) -> None:
    with reopen(folder) as writer:
        write_story(newspaper_type(writer), 1)
    (folder / SEARCH_FOLDER / "position.json").unlink()
    with reopen(folder) as writer:
        write_story(newspaper_type(writer), 2)
    assert findable(folder, "bridge") == [URL.format(1), URL.format(2)]
    (folder / SEARCH_FOLDER / "position.json").write_text("{")
    reopen(folder).close()
    assert findable(folder, "bridge") == [URL.format(1), URL.format(2)]


# A writer in another process, which says after each group what it was told to be durable.
WRITE = """
    import pathlib, sys
    sys.path.insert(0, {tests!r})
    import importlib.util
    spec = importlib.util.spec_from_file_location("helpers", {tests!r} + "/conftest.py")
    helpers = importlib.util.module_from_spec(spec); spec.loader.exec_module(helpers)
    import msgspec, os, signal, resource
    from archive.config import load_settings
    from archive.formats.units import Size
    from archive.writer import ArchiveWriter
    folder = pathlib.Path(sys.argv[1])
    settings = msgspec.structs.replace(load_settings(folder, environ=dict()), max_file_size=Size(6000))
    writer = ArchiveWriter.open(folder, settings)
    paper = helpers.Newspaper(writer)
    start = len(list(writer.catalog.captures()))
    def story(number):
        url, stamp = f"https://example.org/{{number}}", f"20240501{{number:06d}}"
        capture = paper.capture(url, stamp, os.urandom(number * 37 % 2000) + b"<p>")
        print("captured", number, flush=True)
        paper.read(capture, text=f"Bridge closes {{number}}", source="voa", headline=f"Story {{number}}")
        print("read", number, flush=True)
"""


def script(body: str) -> str:
    prelude = textwrap.dedent(WRITE).format(tests=str(Path(__file__).parent))
    return prelude + textwrap.dedent(body)


@pytest.fixture
def killed(folder: Path) -> Callable[[int], list[str]]:
    """Runs a writer and kills it without warning once it has said so many things; what it said."""

    def run(lines: int) -> list[str]:
        code = script("for number in range(start, 1000): story(number)")
        with subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            said = [process.stdout.readline().strip() for _ in range(lines)]
            time.sleep(random.random() / 50)
            process.send_signal(signal.SIGKILL)
            said += [line.strip() for line in process.stdout]
        return said

    return run


def test_a_killed_writer_loses_nothing_it_called_durable(
    folder: Path, killed: Callable[[int], list[str]], check_warc: Callable[[Path], list[str]]
) -> None:
    captured: set[str] = set()
    read: set[str] = set()
    for lines in (1, 2, 7, 20):
        for line in killed(lines):
            what, number = line.split()
            (captured if what == "captured" else read).add(URL.format(number))
        # Before anyone mends it, the collection answers for all that was durable.
        assert captured <= set(urls(folder))
        assert list(verify(folder, load_settings(folder, environ={}))) == []
        reopen(folder).close()
        assert captured <= set(urls(folder))
        with Collection.open(folder) as collection:
            assert len(collection.search("bridge", limit=1000)) >= len(read)
            for url in read:
                assert collection.article(url).text.startswith("Bridge closes")
        assert problems(folder, check_warc) == []


def test_what_reached_the_files_alone_is_taken_in(folder: Path, check_warc: Callable[[Path], list[str]]) -> None:
    """As when the power goes between the two: the files are durable, the catalog has not heard of them."""
    code = script(
        """
        story(1)
        with writer.group():
            story(2)
            for one in writer._writers.values():
                one.sync()
            os._exit(0)
        """
    )
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True, capture_output=True)
    assert urls(folder) == [URL.format(1)]
    assert list(verify(folder, load_settings(folder, environ={}))) == []
    reopen(folder).close()
    assert urls(folder) == [URL.format(1), URL.format(2)]
    assert findable(folder, "bridge") == [URL.format(1), URL.format(2)]
    with Collection.open(folder) as collection:
        assert collection.article(URL.format(2)).text == "Bridge closes 2"
    assert problems(folder, check_warc) == []


@pytest.mark.parametrize("limit", [60_000, 110_000, 400_000])
def test_a_full_disk_leaves_files_and_catalog_in_step(
    folder: Path, limit: int, check_warc: Callable[[Path], list[str]]
) -> None:
    """The limit on a file's size stands for the disk's: now a WARC file is the first to hit it, now the catalog."""
    code = script(
        f"""
        settings = msgspec.structs.replace(settings, max_file_size=Size(10**9))
        writer.close()
        writer = ArchiveWriter.open(folder, settings)
        paper = helpers.Newspaper(writer)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
        from archive.errors import FolderUnwritable
        try:
            for number in range(1000):
                story(number)
        except FolderUnwritable as error:
            print("full", str(error).replace(chr(32), "_"), flush=True)
        try:
            writer.close()
        except FolderUnwritable as error:
            pass
        """
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)
    said = [line.split() for line in done.stdout.splitlines()]
    assert said[-1][0] == "full"
    assert "\n" not in said[-1][1]
    captured = {URL.format(number) for what, number in said if what == "captured"}
    assert captured
    assert captured <= set(urls(folder))
    reopen(folder).close()
    assert captured <= set(urls(folder))
    assert problems(folder, check_warc) == []


def test_warcinfo_says_what_the_run_was_about(folder: Path, newspaper_type: Paper) -> None:
    settings = load_settings(folder, environ={})
    with ArchiveWriter.open(folder, settings, about=[("operator", "you@example.org"), ("robots", "obey")]) as writer:
        write_story(newspaper_type(writer), 1)
    for kind in ("archive", "text"):
        (path,) = warc_files(folder / kind)
        info, _ = next(iter(iter_records(path)))
        fields = dict(line.split(": ", 1) for line in info.block.decode().splitlines())
        assert fields["software"].startswith("newsmorgue/")
        assert fields["format"] == "WARC File Format 1.1"
        assert (fields["isPartOf"], fields["operator"], fields["robots"]) == ("news", "you@example.org", "obey")
