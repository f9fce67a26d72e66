"""What is finished goes up, now or later; nothing here is ever removed, and nothing good there is replaced."""

import socket
from pathlib import Path

import pytest

from archive.config import init_collection
from archive.errors import StoreError, StoreUnreachable
from archive.stores.file import FileStore
from archive.stores.s3 import S3Store
from archive.stores.store import Store
from archive.stores.upload import explain_failed, finished_files, upload_pending

FINISHED = [
    "archive/a.warc.gz",
    "archive/b.warc.gz",
    "archive/imported.warc",
    "text/a.warc.gz",
    "indexes/a.cdxj",
    "profiles/voa.toml",
    "access.jsonl",
]
UNFINISHED = [
    "archive/c.warc.gz.open",
    "archive/.d.warc.gz",
    "text/b.warc.gz.open",
    "indexes/b.cdxj.new",
    "catalog.sqlite",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    init_collection(tmp_path / "news")
    for name in FINISHED + UNFINISHED:
        (tmp_path / "news" / name).write_text(f"content of {name}")
    return tmp_path / "news"


def listed(store: Store) -> dict[str, int]:
    return {file.name: file.size for file in store.iter_files()}


def test_only_finished_files_belong_in_a_store(folder: Path) -> None:
    assert finished_files(folder) == FINISHED


def test_what_the_store_lacks_goes_up_once(store: Store, folder: Path) -> None:
    assert upload_pending(store, folder, FINISHED[:2]) == (FINISHED[:2], {})
    assert upload_pending(store, folder, finished_files(folder)) == (FINISHED[2:], {})
    assert upload_pending(store, folder, finished_files(folder)) == ([], {})
    assert listed(store) == {name: (folder / name).stat().st_size for name in FINISHED}
    assert finished_files(folder) == FINISHED


def test_whoever_waits_is_told_what_goes_on(store: Store, folder: Path) -> None:
    stored: list[str] = []
    sent: list[int] = []
    upload_pending(store, folder, FINISHED[:1])
    upload_pending(store, folder, FINISHED, on_stored=stored.append, on_sent=sent.append)
    assert stored == FINISHED, "what was there already too"
    assert sum(sent) >= sum((folder / name).stat().st_size for name in FINISHED[1:])


def test_nothing_to_store_asks_nothing(tmp_path: Path) -> None:
    assert upload_pending(FileStore(tmp_path / "absent"), tmp_path, []) == ([], {})


def test_in_its_own_folder_everything_is_stored_already(folder: Path) -> None:
    assert upload_pending(FileStore(folder), folder, finished_files(folder)) == ([], {})


def test_what_grew_or_changed_goes_up_again(store: Store, folder: Path) -> None:
    upload_pending(store, folder, FINISHED)
    with (folder / "access.jsonl").open("a") as file:
        file.write("\none more rule")
    (folder / "indexes/a.cdxj").write_text("shorter")
    assert upload_pending(store, folder, FINISHED) == (["indexes/a.cdxj", "access.jsonl"], {})
    assert listed(store)["indexes/a.cdxj"] == 7


def test_a_profile_of_equal_length_goes_up_too(s3_store: S3Store, folder: Path) -> None:
    upload_pending(s3_store, folder, FINISHED)
    profile = folder / "profiles/voa.toml"
    profile.write_text(profile.read_text().upper())
    assert upload_pending(s3_store, folder, FINISHED) == (["profiles/voa.toml"], {})


@pytest.mark.parametrize("name", ["archive/a.warc.gz", "access.jsonl"])
def test_a_file_that_lost_its_end_replaces_no_good_one(store: Store, folder: Path, name: str) -> None:
    upload_pending(store, folder, FINISHED)
    size = (folder / name).stat().st_size
    (folder / name).write_text("cut")
    (folder / "profiles/voa.toml").write_text("a profile that is longer than before")
    done, failed = upload_pending(store, folder, FINISHED)
    assert done == ["profiles/voa.toml"]
    assert list(failed) == [name]
    assert str(failed[name]) == f"{folder / name}: has 3 bytes, but {size} in the store (run `morgue verify`)"
    assert listed(store)[name] == size


def test_an_object_cut_short_is_made_whole(store: Store, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "cut").write_text("cut")
    store.put("archive/a.warc.gz", tmp_path / "cut")
    assert upload_pending(store, folder, FINISHED[:1]) == (FINISHED[:1], {})
    assert store.get_size("archive/a.warc.gz") == (folder / "archive/a.warc.gz").stat().st_size


def test_a_file_removed_here_is_missed_only_if_the_store_lacks_it(store: Store, folder: Path) -> None:
    upload_pending(store, folder, FINISHED[:1])
    for name in FINISHED[:2]:
        (folder / name).unlink()
    done, failed = upload_pending(store, folder, FINISHED[:3])
    assert done == FINISHED[2:3]
    assert [str(error) for error in failed.values()] == [
        f"{folder / FINISHED[1]}: is neither here nor in the store (run `morgue verify`)"
    ]
    assert explain_failed(failed, folder) == [str(error) for error in failed.values()], "nothing is said to be safe"


def test_without_an_answer_all_stays_here_and_goes_up_later(
    bucket: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        done, failed = upload_pending(S3Store(f"s3://{bucket}/prefix"), folder, FINISHED)
        known = FINISHED[:5]
        others = upload_pending(S3Store(f"s3://{bucket}/prefix"), folder, FINISHED, known=known)[1]
    assert list(others) == FINISHED[5:], "what was stored before has not failed"
    assert done == []
    assert list(failed) == FINISHED
    assert all(isinstance(error, StoreUnreachable) for error in failed.values())
    (line,) = explain_failed(failed, folder)
    place = f"s3://{bucket}/prefix at http://127.0.0.1:{port}"
    assert line == (
        f"7 files not stored: {place}: no answer: Connection refused (check AWS_ENDPOINT_URL, or try later); "
        f"they are safe in {folder}, and go up with the next run"
    )
    assert finished_files(folder) == FINISHED
    assert upload_pending(S3Store(f"s3://{bucket}/prefix"), folder, FINISHED, known=known) == (FINISHED, {})


def test_an_answer_that_stops_halfway_is_waited_for_once(s3_store: S3Store, folder: Path) -> None:
    sent: list[str] = []

    def fail(params: dict[str, object], **_: object) -> None:
        sent.append(str(params["url_path"]))
        if len(sent) == 3:
            raise StoreUnreachable("gone")

    s3_store._connect().meta.events.register("before-call.s3.PutObject", fail)
    done, failed = upload_pending(s3_store, folder, FINISHED)
    assert (done, list(failed), len(sent)) == (FINISHED[:2], FINISHED[2:], 3)
    assert upload_pending(s3_store, folder, FINISHED) == (FINISHED[2:], {})


def test_a_refused_file_does_not_keep_the_others_back(store: Store, folder: Path) -> None:
    (folder / "archive/a.warc.gz").unlink()
    (folder / "archive/a.warc.gz").mkdir()
    done, failed = upload_pending(store, folder, FINISHED)
    assert (done, list(failed)) == (FINISHED[1:], FINISHED[:1])
    assert isinstance(failed["archive/a.warc.gz"], StoreError)
