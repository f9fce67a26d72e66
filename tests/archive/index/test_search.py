import os
import random
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from archive.errors import ArchiveError, CollectionBusy, FolderUnwritable, IndexOutdated, QueryInvalid
from archive.index.search import DEEPEST_HIT, SearchDocument, SearchIndex
from archive.model import SearchHit


@pytest.fixture
def index(tmp_path: Path) -> Iterator[SearchIndex]:
    with SearchIndex.create(tmp_path / "search") as opened:
        yield opened


def document(name: str, body: str = "", *, timestamp: str = "20260729120000", **fields: Any) -> SearchDocument:
    return SearchDocument(
        key=f"example,news)/{name}", url=f"https://news.example/{name}", timestamp=timestamp, body=body, **fields
    )


def fill(index: SearchIndex, *documents: SearchDocument) -> SearchIndex:
    for one in documents:
        index.add(one)
    index.commit()
    return index


def names(hits: list[SearchHit]) -> list[str]:
    return [hit.url.rpartition("/")[2] for hit in hits]


STORIES = [
    document("en", "The harbour bridge was closed after a storm.", language="en", headline="Storm shuts bridge"),
    document("ar", "أعلنت الوزارة إغلاق المدرسة القديمة أمس.", language="ar", headline="إغلاق مدرسة"),
    document("fa", "وزارت راه گفت پل‌ها باز می‌شوند و كارگران برمی‌گردند.", language="fa", headline="پل‌ها"),
    document("zh", "市长昨天宣布关闭大桥，三名工人受伤。", language="zh-Hans", headline="大桥关闭"),
    document("ja", "市長は昨日、橋を閉鎖すると発表しました。ｶﾞｿﾘﾝも不足。", language="ja", headline="橋を閉鎖"),
    document("ko", "시장은 어제 서울에서 다리를 폐쇄한다고 밝혔다.", language="ko", headline="다리 폐쇄"),
    document("th", "นายกเทศมนตรีประกาศปิดสะพานเมื่อวานนี้", language="th", headline="ปิดสะพาน"),
    document("ru", "Мэр объявил, что мост ещё закрыт для проезда.", language="ru", headline="Мост закрыт"),
    document("tr", "Belediye başkanı Iğdır'da köprünün kapandığını söyledi.", language="tr", headline="Köprü kapandı"),
]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("BRIDGE", ["en"]),
        ("المدرسه", ["ar"]),
        ("الوزاره اغلاق", ["ar"]),
        ("کارگران", ["fa"]),
        ("كارگران", ["fa"]),
        ("پلها", ["fa"]),
        ("پل ها", ["fa"]),
        ("می‌شوند", ["fa"]),
        ("ميشوند", ["fa"]),
        ("大桥", ["zh"]),
        ("关闭大桥", ["zh"]),
        ("伤", ["zh"]),
        ("桥关", ["zh"]),
        ("閉鎖", ["ja"]),
        ("ガソリン", ["ja"]),
        ("市", ["zh", "ja"]),
        ("서울", ["ko"]),
        ("다리", ["ko"]),
        ("สะพาน", ["th"]),
        ("ประกาศปิดสะพาน", ["th"]),
        ("еще", ["ru"]),
        ("МОСТ", ["ru"]),
        ("ığdır", ["tr"]),
        ("IGDIR", ["tr"]),
        ("iğdırda", ["tr"]),
        ("kopru", ["tr"]),
        ("大阪", []),
        ("桥大", []),
    ],
)
def test_every_script_is_found_as_its_readers_type_it(index: SearchIndex, query: str, found: list[str]) -> None:
    fill(index, *STORIES)
    assert sorted(names(index.search(query))) == sorted(found)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("red apples", ["one"]),
        ('"red apples"', []),
        ('"apples red"', ["one"]),
        ("apples OR pears", ["one", "two"]),
        ("apples OR pears -green", ["one"]),
        ("red (apples OR plums)", ["one", "three"]),
        ("red -(apples OR plums)", []),
        ("headline:fruit", ["one", "two"]),
        ("headline:apples", []),
        ("headline:fruit pears", ["two"]),
        ("author:lee", ["two"]),
        ('author:"ann lee"', ["two"]),
        ('author:"lee ann"', []),
        ("source:VOA red", ["one"]),
        ("red -source:voa", ["three"]),
        ('"fruit apples"', []),
        ('"sold pears"', []),
        ("standing", ["three"]),
    ],
)
def test_the_query_language(index: SearchIndex, query: str, found: list[str]) -> None:
    fill(
        index,
        document("one", "Apples red and round.", headline="Fruit", source="voa"),
        document("two", "Green things are sold.\nPears too.", headline="More fruit", authors=("Ann Lee", "Bo Chu")),
        document("three", "Red plums.", standfirst="Standing by", source="rfi"),
    )
    assert sorted(names(index.search(query))) == sorted(found)


