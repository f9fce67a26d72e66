import json
import re
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from archive.config import init_collection
from crawler.cli import run
from crawler.errors import PresetUnknown
from crawler.presets import load_preset, load_presets, preset_names
from crawler.source_file import load_source
from crawler.source_match import source_for

NAMES = preset_names()
# Invented addresses, of the form that the site's articles have.
ARTICLES = {
    "abc-au": "/news/2026-05-01/storm-floods-three-towns/105550123",
    "alarabiya": "/arab-and-world/2026/05/01/%D8%B9%D8%A7%D8%B5%D9%81%D8%A9",
    "aljazeera": "/news/2026/5/1/storm-floods-three-towns",
    "allafrica": "/stories/202605010123.html",
    "ansa": "/sito/notizie/mondo/2026/05/01/tempesta-sulla-costa_0a1b2c3d-0000-1111-2222-333344445555.html",
    "antara": "/berita/4912345/banjir-di-tiga-kota",
    "ap": "/article/storm-floods-towns-0123456789abcdef0123456789abcdef",
    "asahi": "/articles/AST5123ABCUTIL00AM.html",
    "bbc": "/news/articles/c0123456789o",
    "bbc-persian": "/persian/articles/c0123456789o",
    "cbc": "/news/world/storm-floods-three-towns-1.7654321",
    "chinadaily": "/a/202605/01/WS68123456a310a04af22b1234.html",
    "dawn": "/news/1901234/storm-floods-three-towns",
    "dw": "/en/storm-floods-three-towns/a-71234567",
    "elpais": "/internacional/2026-05-01/una-tormenta-inunda-tres-pueblos.html",
    "folha": "/mundo/2026/05/tempestade-inunda-tres-cidades.shtml",
    "france24": "/fr/europe/20260501-une-temp%C3%AAte-inonde-trois-villes",
    "globo": "/mundo/noticia/2026/05/01/tempestade-inunda-tres-cidades.ghtml",
    "guardian": "/world/2026/may/01/storm-floods-three-towns",
    "hurriyet": "/gundem/firtina-uc-kasabayi-vurdu-42712345",
    "infobae": "/america/2026/05/01/una-tormenta-inunda-tres-pueblos/",
    "irna": "/news/85812345/%D8%B7%D9%88%D9%81%D8%A7%D9%86",
    "lanacion": "/el-mundo/una-tormenta-inunda-tres-pueblos-nid01052026/",
    "lemonde": "/international/article/2026/05/01/une-tempete-inonde-trois-villes_6601234_3210.html",
    "meduza": "/news/2026/05/01/shtorm-zatopil-tri-goroda",
    "nation-kenya": "/kenya/news/storm-floods-three-towns-5012345",
    "nos": "/artikel/2561234-storm-treft-drie-steden",
    "npr": "/2026/05/01/nx-s1-5012345/storm-floods-three-towns",
    "nrk": "/vestland/storm-herjer-pa-kysten-1.17412345",
    "nytimes": "/2026/05/01/world/europe/storm-floods-three-towns.html",
    "pravda-ua": "/news/2026/05/1/7512345/",
    "premiumtimes": "/news/headlines/791234-storm-floods-three-towns.html",
    "reuters": "/world/europe/storm-floods-three-towns-2026-05-01/",
    "rferl": "/a/storm-floods-three-towns/33401234.html",
    "rfi": "/fr/europe/20260501-une-temp%C3%AAte-inonde-trois-villes",
    "rnz": "/news/national/551234/storm-floods-three-towns",
    "scmp": "/news/world/article/3301234/storm-floods-three-towns",
    "spiegel": "/ausland/sturm-trifft-drei-staedte-a-0a1b2c3d-0001-0002-0000-000123456789",
    "tass": "/society/1951234",
    "thehindu": "/news/national/storm-floods-three-towns/article69512345.ece",
    "timesofindia": "/city/pune/storm-floods-three-towns/articleshow/120712345.cms",
    "vnexpress": "/bao-lam-ngap-ba-thi-tran-4881234.html",
    "voa": "/a/storm-floods-three-towns/7812345.html",
    "yonhap": "/view/AKR20260501012300009",
}


