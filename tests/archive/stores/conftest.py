"""One `store` fixture over every kind of store: a folder, S3 as moto speaks it, and S3 as a real server does.

`NEWSMORGUE_S3_TESTS=1` starts the real server (Ceph RGW, from the shared tools) and tests over HTTP and over TLS.
"""

import os
import re
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from functools import cache, partial
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto.server import ThreadedMotoServer

from archive.config import Settings
from archive.stores.s3 import S3Store
from archive.stores.store import Store, open_store

S3_SERVERS = ("moto", pytest.param("ceph-http", marks=pytest.mark.s3), pytest.param("ceph-tls", marks=pytest.mark.s3))
SMALLEST_PART_BYTES = 5 << 20


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys, profiles and proxies of the person who runs the tests must stay out of their reach."""
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(scope="session")
def moto_server() -> Iterator[dict[str, str]]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
    }
    server.stop()


class Gate:
    """Stands before an S3 server, notes what is asked of it, and makes trouble when told to."""

    def __init__(self, target: str) -> None:
        self.asked: list[str] = []
        """Method and key of each request, and its range if any."""
        self.trouble: Callable[[str], str | None] = lambda _asked: None
        """What is to happen to a request: `hang`, `break` (no answer), `deny`; `None` lets it pass."""
        self._target = target
        self._open = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._open.set()
        self._server.shutdown()
        self._server.server_close()

    def clear(self) -> None:
        """Forget what was asked, and make no more trouble."""
        self.asked.clear()
        self.trouble = lambda _asked: None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        gate = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                asked = " ".join(filter(None, (self.command, self.path, self.headers.get("Range"))))
                gate.asked.append(asked)
                trouble = gate.trouble(asked)
                if trouble == "hang":
                    gate._open.wait()
                if trouble in {"hang", "break"}:
                    self.close_connection = True
                    return
                if trouble == "deny":
                    status, headers = 403, [("Content-Type", "application/xml")]
                    answer = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
                else:
                    status, headers, answer = gate._ask(self.command, self.path, dict(self.headers.items()), body)
                self.send_response(status)
                for name, value in headers:
                    if name.lower() not in {"connection", "date", "server", "transfer-encoding"}:
                        self.send_header(name, value)
                if not any(name.lower() == "content-length" for name, _ in headers):
                    self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(b"" if self.command == "HEAD" else answer)

            def __getattr__(self, name: str) -> Any:
                if name.startswith("do_"):  # of whatever method
                    return self.pass_on
                raise AttributeError(name)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler

    def _ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = HTTPConnection(self._target.removeprefix("http://"), timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()


@pytest.fixture(scope="session")
def ceph_server(shared: Path) -> Iterator[dict[str, dict[str, str]]]:
    script = shared / "tools/s3/ceph-rgw"
    if not script.exists():
        pytest.skip("no tools/s3/ceph-rgw in the shared folder")
    for _ in range(5):  # now and then its daemons lose a race among themselves and it gives up
        subprocess.run([script, "stop"], check=True)  # before `start`, which forgets what still runs
        time.sleep(5)
        started = subprocess.run([script, "start"], check=False, capture_output=True, text=True)
        if started.returncode == 0:
            break
    assert started.returncode == 0, started.stderr
    lines = [line for line in started.stdout.splitlines() if "AWS_ENDPOINT_URL" in line]
    plain, tls = (dict(re.findall(r"(AWS_\w+)=(\S+)", line)) for line in lines)
    yield {"ceph-http": plain, "ceph-tls": plain | tls}
    subprocess.run([script, "stop"], check=True)


@pytest.fixture(scope="session")
def settings_of(request: pytest.FixtureRequest) -> Callable[[str], dict[str, str]]:
    """Gives what the environment must say for a server, by name, to be found."""

    def find(server: str) -> dict[str, str]:
        if server == "moto":
            moto: dict[str, str] = request.getfixturevalue("moto_server")
            return moto
        if os.environ.get("NEWSMORGUE_S3_TESTS") != "1":
            pytest.skip("NEWSMORGUE_S3_TESTS=1 asks for the tests with a real S3 server")
        servers: dict[str, dict[str, str]] = request.getfixturevalue("ceph_server")
        return servers[server]

    return find


@pytest.fixture(scope="session")
def client_of(settings_of: Callable[[str], dict[str, str]]) -> Callable[[str], Any]:
    """Gives a client of a server, by name, to look behind a store's back."""

    @cache  # making one takes longer than most tests
    def connect(server: str) -> Any:
        settings = settings_of(server)
        session = boto3.session.Session(
            settings["AWS_ACCESS_KEY_ID"], settings["AWS_SECRET_ACCESS_KEY"], region_name=settings["AWS_REGION"]
        )
        config = Config(request_checksum_calculation="when_required", response_checksum_validation="when_required")
        endpoint, authority = settings["AWS_ENDPOINT_URL"], settings.get("AWS_CA_BUNDLE")
        return session.client("s3", endpoint_url=endpoint, verify=authority, config=config)

    return connect


def connect(request: pytest.FixtureRequest, server: str) -> Any:
    """Put one server's settings into the environment; a client of it."""
    monkeypatch = request.getfixturevalue("monkeypatch")
    for name, value in request.getfixturevalue("settings_of")(server).items():
        monkeypatch.setenv(name, value)
    return request.getfixturevalue("client_of")(server)


def make_bucket(client: Any, **options: Any) -> str:
    """An empty bucket."""
    name = f"news-{uuid.uuid4()}"
    client.create_bucket(Bucket=name, **options)
    return name


@pytest.fixture(params=S3_SERVERS)
def client(request: pytest.FixtureRequest) -> Any:
    """Each S3 server in turn."""
    return connect(request, request.param)


@pytest.fixture
def new_bucket(client: Any) -> Callable[..., str]:
    """Makes a bucket, with S3's options for it if any."""
    return partial(make_bucket, client)


@pytest.fixture
def bucket(client: Any) -> str:
    return make_bucket(client)


@pytest.fixture(scope="session")
def gate_to() -> Iterator[Callable[[str], Gate]]:
    """Puts a gate before the server at an address."""
    gates: list[Gate] = []

    def build(url: str) -> Gate:
        gates.append(Gate(url))
        return gates[-1]

    yield build
    for gate in gates:
        gate.close()


@pytest.fixture
def gate(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, gate_to: Callable[[str], Gate]) -> Gate:
    """A server whose requests are noted; the environment leads to it."""
    connect(request, "moto")
    gate = gate_to(os.environ["AWS_ENDPOINT_URL"])
    monkeypatch.setenv("AWS_ENDPOINT_URL", gate.url)
    return gate


@pytest.fixture
def gated_bucket(gate: Gate, client_of: Callable[[str], Any]) -> str:
    """A bucket behind the gate."""
    return make_bucket(client_of("moto"))


@pytest.fixture
def s3_store(bucket: str) -> S3Store:
    return S3Store(f"s3://{bucket}/prefix", part_bytes=SMALLEST_PART_BYTES)


@pytest.fixture(params=["file", *S3_SERVERS])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Each kind of store in turn, empty."""
    if request.param == "file":
        folder = tmp_path / "stored"
        folder.mkdir()
        return open_store(Settings(), folder)
    return open_store(Settings(store=f"s3://{make_bucket(connect(request, request.param))}/a/prefix"), tmp_path)