def test_filters(index: SearchIndex) -> None:
    fill(
        index,
        document("a", "quake", timestamp="20250101000000", source="voa", language="zh-Hans"),
        document("b", "quake", timestamp="20260101000000", source="VOA", language="zh"),
        document("c", "quake", timestamp="20260729120000", source="rfi", language="en"),
    )
    assert names(index.search("quake", source="voa")) == ["b", "a"]
    assert names(index.search("quake", language="ZH")) == ["b", "a"]
    assert names(index.search("quake", language="zh-hans")) == ["a"]
    assert names(index.search("quake", from_="20260101000000")) == ["c", "b"]
    assert names(index.search("quake", to="20260101000000")) == ["b", "a"]
    assert names(index.search("quake", from_="2026", to="202601")) == ["b"]
    assert names(index.search("quake", from_="2027")) == []


def test_the_headline_ranks_before_the_opening_before_the_rest(index: SearchIndex) -> None:
    rest = "Other words. " * 60
    fill(
        index,
        document("rest", f"{rest}\nquake", timestamp="20260729120003"),
        document("opening", f"quake\n{rest}", timestamp="20260729120002"),
        document("headline", rest, headline="Quake", timestamp="20260729120001"),
    )
    hits = index.search("quake")
    assert names(hits) == ["headline", "opening", "rest"]
    assert [hit.score for hit in hits] == [3.0, 2.0, 1.0]


def test_the_cut_of_an_opening_makes_no_word(index: SearchIndex) -> None:
    fill(index, *(document("a", "x" * 500, timestamp=f"2026072912000{n}") for n in range(2)))
    assert index.search("x" * 44) == []
    assert names(index.search("x" * 64)) == ["a"]


def test_the_newest_comes_first_then_by_url(index: SearchIndex) -> None:
    fill(index, document("b", "quake"), document("a", "quake"), document("c", "quake", timestamp="20260729120001"))
    assert names(index.search("quake")) == ["c", "a", "b"]


def test_an_article_is_one_hit_by_its_newest_matching_version(index: SearchIndex) -> None:
    fill(
        index,
        document("a", "quake and flood", timestamp="20260729120000", headline="Quake"),
        document("a", "quake and fire", timestamp="20260729130000", headline="Disaster"),
        document("a", "fire", timestamp="20260729140000", headline="Disaster"),
    )
    assert [hit.timestamp for hit in index.search("quake")] == ["20260729130000"]
    assert [hit.timestamp for hit in index.search("flood")] == ["20260729120000"]
    assert [hit.timestamp for hit in index.search("fire")] == ["20260729140000"]
    assert [hit.timestamp for hit in index.search("fire", to="20260729133000")] == ["20260729130000"]
    assert index.search("quake")[0].score == 3.0


def test_a_hit_tells_what_was_found(index: SearchIndex) -> None:
    fill(index, document("a", "A quake.", headline="News", source="VOA", language="en", standfirst="Sum"))
    assert index.search("quake") == [
        SearchHit(
            url="https://news.example/a",
            timestamp="20260729120000",
            headline="News",
            snippet="A \x02quake\x03.",
            score=2.0,
            source="VOA",
            language="en",
        )
    ]
    assert index.search("sum")[0].snippet == "\x02Sum\x03"