def test_the_library_is_large_and_of_many_languages():
    presets = load_presets()
    assert len(presets) >= 30
    assert len({one.source.language.partition("-")[0] for one in presets}) >= 15
    assert len({one.source.timezone.partition("/")[0] for one in presets}) >= 6
    urls = [seed.url for one in presets for seed in one.source.seeds]
    assert len(urls) == len(set(urls))
    assert len({one.source.site for one in presets}) == len(presets)


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_is_a_source_in_good_form(name):
    preset = load_preset(name)
    source = preset.source
    assert source.name == name
    assert preset.title
    assert any(
        note.startswith("Facts: ") and re.search(r"\(20[0-9]{2}-[0-9]{2}\)\.$", note) for note in preset.notes.head
    )
    assert source.language
    assert source.seeds
    for url in (source.site, *(seed.url for seed in source.seeds)):
        assert urlsplit(url).scheme == "https"
        assert urlsplit(url).path
        assert "#" not in url
    assert source.crawl.delay.total_seconds() >= 2
    assert source.crawl.robots == "obey"
    for seed in source.seeds:
        words = urlsplit(seed.url).path.lower() + urlsplit(seed.url).query
        if seed.kind == "feed":
            assert "sitemap" not in words, seed.url
        else:
            assert seed.kind == "sitemap"
            assert "sitemap" in words


@pytest.mark.parametrize("name", NAMES)
def test_a_pattern_fits_articles_and_neither_front_page_nor_sections(name):
    source = load_preset(name).source
    assert bool(source.crawl.article_urls) == (name in ARTICLES)
    if name in ARTICLES:
        base = source.site.split("/", 3)
        site = "/".join(base[:3])
        assert source.is_article_url(site + ARTICLES[name])
        for path in ("/", "/world", "/sport/", "/about-us", "/tag/storm", "/news", "/contact.html"):
            assert not source.is_article_url(site + path)
        assert not source.is_article_url(source.site)


def test_newspapers_on_one_host_are_told_apart():
    sources = [load_preset(name).source for name in ("bbc", "bbc-persian")]
    for name in ("bbc", "bbc-persian"):
        found = source_for("https://www.bbc.com" + ARTICLES[name], sources)
        assert found
        assert found.name == name


def test_an_unknown_preset_is_one_line_with_those_like_it():
    with pytest.raises(PresetUnknown) as caught:
        load_preset("gardian")
    assert str(caught.value).startswith(
        "gardian: no such preset (like guardian, mailguardian? `morgue source presets` lists all "
    )
    with pytest.raises(PresetUnknown):
        load_preset("../sources/bbc")


@pytest.fixture
def collection(tmp_path, monkeypatch):
    folder = tmp_path / "news"
    init_collection(folder, contact="desk@example.org")
    monkeypatch.setenv("MORGUE_COLLECTION", str(folder))
    return folder


def test_presets_are_added_without_a_network(collection):
    program = (
        "import sys; from crawler.cli import run; status = run(['source', 'add', '--preset', 'voa']); "
        "sys.exit(status or int(bool({'scrapy', 'twisted', 'urllib.request'} & sys.modules.keys())))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
    assert (collection / "sources" / "voa.toml").is_file()


def test_several_presets_are_added_at_once(collection, capsys):
    assert run(["source", "add", "--preset", "voa", "--preset", "guardian"]) == 0
    shown = capsys.readouterr()
    assert shown.out == ""
    assert [line.partition(";")[0] for line in shown.err.splitlines()] == [
        f"wrote {collection / 'sources' / f'{name}.toml'}" for name in ("voa", "guardian")
    ]
    path = collection / "sources" / "guardian.toml"
    assert load_source(path) == load_preset("guardian").source
    assert path.read_text().startswith("# The Guardian\n# Facts: ")
    assert "# Least time between two requests" in path.read_text()


def test_a_preset_takes_another_name(collection, capsys):
    assert run(["source", "add", "--preset", "npr", "--name", "radio", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert (row["name"], row["file"]) == ("radio", str(collection / "sources" / "radio.toml"))
    assert load_source(collection / "sources" / "radio.toml").seeds == load_preset("npr").source.seeds


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--preset", "dw", "--preset", "npr"], "npr.toml: exists already"),
        (["--preset", "dw", "--preset", "nope"], "nope: no such preset"),
        (["--preset", "npr", "--name", "other"], "https://www.npr.org/: is followed already, as npr"),
        (["--preset", "dw", "https://www.dw.com/"], "give a URL or --preset, not both"),
        (["--preset", "dw", "--preset", "rfi", "--name", "x"], "--name is for one source"),
        ([], "give a URL, or --preset NAME"),
    ],
)
def test_all_presets_are_added_or_none(collection, capsys, arguments, message):
    assert run(["source", "add", "--preset", "npr"]) == 0
    capsys.readouterr()
    assert run(["source", "add", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert [path.stem for path in (collection / "sources").glob("*.toml")] == ["npr"]


def test_presets_are_listed(capsys):
    assert run(["source", "presets"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(NAMES)
    assert run(["source", "presets", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["name"] for row in rows] == NAMES
    assert {"title", "notes", "site", "language", "seeds"} <= rows[0].keys()
