"""A small archive with everything a reader may meet: versions, revisits, redirects, missing pages, other scripts, malice."""

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from archive.config import init_collection
from archive.formats.timestamp import from_timestamp
from archive.formats.units import Size
from archive.formats.urlkey import urlkey
from archive.model import Article, Capture, Exchange, Image, Outcome, Reading, Truncation
from archive.versions import text_digest
from archive.writer import ArchiveWriter
from pipelines.snapshot import take_snapshot

BRIDGE = "https://www.example.org/news/bridge"
PERSIAN = "https://fa.example.org/a/1.html"
CHINESE = "https://zh.example.org/a/2.html"
HOSTILE = "https://evil.example/x?a=1&b=%22%3E"
MOVED = "https://www.example.org/old-bridge"
MISSING = "https://www.example.org/missing"
PICTURE = "https://img.example.org/bridge.png"

# One grey pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49444154789c63a80700008100803d1cc6370000"
    "000049454e44ae426082"
)

FIRST_TEXT = (
    "The harbour bridge will close for 3 weeks in June, the port said on Wednesday.\n"
    "Ferries take over from the first morning.\n"
    "Lorries must use the northern road, which is twice as long.\n"
    "The bridge was built in 1931.\n"
    "Its paint alone weighs 40 tonnes.\n"
    "Painters have not left it since."
)
SECOND_TEXT = FIRST_TEXT.replace("3 weeks", "5 weeks") + "\nCorrection: an earlier version of this story gave 3 weeks."


class Newspaper:
    """Writes captures and readings as a crawl would."""

    def __init__(self, writer: ArchiveWriter) -> None:
        self._writer = writer
        self.folder = writer.folder

    def withhold(self) -> None:
        """Keep captures from readers that say `noarchive`: for apps that are made from now on."""
        toml = self.folder / "morgue.toml"
        toml.write_text(toml.read_text().replace('noarchive = "keep"', 'noarchive = "withhold"'))

    def publish(self) -> None:
        """Let search find what was read so far."""
        self._writer.make_searchable()

    def capture(
        self,
        url: str,
        timestamp: str,
        payload: bytes = b"",
        *,
        status: str = "200 OK",
        kind: str = "page",
        headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/html; charset=utf-8"),),
        truncated: Truncation | None = None,
    ) -> Capture:
        head = "".join(f"{name}: {value}\r\n" for name, value in headers)
        response = f"HTTP/1.1 {status}\r\n{head}Content-Length: {len(payload)}\r\n\r\n".encode("latin-1") + payload
        exchange = Exchange(
            url=url,
            request=f"GET {url} HTTP/1.1\r\n\r\n".encode(),
            response=response,
            ip="127.0.0.1",
            began=from_timestamp(timestamp),
            kind=kind,
            truncated=truncated,
        )
        return self.keep(exchange)

    def keep(self, exchange: Exchange) -> Capture:
        with self._writer.group():
            snapshot = take_snapshot(exchange, self._writer.catalog)
            capture = self._writer.add_capture(snapshot.records, snapshot.capture)
        assert capture
        return capture

    def read(
        self,
        capture: Capture,
        *,
        text: str,
        source: str,
        key: str | None = None,
        extractor: str = "newsmorgue/1",
        outcome: Outcome = "article",
        is_new: bool = True,
        **fields: object,
    ) -> None:
        article = Article(
            url=capture.url,
            source=source,
            capture=capture.record_id,
            extractor=extractor,
            confidence=0.9,
            **fields,
        )
        digest = text_digest(article.headline, article.standfirst, text)
        reading = Reading(
            url=capture.url,
            timestamp=capture.timestamp,
            record_id=capture.record_id or "",
            digest=capture.digest or "",
            source=source,
            key=key or urlkey(capture.url),
            extractor=extractor,
            outcome=outcome,
            text_digest=digest,
            article=article,
        )
        with self._writer.group():
            self._writer.add_reading(reading, text if is_new else None)

    def reject(self, capture: Capture, outcome: Outcome, reason: str) -> None:
        """A reading that found no article."""
        reading = Reading(
            url=capture.url,
            timestamp=capture.timestamp,
            record_id=capture.record_id or "",
            digest=capture.digest or "",
            extractor="newsmorgue/1",
            outcome=outcome,
            reason=reason,
        )
        with self._writer.group():
            self._writer.add_reading(reading, None)


