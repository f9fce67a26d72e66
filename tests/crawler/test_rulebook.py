"""Which rules are read again from changed files, and what is said of it."""

import os

import pytest

from archive.config import load_settings
from crawler.rulebook import AT_ONCE, Rulebook, Rules
from crawler.source_file import load_sources


@pytest.fixture
def news(new_collection):
    news = new_collection()
    news.follow("paper", "https://paper.example/", seeds=[("feed", "/feed.xml")])
    news.follow("radio", "https://radio.example/", seeds=[("feed", "/feed.xml")])
    return news


@pytest.fixture
def said():
    return []


@pytest.fixture
def rulebook(news, said):
    rules = Rules(settings=load_settings(news.folder), sources=tuple(load_sources(news.folder / "sources")))
    return Rulebook(news.folder, rules, on_event=said.append)


def change(news, name, old, new):
    path = news.folder / "sources" / f"{name}.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def names(rules):
    return [source.name for source in rules.sources]


def test_files_that_say_the_same_are_nothing_new(news, rulebook, said):
    assert rulebook.renew() is None
    os.utime(news.folder / "sources" / "paper.toml", (1, 1))
    assert rulebook.renew() is None
    assert said == []


def test_sources_come_go_and_change(news, rulebook, said):
    news.follow("courier", "https://courier.example/")
    change(news, "paper", 'delay = "0s"', 'delay = "9s"')
    (news.folder / "sources" / "radio.toml").unlink()
    rules = rulebook.renew()
    assert names(rules) == ["courier", "paper"]
    assert rules.sources[1].crawl.delay.total_seconds() == 9
    assert said == ["reloaded: added courier; removed radio; changed paper"]
    assert rulebook.renew() is None


def test_a_change_made_before_the_first_look_is_seen(news, rulebook):
    change(news, "paper", 'delay = "0s"', 'delay = "9s"')
    assert rulebook.renew()


def test_a_broken_file_is_named_once_and_its_old_rules_stay(news, rulebook, said):
    rulebook.renew()
    change(news, "paper", 'delay = "0s"', 'delay = "often"')
    change(news, "radio", 'delay = "0s"', 'delay = "3s"')
    (news.folder / "sources" / "new.toml").write_text("name =")
    rules = rulebook.renew()
    assert names(rules) == ["paper", "radio"]
    assert [source.crawl.delay.total_seconds() for source in rules.sources] == [0, 3]
    assert rulebook.renew() is None
    assert len(said) == 3
    assert said[0].startswith("not reloaded: sources/new.toml: ")
    assert said[0].endswith("; it is left out")
    assert said[1].startswith('not reloaded: sources/paper.toml: crawl.delay: "often" is not a duration')
    assert said[1].endswith("; its old rules stay")
    assert said[2] == "reloaded: changed radio"
    change(news, "paper", 'delay = "often"', 'delay = "4s"')
    assert rulebook.renew().sources[0].crawl.delay.total_seconds() == 4


def test_whoever_asks_is_answered(news, rulebook, said):
    rulebook.renew()
    rulebook.ask()
    assert rulebook.renew() is None
    assert said == ["reloaded: nothing has changed"]
    change(news, "paper", 'delay = "0s"', 'delay = "often"')
    rulebook.renew()
    rulebook.ask()
    rulebook.renew()
    assert [line.partition(":")[0] for line in said[1:]] == ["not reloaded", "not reloaded", "reloaded"]


def test_settings_hold_at_once_or_when_it_is_started_again(news, rulebook, said):
    rulebook.renew()
    news.change(retries="7", timeout='"3s"')
    rules = rulebook.renew()
    assert rules.settings.retries == 7
    assert rules.settings.timeout.total_seconds() == 60
    assert said == ["morgue.toml: timeout: holds when the run is started again", "reloaded: morgue.toml: retries"]
    news.change(retries='"many"')
    assert rulebook.renew() is None
    assert said[2].startswith('not reloaded: morgue.toml: retries: "many" ')
    assert set(AT_ONCE) <= set(rules.settings.__struct_fields__)


def test_sources_on_a_disk_that_is_gone_are_not_removed(news, rulebook, said):
    rulebook.renew()
    folder = news.folder / "sources"
    folder.rename(news.folder / "elsewhere")
    assert rulebook.renew() is None
    assert rulebook.renew() is None
    assert said == [f"not reloaded: {folder}: No such file or directory; the old rules stay"]
    (news.folder / "elsewhere").rename(folder)
    assert rulebook.renew() is None
    assert names(rulebook.rules) == ["paper", "radio"]


def test_what_editors_keep_beside_a_file_is_no_source(news, rulebook, said):
    (news.folder / "sources" / ".#paper.toml").symlink_to("nobody@nowhere")
    assert rulebook.renew() is None
    assert said == []
    assert len(load_sources(news.folder / "sources")) == 2
