"""What pages say of their own use: recorded, found again by a reindex, and heeded as the collection says."""

import re
from pathlib import Path

import pytest

from archive.access import AccessRules
from archive.collection import Collection
from archive.config import Settings, load_settings
from archive.errors import NoCapture
from archive.formats.cdxj import from_cdxj, to_cdxj
from archive.rebuild import reindex

OPEN = "https://www.example.org/open"
KEPT_BACK = "https://www.example.org/kept-back"
RESERVED = "https://www.example.org/reserved"
GONE = "https://www.example.org/gone"
ALL = (OPEN, KEPT_BACK, RESERVED, GONE)
HTML = ("Content-Type", "text/html; charset=utf-8")
MARKS = {OPEN: (), KEPT_BACK: ("noarchive",), RESERVED: ("tdm",), GONE: ("unavailable_after=20240601000000",)}


def publish(paper):
    """Four articles; the one that is kept back twice, and once as not modified."""
    body = b'<head><meta name="robots" content="noarchive"></head><p>kept back'
    said = {
        OPEN: (b"<p>open", ()),
        KEPT_BACK: (body, ()),
        RESERVED: (b"<p>reserved", (("TDM-Reservation", "1"), ("TDM-Policy", "https://www.example.org/tdm"))),
        GONE: (b"<p>gone", (("X-Robots-Tag", "unavailable_after: 1 Jun 2024 00:00:00 GMT"),)),
    }
    for number, (url, (payload, headers)) in enumerate(said.items()):
        capture = paper.capture(url, f"2024050{number + 1}103000", payload, headers=(HTML, *headers))
        paper.read(capture, text=f"The bridge is open. {url}", source="voa", headline="The bridge", language="en")
    paper.capture(KEPT_BACK, "20240506103000", body, headers=(HTML,))
    paper.capture(KEPT_BACK, "20240507103000", status="304 Not Modified", headers=())
    paper.publish()


@pytest.fixture
def folder(newspaper) -> Path:
    publish(newspaper)
    return newspaper.folder


def change(folder, **settings):
    text = (folder / "morgue.toml").read_text()
    for key, value in settings.items():
        text = re.sub(rf'(?m)^{key} = ".*"$', f'{key} = "{value}"', text)
    (folder / "morgue.toml").write_text(text)


def marks_of(folder):
    with Collection.open(folder) as collection:
        return {url: [one.rights for one in collection.lookup(url)] for url in ALL}


def found(collection):
    return {hit.url for hit in collection.search("bridge")}


def test_what_was_said_is_in_the_catalog_of_revisits_too(folder):
    expected = {url: [marks] for url, marks in MARKS.items()} | {KEPT_BACK: [("noarchive",)] * 3}
    assert marks_of(folder) == expected


def test_a_reindex_finds_the_same_from_the_warc_files_alone(folder, newspaper):
    before = marks_of(folder)
    newspaper._writer.close()
    (folder / "catalog.sqlite").unlink()
    reindex(folder, load_settings(folder))
    assert marks_of(folder) == before


def test_index_lines_carry_the_flags_that_others_know(folder):
    with Collection.open(folder) as collection:
        for url, marks in MARKS.items():
            capture = next(collection.lookup(url))
            assert from_cdxj(to_cdxj(capture)) == capture
            assert ('"robotflags": "A"' in to_cdxj(capture)) is ("noarchive" in marks)


def test_by_default_all_is_given_out_but_what_may_not_be_mined_is_not_searched(folder):
    with Collection.open(folder) as collection:
        assert found(collection) == {OPEN, KEPT_BACK, GONE}
        assert collection.article(RESERVED).text
        assert collection.memento(KEPT_BACK).payload


def test_a_collection_may_search_what_is_reserved(folder):
    change(folder, tdm="keep")
    with Collection.open(folder) as collection:
        assert found(collection) == set(ALL)


def test_what_is_withheld_is_given_out_nowhere(folder):
    change(folder, noarchive="withhold")
    with Collection.open(folder) as collection:
        assert found(collection) == {OPEN}
        for url in (KEPT_BACK, GONE):
            assert list(collection.lookup(url)) == []
            assert collection.closest(url) is None
            for ask in (collection.memento, collection.article, collection.history):
                with pytest.raises(NoCapture):
                    ask(url)
        assert [one.url for one in collection.lookup("www.example.org", match="host")] == [OPEN, RESERVED]
        assert collection.article(OPEN).text
    # Nothing is lost: the setting goes, and all is there again.
    change(folder, noarchive="keep")
    with Collection.open(folder) as collection:
        assert len(list(collection.lookup(KEPT_BACK))) == 3


def test_files_with_hidden_captures_are_known(folder):
    with Collection.open(folder) as collection:
        name = next(collection.lookup(OPEN)).location.file
        assert collection.catalog.may_be_given_out(name, 10**9)
    change(folder, noarchive="withhold")
    with Collection.open(folder) as collection:
        size = collection.catalog.get_file(name).size
        assert not collection.catalog.may_be_given_out(name, 1)
        assert not collection.catalog.may_be_given_out("other.warc.gz", 1)
    change(folder, noarchive="keep")
    with Collection.open(folder) as collection:
        collection.catalog.hide(lambda rights: rights == "nothing has these")
        assert collection.catalog.may_be_given_out(name, size)
        assert not collection.catalog.may_be_given_out(name, size + 1)


def test_rules_by_themselves():
    def now():
        return "20240701000000"

    withhold = AccessRules(noarchive="withhold")
    assert AccessRules.of(Settings()) == AccessRules(noarchive="keep", tdm="exclude")
    assert not AccessRules().hides(("noarchive",), now)
    assert withhold.hides(("noai", "noarchive"), now)
    assert withhold.hides(("unavailable_after=20240601000000",), now)
    assert not withhold.hides(("unavailable_after=20240801000000", "noindex", "tdm"), now)
    assert AccessRules().excludes(("tdm",))
    assert AccessRules().excludes(("noai",))
    assert not AccessRules().excludes(("noarchive", "noindex"))
    assert not AccessRules(tdm="keep").excludes(("tdm",))
