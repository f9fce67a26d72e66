"""Errors of nested TOML name the key's whole path and the value."""

import tomllib
from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta

from archive.errors import SettingInvalid
from archive.formats.toml import FieldInvalid, decode_toml, to_toml
from archive.formats.units import Duration


class Seed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: Literal["feed", "sitemap", "page"]
    url: str
    every: Duration = Duration(minutes=15)

    def __post_init__(self) -> None:
        if not self.url.startswith("http"):
            raise FieldInvalid("url", 'is not a URL (write it like "https://example.org/")')


class Crawl(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    concurrency: Annotated[int, Meta(ge=1)] = 1
    until: Duration | None = None
    robots: Literal["obey", "ignore"] | None = None


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    seeds: tuple[Seed, ...] = ()
    crawl: Crawl = Crawl()
    labels: dict[str, int] = {}


SEEDS = '[[seeds]]\nkind = "feed"\nurl = "http://a/"\n' * 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SEEDS + 'every = "15min"', 'seeds[1].every: "15min" is not a duration (write "15m")'),
        (SEEDS + 'evry = "15m"', 'seeds[1].evry: is no known key (write "every" or remove it)'),
        (SEEDS + "zzz = 1", "seeds[1].zzz: is no known key (remove it; keys here: kind, url, every)"),
        (SEEDS + '[[seeds]]\nkind = "feed"', "seeds[2].url: is missing (add it)"),
        ('[[seeds]]\nkind = "rss"\nurl = "http://a/"', 'seeds[0].kind: "rss" is not one of "feed", "page", "sitemap"'),
        (
            '[[seeds]]\nkind = "feed"\nurl = "a"',
            'seeds[0].url: "a" is not a URL (write it like "https://example.org/")',
        ),
        ("seeds = 1", "seeds: 1 is not a list in [ ]"),
        ("[crawl]\nconcurrency = 0", "crawl.concurrency: 0 is not a whole number >= 1"),
        ("[crawl]\nuntil = 5", 'crawl.until: 5 is not a duration (write "5s" for seconds)'),
        ('[crawl]\nrobots = "no"', 'crawl.robots: "no" is not one of "ignore", "obey"'),
        ("crawl = 3", "crawl: 3 is not a table"),
        ('[labels]\na = "x"', 'labels: {a = "x"} is not a whole number'),
    ],
)
def test_an_error_names_the_whole_path(text: str, message: str) -> None:
    with pytest.raises(SettingInvalid) as caught:
        decode_toml('name = "voa"\n' + text, Source, "sources/voa.toml")
    assert str(caught.value) == f"sources/voa.toml: {message}"


def test_a_required_key_at_the_top() -> None:
    with pytest.raises(SettingInvalid, match=r"^s\.toml: name: is missing"):
        decode_toml("", Source, "s.toml")


def test_a_check_of_a_key_that_was_left_out_shows_no_value() -> None:
    class Range(msgspec.Struct, frozen=True, kw_only=True):
        first: int = 1
        last: int = 0

        def __post_init__(self) -> None:
            if self.last < self.first:
                raise FieldInvalid("last", "is before first (leave out neither)")

    with pytest.raises(SettingInvalid) as caught:
        decode_toml("first = 1", Range, "s.toml")
    assert str(caught.value) == "s.toml: last: is before first (leave out neither)"


def test_a_long_value_is_shortened() -> None:
    with pytest.raises(SettingInvalid) as caught:
        decode_toml(f'name = ["{"x" * 10_000}"]', Source, "s.toml")
    assert len(str(caught.value)) < 200


def test_a_good_document_is_read() -> None:
    source = decode_toml(f'name = "voa"\n{SEEDS}every = "1h"\n[crawl]\nuntil = "7d"', Source, "s.toml")
    assert [seed.every for seed in source.seeds] == [Duration(minutes=15), Duration(hours=1)]
    assert source.crawl.until == Duration(days=7)


@pytest.mark.parametrize("value", ['"q"\\\n\x7f\t', "é…字", ["a", "b"], [], True, 3, -0.5, {"a": 1, "b c": ["x"]}])
def test_to_toml_is_read_back(value: object) -> None:
    assert tomllib.loads(f"x = {to_toml(value)}") == {"x": value}