def test_pages_neither_repeat_nor_skip(index: SearchIndex) -> None:
    # Many share one second, as captures of a fast crawl do.
    fill(
        index,
        *(
            document(f"{n:03}", "quake", timestamp=f"202607291200{n % 7:02}", headline="Quake" if n % 3 else None)
            for n in range(150)
        ),
    )
    whole = names(index.search("quake", limit=500))
    assert len(whole) == len(set(whole)) == 150
    assert [name for start in range(0, 160, 7) for name in names(index.search("quake", limit=7, offset=start))] == whole
    assert index.search("quake", limit=0) == []


def test_a_search_up_to_now_stays_as_it_is_while_a_crawl_adds(index: SearchIndex) -> None:
    fill(index, *(document(f"{n:02}", "quake " * (n % 5 + 1)) for n in range(30)))
    before = names(index.search("quake", limit=30, to="20260729120000"))
    fill(index, *(document(f"new{n}", "quake flood", timestamp="20260729120001") for n in range(30)))
    assert names(index.search("quake", limit=30, to="20260729120000")) == before


def test_results_are_the_same_after_a_rebuild(tmp_path: Path) -> None:
    chance = random.Random(7)
    words = ["quake", "flood", "fire", "bridge", "水道", "地震", "мост", "پل‌ها", "aid", "convoy", "levee", "ash"]
    documents = [
        document(
            f"{n % 90:02}",
            "\n".join(" ".join(chance.choices(words, k=4)) for _ in range(chance.randint(1, 6))),
            timestamp=f"2026072912{n // 60:02}{n % 4:02}",
            headline=" ".join(chance.choices(words, k=3)),
        )
        for n in range(240)
    ]
    documents = list({(one.key, one.timestamp): one for one in documents}.values())
    queries = [*words, "quake flood", "quake OR 水道", '"aid convoy"', "bridge -fire", "headline:мост"]

    # Grown as a crawl grows it: small commits, and every third version read again, better.
    grown = SearchIndex.create(tmp_path / "grown")
    for number, one in enumerate(documents):
        worse = SearchDocument(key=one.key, url=one.url, timestamp=one.timestamp, body="quake menu login " * 9)
        grown.add(worse if number % 3 == 0 else one)
        if number % 7 == 0:
            grown.commit()
    for one in documents[::3]:
        grown.replace(one.key, one.timestamp, one)
    grown.commit()

    rebuilt = fill(SearchIndex.create(tmp_path / "rebuilt"), *sorted(documents, key=lambda one: one.url, reverse=True))
    for query in queries:
        assert grown.search(query, limit=200) == rebuilt.search(query, limit=200) != []
    grown.close()
    rebuilt.close()


def test_adding_a_version_again_replaces_it(index: SearchIndex) -> None:
    fill(index, document("a", "quake"), document("a", "flood"))
    fill(index, document("a", "fire"))
    assert index.search("quake OR flood") == []
    assert names(index.search("fire")) == ["a"]


def test_a_better_reading_may_have_another_key(index: SearchIndex) -> None:
    fill(index, document("amp-a", "quake menu"))
    index.replace("example,news)/amp-a", "20260729120000", document("a", "quake"))
    index.commit()
    assert names(index.search("quake")) == ["a"]


def test_what_is_removed_is_found_no_more(index: SearchIndex) -> None:
    fill(index, document("a", "quake"), document("a", "quake", timestamp="20260729130000"), document("b", "quake"))
    index.remove("example,news)/a", "20260729130000")
    index.commit()
    assert [hit.timestamp for hit in index.search("quake")] == ["20260729120000"] * 2
    index.remove_article("example,news)/a")
    index.commit()
    assert names(index.search("quake")) == ["b"]


