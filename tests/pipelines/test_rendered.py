"""Rendered pages, from the exchange to the version: what a browser made of a page is kept, read and held apart from the payload."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.collection import Collection
from archive.config import Settings
from archive.errors import NoCapture
from archive.formats.digest import payload_digest
from archive.formats.warc import iter_records
from archive.model import Exchange, Rendering
from archive.rebuild import reindex
from archive.verify import verify
from archive.warcfile import warc_files
from archive.writer import ArchiveWriter
from pipelines.kept import Counts
from pipelines.reader import PageReader
from pipelines.reread import read_again
from pipelines.store import Recorder

URL = "https://app.example/story"
SHELL = b"<!DOCTYPE html><title>App</title><div id='root'></div><script src='/app.js'></script>"
FIRST = "The harbour bridge will close for three weeks in June, the port said on Wednesday."
BEGAN = datetime(2024, 5, 1, tzinfo=UTC)


def dom(text: str = FIRST, note: str = "") -> bytes:
    story = "".join(f"<p>{text} It was paragraph {number} of the port's long report.</p>" for number in range(6))
    return f"<html lang='en'><body>{note}<article><h1>Bridge to close</h1>{story}</article></body></html>".encode()


def exchange(hour: int, rendered: bytes | None, *, problem: str | None = None, body: bytes = SHELL) -> Exchange:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body)
    began = BEGAN + timedelta(hours=hour)
    return Exchange(
        url=URL,
        request=b"GET /story HTTP/1.1\r\n\r\n",
        response=head + body,
        began=began,
        source="app",
        rendering=Rendering(dom=rendered, taken=began + timedelta(seconds=2), problem=problem),
    )


@pytest.fixture(scope="module")
def reader() -> Iterator[PageReader]:
    reader = PageReader(1, queue_size=4)
    yield reader
    reader.close()


def keep(folder: Path, reader: PageReader, *exchanges: Exchange) -> Counts:
    """Keep these one after the other, each read before the next comes."""
    total = Counts()
    for one in exchanges:
        with ArchiveWriter.open(folder, Settings()) as writer:
            recorder = Recorder(writer, reader)
            recorder.start()
            recorder.put(one, None)
            recorder.stop()
        for key in total.__struct_fields__:
            setattr(total, key, getattr(total, key) + getattr(recorder.counts, key))
    return total


def test_the_dom_is_a_resource_beside_the_response(folder: Path, reader: PageReader) -> None:
    keep(folder, reader, exchange(0, dom()))
    [path] = warc_files(folder / "archive")
    records = [record for record, _ in iter_records(path)]
    response = next(record for record in records if record.kind == "response")
    resource = records[-1]
    assert resource.kind == "resource"
    assert resource.get("WARC-Target-URI") == f"urn:morgue:dom:{URL}"
    assert resource.get("WARC-Concurrent-To") == response.get("WARC-Record-ID")
    assert resource.get("Content-Type") == "text/html; charset=utf-8"
    assert resource.get("WARC-Payload-Digest") == payload_digest(dom())
    assert resource.get("WARC-Date") == "2024-05-01T00:00:02Z"
    assert resource.block == dom()


def test_extraction_reads_the_dom_and_show_has_both(folder: Path, reader: PageReader) -> None:
    keep(folder, reader, exchange(0, dom()))
    with Collection.open(folder) as collection:
        assert FIRST in collection.article(URL).text
        assert collection.memento(URL).payload == SHELL
        assert collection.dom(URL) == dom()


def test_an_edit_behind_an_unchanged_shell_is_a_version(folder: Path, reader: PageReader) -> None:
    changed = FIRST.replace("three", "five")
    counts = keep(
        folder, reader, *(exchange(hour, dom(text)) for hour, text in enumerate((FIRST, FIRST, changed, FIRST)))
    )
    assert (counts.captures, counts.revisits) == (1, 3)
    assert (counts.articles, counts.versions) == (
        1,
        3,
    )  # the text that came back was known, and is a version all the same
    with Collection.open(folder) as collection:
        versions = collection.history(URL)
        assert [version.first_seen[8:10] for version in versions] == ["00", "02", "03"]
        assert versions[0].last_seen[8:10] == "01"
        assert "five weeks" in collection.article(URL, at="20240501023000").text


def test_a_dom_that_differs_in_no_text_is_no_version(folder: Path, reader: PageReader) -> None:
    counts = keep(folder, reader, exchange(0, dom()), exchange(1, dom(note="<div class='advert'>Buy</div>")))
    assert counts.versions == 1


def test_all_of_it_comes_back_from_the_files(folder: Path, reader: PageReader) -> None:
    keep(folder, reader, exchange(0, dom()), exchange(1, dom(FIRST.replace("three", "five"))))
    with Collection.open(folder) as collection:
        before = collection.history(URL), list(collection.catalog.captures()), collection.catalog.counts()
    assert list(verify(folder, Settings())) == []
    reindex(folder, Settings())
    with Collection.open(folder) as collection:
        assert (collection.history(URL), list(collection.catalog.captures()), collection.catalog.counts()) == before
    assert list(verify(folder, Settings())) == []


def test_what_was_not_read_is_read_later_from_the_dom(folder: Path) -> None:
    with ArchiveWriter.open(folder, Settings()) as writer:
        recorder = Recorder(writer, None)
        recorder.start()
        for one in (exchange(0, dom()), exchange(1, dom(FIRST.replace("three", "five")))):
            recorder.put(one, None)
        recorder.stop()
        assert writer.catalog.counts().unread == 2
    found, _ = read_again(folder, Settings(workers=1))
    assert (found.read, found.articles, found.versions, found.failed) == (2, 1, 2, 0)
    assert read_again(folder, Settings(workers=1))[0].read == 0


def test_a_page_that_was_to_be_rendered_and_was_not_is_not_read_as_it_came(folder: Path, reader: PageReader) -> None:
    ssr = dom("A teaser that only readers without scripts are shown, and that is no part of the story at all.")
    counts = keep(folder, reader, exchange(0, None, problem="Chromium stopped", body=ssr))
    assert counts.versions == 0
    with Collection.open(folder) as collection:
        assert collection.catalog.counts().unread == 0
        with pytest.raises(NoCapture, match="not rendered: Chromium stopped"):
            collection.article(URL)
        with pytest.raises(NoCapture, match="not rendered"):
            collection.dom(URL)
    assert read_again(folder, Settings(workers=1))[0].read == 0
    # The next time it works, and the payload is as it was.
    assert keep(folder, reader, exchange(1, dom(), body=ssr)).versions == 1


def test_html_that_is_part_of_another_page_is_not_read(folder: Path, reader: PageReader) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(dom())
    frame = Exchange(url=URL, request=b"GET / HTTP/1.1\r\n\r\n", response=head + dom(), began=BEGAN, kind="requisite")
    assert keep(folder, reader, frame).articles == 0
    with Collection.open(folder) as collection:
        assert collection.catalog.counts().unread == 0
