import msgspec
import pytest

from crawler.demo.edition import LAST_EDITION, changes_of, edition_of
from crawler.demo.paths import story_path
from crawler.demo.story import Edit, expected_article, load_stories

STORIES = load_stories()
BASES = {"a": "http://a", "b": "http://b", "c": "http://c"}
CHANGES = [change for number in range(2, LAST_EDITION + 1) for change in changes_of(STORIES, number, BASES)]


def articles(number: int):
    return {story.number: expected_article(story) for story in edition_of(STORIES, number).stories}


def test_every_kind_of_edit_happens():
    kinds = [change.kind for change in CHANGES]
    assert set(kinds) == {
        "corrected", "edited", "headline", "cosmetic", "advert", "moved", "gone", "new", "reverted",
    }  # fmt: skip
    assert [kinds.count(kind) for kind in ("gone", "moved", "advert", "headline", "reverted")] == [1, 1, 1, 1, 1]
    assert kinds.count("corrected") >= 3


def test_corrections_reach_several_scripts():
    languages = {story.number: story.language for story in STORIES}
    assert {"en", "fa", "zh", "ru", "ko"} <= {languages[c.number] for c in CHANGES if c.kind in ("corrected", "edited")}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: f"{change.edition}-{change.kind}-{change.number}")
def test_a_change_does_what_it_says(change):
    before, after = articles(change.edition - 1).get(change.number), articles(change.edition).get(change.number)
    match change.kind:
        case "new":
            assert before is None
            assert after
        case "gone":
            assert before
            assert after is None
        case "moved" | "advert":
            assert before == after
        case "headline":
            assert before["headline"] != after["headline"]
            assert before["text"] == after["text"]
        case "corrected":
            assert len(after["text"].split("\n")) == len(before["text"].split("\n")) + 1
            assert after["date_modified"] > before["date_published"]
        case "edited" | "cosmetic":
            assert before["text"] != after["text"]
            assert after["date_modified"] == before["date_modified"]
        case "reverted":
            assert after == articles(1)[change.number]
    assert change.makes_version == (before != after and after is not None)


def test_nothing_else_changes():
    for number in range(2, LAST_EDITION + 1):
        changed = {change.number for change in CHANGES if change.edition == number}
        before, after = edition_of(STORIES, number - 1), edition_of(STORIES, number)
        kept = {story.number: story for story in before.stories}
        for story in after.stories:
            assert story.number in changed or story == kept[story.number]


def test_a_moved_story_leaves_its_new_address_behind():
    edition = edition_of(STORIES, 2)
    ((place, path),) = edition.moved.items()
    assert path in {story_path(story) for story in edition.stories if story.family == place[0]}
    assert place[1] not in {story_path(story) for story in edition.stories}


def test_an_edit_whose_wording_is_not_there_is_refused():
    edit = Edit(edition=2, kind="edited", replace=(("no such words", "others"),))
    story = msgspec.structs.replace(STORIES[0], edits=(edit,))
    with pytest.raises(ValueError, match="not in the body exactly once"):
        edition_of([story], 2)