def publish(paper: Newspaper) -> None:
    """Everything in the archive of these tests."""
    first = paper.capture(BRIDGE, "20240501103000", b"<h1>Bridge</h1>3 weeks")
    bridge = {
        "source": "harbour",
        "language": "en",
        "section": "Harbour",
        "authors": ("Ada Quill", "Tom Keel"),
        "standfirst": "Ferries take over while the bridge is painted.",
        "dateline": "PORT ELDER",
        "date_published": datetime(2024, 5, 1, 9, 0, tzinfo=UTC),
        "images": (Image(url=PICTURE, caption="The bridge at dusk.", credit="R. Lens"), Image(caption="A ferry.")),
    }
    paper.read(first, text=FIRST_TEXT, headline="Bridge to close", **bridge)
    paper.capture(PICTURE, "20240501103001", PNG, headers=(("Content-Type", "image/png"),), kind="requisite")
    paper.capture(BRIDGE, "20240502103000", b"<h1>Bridge</h1>3 weeks")
    zipped = gzip.compress(b"<h1>Bridge</h1>5 weeks", mtime=0)
    headers = (("Content-Type", "text/html"), ("content-ENCODING", "gzip"), ("ETag", '"2"'), ("Set-Cookie", "a=1"))
    second = paper.capture(BRIDGE, "20240503103000", zipped, headers=(*headers, ("Set-Cookie", "b=2")))
    paper.read(second, text=SECOND_TEXT, headline="Bridge to close", **bridge)
    paper.capture(BRIDGE, "20240504103000", status="304 Not Modified", headers=(("ETag", '"2"'),))
    third = paper.capture(BRIDGE, "20240505103000", b"<h1>Harbour bridge</h1>5 weeks")
    paper.read(third, text=SECOND_TEXT, headline="Harbour bridge to close", **bridge)
    redirect = (("Location", "/news/bridge"), ("Content-Type", "text/html"))
    paper.capture(MOVED, "20240501090000", b"moved", status="301 Moved Permanently", headers=redirect)
    paper.capture(MISSING, "20240501110000", b"<p>Not here", status="404 Not Found")
    persian = paper.capture(PERSIAN, "20240501120000", "<p>پل بندر".encode())
    paper.read(
        persian,
        text="پل بندر سه هفته بسته می‌شود.\nقایق‌ها جای آن را می‌گیرند.",
        headline="پل بندر بسته می‌شود",
        source="bandar",
        language="fa",
    )
    chinese = paper.capture(CHINESE, "20240501130000", "<p>港口大桥".encode())
    paper.read(
        chinese, text="港口大桥将关闭三周。\n渡轮将接替。", headline="港口大桥将关闭", source="gang", language="zh"
    )
    odd = (("Content-Type", "text/html"), ("X-Odd", "caf\xe9"), ("Bad Name", "x"), ("Link", "<https://evil.example/>"))
    hostile = paper.capture(
        HOSTILE, "20240501140000", b"<script>top.location='https://evil.example/'</script>", headers=odd
    )
    paper.read(
        hostile,
        text='<img src=x onerror="alert(1)"> \x1b[2Jbridge\n</p><script>alert(2)</script>',
        headline="<script>alert(3)</script>\x1b]0;owned\x07",
        source="evil",
        language='en"><script>',
        images=(
            Image(url="https://evil.example/pixel.png", caption="<b>bold</b>"),
            Image(url="http://[broken", caption="?"),
        ),
    )


@pytest.fixture
def newspaper(tmp_path: Path) -> Iterator[Newspaper]:
    """For a test that writes an archive of its own, at `newspaper.folder`."""
    folder = tmp_path / "newspaper"
    with ArchiveWriter.open(folder, init_collection(folder)) as writer:
        yield Newspaper(writer)


@pytest.fixture(scope="session")
def news(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a collection that is only read."""
    folder = tmp_path_factory.mktemp("archive") / "news"
    settings = init_collection(folder)
    with ArchiveWriter.open(folder, settings) as writer:
        publish(Newspaper(writer))
    return folder


@pytest.fixture(scope="session")
def newspaper_type() -> type[Newspaper]:
    """For tests that open their archive for writing themselves."""
    return Newspaper


STORY = "https://www.example.org/story"
AMP = "https://www.example.org/amp/story"
OLD, NEW = "https://www.example.org/2023/moved", "https://www.example.org/2024/moved"
BETTER = "https://www.example.org/better"


def publish_changes(paper: Newspaper) -> None:
    """Articles that change, come back, move and are read again, and pages that are none."""

    def page(url: str, day: int, body: str, status: str = "200 OK", **more: Any) -> Capture:
        return paper.capture(url, f"202405{day:02d}120000", body.encode(), status=status, **more)

    def read(capture: Capture, text: str, headline: str = "Story", **more: Any) -> None:
        paper.read(capture, text=text, source="voa", headline=headline, language="en", **more)

    read(page(STORY, 1, "<p>A"), "The bridge is open.")
    read(page(AMP, 1, "<p>amp A"), "The bridge is open. More", key=urlkey(STORY))
    page(STORY, 2, "<p>A")
    read(page(STORY, 3, "<p>B"), "The bridge is closed.")
    page(STORY, 4, "", "304 Not Modified")
    page(STORY, 5, "<p>A")
    read(page(STORY, 6, "<p>A, another advert"), "The bridge is open.", outcome="unchanged", is_new=False)
    page(STORY, 7, "<p>down", "503 Service Unavailable")
    read(page(OLD, 1, "<p>old"), "It is here.", "Moved")
    page(OLD, 3, "", "301 Moved Permanently", headers=(("Location", "/2024/moved"),))
    read(page(NEW, 3, "<p>new"), "It is there.", "Moved")
    first = page(BETTER, 1, "<p>1")
    read(first, "One, share this", "Better")
    read(first, "One", "Better", extractor="newsmorgue/2")
    second = page(BETTER, 2, "<p>2")
    read(second, "Two", "Better", extractor="newsmorgue/2")
    paper.reject(page("https://www.example.org/list", 1, "<p>list"), "not-article", "a list of links")
    page("https://www.example.org/list", 2, "", "304 Not Modified")
    paper.reject(page("https://www.example.org/broken", 1, "<p>broken"), "failed", "worker was lost")
    page("https://www.example.org/unread", 1, "<p>unread")
    page("https://www.example.org/gone", 1, "<p>gone", "410 Gone")
    page("https://www.example.org/a.png", 1, "png", kind="requisite", headers=(("Content-Type", "image/png"),))
    page("https://www.example.org/b.png", 2, "png", kind="requisite", headers=(("Content-Type", "image/png"),))


@pytest.fixture(scope="session")
def chronicle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a collection in which much changes, in several WARC files. It is only read: copy it to change it."""
    folder = tmp_path_factory.mktemp("chronicle") / "news"
    settings = msgspec.structs.replace(init_collection(folder), max_file_size=Size(2500))
    with ArchiveWriter.open(folder, settings) as writer:
        publish_changes(Newspaper(writer))
    return folder
