import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.errors import CollectionBusy, FolderUnwritable
from archive.lock import LOCK_FILE, CollectionLock

HOLD = "import pathlib, sys; from archive.lock import CollectionLock; lock = CollectionLock(pathlib.Path(sys.argv[1])); print(); input()"


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        process.stdout.readline()
        yield process
        process.kill()


def test_a_second_writer_is_told_who_the_first_is(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    with pytest.raises(CollectionBusy) as caught:
        CollectionLock(tmp_path)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path}: `morgue ")
    assert f"(pid {holder.pid} on {socket.gethostname()}) is writing to it" in message


def test_one_process_does_not_write_twice_either(tmp_path: Path) -> None:
    with CollectionLock(tmp_path), pytest.raises(CollectionBusy, match=f"pid {os.getpid()} on "):
        CollectionLock(tmp_path)
    CollectionLock(tmp_path).release()


def test_the_lock_goes_with_a_killed_holder(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert json.loads((tmp_path / LOCK_FILE).read_text())["pid"] == holder.pid
    with CollectionLock(tmp_path):
        assert json.loads((tmp_path / LOCK_FILE).read_text())["pid"] == os.getpid()
    assert (tmp_path / LOCK_FILE).read_text() == ""


def test_workers_do_not_keep_the_lock(tmp_path: Path) -> None:
    lock = CollectionLock(tmp_path)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as worker:
        lock.release()
        again = CollectionLock(tmp_path)
        assert worker.poll() is None, "it still runs"
        again.release()
        worker.kill()


@pytest.mark.parametrize("text", ["", "{}", "[]", "{", '"x"', "\x00", '{"pid": 1}'])
def test_a_holder_that_left_no_name_is_another_process(tmp_path: Path, text: str) -> None:
    with CollectionLock(tmp_path):
        (tmp_path / LOCK_FILE).write_text(text)
        with pytest.raises(CollectionBusy, match="another process is writing to it"):
            CollectionLock(tmp_path)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FolderUnwritable, match="gone: No such file or directory"):
        CollectionLock(tmp_path / "gone")
