import pytest

from crawler.seeds.entry import EntryReader
from crawler.seeds.reading import CutShort


def test_a_bomb_of_tags_ends_within_bounds():
    reader = EntryReader(b"<urlset><url><loc>/a</loc></url>" + b"<a>" * 1000, max_tokens=100)
    with pytest.raises(CutShort, match="has more than 100 tags; the rest was not read"):
        list(reader)


def test_fields_have_bounds():
    field = "<title>" + "x" * 10_000 + "</title>"
    (entry,) = EntryReader(f"<rss><item>{field * 200}</item></rss>".encode())
    assert len(entry.fields) == 100
    assert {len(one.text) for one in entry.fields} == {4096}


@pytest.mark.parametrize("payload", [b"", b"text", b"<x>" * 20_000 + b"<rss></rss>", bytes(range(256)) * 10])
def test_without_a_root_there_are_no_entries(payload):
    reader = EntryReader(payload)
    assert list(reader) == []
    assert reader.root is None
