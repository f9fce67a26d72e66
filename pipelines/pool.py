"""A pool of processes for jobs that may hang, leak or crash: each job ends with its result or with an error of its own.

The pool has a queue of jobs, and for each worker a thread that brings it one at a time; what crosses between the processes is
`pipelines.worker_process`'s, what a job means the task's.
"""

import contextlib
import queue
import threading
from concurrent.futures import Future
from types import TracebackType
from typing import Self

from pipelines.errors import PoolClosed, WorkerError, WorkerFailed
from pipelines.worker_process import WorkerProcess

_POLL_SECONDS = 0.2


class WorkerPool:
    """Runs `task`, a `module:function` from bytes to bytes, in a fixed number of processes.

    A job past `timeout_seconds` loses its worker (`WorkerTimeout`); a worker that dies fails its own job (`WorkerDied`); both
    are replaced. `memory_bytes` bounds a worker's address space; after `recycle_after` jobs it makes way for a new one.
    """

    def __init__(
        self,
        workers: int,
        task: str,
        *,
        timeout_seconds: float,
        memory_bytes: int | None = None,
        queue_size: int = 64,
        recycle_after: int = 2000,
    ) -> None:
        self._task = task
        self._timeout_seconds = timeout_seconds
        self._memory_bytes = memory_bytes
        self._recycle_after = recycle_after
        self._jobs: queue.Queue[tuple[bytes, Future[bytes]]] = queue.Queue(queue_size)
        self._closed = threading.Event()
        self._terminated = threading.Event()
        self._keepers = [_Keeper(self, number) for number in range(workers)]
        for keeper in self._keepers:
            keeper.start()

    def submit(self, job: bytes) -> Future[bytes]:
        """Queue a job; wait while the queue is full."""
        future = self._offer(job, block=True)
        assert future is not None
        return future

    def try_submit(self, job: bytes) -> Future[bytes] | None:
        """Queue a job; `None` at once when the queue is full."""
        return self._offer(job, block=False)

    def _offer(self, job: bytes, *, block: bool) -> Future[bytes] | None:
        if self._closed.is_set():
            raise self.closed_error()
        future: Future[bytes] = Future()
        try:
            self._jobs.put((job, future), block=block)
        except queue.Full:
            return None
        if self._terminated.is_set() or not any(keeper.is_alive() for keeper in self._keepers):
            self._fail_queued()  # the pool was closed in between: nobody will take it any more
        return future

    def close(self) -> None:
        """Take no more jobs, finish those queued, and end the workers."""
        self._closed.set()
        for keeper in self._keepers:
            keeper.join()
        self._fail_queued()

    def terminate(self) -> None:
        """End the workers now; jobs that are queued or running fail with `PoolClosed`."""
        self._closed.set()
        self._terminated.set()
        self._fail_queued()
        for keeper in self._keepers:
            keeper.kill_worker()
        for keeper in self._keepers:
            keeper.join()
        self._fail_queued()

    def _fail_queued(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                _, future = self._jobs.get_nowait()
                if future.set_running_or_notify_cancel():
                    future.set_exception(self.closed_error())

    def closed_error(self) -> PoolClosed:
        return PoolClosed(f"the pool of {self._task} is closed")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.terminate()


class _Keeper(threading.Thread):
    """Gives one worker its jobs, one at a time, and replaces it when it is lost."""

    def __init__(self, pool: WorkerPool, number: int) -> None:
        super().__init__(name=f"{pool._task} {number}", daemon=True)
        self._pool = pool
        self._worker: WorkerProcess | None = None
        self._lock = threading.Lock()

    def run(self) -> None:
        pool = self._pool
        while not pool._terminated.is_set():
            try:
                job, future = pool._jobs.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                if pool._closed.is_set():
                    break
                continue
            if future.set_running_or_notify_cancel():
                self._do(job, future)
        self._end_worker(gently=not pool._terminated.is_set())

    def _do(self, job: bytes, future: Future[bytes]) -> None:
        pool = self._pool
        try:
            result = self._ready_worker().run(job, pool._timeout_seconds)
        except WorkerFailed as error:
            future.set_exception(error)
        except WorkerError as error:
            self._end_worker()
            future.set_exception(pool.closed_error() if pool._terminated.is_set() else error)
        else:
            future.set_result(result)

    def _ready_worker(self) -> WorkerProcess:
        """The worker at hand, or a new one where it has done its share or died while idle."""
        worker = self._worker
        if worker is not None and (worker.jobs >= self._pool._recycle_after or worker.is_gone()):
            self._end_worker(gently=True)
            worker = None
        if worker is None:
            worker = WorkerProcess(self._pool._task, self._pool._memory_bytes)
            with self._lock:
                self._worker = worker
            if self._pool._terminated.is_set():
                self.kill_worker()
            worker.wait_until_ready()
        return worker

    def kill_worker(self) -> None:
        """For other threads: the pipes stay open, since the keeper may be reading them."""
        with self._lock:
            if self._worker is not None:
                self._worker.kill()

    def _end_worker(self, *, gently: bool = False) -> None:
        """Let go of the worker; `gently` lets it run off the end of its pipe."""
        with self._lock:
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.end(gently=gently)
