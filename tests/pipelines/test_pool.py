"""Jobs that hang, crash, leak or raise harm nobody but themselves."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.errors import PoolClosed, WorkerDied, WorkerFailed, WorkerTimeout
from pipelines.pool import WorkerPool

TASKS = """
import os, signal, time
from pipelines.errors import PayloadTooLarge

def run(job: bytes) -> bytes:
    verb, _, rest = job.partition(b" ")
    if verb == b"echo":
        return rest
    if verb == b"pid":
        return str(os.getpid()).encode()
    if verb == b"hang":
        while True:
            pass
    if verb == b"sleep":
        time.sleep(float(rest))
        return b"slept"
    if verb == b"die":
        os.kill(os.getpid(), signal.SIGKILL)
    if verb == b"fill":
        bytearray(int(rest))
        return b"filled"
    if verb == b"print":
        print("this is no frame", flush=True)
        return b"printed"
    if verb == b"refuse":
        raise PayloadTooLarge("too large to read")
    raise ValueError("no such verb")
"""


@pytest.fixture(autouse=True)
def tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pool_tasks.py").write_text(TASKS)
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(2, "pool_tasks:run", timeout_seconds=20, queue_size=8) as pool:
        yield pool


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z" if Path("/proc").is_dir() else True


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while is_running(pid):
        assert time.monotonic() < deadline, f"process {pid} is still there"
        time.sleep(0.02)


def test_results_come_back_to_their_own_jobs(pool: WorkerPool) -> None:
    futures = [pool.submit(b"echo %d" % i) for i in range(50)]
    assert [future.result(30) for future in futures] == [b"%d" % i for i in range(50)]


def test_large_jobs_and_results_pass(pool: WorkerPool) -> None:
    payload = os.urandom(5_000_000)
    assert pool.submit(b"echo " + payload).result(30) == payload


def test_an_exception_fails_its_job_and_keeps_the_worker() -> None:
    with WorkerPool(1, "pool_tasks:run", timeout_seconds=20) as pool:
        before = pool.submit(b"pid").result(30)
        with pytest.raises(WorkerFailed, match="pool_tasks:run raised ValueError: no such verb"):
            pool.submit(b"nonsense").result(30)
        with pytest.raises(WorkerFailed, match=r"^too large to read$"):
            pool.submit(b"refuse").result(30)
        assert pool.submit(b"pid").result(30) == before


def test_a_hanging_job_loses_its_worker_and_the_next_one_runs() -> None:
    with WorkerPool(1, "pool_tasks:run", timeout_seconds=1) as pool:
        pid = int(pool.submit(b"pid").result(30))
        with pytest.raises(WorkerTimeout, match="longer than 1 s"):
            pool.submit(b"hang").result(30)
        assert pool.submit(b"echo on").result(30) == b"on"
        wait_until_gone(pid)


def test_a_worker_that_dies_fails_only_its_own_job(pool: WorkerPool) -> None:
    jobs = [b"echo a", b"die", b"echo b", b"die", b"echo c"]
    futures = [pool.submit(job) for job in jobs]
    for job, future in zip(jobs, futures, strict=True):
        if job == b"die":
            with pytest.raises(WorkerDied, match="SIGKILL"):
                future.result(30)
        else:
            assert future.result(30) == job.removeprefix(b"echo ")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not bound the address space")
def test_memory_is_bounded() -> None:
    with WorkerPool(1, "pool_tasks:run", timeout_seconds=20, memory_bytes=400_000_000) as pool:
        assert pool.submit(b"fill 1000").result(30) == b"filled"
        with pytest.raises(WorkerDied, match="MemoryError"):
            pool.submit(b"fill 2000000000").result(30)
        assert pool.submit(b"echo after").result(30) == b"after"


def test_workers_are_replaced_after_their_share_of_jobs() -> None:
    with WorkerPool(1, "pool_tasks:run", timeout_seconds=20, recycle_after=2) as pool:
        pids = [pool.submit(b"pid").result(30) for _ in range(4)]
    assert pids[0] == pids[1] != pids[2] == pids[3]


def test_what_a_task_prints_does_not_break_the_frames(pool: WorkerPool) -> None:
    assert pool.submit(b"print").result(30) == b"printed"


def test_a_full_queue_refuses_or_waits() -> None:
    with WorkerPool(1, "pool_tasks:run", timeout_seconds=20, queue_size=1) as pool:
        pool.submit(b"echo warm").result(30)
        running = pool.submit(b"sleep 0.5")
        while not running.running():
            time.sleep(0.01)
        queued = pool.submit(b"echo queued")
        assert pool.try_submit(b"echo refused") is None
        began = time.monotonic()
        waited = pool.submit(b"echo waited")
        assert time.monotonic() - began > 0.1
        assert [future.result(30) for future in (running, queued, waited)] == [b"slept", b"queued", b"waited"]


def test_close_finishes_what_is_queued() -> None:
    pool = WorkerPool(1, "pool_tasks:run", timeout_seconds=20)
    futures = [pool.submit(b"echo %d" % i) for i in range(10)]
    pool.close()
    assert all(future.done() for future in futures)
    with pytest.raises(PoolClosed):
        pool.submit(b"echo late")


def test_terminate_ends_running_and_queued_jobs() -> None:
    pool = WorkerPool(1, "pool_tasks:run", timeout_seconds=60)
    pid = int(pool.submit(b"pid").result(30))
    futures = [pool.submit(b"hang") for _ in range(3)]
    time.sleep(0.2)
    pool.terminate()
    for future in futures:
        with pytest.raises(PoolClosed):
            future.result(5)
    wait_until_gone(pid)


def test_submitters_that_wait_are_let_go_by_terminate() -> None:
    pool = WorkerPool(1, "pool_tasks:run", timeout_seconds=60, queue_size=1)
    pool.submit(b"echo warm").result(30)
    pool.submit(b"hang")
    pool.submit(b"hang")
    errors: list[BaseException | None] = []

    def wait() -> None:
        errors.append(pool.submit(b"hang").exception(20))

    threads = [threading.Thread(target=wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    pool.terminate()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    assert all(isinstance(error, PoolClosed) for error in errors)


def test_a_task_that_does_not_exist_says_so() -> None:
    with WorkerPool(1, "pool_tasks:nothing", timeout_seconds=5) as pool:
        error = pool.submit(b"echo x").exception(30)
    assert isinstance(error, WorkerDied)
    assert "pool_tasks:nothing cannot be loaded: AttributeError" in str(error)


def test_a_worker_that_dies_idle_costs_no_job() -> None:
    with WorkerPool(1, "pool_tasks:run", timeout_seconds=20) as pool:
        pid = int(pool.submit(b"pid").result(30))
        os.kill(pid, signal.SIGKILL)
        wait_until_gone(pid)
        time.sleep(0.3)  # its other threads may take a moment longer
        assert pool.submit(b"echo on").result(30) == b"on"


def test_an_interrupt_does_not_reach_workers(pool: WorkerPool) -> None:
    pid = int(pool.submit(b"pid").result(30))
    os.kill(pid, signal.SIGINT)
    assert pool.submit(b"echo alive").result(30) == b"alive"
    assert is_running(pid)


def test_workers_end_with_their_parent_even_in_the_middle_of_a_job(tmp_path: Path) -> None:
    program = """
        import os, sys, time
        sys.path[:0] = [{tasks!r}, {checkout!r}]
        from pipelines.pool import WorkerPool
        pool = WorkerPool(1, "pool_tasks:run", timeout_seconds=60)
        print(pool.submit(b"pid").result(30).decode(), flush=True)
        pool.submit(b"hang")
        time.sleep(0.3)
        os.kill(os.getpid(), 9)
    """
    checkout = str(Path(__file__).resolve().parents[2])
    source = textwrap.dedent(program).format(tasks=str(tmp_path), checkout=checkout)
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=60, check=False)
    wait_until_gone(int(done.stdout))
