from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.formats.units import Duration
from crawler.errors import SourceExists, SourceInvalid
from crawler.source import CrawlRules, ExtractRules, Seed, Source
from crawler.source_file import load_source, load_sources, source_toml, write_source
from crawler.watch.rules import WatchRules

VOA = """\
name = "voa"
site = "https://www.voanews.com/"
language = "en"
timezone = "America/New_York"
[[seeds]]
kind = "sitemap"
url = "https://www.voanews.com/sitemap.xml"
every = "15m"
[crawl]
delay = "0s"
concurrency = 1
article_urls = ['/a/[a-z-]+/[0-9]+\\.html']
requisites = true
max_age = "7d"
robots = "obey"
[extract]
prune = ["//div[contains(@class, 'c-mmp')]"]
"""


def put(folder: Path, name: str, text: str) -> Path:
    (folder / "sources").mkdir(exist_ok=True)
    path = folder / "sources" / f"{name}.toml"
    path.write_text(text)
    return path


def test_a_source_file_is_read_with_every_key(tmp_path):
    voa = load_source(put(tmp_path, "voa", VOA))
    assert voa == Source(
        name="voa",
        site="https://www.voanews.com/",
        language="en",
        timezone="America/New_York",
        seeds=(Seed(kind="sitemap", url="https://www.voanews.com/sitemap.xml", every=Duration(minutes=15)),),
        crawl=CrawlRules(delay=Duration(), article_urls=(r"/a/[a-z-]+/[0-9]+\.html",)),
        extract=ExtractRules(prune=("//div[contains(@class, 'c-mmp')]",)),
    )


def test_two_keys_make_a_source(tmp_path):
    source = load_source(put(tmp_path, "a", 'name = "a"\nsite = "http://a.example"\n'))
    assert source.crawl.delay == Duration(seconds=2)
    assert source.crawl.robots == "obey"
    assert source.is_article_url("http://a.example/anything")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"15m"', '"15min"', 'sources/voa.toml: seeds[0].every: "15min" is not a duration (write "15m")'),
        ('"15m"', '"0s"', 'sources/voa.toml: seeds[0].every: "0s" is too short (write at least "1s")'),
        ('"sitemap"', '"map"', 'seeds[0].kind: "map" is not one of "api", "feed", "page", "sitemap"'),
        ('name = "voa"', 'name = "bbc"', 'sources/voa.toml: name: "bbc" is not the file\'s name (write "voa")'),
        ('name = "voa"', 'name = "V O A"', 'name: "V O A" is not a name'),
        ('name = "voa"\n', "", "sources/voa.toml: name: is missing (add it)"),
        ("https://www.voanews.com/sitemap.xml", "sitemap.xml", 'seeds[0].url: "sitemap.xml" is not a web address'),
        ('site = "https', 'site = "ftp', 'site: "ftp://www.voanews.com/" is not a web address'),
        ('"America/New_York"', '"EDT/NY"', 'timezone: "EDT/NY" is not a time zone (write it like "Europe/Berlin"'),
        ('"America/New_York"', '"America"', 'timezone: "America" is not a time zone'),
        ('"America/New_York"', '"../../etc/passwd"', "is not a time zone"),
        ('language = "en"', 'language = "English!"', 'language: "English!" is not a language code'),
        ("/a/[a-z-]+/", "/a/([a-z-]+/", "crawl.article_urls[0]: "),
        ("//div[contains", "//div[[contains", "extract.prune[0]: "),
        ("concurrency = 1", "concurrency = 0", "crawl.concurrency: 0 "),
        ("concurrency = 1", 'concurrency = "one"', 'crawl.concurrency: "one" is not a whole number'),
        ("delay", "dealy", 'crawl.dealy: is no known key (write "delay" or remove it)'),
        ('robots = "obey"', 'robots = "no"', 'crawl.robots: "no" is not one of "ignore", "obey"'),
        ('every = "15m"', 'every = "15m', "sources/voa.toml: line 8: "),
    ],
)
def test_an_error_is_one_line_with_file_key_value_and_remedy(tmp_path, old, new, message):
    assert old in VOA
    with pytest.raises(SourceInvalid) as caught:
        load_source(put(tmp_path, "voa", VOA.replace(old, new, 1)))
    assert message in str(caught.value)
    assert str(caught.value).startswith("sources/voa.toml: ")
    assert "\n" not in str(caught.value)


