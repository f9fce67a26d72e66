"""A site is learned while its pages are captured and read, is read with its profile from then on, and learned anew when it
changes its pages; no text changes on that account."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from archive.collection import Collection
from archive.config import Settings
from archive.model import Capture, Exchange, Reading, RecordLocation
from archive.versions import OWN
from archive.writer import ArchiveWriter
from crawler.demo.growth import GrownPage, grow
from pipelines.doctor import SiteHealth, examine
from pipelines.extract.profile import SiteRules
from pipelines.learn import LearnJob, LearnResult
from pipelines.profiles import Profiles, file_name, site_of
from pipelines.pupil import Pupil
from pipelines.reader import PageReader, ReadJob
from pipelines.reread import read_again
from pipelines.source_rules import ExtractRules, SourceRules
from pipelines.store import Recorder
from pipelines.watch import CHECK_EVERY_YOUNG

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n"


@pytest.fixture(scope="module")
def reader() -> Iterator[PageReader]:
    reader = PageReader(2, queue_size=4)
    yield reader
    reader.close()


def record(folder: Path, reader: PageReader | None, pages: Iterable[GrownPage], **extract: bool) -> dict[str, int]:
    """Capture these pages, and read them one after the other; what was written."""
    rules = {"paper": SourceRules(extract=ExtractRules(**extract))}
    with ArchiveWriter.open(folder, Settings()) as writer:
        recorder = Recorder(writer, reader, rules=rules)
        recorder.start()
        for page in pages:
            response = HEAD % len(page.html) + page.html
            exchange = Exchange(
                url=page.url, request=b"GET / HTTP/1.1\r\n\r\n", response=response, began=page.captured, source="paper"
            )
            recorder.put(exchange, None)
        recorder.stop()
        return {"articles": recorder.counts.articles, "versions": recorder.counts.versions}


def labels(folder: Path, pages: Sequence[GrownPage]) -> list[set[str | None]]:
    """With which profiles each page was read."""
    with Collection.open(folder) as collection:
        return [
            {reading.profile for reading in collection.catalog.readings_of(collection.history(page.url)[0].key)}
            for page in pages
        ]


def health(folder: Path) -> SiteHealth:
    with Collection.open(folder) as collection:
        (one,) = examine(collection.catalog, folder)
    return one


def site(template: str, count: int, **options: float) -> list[GrownPage]:
    return list(grow(count, templates=(template,), **options))  # type: ignore[arg-type]


def test_a_site_is_learned_and_then_read_with_its_profile(folder, reader):
    pages = site("c", 60)
    first, later = pages[:30], pages[30:]
    assert record(folder, reader, first) == {"articles": 30, "versions": 30}
    profile = Profiles(folder).at(pages[-1].url, "20990101000000")
    assert profile is not None
    assert profile.templates[0].proved >= 3
    record(folder, reader, later)
    assert all(profile.label in read for read in labels(folder, later))
    assert health(folder).fitting >= 30
    with Collection.open(folder) as collection:
        for page in later:
            assert page.expected
            assert collection.article(page.url).text == page.expected["text"]


def test_a_page_read_before_and_after_its_site_was_learned_has_one_version(folder, reader):
    pages = site("d", 30)
    record(folder, reader, pages)
    assert Profiles(folder).site(site_of(pages[0].url)).profiles
    again = [moved(page, days=30, note=b"<!-- another build -->") for page in pages[:10]]
    assert record(folder, reader, again) == {"articles": 0, "versions": 0}
    with Collection.open(folder) as collection:
        assert [len(collection.history(page.url)) for page in pages[:10]] == [1] * 10


def test_an_edit_after_a_site_was_learned_is_a_version(folder, reader):
    pages = site("a", 30)
    record(folder, reader, pages)
    page = pages[0]
    assert page.expected
    words = page.expected["text"].split("\n")[0].split()[-2].encode()
    edited = moved(page, days=30, swap=(words, b"altogether-otherwise"))
    assert edited.html != page.html
    assert record(folder, reader, [edited]) == {"articles": 0, "versions": 1}
    with Collection.open(folder) as collection:
        assert [version.change for version in collection.history(page.url)] == ["first", "edited"]


@pytest.mark.parametrize("template", ["a", "d"])
def test_a_redesign_is_reported_and_learned_and_no_text_changes(folder, reader, caplog, template):
    pages = site(template, 120, redesign_at=0.5)
    before, after = pages[:60], pages[60:]
    record(folder, reader, before[:30])
    record(folder, reader, before[30:])
    assert not health(folder).drifting
    caplog.set_level(logging.WARNING)
    reported = 0
    for start in range(0, 20, 2):
        record(folder, reader, after[start : start + 2])
        reported = reported or (start + 2) * health(folder).drifting
        assert set(health(folder).examples) <= {page.url for page in pages}
    assert 0 < reported <= 20, "pages until `doctor` reported it"
    assert "site has changed its pages" in caplog.text
    assert not health(folder).drifting, "it was learned anew"
    record(folder, reader, after[20:])
    old, new = Profiles(folder).site(site_of(pages[0].url)).profiles[-2:]
    assert new.since > before[-1].captured.strftime("%Y%m%d%H%M%S")
    assert all(new.label in read for read in labels(folder, after[40:]))
    assert Profiles(folder).at(pages[0].url, old.since) == old
    # The stories of before are printed again in the new design: nobody has edited them.
    again = [moved(page, days=60) for page in reprinted(template, 60)[:12]]
    assert record(folder, reader, again) == {"articles": 0, "versions": 0}
    assert (health(folder).fitting, health(folder).drifting) == (40, False), (
        "they fit, though they were read otherwise too"
    )


def test_an_edit_that_comes_with_a_new_design_is_a_version(folder, reader):
    pages = site("a", 30)
    record(folder, reader, pages)
    page = reprinted("a", 30)[0]
    assert page.expected
    words = page.expected["text"].split("\n")[0].split()[-2].encode()
    edited = moved(page, days=30, swap=(words, b"altogether-otherwise"))
    assert edited.html != page.html
    assert record(folder, reader, [edited]) == {"articles": 0, "versions": 1}
    with Collection.open(folder) as collection:
        assert [version.change for version in collection.history(page.url)] == ["first", "edited"]


@pytest.mark.parametrize("template", ["a", "c", "d"])
def test_known_articles_in_a_new_design_teach_it_once(folder, reader, template):
    pages = site(template, 30)
    record(folder, reader, pages)
    again = [moved(page, days=30) for page in reprinted(template, 30)]
    assert record(folder, reader, again[:20]) == {"articles": 0, "versions": 0}
    assert [one.number for one in Profiles(folder).site(site_of(pages[0].url)).profiles] == [1, 2]
    assert record(folder, reader, again[20:]) == {"articles": 0, "versions": 0}
    for _ in range(2):
        done, _ = read_again(folder, Settings(workers=2))
    assert done.read == 0
    assert [one.number for one in Profiles(folder).site(site_of(pages[0].url)).profiles] == [1, 2]
    assert not health(folder).drifting
    with Collection.open(folder) as collection:
        assert [len(collection.history(page.url)) for page in pages] == [1] * 30


def test_doctor_shows_a_site_that_is_drifting_and_says_so_by_its_status(folder, reader):
    pages = site("b", 60, redesign_at=0.5)
    record(folder, reader, pages[:30])
    assert doctor(folder).returncode == 0
    record(folder, reader, pages[30:39])
    shown = doctor(folder)
    assert shown.returncode == 1
    (row, heading, *urls) = shown.stdout.splitlines()
    assert row.split("\t")[0] == site_of(pages[0].url)
    assert row.endswith("DRIFTING")
    assert "has changed its pages" in heading
    assert {url.strip() for url in urls if url.startswith("  ")} <= {page.url for page in pages[30:39]}
    (one,) = map(json.loads, doctor(folder, "--json").stdout.splitlines())
    assert one["drifting"]
    assert one["examples"]
    record(folder, reader, pages[39:])
    assert doctor(folder).returncode == 0


def test_a_broken_profile_is_one_line_of_bad_usage(folder, reader):
    record(folder, None, site("c", 1))
    (folder / "profiles/example.org.toml").write_text("host = 7")
    shown = doctor(folder)
    assert (shown.returncode, shown.stdout) == (2, "")
    assert shown.stderr.startswith("morgue: profiles/example.org.toml: host: 7 is not text")


def doctor(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "crawler.cli", "doctor", "--collection", str(folder), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_extract_reads_again_with_what_was_learned_and_then_has_nothing_to_do(folder, reader):
    pages = site("e", 40)
    record(folder, None, pages)
    done, _ = read_again(folder, Settings(workers=2))
    assert (done.articles, done.versions, done.failed) == (40, 40, 0)
    profile = Profiles(folder).at(pages[-1].url, "20990101000000")
    assert profile
    assert all({profile.label, profile.label + OWN} & read for read in labels(folder, pages))
    done, _ = read_again(folder, Settings(workers=2))
    assert (done.read, done.versions) == (0, 0)
    with Collection.open(folder) as collection:
        assert [len(collection.history(page.url)) for page in pages] == [1] * 40


def test_an_edited_profile_reads_anew_and_a_pinned_one_stays(folder, reader):
    pages = site("c", 40)
    record(folder, reader, pages)
    (path,) = (folder / "profiles").glob("*.toml")
    path.write_text(path.read_text().replace("pinned = false", "pinned = true").replace('"article"', '"main"'))
    before = path.read_text()
    done, _ = read_again(folder, Settings(workers=2))
    assert done.read == 40
    assert path.read_text() == before
    assert read_again(folder, Settings(workers=2))[0].read == 0


def test_a_source_may_do_without(folder, reader):
    record(folder, reader, site("c", 30), profile=False)
    assert not list((folder / "profiles").glob("*.toml"))


def test_a_folder_that_cannot_be_written_costs_the_profile_and_no_page(folder, reader, caplog):
    (folder / "profiles").rmdir()
    (folder / "profiles").write_text("in the way")
    assert record(folder, reader, site("c", 30)) == {"articles": 30, "versions": 30}
    assert caplog.text.count("check its permissions") == 1


def test_a_broken_edit_costs_the_profile_and_no_page(folder, reader, caplog):
    pages = site("c", 30)
    path = folder / "profiles" / file_name(site_of(pages[0].url))

    def broken_meanwhile() -> Iterator[GrownPage]:
        path.write_text("host =")
        yield from pages

    assert record(folder, reader, broken_meanwhile()) == {"articles": 30, "versions": 30}
    assert path.read_text() == "host ="
    assert caplog.text.count("what was learned is not kept") == 1


def test_a_lesson_that_does_not_come_to_an_end_is_not_given_again_with_each_page(folder):
    pages = site("c", 14)
    record(folder, None, pages)
    with ArchiveWriter.open(folder, Settings()) as writer:
        pupil = Pupil(folder, writer.catalog)
        captures = list(writer.catalog.captures())
        given: list[LearnJob] = []
        for capture in captures:
            reading = Reading(url=capture.url, timestamp=capture.timestamp, record_id="", digest="", extractor="x/1", outcome="article")  # fmt: skip
            pupil.note(ReadJob(capture=capture, folder=""), reading)
            for job in pupil.lessons():
                given.append(job)
                pupil.take(LearnResult(job=job, learned=None, error="took longer than 30 s"))
        assert len(given) == 1
        assert health_remark(folder, pages[0].url) == "did not come to an end: took longer than 30 s"


def test_where_a_page_that_fits_was_read_otherwise_the_next_ones_are_checked(folder, reader):
    record(folder, reader, site("a", 14))
    with ArchiveWriter.open(folder, Settings()) as writer:
        pupil = Pupil(folder, writer.catalog)
        capture = list(writer.catalog.captures())[-1]
        profile = pupil.profiles.at(capture.url, capture.timestamp)
        assert profile
        assert pupil.check_every(capture, profile) == CHECK_EVERY_YOUNG
        reading = Reading(url=capture.url, timestamp=capture.timestamp, record_id="", digest="", extractor="x/1", outcome="article", profile=profile.label + OWN)  # fmt: skip
        pupil.note(ReadJob(capture=capture, folder=""), reading, is_doubted=True)
        assert pupil.check_every(capture, profile) == 1


def test_sites_without_end_are_held_in_a_bound(folder, monkeypatch):
    monkeypatch.setattr("pipelines.pupil._WATCHES", 3)
    with ArchiveWriter.open(folder, Settings()) as writer:
        pupil = Pupil(folder, writer.catalog)
        place = RecordLocation(file="a.warc.gz", offset=0, length=1)
        for number in range(20):
            url = f"https://{number}.example/"
            capture = Capture(urlkey=url, timestamp="20240501000000", url=url, mime="text/html", status=200, digest=None, location=place)  # fmt: skip
            pupil.look_at(capture, SiteRules())
        assert list(pupil.lessons()) == []
        assert len(pupil._watches) == 3


def health_remark(folder: Path, url: str) -> str | None:
    attempted = Profiles(folder).site(site_of(url)).attempted
    return attempted.remark if attempted else None


def moved(page: GrownPage, *, days: int, note: bytes = b"", swap: tuple[bytes, bytes] | None = None) -> GrownPage:
    """The page as it is captured so many days later."""
    html = page.html.replace(*swap) if swap else page.html
    return msgspec.structs.replace(page, captured=page.captured + timedelta(days=days), html=html + note)


def reprinted(template: str, count: int) -> list[GrownPage]:
    """The first pages of a site, had it had its new design from the beginning."""
    return site(template, count, redesign_at=0.0)