def test_what_was_not_committed_is_not_there(tmp_path: Path) -> None:
    with SearchIndex.create(tmp_path / "search") as index:
        index.add(document("a", "quake"))
        assert index.search("quake") == []
    with SearchIndex.open(tmp_path / "search", readonly=True) as index:
        assert index.search("quake") == []


def test_a_reader_sees_every_commit(index: SearchIndex, tmp_path: Path) -> None:
    with SearchIndex.open(tmp_path / "search", readonly=True) as reader:
        assert reader.search("quake") == []
        fill(index, document("a", "quake"))
        assert names(reader.search("quake")) == ["a"]
        fill(index, document("b", "quake"))
        assert names(reader.search("quake")) == ["a", "b"]
        with pytest.raises(ArchiveError, match="for reading only"):
            reader.add(document("c", "quake"))


def run(script: str, folder: Path) -> str:
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(folder)],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.strip()


def test_another_process_reads_while_this_one_writes_but_does_not_write(index: SearchIndex, tmp_path: Path) -> None:
    fill(index, document("a", "quake"))
    index.add(document("b", "quake"))
    script = """
        import sys
        from pathlib import Path
        from archive.errors import CollectionBusy
        from archive.index.search import SearchIndex
        path = Path(sys.argv[1])
        print([hit.url for hit in SearchIndex.open(path, readonly=True).search("quake")])
        for open_index in (SearchIndex.open, SearchIndex.create):
            try:
                open_index(path)
            except CollectionBusy as busy:
                print(busy)
        """
    hits, *refused = run(script, tmp_path / "search").splitlines()
    assert hits == "['https://news.example/a']"
    assert refused == [f"{tmp_path}/search: another process writes to the search index (wait for it, or stop it)"] * 2
    fill(index)
    assert names(index.search("quake")) == ["a", "b"]


def test_a_writer_that_was_killed_leaves_a_usable_index(tmp_path: Path) -> None:
    script = """
        import os, signal, sys
        from pathlib import Path
        from archive.index.search import SearchDocument, SearchIndex
        index = SearchIndex.create(Path(sys.argv[1]))
        index.add(SearchDocument(key="a", url="https://news.example/a", timestamp="20260729120000", body="quake"))
        index.commit()
        index.add(SearchDocument(key="b", url="https://news.example/b", timestamp="20260729120000", body="quake"))
        print("ready", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
        """
    with pytest.raises(subprocess.CalledProcessError):
        run(script, tmp_path / "search")
    with SearchIndex.open(tmp_path / "search") as index:
        assert names(index.search("quake")) == ["a"]
        fill(index, document("b", "quake"))
        assert names(index.search("quake")) == ["a", "b"]


def test_a_second_writer_in_this_process_is_refused_too(index: SearchIndex, tmp_path: Path) -> None:
    with pytest.raises(CollectionBusy):
        SearchIndex.open(tmp_path / "search")
    index.close()
    SearchIndex.open(tmp_path / "search").close()


def test_no_index_or_one_of_another_version_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "search"
    with pytest.raises(IndexOutdated, match="morgue reindex"):
        SearchIndex.open(path)
    SearchIndex.create(path).close()
    (path / "morgue-search.json").write_text('{"version": 0}')
    with pytest.raises(IndexOutdated, match="morgue reindex"):
        SearchIndex.open(path, readonly=True)
    (path / "morgue-search.json").write_text("nonsense")
    with pytest.raises(IndexOutdated, match="morgue reindex"):
        SearchIndex.open(path)
    SearchIndex.create(path).close()
    SearchIndex.open(path).close()


