"""Two servers over the same captures, asked the same questions: this project's and pywb's, each as a user starts it.

The client is one thread over raw sockets (`ask_all`), about 15 µs a request: a tenth of what the quicker server takes.
"""

import json
import os
import select
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PYWB_CONFIG = "collections:\n  all:\n    index: {index}\n    archive_paths: {folder}\n"
STARTING_SECONDS = 60
_FIELDS = ("url", "mime", "status", "digest", "length", "offset", "filename")


class Server(NamedTuple):
    """One that runs."""

    port: int
    process: int


class Load(NamedTuple):
    """How a server did."""

    requests: int
    seconds: float
    latencies: list[float]
    """Seconds each, sorted."""
    cpu_seconds: float
    """Of the server's process."""

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds

    @property
    def cpu_microseconds(self) -> float:
        """The server's CPU time a request, which other programs of the machine disturb least."""
        return 1e6 * self.cpu_seconds / self.requests

    def percentile(self, share: float) -> float:
        """Milliseconds within which that share was answered."""
        return 1000 * self.latencies[min(len(self.latencies) - 1, int(share * len(self.latencies)))]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def serve_ours(folder: Path) -> Iterator[Server]:
    """`morgue serve`."""
    port = free_port()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-m", "crawler.cli", "--collection", str(folder), "serve", "--port", str(port)]
    with _running(command, folder, port, environment) as server:
        yield server


@contextmanager
def serve_pywb(environment: Path, program: str, index: Path, folder: Path) -> Iterator[Server]:
    """A server of pywb: `wayback`, or the `warcserver` that it asks over HTTP for each question."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(PYWB_CONFIG.format(index=index, folder=folder))
    command = [str(environment / "bin" / program), "-b", "127.0.0.1", "-p", str(port)]
    with _running(command, folder, port, dict(os.environ)) as server:
        yield server


def answer(server: Server, path: str) -> bytes:
    """The body of one answer."""
    kept: list[bytes] = []
    ask_all(server, [path], connections=1, seconds=60, requests=1, keep=kept)
    head, _, body = kept[0].partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"{path}: {head.splitlines()[0].decode()}")
    return _unchunked(body) if b"chunked" in head.lower() else body


def normal_lines(body: bytes) -> list[tuple[str, ...]]:
    """The captures of a CDXJ answer: urlkey, timestamp, and what both servers know of each."""
    found = []
    for line in body.decode().splitlines():
        urlkey, timestamp, block = line.split(" ", 2)
        fields = json.loads(block)
        found.append((urlkey, timestamp, *(str(fields.get(name, "-")) for name in _FIELDS)))
    return found


def ask_all(
    server: Server,
    paths: Sequence[str],
    *,
    connections: int,
    seconds: float,
    requests: int,
    keep: list[bytes] | None = None,
) -> Load:
    """Ask for the paths, again and again, over connections that stay open; until the time is over, or the requests are."""
    port = server.port
    messages = deque(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode() for path in paths)
    epoll = select.epoll()
    sockets: dict[int, socket.socket] = {}
    began_at: dict[int, float] = {}
    received: dict[int, bytearray] = {}
    latencies: list[float] = []
    sent = 0

    def send(number: int) -> None:
        nonlocal sent
        began_at[number] = time.perf_counter()
        received[number] = bytearray()
        sockets[number].sendall(messages[0])
        messages.rotate(-1)
        sent += 1

    began, cpu = time.perf_counter(), _cpu_seconds(server.process)
    for _ in range(connections):
        one = socket.create_connection(("127.0.0.1", port), timeout=30)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sockets[one.fileno()] = one
        epoll.register(one.fileno(), select.EPOLLIN)
        if sent < requests:
            send(one.fileno())
    open_questions = sent
    while open_questions:
        for number, _ in epoll.poll(30) or _silent(port):
            body = received[number]
            # Acknowledged at once: pywb writes an answer in pieces, and would wait 40 ms between them (RFC 896).
            sockets[number].setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            piece = sockets[number].recv(1 << 20)
            if not piece:
                raise SystemExit(f"the server on port {port} hung up")
            body += piece
            if not _is_whole(body):
                continue
            now = time.perf_counter()
            latencies.append(now - began_at[number])
            if keep is not None:
                keep.append(bytes(body))
            if sent < requests and now - began < seconds:
                send(number)
            else:
                open_questions -= 1
    spent, cpu = time.perf_counter() - began, _cpu_seconds(server.process) - cpu
    for one in sockets.values():
        one.close()
    epoll.close()
    return Load(len(latencies), spent, sorted(latencies), cpu)


def _is_whole(body: bytearray) -> bool:
    end = body.find(b"\r\n\r\n", 0, 4096)
    if end < 0:
        return False
    head = bytes(body[:end]).lower()
    place = head.find(b"content-length:")
    if place >= 0:
        return len(body) - end - 4 >= int(head[place + 15 :].split(b"\r\n", 1)[0])
    return body.endswith(b"\r\n0\r\n\r\n")


def _cpu_seconds(process: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _silent(port: int) -> list[tuple[int, int]]:
    raise SystemExit(f"the server on port {port} says nothing for 30 s")


def _unchunked(body: bytes) -> bytes:
    found = []
    while body:
        size, _, body = body.partition(b"\r\n")
        found.append(body[: int(size, 16)])
        body = body[int(size, 16) + 2 :]
    return b"".join(found)


@contextmanager
def _running(command: list[str], folder: Path, port: int, environment: dict[str, str]) -> Iterator[Server]:
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)
        try:
            _wait(process, port, log)
            yield Server(port, process.pid)
        finally:
            process.terminate()
            process.wait(30)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(STARTING_SECONDS * 10):
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"a server did not start:\n{log.read_text()[-2000:]}")
