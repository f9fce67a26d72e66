import os
import signal
import threading
import time

import pytest

from pipelines.errors import PoolClosed, WorkerDied, WorkerFailed, WorkerTimeout
from pipelines.pool import WorkerPool


def task(job: bytes) -> bytes:
    """What the workers of these tests run: a job says what happens."""
    match job.split():
        case [b"hang"]:
            time.sleep(600)
        case [b"die"]:
            os.kill(os.getpid(), signal.SIGKILL)
        case [b"exit"]:
            os._exit(3)
        case [b"fail"]:
            raise ValueError("no such page")
        case [b"eat"]:
            return bytes(8 << 30)
        case [b"pid"]:
            return str(os.getpid()).encode()
        case [b"sleep", seconds]:
            time.sleep(float(seconds))
    return job[::-1]


@pytest.fixture
def pool(monkeypatch):
    monkeypatch.syspath_prepend(os.path.dirname(__file__))
    pool = WorkerPool(2, "test_pool:task", timeout_seconds=1.0, memory_bytes=2 << 30, queue_size=4)
    yield pool
    pool.terminate()


def test_jobs_come_back_with_their_results(pool):
    futures = [pool.submit(str(n).encode()) for n in range(100, 140)]
    assert [future.result(30) for future in futures] == [str(n).encode()[::-1] for n in range(100, 140)]


@pytest.mark.parametrize(
    ("job", "error", "message"),
    [
        (b"hang", WorkerTimeout, "longer than 1 s"),
        (b"die", WorkerDied, "SIGKILL"),
        (b"exit", WorkerDied, "status 3"),
        (b"fail", WorkerFailed, "ValueError: no such page"),
        (b"eat", WorkerFailed, "MemoryError"),
    ],
)
def test_a_bad_job_fails_alone(pool, job, error, message):
    bad = pool.submit(job)
    others = [pool.submit(b"abc") for _ in range(6)]
    with pytest.raises(error, match=message):
        bad.result(30)
    assert {other.result(30) for other in others} == {b"cba"}


def test_a_failed_task_keeps_its_process(monkeypatch):
    monkeypatch.syspath_prepend(os.path.dirname(__file__))
    pool = WorkerPool(1, "test_pool:task", timeout_seconds=5.0, memory_bytes=2 << 30, queue_size=4)
    try:
        first = pool.submit(b"pid").result(30)
        with pytest.raises(WorkerFailed):
            pool.submit(b"fail").result(30)
        assert pool.submit(b"pid").result(30) == first
        with pytest.raises(WorkerDied):
            pool.submit(b"die").result(30)
        assert pool.submit(b"pid").result(30) != first
    finally:
        pool.terminate()


def test_the_queue_is_bounded(pool):
    for _ in range(2 + 4):
        pool.submit(b"sleep 0.5")
    started = time.monotonic()
    while pool.try_submit(b"abc") is not None and time.monotonic() - started < 5:
        pass
    assert pool.try_submit(b"abc") is None


def test_close_finishes_what_was_submitted(pool):
    futures = [pool.submit(b"sleep 0.2") for _ in range(4)]
    pool.close()
    assert all(future.done() and future.result() for future in futures)
    with pytest.raises(PoolClosed):
        pool.submit(b"abc")


def test_terminate_does_not_wait(pool):
    futures = [pool.submit(b"sleep 0.9") for _ in range(6)]
    started = time.monotonic()
    threading.Thread(target=pool.terminate).start()
    for future in futures[2:]:
        with pytest.raises((PoolClosed, WorkerDied)):
            future.result(10)
    assert time.monotonic() - started < 10