def test_one_url_is_one_seed(tmp_path):
    seed = '[[seeds]]\nkind = "feed"\nurl = "http://a.example/feed"\n'
    with pytest.raises(SourceInvalid, match=r'seeds\[1\].url: "http://a.example/feed" is the url of seeds\[0\] too'):
        load_source(put(tmp_path, "a", 'name = "a"\nsite = "http://a.example"\n' + seed + seed))


def test_a_missing_file_is_one_line(tmp_path):
    with pytest.raises(SourceInvalid, match=r"^sources/gone.toml: cannot be read: No such file"):
        load_source(tmp_path / "sources" / "gone.toml")


def test_sources_come_by_name(tmp_path):
    for name in ("b", "a", "c-1"):
        put(tmp_path, name, f'name = "{name}"\nsite = "http://{name}.example"\n')
    put(tmp_path, "notes", "").rename(tmp_path / "sources" / "notes.txt")
    assert [source.name for source in load_sources(tmp_path / "sources")] == ["a", "b", "c-1"]
    assert load_sources(tmp_path / "nowhere") == []


def test_what_is_written_has_every_key_on_its_own_line(tmp_path):
    text = source_toml(Source(name="a", site="http://a.example/", seeds=(Seed(kind="feed", url="http://a.example/f"),)))
    keys = [line.partition(" = ")[0] for line in text.splitlines() if line and line[0] not in "#["]
    assert keys == [
        *("name", "site", "language", "timezone", "kind", "url", "every"),
        *(
            "delay",
            "concurrency",
            "article_urls",
            "requisites",
            "render",
            "wait_for",
            "max_age",
            "every_min",
            "every_max",
        ),
        *("page_budget", "max_waiting", "robots"),
        *("prune", "quality", "profile"),
        *("quiet_after", "articles_per_day", "max_error_rate"),
    ]
    assert 'delay = "2s"' in text.splitlines()


def test_a_source_is_never_written_over(tmp_path):
    source = Source(name="a", site="http://a.example/")
    path = write_source(source, tmp_path / "sources")
    assert load_source(path) == source
    with pytest.raises(SourceExists, match=r"sources/a.toml: exists already"):
        write_source(source, tmp_path / "sources")
    assert [file.name for file in path.parent.iterdir()] == ["a.toml"]


durations = st.integers(1, 10**9).map(lambda ms: Duration(milliseconds=ms))
regexes = st.lists(st.text().map(lambda text: "".join(f"[{c}]" if c not in "[]^\\-&~|" else "." for c in text)))
seeds = st.builds(
    Seed,
    kind=st.sampled_from(["feed", "sitemap", "page", "api"]),
    url=st.integers().map(lambda n: f"https://example.org/é/{n}"),
    every=durations,
)


@given(
    st.builds(
        Source,
        name=st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True),
        site=st.just("https://example.org/"),
        language=st.sampled_from(["", "en", "zh-Hans"]),
        timezone=st.sampled_from(["UTC", "Asia/Tehran"]),
        seeds=st.lists(seeds, unique_by=lambda seed: seed.url).map(tuple),
        crawl=st.builds(
            CrawlRules,
            delay=durations,
            concurrency=st.integers(1, 9),
            article_urls=regexes.map(tuple),
            max_age=durations,
        ),
        extract=st.builds(
            ExtractRules, prune=st.lists(st.sampled_from(["//a", "//b[@c='d']", '//p["\'"]'])).map(tuple)
        ),
    )
)
def test_what_is_written_is_read_back(tmp_path_factory, source):
    path = write_source(source, tmp_path_factory.mktemp("c") / "sources")
    assert load_source(path) == source


def test_every_key_is_in_the_docs():
    docs = (Path(__file__).resolve().parents[2] / "docs" / "sources.md").read_text()
    for prefix, struct in (
        ("", Source),
        ("seeds.", Seed),
        ("crawl.", CrawlRules),
        ("extract.", ExtractRules),
        ("watch.", WatchRules),
    ):
        for key in struct.__struct_fields__:
            if key not in ("seeds", "crawl", "extract", "watch"):
                assert f"| `{prefix}{key}` |" in docs
