"""What tests of crawls stand on: collections in temporary folders, `morgue` as processes, and a paper that obeys a test.

Scrapy's reactor runs once in a process, and a user runs commands: so does each test of a whole crawl.
"""

import asyncio
import gzip
import json
import os
import re
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from archive.config import init_collection
from archive.formats.units import Duration
from archive.formats.warc import Record, iter_records
from archive.warcfile import warc_files
from crawler.demo.answer import parse_request
from crawler.demo.cases import ok
from crawler.demo.loopback import Loopback, read_request
from crawler.source import CrawlRules, Seed, Source
from crawler.source_file import write_source

CHECKOUT = Path(__file__).resolve().parents[2]
MORGUE = (sys.executable, "-m", "crawler.cli")
PATIENCE = 60.0
"""Seconds after which a command that has not ended counts as hanging."""
LOOPBACK = ("127.0.0.0/8",)


@dataclass
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def summary(self) -> dict[str, int]:
        return json.loads(self.out.splitlines()[-1])

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def complaint(self) -> str:
        """What it said, which has to be one line."""
        # On a busy machine a crawl says after ten seconds where it stands.
        err = re.sub(r"(?m)^morgue: \d+ kept .* to read.*\n", "", self.err)
        lines = [line for line in err.splitlines() if line.startswith("morgue: ")]
        assert err.splitlines() == lines, self.err
        assert len(lines) == 1, self.err
        return lines[0].removeprefix("morgue: ")


@dataclass
class News:
    """A collection, and what a person does with it."""

    folder: Path
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *words: str, **options: Any) -> "subprocess.Popen[str]":
        environment = {key: value for key, value in os.environ.items() if not key.startswith("MORGUE_")}
        process = subprocess.Popen(
            [*MORGUE, *words, "--collection", str(self.folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=CHECKOUT,
            env=environment,
            start_new_session=True,
            **options,
        )
        self.processes.append(process)
        return process

    def end(self, process: "subprocess.Popen[str]", patience: float = PATIENCE) -> Ended:
        """Wait for a command; one that hangs fails its test."""
        try:
            out, err = process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            pytest.fail(f"{process.args} hangs after {patience:g} s: {out[-500:]} {err[-1500:]}")
        return Ended(process.returncode, out, err)

    def run(self, *words: str, patience: float = PATIENCE, **options: Any) -> Ended:
        return self.end(self.start(*words, **options), patience)

    def crawl(self, *words: str, status: int = 0, **options: Any) -> dict[str, int]:
        """`morgue crawl --json`, which has to end with this status; its summary."""
        ended = self.run("crawl", "--json", *words, **options)
        assert ended.status == status, (ended.status, ended.err)
        return ended.summary

    def change(self, **settings: str) -> None:
        """Set keys of morgue.toml, written as TOML."""
        path = self.folder / "morgue.toml"
        text = path.read_text()
        for key, value in settings.items():
            text, found = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
            assert found == 1, key
        path.write_text(text)

    @staticmethod
    def seconds(count: float) -> Duration:
        """As source files and their rules have it."""
        return Duration(milliseconds=round(count * 1000))

    def follow(self, name: str, site: str, *, seeds: Sequence[tuple[str, str]] = (), **rules: Any) -> Path:
        """Add a source; `seeds` are kind and path."""
        rules = {"delay": Duration(), "concurrency": 4, "requisites": False, "max_age": Duration(days=36500), **rules}
        base = site.rstrip("/")
        listed = tuple(Seed(kind=kind, url=base + path) for kind, path in seeds)  # type: ignore[arg-type]
        source = Source(name=name, site=base + "/", seeds=listed, crawl=CrawlRules(**rules))
        return write_source(source, self.folder / "sources")

    def records(self, kind: str = "archive") -> list[Record]:
        """All records of its WARC files, in order; each file has to be whole."""
        found = []
        for path in warc_files(self.folder / kind):
            with gzip.open(path) as stream:
                while stream.read(1 << 20):  # raises where the file is torn
                    pass
            found += [record for record, _ in iter_records(path)]
        return found

    def responses(self) -> dict[str, list[Record]]:
        """Response and revisit records by URL."""
        found: dict[str, list[Record]] = {}
        for record in self.records():
            if record.kind in ("response", "revisit"):
                found.setdefault(record.get("WARC-Target-URI") or "", []).append(record)
        return found

    @property
    def open_files(self) -> list[str]:
        return [path.name for path in self.folder.rglob("*.open")]


@pytest.fixture(scope="session")
def new_collection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., News]]:
    """Make collections that may visit this machine and read no articles; settings are written as TOML."""
    made: list[News] = []

    def make(*, networks: tuple[str, ...] = LOOPBACK, **settings: str) -> News:
        folder = tmp_path_factory.mktemp("news") / "news"
        init_collection(folder, contact="desk@example.org", allow_networks=networks)
        news = News(folder)
        news.change(**{"extract": "false", "delay": '"0s"', **settings})
        made.append(news)
        return news

    yield make
    for news in made:
        for process in news.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()


