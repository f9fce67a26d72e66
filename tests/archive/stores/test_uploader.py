"""Uploads go on beside other work, tell what became of each file, and never keep anyone waiting for a store that is gone."""

import logging
import time
from pathlib import Path
from typing import Any

import pytest

from archive.errors import StoreUnreachable
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


def wait_for(uploader: Uploader) -> None:
    for _ in range(500):
        if not uploader.remaining:
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
    assert time.monotonic() - began < 0.1
    assert uploader.remaining == 3


def test_a_store_that_hangs_is_given_up(store: S3Store, folder: Path, gate: Any) -> None:
    gate.trouble = lambda asked: "hang" if asked.startswith("PUT") and "b.warc" in asked else None
    uploader = Uploader(store, folder, patience_seconds=1)
    began = time.monotonic()
    failed = uploader.finish(NAMES)
    assert 1 <= time.monotonic() - began < 5
    assert uploader.take_stored() == NAMES[:1]
    assert list(failed) == NAMES[1:]
    assert all(isinstance(error, StoreUnreachable) for error in failed.values())
    assert str(failed[NAMES[1]]) == (f"{store.place}: no answer within 1 s (check AWS_ENDPOINT_URL, or try later)")
    assert f" at {gate.url}" in store.place


def test_what_failed_is_tried_again_with_the_next(store: S3Store, folder: Path, gate: Any) -> None:
    gate.trouble = lambda asked: "deny" if asked.startswith("PUT") else None
    uploader = Uploader(store, folder)
    uploader.submit(NAMES[:1])
    wait_for(uploader)
    gate.clear()
    uploader.submit(NAMES[1:2])
    wait_for(uploader)
    assert uploader.take_stored() == NAMES[:2]
    assert uploader.finish([]) == {}


def test_trouble_is_logged_once_while_the_work_goes_on(
    store: S3Store, folder: Path, gate: Any, caplog: pytest.LogCaptureFixture
) -> None:
    gate.trouble = lambda _asked: "deny"
    uploader = Uploader(store, folder)
    for name in NAMES:
        uploader.submit([name])
        wait_for(uploader)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "access denied" in caplog.text
    assert list(uploader.finish([])) == NAMES
    assert len(caplog.records) == 1, "whoever finishes says the rest"


def test_a_mistake_of_ours_is_not_taken_for_the_stores(store: S3Store, folder: Path, gate: Any) -> None:
    uploader = Uploader(store, folder)
    with pytest.raises(TypeError):
        uploader.finish([42])  # type: ignore[list-item]
