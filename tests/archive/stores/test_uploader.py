"""Uploads go on beside other work, tell what became of each file, and never keep anyone waiting for a store that is gone."""

import time
from pathlib import Path
from typing import Any

import pytest

from archive.errors import StoreError, StoreUnreachable
from archive.stores.s3 import S3Store
from archive.stores.uploader import Uploader

NAMES = ["archive/a.warc.gz", "archive/b.warc.gz", "text/a.warc.gz"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        path = tmp_path / "news" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"content of {name}")
    return tmp_path / "news"


@pytest.fixture
def store(gated_bucket: str) -> S3Store:
    return S3Store(f"s3://{gated_bucket}/prefix")


def wait_for(uploader: Uploader, *, failing: int = 0) -> None:
    """Wait until all was tried, and so many files failed."""
    for _ in range(500):
        if not uploader._waiting and not uploader._current and uploader.remaining == failing:
            return
        time.sleep(0.02)
    raise AssertionError("the upload does not end")


def test_files_go_up_while_others_work(store: S3Store, folder: Path) -> None:
    uploader = Uploader(store, folder)
    uploader.submit(NAMES[:1])
    wait_for(uploader)
    assert uploader.take_stored() == NAMES[:1]
    assert uploader.take_stored() == []
    assert uploader.finish(NAMES) == {}
    assert uploader.take_stored() == NAMES
    assert [file.name for file in store.iter_files()] == NAMES


def test_handing_over_takes_no_time(store: S3Store, folder: Path, gate: Any) -> None:
    gate.trouble = lambda _asked: "hang"
    uploader = Uploader(store, folder, patience_seconds=0.3)
    began = time.monotonic()
    uploader.submit(NAMES)
    assert time.monotonic() - began < 1  # a try that hangs takes five
    assert uploader.remaining == 3


def test_a_store_that_hangs_is_given_up(store: S3Store, folder: Path, gate: Any) -> None:
    gate.trouble = lambda asked: "hang" if asked.startswith("PUT") and "b.warc" in asked else None
    list(store.iter_files())  # loading boto3 is no upload, and takes a busy machine seconds
    uploader = Uploader(store, folder, patience_seconds=2)
    began = time.monotonic()
    failed = uploader.finish(NAMES)
    assert 2 <= time.monotonic() - began < 10
    assert uploader.take_stored() == NAMES[:1]
    assert list(failed) == NAMES[1:]
    assert all(isinstance(error, StoreUnreachable) for error in failed.values())
    assert str(failed[NAMES[1]]) == (f"{store.place}: no answer within 2 s (check AWS_ENDPOINT_URL, or try later)")
    assert f" at {gate.url}" in store.place


def test_what_failed_is_tried_again_with_the_next(store: S3Store, folder: Path, gate: Any) -> None:
    gate.trouble = lambda asked: "deny" if asked.startswith("PUT") else None
    uploader = Uploader(store, folder)
    uploader.submit(NAMES[:1])
    wait_for(uploader, failing=1)
    gate.clear()
    uploader.submit(NAMES[1:2])
    wait_for(uploader)
    assert uploader.take_stored() == NAMES[:2]
    assert uploader.finish([]) == {}


def test_trouble_is_told_once_while_the_work_goes_on(store: S3Store, folder: Path, gate: Any) -> None:
    gate.trouble = lambda _asked: "deny"
    told: list[StoreError] = []
    uploader = Uploader(store, folder, on_failure=told.append)
    for count, name in enumerate(NAMES, 1):
        gate.asked.clear()
        uploader.submit([name])
        wait_for(uploader, failing=count)
    assert len(told) == 1
    assert "access denied" in str(told[0])
    gate.clear()
    assert uploader.finish([]) == {}
    assert uploader.take_stored() == NAMES
    gate.trouble = lambda _asked: "deny"
    later = Uploader(store, folder, on_failure=told.append)
    assert list(later.finish(NAMES)) == NAMES
    assert len(told) == 1, "whoever finishes says it"


def test_what_fails_meanwhile_is_not_forgotten(store: S3Store, folder: Path, gate: Any) -> None:
    gate.trouble = lambda asked: "deny" if asked.startswith("PUT") and "a.warc" in asked else None
    uploader = Uploader(store, folder)
    uploader.submit(NAMES[:1])
    uploader.submit(NAMES[1:2])
    wait_for(uploader, failing=1)
    gate.clear()
    assert uploader.finish([]) == {}
    assert sorted(uploader.take_stored()) == NAMES[:2]


def test_a_mistake_of_ours_is_not_taken_for_the_stores(store: S3Store, folder: Path, gate: Any) -> None:
    uploader = Uploader(store, folder)
    with pytest.raises(AttributeError):
        uploader.finish([42])  # type: ignore[list-item]
