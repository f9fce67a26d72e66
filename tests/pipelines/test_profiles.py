"""The files in `profiles/`: written, read back, edited by hand, pinned, broken."""

import logging
from pathlib import Path

import msgspec
import pytest

from archive.errors import FolderUnwritable, SettingInvalid
from archive.stores.store import is_name
from archive.stores.upload import finished_files
from pipelines.extract.profile import Profile, RecurringLine, Skip, Template
from pipelines.profile_file import Attempt, SiteFile, render
from pipelines.profiles import Profiles, file_name, site_of

URL = "https://www.example.org/a/1"
ATTEMPT = Attempt(at="20260201000000", pages=24, remark='div.story "on" 12 pages')


def profile(number: int = 1, since: str = "20260101000000", container: str = "div.story") -> Profile:
    template = Template(
        frame="main",
        container=(container, 'div[itemprop="articleBody"]'),
        skip=(Skip(selector="aside.box", hits=7),),
        kinds=("p", "div.q > p", "[odd] kind"),
        links=("h2",),
        share=0.5,
        rest=0.1,
        pages=12,
        proved=11,
        likeness=0.99,
    )
    lines = (RecurringLine(text='Say "so" \\ to us: ما را بگویید', pages=4),)
    return Profile(host="example.org", number=number, since=since, learned=ATTEMPT.at, articles=23, extractor="x/1", templates=(template,), recurring=lines)  # fmt: skip


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


@pytest.fixture
def profiles(tmp_path: Path, clock: list[float]) -> Profiles:
    return Profiles(tmp_path, clock=lambda: clock[0])


def test_what_is_written_is_read_back(profiles, tmp_path):
    profiles.add("example.org", profile(), ATTEMPT)
    again = Profiles(tmp_path)
    assert again.site("example.org") == SiteFile(host="example.org", attempted=ATTEMPT, profiles=(profile(),))
    assert again.at(URL, "20260301000000") == profile()
    assert finished_files(tmp_path) == ["profiles/example.org.toml"], "it goes up with the store"


def test_every_key_is_explained_or_plain(profiles):
    text = render(SiteFile(host="example.org", attempted=ATTEMPT, profiles=(profile(), profile(2))))
    for key in ("since", "frame", "container", "kinds", "links", "share", "rest", "likeness", "pinned"):
        before = text.split(f"\n{key} = ", 1)[0]
        assert before.rsplit("\n", 1)[-1].startswith("# "), key


def test_a_capture_is_read_with_the_profile_of_its_time(profiles):
    old, new = profile(), profile(2, "20260601000000", "section.text")
    profiles.add("example.org", old, ATTEMPT)
    profiles.add("example.org", new, ATTEMPT)
    assert profiles.at(URL, "20251231235959") is None
    assert profiles.at(URL, "20260101000000") == old
    assert profiles.at(URL, "20260531235959") == old
    assert profiles.at(URL, "20260601000000") == new
    assert profiles.at("https://other.example/", "20260601000000") is None


def test_an_attempt_that_taught_nothing_is_noted_and_takes_nothing_away(profiles):
    profiles.add("example.org", profile(), ATTEMPT)
    failed = Attempt(at="20260301000000", pages=12, remark="nothing names the text")
    profiles.add("example.org", None, failed)
    assert profiles.site("example.org").profiles == (profile(),)
    assert profiles.site("example.org").attempted == failed


def test_the_label_changes_with_what_is_read_and_with_nothing_else():
    one = profile()
    assert msgspec.structs.replace(one, learned="20270101000000", articles=99).label == one.label
    assert profile(container="div.other").label != one.label
    for changed in ({"share": 0.9}, {"rest": 0.5}):  # another template may read a page then
        template = msgspec.structs.replace(one.templates[0], **changed)
        assert msgspec.structs.replace(one, templates=(template,)).label != one.label
    assert msgspec.structs.replace(one, recurring=()).label != one.label
    assert one.label.startswith("example.org/1-")


def test_an_edit_holds_from_the_next_look_on(profiles, tmp_path, clock):
    profiles.add("example.org", profile(), ATTEMPT)
    path = tmp_path / "profiles/example.org.toml"
    path.write_text(path.read_text().replace('"div.story"', '"div.edited"'))
    clock[0] = 60
    found = profiles.at(URL, "20260301000000")
    assert found
    assert found.templates[0].container[0] == "div.edited"


def test_an_edit_made_meanwhile_is_not_written_over(profiles, tmp_path):
    profiles.add("example.org", profile(), ATTEMPT)
    path = tmp_path / "profiles/example.org.toml"
    path.write_text(path.read_text().replace('"div.story"', '"div.edited"'))
    profiles.add("example.org", profile(2, "20260601000000"), ATTEMPT)
    assert '"div.edited"' in path.read_text()
    assert len(Profiles(tmp_path).site("example.org").profiles) == 2


def test_a_broken_edit_is_let_be_by_what_runs_and_stops_what_begins(profiles, tmp_path, clock, caplog):
    profiles.add("example.org", profile(), ATTEMPT)
    path = tmp_path / "profiles/example.org.toml"
    path.write_text(path.read_text().replace('frame = "main"', 'frame = "main["'))
    clock[0] = 60
    caplog.set_level(logging.WARNING)
    assert profiles.at(URL, "20260301000000") == profile()
    assert "frame" in caplog.text
    with pytest.raises(
        SettingInvalid, match=r"profiles/example.org.toml: profiles\[0\].templates\[0\].frame: .*no selector"
    ):
        Profiles(tmp_path)


