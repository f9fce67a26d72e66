"""A process that does jobs for another, one at a time: its keeper's end of the two pipes, and its own.

Workers are started afresh, never forked: the parent runs a reactor and threads. Between the two go frames on pipes,

    length (4 bytes, big endian) · kind (1 byte: R ready, J job, D done, N refused, E error, X error and end) · payload

and what the payload means is the task's business. A worker ends when its pipe does, so none outlives its parent.
"""

import contextlib
import importlib
import os
import queue
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable

from pipelines.errors import PipelineError, WorkerDied, WorkerFailed, WorkerTimeout

Task = Callable[[bytes], bytes]

START_SECONDS = 120
"""How long a worker may take to import its task, on a machine that is busy."""
_HEAD = struct.Struct(">Ic")
_READY, _JOB, _DONE, _REFUSED, _ERROR, _ENDED = b"R", b"J", b"D", b"N", b"E", b"X"


class WorkerProcess:
    """One process and the two pipes to it."""

    def __init__(self, task: str, memory_bytes: int | None) -> None:
        self.jobs = 0
        self._task = task
        command = [
            sys.executable,
            "-c",
            "from pipelines.worker_process import work; work()",
            task,
            str(memory_bytes or 0),
        ]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            process_group=0,  # Ctrl-C at the terminal is the parent's to handle
        )

    def is_gone(self) -> bool:
        return self._process.poll() is not None

    def wait_until_ready(self) -> None:
        kind, payload = self._receive(time.monotonic() + START_SECONDS)
        if kind != _READY:
            raise WorkerDied(f"{self._task} cannot be loaded: {payload.decode(errors='replace')}")

    def run(self, job: bytes, timeout_seconds: float) -> bytes:
        self.jobs += 1
        try:
            self._send(job)
        except OSError as error:
            raise WorkerDied(f"{self._task}: the worker is gone ({error})") from error
        try:
            kind, payload = self._receive(time.monotonic() + timeout_seconds)
        except WorkerTimeout:
            raise WorkerTimeout(f"{self._task} took longer than {timeout_seconds:g} s") from None
        if kind == _REFUSED:
            raise WorkerFailed(payload.decode(errors="replace"))
        if kind in {_ERROR, _ENDED}:
            raised = f"{self._task} raised {payload.decode(errors='replace')}"
            raise WorkerFailed(raised) if kind == _ERROR else WorkerDied(raised)
        return payload

    def _send(self, job: bytes) -> None:
        assert self._process.stdin is not None
        _write(self._process.stdin.fileno(), _JOB, job)

    def _receive(self, deadline: float) -> tuple[bytes, bytes]:
        length, kind = _HEAD.unpack(self._read(_HEAD.size, deadline))
        return kind, self._read(length, deadline)

    def _read(self, size: int, deadline: float) -> bytes:
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        data = bytearray()
        while len(data) < size:
            left = deadline - time.monotonic()
            if left <= 0 or not _is_readable(descriptor, left):
                raise WorkerTimeout(f"{self._task}: no answer in time")
            piece = os.read(descriptor, min(size - len(data), 1 << 20))
            if not piece:
                raise WorkerDied(f"{self._task}: the worker ended with status {self._status()}")
            data += piece
        return bytes(data)

    def _status(self) -> str:
        try:
            status = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "unknown"
        return f"{status}" if status >= 0 else signal.Signals(-status).name

    def kill(self) -> None:
        self._process.kill()

    def end(self, *, gently: bool) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if gently:
            self._process.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=5)
        self._process.kill()
        self._process.wait()
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        self._process.stdout.close()


def _is_readable(descriptor: int, seconds: float) -> bool:
    # poll, since select refuses descriptors from 1024 on
    poll = select.poll()
    poll.register(descriptor, select.POLLIN | select.POLLHUP)
    return bool(poll.poll(seconds * 1000))


def _write(descriptor: int, kind: bytes, payload: bytes) -> None:
    data = memoryview(_HEAD.pack(len(payload), kind) + payload)
    while data:
        data = data[os.write(descriptor, data) :]


def work() -> None:
    """Be a worker: `python -c "from pipelines.worker_process import work; work()" module:function memory_bytes`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What the task prints must not end up between the frames.
    source, sink = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    name, memory_bytes = sys.argv[1], int(sys.argv[2])
    try:
        task = _load(name)
    except (ImportError, AttributeError, ValueError) as error:
        _write(sink, _ERROR, f"{type(error).__name__}: {error}".encode())
        return
    if memory_bytes:
        _limit_memory(memory_bytes)
    jobs: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read_jobs, args=(source, jobs), daemon=True).start()
    _write(sink, _READY, b"")
    while True:
        _do(task, jobs.get(), sink)


def _load(name: str) -> Task:
    module, _, function = name.partition(":")
    task: Task = getattr(importlib.import_module(module), function)
    return task


def _limit_memory(size: int) -> None:
    import resource

    with contextlib.suppress(ValueError, OSError):  # macOS refuses
        resource.setrlimit(resource.RLIMIT_AS, (size, size))


def _read_jobs(source: int, jobs: "queue.SimpleQueue[bytes]") -> None:
    """Read frames in a thread of its own, so that the end of the pipe ends the process even in the middle of a job."""
    with os.fdopen(source, "rb") as pipe:
        while len(head := pipe.read(_HEAD.size)) == _HEAD.size:
            jobs.put(pipe.read(_HEAD.unpack(head)[0]))
    os._exit(0)


def _do(task: Task, job: bytes, sink: int) -> None:
    try:
        result = task(job)
    except MemoryError:
        # What else was being allocated is unknown: start afresh.
        _write(sink, _ENDED, b"MemoryError: the job needs more memory than a worker may have")
        os._exit(1)
    except PipelineError as error:  # says what is wrong in words for people
        _write(sink, _REFUSED, str(error).encode())
    except Exception as error:  # noqa: BLE001 - whatever a job raises is its own result; the parent logs and counts it
        _write(sink, _ERROR, f"{type(error).__name__}: {error}".encode())
    else:
        _write(sink, _DONE, result)