@pytest.mark.parametrize(
    "damage", ["meta.json gone", "meta.json nonsense", "segment gone", "segment cut", "segment zeroed"]
)
def test_a_damaged_folder_says_what_to_do(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "search"
    fill(SearchIndex.create(path), *STORIES).close()
    meta = path / "meta.json"
    segment = next(path.glob("*.store"))
    if damage == "meta.json gone":
        meta.unlink()
    elif damage == "meta.json nonsense":
        meta.write_text("nonsense")
    elif damage == "segment gone":
        segment.unlink()
    elif damage == "segment cut":
        segment.write_bytes(segment.read_bytes()[:20])
    else:
        segment.write_bytes(bytes(segment.stat().st_size))
    with pytest.raises(IndexOutdated, match="morgue reindex"):
        SearchIndex.open(path, readonly=True).search("bridge")
    fill(SearchIndex.create(path), *STORIES).close()
    assert names(SearchIndex.open(path, readonly=True).search("bridge")) == ["en"]


def test_a_folder_without_leave_is_not_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "search"
    fill(SearchIndex.create(path), *STORIES).close()
    lock = path / ".tantivy-meta.lock"
    lock.unlink(missing_ok=True)
    lock.mkdir()  # not even root can open it; on a read-only disk the message is the same
    with pytest.raises(FolderUnwritable, match="cannot be searched where no lock file can be made"):
        SearchIndex.open(path, readonly=True).search("bridge")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everywhere")
def test_a_folder_of_another_user_is_not_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "search"
    fill(SearchIndex.create(path), *STORIES).close()
    (path / ".managed.json").chmod(0)
    with pytest.raises(FolderUnwritable, match="search as the user who owns the folder"):
        SearchIndex.open(path, readonly=True).search("bridge")


def test_a_folder_deleted_under_a_reader(index: SearchIndex, tmp_path: Path) -> None:
    reader = SearchIndex.open(tmp_path / "search", readonly=True)
    index.close()
    shutil.rmtree(tmp_path / "search")
    with pytest.raises(IndexOutdated, match="morgue reindex"):
        reader.search("quake")
    fill(SearchIndex.create(tmp_path / "search"), document("a", "quake")).close()
    assert names(reader.search("quake")) == ["a"]


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderUnwritable, match="cannot write the search index"):
        SearchIndex.create(tmp_path / "file" / "search")


HOSTILE = [
    document("surrogate", "quake \ud800 end", headline="\udfff", authors=("\ud801",)),
    document("nul", "quake \x00 \x1b[2J \x02\x03", source="\x00", language="\x00-\x00"),
    document("\ud800key", "quake"),
    document("long", "quake " + "x" * 3_000_000, headline="y" * 100_000),
    document("lines", "\n" * 300_000 + "quake"),
    document("tags", "quake", language="-".join("a" * 50)),
    document("date", "quake", date_published=datetime(1, 1, 1, tzinfo=UTC), text_digest="sha1:X"),
]


def test_hostile_documents_are_taken_in(index: SearchIndex) -> None:
    fill(index, *HOSTILE)
    assert len(index.search("quake")) == len(HOSTILE)
    assert "\x02\x03" not in "".join(hit.snippet for hit in index.search("quake"))


@pytest.mark.parametrize("timestamp", ["", "today", "2026-07-29", "202607291200001", "٢٠٢٦"])
def test_a_timestamp_that_is_none_is_refused(index: SearchIndex, timestamp: str) -> None:
    with pytest.raises(QueryInvalid, match="not 4 to 14 digits"):
        index.search("quake", from_=timestamp)


@pytest.mark.parametrize(("limit", "offset"), [(-1, 0), (1, -1), (1, DEEPEST_HIT), (DEEPEST_HIT + 1, 0)])
def test_a_page_beyond_measure_is_refused(index: SearchIndex, limit: int, offset: int) -> None:
    with pytest.raises(QueryInvalid, match="narrow the query"):
        index.search("quake", limit=limit, offset=offset)


@pytest.mark.parametrize(
    "query",
    ["a " * 128, " OR ".join("abcdefgh"), "((((((((a))))))))", "水 " * 60, '"' + "a " * 100 + "水", "source:\ud800 a"],
)
def test_a_query_at_the_limits_is_answered(index: SearchIndex, query: str) -> None:
    fill(index, *STORIES)
    assert isinstance(index.search(query), list)