NOT_FOUND = ok(status=b"HTTP/1.1 404 Not Found", body=b"no such page")
Answer = bytes | Callable[[int], bytes]
"""A response message, or what gives one for the first, second, ... time the path is asked for."""


@dataclass
class Asked:
    """A request that a paper got."""

    time: float
    path: str
    headers: dict[str, str]
    raw: bytes


class Paper(Loopback):
    """A news site that answers what a test says; what is not said is 404."""

    def __init__(self, *addresses: str, delay_seconds: float = 0.0, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(addresses or ("127.0.0.1",), tls=tls)
        self.answers: dict[str, Answer] = {}
        self.delay_seconds = delay_seconds
        self.delays: dict[str, float] = {}
        """By path, where another delay holds."""
        self.asked: list[Asked] = []
        self.sent: dict[str, list[bytes]] = {}
        self._guard = threading.Lock()

    def url(self, path: str = "/") -> str:
        return f"http{'s' if self._tls else ''}://{self.addresses[0]}{path}"

    def publish(self, count: int, *, feed: str = "/feed.xml") -> list[str]:
        """A feed with so many stories; their URLs."""
        paths = [f"/story/{number}.html" for number in range(1, count + 1)]
        for path in paths:
            page = f"<!DOCTYPE html><title>{path}</title><h1>Story {path}</h1>" + "<p>It was a quiet day.</p>" * 40
            self.answers[path] = ok(body=page.encode())
        self.answers[feed] = feed_of(self.url(path) for path in paths)
        return [self.url(path) for path in paths]

    def times(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(asked.path == path for asked in self.asked)

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, place: int) -> None:
        while True:
            raw = await read_request(reader)
            request = parse_request(raw)
            assert request
            target = raw.split(b" ", 2)[1].decode()
            with self._guard:
                self.asked.append(Asked(time.time(), target, request.headers, raw))
                answer = self.answers.get(target, NOT_FOUND)
                message = answer if isinstance(answer, bytes) else answer(self.times(target))
            await asyncio.sleep(self.delays.get(target, self.delay_seconds))
            self.sent.setdefault(target, []).append(message)
            writer.write(message)
            await writer.drain()
            if b"\r\nConnection: close" in message or not message:
                return


def feed_of(urls: Iterator[str] | Sequence[str]) -> bytes:
    """The answer of a feed that names these URLs."""
    items = "".join(f"<item><title>{url}</title><link>{url}</link></item>" for url in urls)
    body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>Paper</title>{items}</channel></rss>'
    return ok(body=body.encode(), kind=b"application/rss+xml")


@pytest.fixture(scope="session")
def make_feed() -> Callable[[Sequence[str]], bytes]:
    return feed_of


@pytest.fixture
def paper() -> Iterator[Paper]:
    with Paper() as paper:
        yield paper


@pytest.fixture
def news(new_collection: Callable[..., News], paper: Paper) -> News:
    """A collection that follows a paper of four stories."""
    news = new_collection()
    paper.publish(4)
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")])
    return news


@pytest.fixture(scope="session")
def new_paper() -> Iterator[Callable[..., Paper]]:
    """Start papers; each stops at the end of the run at the latest."""
    started: list[Paper] = []

    def start(*addresses: str, **options: Any) -> Paper:
        paper = Paper(*addresses, **options)
        paper.start()
        started.append(paper)
        return paper

    yield start
    for paper in started:
        paper.stop()


@pytest.fixture(scope="session")
def tls_context(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A server's TLS with a certificate that nobody trusts."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    unsigned = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    unsigned = unsigned.serial_number(1).not_valid_before(now - timedelta(days=1))
    certificate = unsigned.not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    plain = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "both.pem").write_bytes(plain + certificate.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context