def test_a_broken_edit_is_not_written_over(profiles, tmp_path):
    profiles.add("example.org", profile(), ATTEMPT)
    path = tmp_path / "profiles/example.org.toml"
    path.write_text(path.read_text() + "[[profiles")
    with pytest.raises(SettingInvalid, match="end of file"):
        profiles.add("example.org", profile(2), ATTEMPT)
    assert path.read_text().endswith("[[profiles")
    assert profiles.at(URL, "20260301000000") == profile(), "what runs goes on with what it knew"


def test_a_file_pinned_meanwhile_stays_as_it_is(profiles, tmp_path):
    profiles.add("example.org", profile(), ATTEMPT)
    path = tmp_path / "profiles/example.org.toml"
    path.write_text(pinned := path.read_text().replace("pinned = false", "pinned = true"))
    assert not profiles.add("example.org", profile(2), ATTEMPT)
    assert path.read_text() == pinned


def test_a_file_that_is_deleted_is_forgotten(profiles, tmp_path, clock):
    profiles.add("example.org", profile(), ATTEMPT)
    (tmp_path / "profiles/example.org.toml").unlink()
    clock[0] = 60
    assert profiles.at(URL, "20260301000000") is None


def test_a_file_never_becomes_too_large_to_be_read(profiles, tmp_path, monkeypatch):
    profiles.add("example.org", profile(), ATTEMPT)
    monkeypatch.setattr("pipelines.profiles.MAX_BYTES", 3000)
    for number in range(2, 9):
        profiles.add("example.org", profile(number), ATTEMPT)
    found = Profiles(tmp_path).site("example.org")
    assert 1 < len(found.profiles) < 8
    assert found.attempted
    assert "larger than 3000 bytes" in found.attempted.remark


def test_no_two_sites_share_a_file(profiles):
    sites = ("a.example:8101", "a.example_8101", "münchen.example", "mänchen.example", "x" * 300, "x" * 301)
    assert len({file_name(site) for site in sites}) == len(sites)
    profiles.add(sites[0], msgspec.structs.replace(profile(), host=sites[0]), ATTEMPT)
    assert profiles.site(sites[1]).profiles == ()


def test_a_host_in_capitals_is_the_same_site(profiles, tmp_path):
    profiles.add("example.org", profile(), ATTEMPT)
    path = tmp_path / "profiles/example.org.toml"
    path.write_text(path.read_text().replace('host = "example.org"', 'host = "Example.org"'))
    assert Profiles(tmp_path).at(URL, "20260301000000") == profile()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"div.story"', '"//p/following::p"', r"container\[0\].*looks at siblings"),
        ("hits = 7", 'hits = "7"', "hits.*is not a whole number"),
        ("number = 1", "numbr = 1", "numbr.*is no known key"),
        ('host = "example.org"', 'host = "example.net"', "host.*rename it to example.net.toml"),
        ("pinned = false", "pinned = maybe", "line 6"),
        ('at = "20260201000000"', 'at = "yesterday"', "attempted.at.*is no timestamp"),
        ('since = "20260101000000"', 'since = "2026-01-01"', r"profiles\[0\].since.*is no timestamp"),
    ],
)
def test_a_mistake_is_named_with_file_key_and_remedy(profiles, tmp_path, old, new, message):
    profiles.add("example.org", profile(), ATTEMPT)
    path = tmp_path / "profiles/example.org.toml"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(SettingInvalid, match=f"(?s)^profiles/example.org.toml: .*{message}"):
        Profiles(tmp_path)


def test_a_folder_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "profiles").write_text("in the way")
    with pytest.raises(FolderUnwritable, match="check its permissions"):
        Profiles(tmp_path).add("example.org", profile(), ATTEMPT)


@pytest.mark.parametrize(
    ("url", "site", "file"),
    [
        ("https://www.Example.org/a", "example.org", "example.org.toml"),
        ("http://127.0.0.1:8101/a", "127.0.0.1:8101", "127.0.0.1_8101.toml"),
        ("https://www2.example.org/a", "example.org", "example.org.toml"),
        ("https://wwww.example.org/a", "wwww.example.org", "wwww.example.org.toml"),
        ("https://example.org:443/", "example.org", "example.org.toml"),
        ("http://[::1]:80/../../x", "::1", "__1~eff8e7ca.toml"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", "xn--bcher-kva.example.toml"),
        ("not a url", "", "~e3b0c442.toml"),
        ("https://a/..%2f..%2fetc", "a", "a.toml"),
    ],
)
def test_sites_and_their_files(url, site, file):
    assert site_of(url) == site
    assert file_name(site) == file


def test_no_site_names_a_file_elsewhere():
    for site in ("../etc", "a/b", "a\\b", "..", "\x00", "x" * 500, ".example.org", ""):
        assert is_name(f"profiles/{file_name(site)}"), "a store takes it"
        assert "/" not in file_name(site)
        assert len(file_name(site)) < 256
        assert not file_name(site).startswith("../")
