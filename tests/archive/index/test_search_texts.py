"""What the index keeps to show a hit: files that grow, go when nothing needs them, and never answer for another's."""

import os
from pathlib import Path

import pytest

from archive.errors import IndexOutdated
from archive.index import search_texts
from archive.index.search import SearchDocument, SearchIndex
from archive.index.search_texts import Texts, TextsWriter


@pytest.fixture
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_texts, "FILE_BYTES", 2_000)


def document(number: int, body: str) -> SearchDocument:
    return SearchDocument(
        key=f"example,news)/{number}",
        url=f"https://news.example/{number}",
        timestamp=f"202607291200{number:02}",
        body=body,
    )


def made_of(path: Path, body: str) -> Path:
    """An index of one document, made anew."""
    with SearchIndex.create(path) as index:
        index.add(document(1, body))
        index.commit()
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("texts-*"))


def test_a_text_is_read_where_it_was_put(tmp_path: Path, small_files: None) -> None:
    writer = TextsWriter(tmp_path)
    texts = [bytes([number]) * (number * 37 % 900) for number in range(60)]
    places = [writer.add(text) for text in texts]
    writer.close()
    assert len(names(tmp_path)) > 5
    reader = Texts(tmp_path)
    assert [reader.read(*place) for place in places] == texts


def test_a_reader_finds_files_that_came_since(tmp_path: Path, small_files: None) -> None:
    writer = TextsWriter(tmp_path)
    reader = Texts(tmp_path)
    places = [writer.add(bytes(1_500)) for _ in range(4)]
    assert len(names(tmp_path)) == 2
    assert reader.read(*places[-1]) == bytes(1_500)
    writer.close()


def test_what_a_write_left_half_done_is_stepped_over(tmp_path: Path) -> None:
    first = TextsWriter(tmp_path)
    place = first.add(b"one")
    first.close()
    with (tmp_path / "texts-000001").open("ab") as file:
        file.write(b"tw")
    second = TextsWriter(tmp_path)
    other = second.add(b"three")
    second.close()
    reader = Texts(tmp_path)
    assert (reader.read(*place), reader.read(*other)) == (b"one", b"three")


def test_a_file_goes_when_all_of_it_was_replaced(tmp_path: Path, small_files: None) -> None:
    path = tmp_path / "search"
    long = "A quake shook the town, and the bridge fell into the river. " * 20
    with SearchIndex.create(path) as index:
        for number in range(12):
            index.add(document(number, long))
        index.commit()
    assert len(names(path)) >= 6
    before = Texts(path)
    with SearchIndex.open(path, readonly=True) as reader:
        answer = reader.ask("quake")
        with SearchIndex.open(path) as index:
            for number in range(12):
                index.add(document(number, f"quake {number}"))
            index.commit()
        # Whoever began to read before goes on; the file that was last stays, for it may still grow.
        assert len([one.to_hit(answer.sought).snippet for one in answer.found()]) == 12
        assert len(names(path)) <= 2
        assert sorted(hit.snippet for hit in reader.search("quake")) == sorted(f"\x02quake\x03 {n}" for n in range(12))
    assert os.pread(before._fds[1], 10, 0)


def test_what_is_not_committed_needs_no_place(tmp_path: Path) -> None:
    path = tmp_path / "search"
    with SearchIndex.create(path) as index:
        index.add(document(1, "quake"))
        index.commit()
        index.add(document(2, "quake lost"))
    with SearchIndex.open(path) as index:
        index.add(document(3, "quake kept"))
        index.commit()
        assert [hit.snippet for hit in index.search("quake")] == ["\x02quake\x03 kept", "\x02quake\x03"]


@pytest.mark.parametrize("damage", ["gone", "cut", "zeroed"])
def test_texts_that_are_damaged_say_what_to_do(tmp_path: Path, damage: str) -> None:
    path = made_of(tmp_path / "search", "quake")
    file = path / "texts-000001"
    if damage == "gone":
        file.unlink()
    elif damage == "cut":
        file.write_bytes(file.read_bytes()[:20])
    else:
        file.write_bytes(bytes(file.stat().st_size))
    with pytest.raises(IndexOutdated, match="morgue reindex"):
        SearchIndex.open(path, readonly=True).search("quake")


def test_no_byte_of_a_text_may_turn_unseen(tmp_path: Path) -> None:
    path = made_of(tmp_path / "search", "A quake shook the Straße.\nÜber all.")
    file = path / "texts-000001"
    sound = file.read_bytes()
    with SearchIndex.open(path, readonly=True) as reader:
        for at in range(len(sound)):
            turned = bytes([sound[at] ^ 0x80])
            file.write_bytes(sound[:at] + turned + sound[at + 1 :])
            with pytest.raises(IndexOutdated, match="morgue reindex"):
                reader.search("quake")


def test_a_file_that_was_cut_and_grew_on_answers_for_no_other_version(tmp_path: Path) -> None:
    path = made_of(tmp_path / "search", "quake one")
    (path / "texts-000001").write_bytes(b"cut")
    with SearchIndex.open(path) as index:
        index.add(document(2, "flood two, and many a word more " * 9))
        index.commit()
        assert [hit.url for hit in index.search("flood")] == ["https://news.example/2"]
        with pytest.raises(IndexOutdated, match="morgue reindex"):
            index.search("quake")


def test_a_reader_of_a_folder_that_was_made_anew_reads_the_new_one(tmp_path: Path) -> None:
    path = made_of(tmp_path / "search", "quake of old")
    with SearchIndex.open(path, readonly=True) as reader:
        assert [hit.snippet for hit in reader.search("quake")] == ["\x02quake\x03 of old"]
        made_of(path, "quake of new")
        assert [hit.snippet for hit in reader.search("quake")] == ["\x02quake\x03 of new"]
