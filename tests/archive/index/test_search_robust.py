"""Searching stays up: hostile queries, deep pages, an index that is made anew meanwhile, a disk that is full."""

import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.errors import IndexOutdated, QueryInvalid
from archive.index.search import DEEPEST_HIT, SearchDocument, SearchIndex


def document(name: str, body: str, *, second: int = 0, headline: str = "") -> SearchDocument:
    return SearchDocument(
        key=name,
        url=f"https://news.example/{name}",
        timestamp=f"20260729{second // 3600:02}{second // 60 % 60:02}{second % 60:02}",
        body=body,
        headline=headline or None,
    )


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchIndex]:
    with SearchIndex.create(tmp_path_factory.mktemp("robust") / "search") as opened:
        opened.add(document("a", "A quake shook 東京都 and the well-known café at 7.30.", headline="Quake"))
        opened.commit()
        yield opened


@pytest.mark.parametrize(
    "query",
    [
        "x" * 10_000,
        "quake " * 1_700,
        "(" * 5_000,
        "(" * 900 + "quake" + ")" * 900,
        "-" * 1_999,
        "AND OR NOT AND OR NOT",
        "* ? ~ ^ + \\",
        '"" "" ()',
        "\x00\x01\x02\x03\x1b[",
        "\ud800\udfff",
        "\u200b‌‍",  # zero width
        "\u0301\u0302",
        "." * 2_000,
    ],
)
def test_what_asks_nothing_or_too_much_is_refused_in_one_short_line(index: SearchIndex, query: str) -> None:
    with pytest.raises(QueryInvalid) as refused:
        index.search(query)
    assert len(str(refused.value)) < 160
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "query",
    [
        "quake*",
        "qu?ke OR quake",
        "quake~2",
        "+quake",
        "quake^9",
        "text:quake OR quake",
        "quake AND",
        "/quake/",
        "[quake TO quake]",
        '"quake',
        "quake)",
        "quake\x00",
        "\x1b[31mquake\x1b[0m OR quake",
        "quake \\",
    ],
)
def test_the_syntax_of_other_engines_is_read_as_words(index: SearchIndex, query: str) -> None:
    assert isinstance(index.search(query), list)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.text(max_size=80),
        st.text('quake"()-: ORNTAD*?~^\\[]/headlinesourceauthor東京都\u200c\x00\ud800é7.', max_size=80),
    )
)
def test_any_query_is_answered_or_refused(index: SearchIndex, query: str) -> None:
    refused = ""
    try:
        hits = index.search(query)
    except QueryInvalid as error:
        refused = str(error)
    else:
        assert len(index.search(query, versions="all")) >= len(hits)
        assert index.ask(query).count() >= len(hits)
    assert len(refused.splitlines()) <= 1


def test_ten_thousand_hits_are_walked_through_by_place(tmp_path: Path) -> None:
    count = DEEPEST_HIT + 500
    with SearchIndex.create(tmp_path / "search") as opened:
        for number in range(count):
            opened.add(document(f"{number:05}", "quake", second=number // 3))
        opened.commit()
        seen: list[str] = []
        place = None
        while page := list(islice(opened.ask("quake").found(place, batch=1_000), 1_000)):
            place = page[-1].place
            seen += [one.document.key for one in page]
    assert len(seen) == len(set(seen)) == count
    assert seen == sorted(seen, key=lambda key: (-(int(key) // 3), key))


def test_readers_find_all_or_are_told_to_wait_while_the_index_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "search"
    made = [document(f"{number}", "quake") for number in range(30)]
    fill(path, made)
    stop = threading.Event()

    def read() -> set[int]:
        counts: set[int] = set()
        with SearchIndex.open(path, readonly=True) as reader:
            barrier.wait(10)
            while not stop.is_set():
                # Between two indexes there is none, and that is what it says.
                with suppress(IndexOutdated):
                    counts.add(len(reader.search("quake", limit=100)))
        return counts

    barrier = threading.Barrier(3)
    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        barrier.wait(10)
        try:
            for _ in range(8):
                fill(path, made)
        finally:
            stop.set()
        found = readers[0].result(10) | readers[1].result(10)
    assert found <= {0, 30}
    assert 30 in found


def fill(path: Path, documents: list[SearchDocument]) -> None:
    with SearchIndex.create(path, memory_bytes=15_000_000) as opened:
        for one in documents:
            opened.add(one)
        opened.commit()


def test_a_writer_that_was_killed_within_its_commit_does_not_stop_the_next(tmp_path: Path) -> None:
    path = tmp_path / "search"
    fill(path, [document(name, "One quake.") for name in "abc"])
    meta = (path / "meta.json").read_bytes()

    def better() -> None:
        with SearchIndex.open(path) as index:
            index.add(document("a", "A better quake."))
            index.commit()
            assert len(index.search("quake")) == 3

    better()
    (path / "meta.json").write_bytes(meta)  # as if it had been killed before it put the new one there
    better()


def test_a_disk_that_is_full_is_said_in_one_line_and_loses_nothing_committed(tmp_path: Path) -> None:
    fill(tmp_path / "search", [document("a", "quake")])
    script = """
        import resource, sys
        from pathlib import Path
        from archive.errors import FolderUnwritable
        from archive.index.search import SearchDocument, SearchIndex
        index = SearchIndex.open(Path(sys.argv[1]), memory_bytes=15_000_000)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))  # as a full disk: the write fails
        try:
            for number in range(3_000):
                index.add(SearchDocument(key=f"{number}", url="https://news.example/", timestamp="20260729120000",
                                         body=f"quake {number} " + "words without end " * 20))
            index.commit()
        except FolderUnwritable as refused:
            print(refused)
        """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path / "search")],
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.count("\n") == 1, done.stdout + done.stderr
    assert "cannot write the search index" in done.stdout
    assert "morgue reindex" in done.stdout
    with SearchIndex.open(tmp_path / "search", readonly=True) as reader:
        assert [hit.url for hit in reader.search("quake")] == ["https://news.example/a"]
