"""Worker processes for jobs that may hang, leak or crash: a page from a stranger must cost one job, not the crawl.

    submit ─> bounded queue ─> one thread a worker ─ pipe ─> process (spawned, never forked: the parent runs threads)

A job is bytes and so is its result; what they mean is the task's. A job past its time has its process killed.
"""

import contextlib
import importlib
import multiprocessing
import queue
import resource
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future
from multiprocessing.connection import Connection

from pipelines.errors import PoolClosed, WorkerDied, WorkerError, WorkerFailed, WorkerTimeout

JOBS_PER_PROCESS = 2000
"""After these a process is replaced: C libraries keep what hostile pages made them allocate."""
_START_SECONDS = 60.0
_READY, _DONE, _FAILED = b"r", b"d", b"f"

_Job = tuple[bytes, "Future[bytes]"]


class WorkerPool:
    """Runs `task`, a function from bytes to bytes named `module:function`, in processes of its own."""

    def __init__(
        self, workers: int, task: str, *, timeout_seconds: float, memory_bytes: int, queue_size: int
    ) -> None:
        """`memory_bytes` bounds each process's address space, `queue_size` the jobs that wait."""
        self._task = task
        self._timeout_seconds = timeout_seconds
        self._memory_bytes = memory_bytes
        self._jobs: queue.Queue[_Job | None] = queue.Queue(queue_size)
        self._closed = False
        self._processes: set[_Process] = set()
        self._threads = [threading.Thread(target=self._work, name=f"worker-{n}", daemon=True) for n in range(workers)]
        for thread in self._threads:
            thread.start()

    def submit(self, job: bytes) -> "Future[bytes]":
        """Have a job done; waits while the queue is full. The future fails with a WorkerError. Raises PoolClosed."""
        if self._closed:
            raise PoolClosed("the pool of workers is closed")
        future: Future[bytes] = Future()
        self._jobs.put((job, future))
        return future

    def try_submit(self, job: bytes) -> "Future[bytes] | None":
        """As `submit`, but `None` where the queue is full."""
        if self._closed:
            raise PoolClosed("the pool of workers is closed")
        future: Future[bytes] = Future()
        try:
            self._jobs.put_nowait((job, future))
        except queue.Full:
            return None
        return future

    def close(self) -> None:
        """Finish every job, then stop the processes."""
        if self._closed:
            return
        self._closed = True
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def terminate(self) -> None:
        """Stop at once; jobs that are not done fail with PoolClosed."""
        self._closed = True
        with contextlib.suppress(queue.Empty):
            while True:
                if waiting := self._jobs.get_nowait():
                    waiting[1].set_exception(PoolClosed("the pool of workers was stopped"))
        for process in list(self._processes):
            process.kill()
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        """Feed one process, replacing it as needed, until the pool closes."""
        process: _Process | None = None
        while waiting := self._jobs.get():
            job, future = waiting
            try:
                if process is None:
                    process = _Process(self._task, self._memory_bytes)
                    self._processes.add(process)
                future.set_result(process.run(job, self._timeout_seconds))
            except WorkerError as error:
                future.set_exception(error)
            if process is not None and process.is_spent:
                self._processes.discard(process)
                process.stop()
                process = None
        if process is not None:
            self._processes.discard(process)
            process.stop()


class _Process:
    """One worker process, and our end of its pipe."""

    def __init__(self, task: str, memory_bytes: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, task, memory_bytes), daemon=True)
        self._process.start()
        theirs.close()
        self._jobs = 0
        self._broken = False
        self._receive(_START_SECONDS, "start")

    @property
    def is_spent(self) -> bool:
        """Whether it must be replaced."""
        return self._broken or self._jobs >= JOBS_PER_PROCESS

    def run(self, job: bytes, timeout_seconds: float) -> bytes:
        """The result of one job. Raises WorkerTimeout, WorkerDied, WorkerFailed."""
        self._jobs += 1
        try:
            self._pipe.send_bytes(job)
        except OSError as error:
            raise self._died("before the job") from error
        return self._receive(timeout_seconds, "do the job")

    def stop(self) -> None:
        """Let the process end; it does when its pipe closes."""
        self._pipe.close()
        self._process.join(1.0)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process.close()

    def kill(self) -> None:
        """End the process in the middle of whatever it does."""
        self._process.kill()

    def _receive(self, timeout_seconds: float, doing: str) -> bytes:
        try:
            if not self._pipe.poll(timeout_seconds):
                self._broken = True
                self._process.kill()
                raise WorkerTimeout(f"a worker took longer than {timeout_seconds:g} s to {doing}, and was stopped")
            answer = self._pipe.recv_bytes()
        except (EOFError, OSError) as error:
            raise self._died("in the middle of a job") from error
        if answer[:1] == _FAILED:
            raise WorkerFailed(answer[1:].decode("utf-8", "replace"))
        return answer[1:]

    def _died(self, when: str) -> WorkerDied:
        self._broken = True
        self._process.join(1.0)
        code = self._process.exitcode
        how = f"signal {signal.Signals(-code).name}" if code is not None and code < 0 else f"status {code}"
        return WorkerDied(f"a worker ended {when} ({how})")


def _serve(pipe: Connection, task: str, memory_bytes: int) -> None:
    """Do jobs until the pipe closes, as it does when the parent ends. Runs in the worker process."""
    # Ctrl-C goes to the whole group; the parent decides when its workers stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    module, _, name = task.partition(":")
    run: Callable[[bytes], bytes] = getattr(importlib.import_module(module), name)
    # Set after the imports: their libraries reserve more than they use.
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        pipe.send_bytes(_READY)
        while True:
            job = pipe.recv_bytes()
            try:
                answer = _DONE + run(job)
            except Exception as error:  # noqa: BLE001  One bad page must not end the worker; the parent counts it.
                answer = _FAILED + f"{type(error).__name__}: {error}".encode("utf-8", "replace")
            pipe.send_bytes(answer)
