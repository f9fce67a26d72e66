"""A page's language: what it declares, unless its text says otherwise."""

import pytest

from crawler.demo.story import Story, expected_article, printed_stories
from pipelines.extract.language import choose_language, detect_language

LONG = tuple(
    story
    for story in printed_stories()
    if len(expected_article(story)["text"]) >= (300 if story.language in {"zh", "ja", "ko"} else 1000)
)


@pytest.mark.parametrize("story", printed_stories(), ids=lambda story: f"{story.language}-{story.number}")
def test_every_story_tells_its_language(story: Story) -> None:
    text = expected_article(story)["text"]
    assert detect_language(text) == story.language
    assert choose_language([story.language], text) == story.language


@pytest.mark.parametrize("story", LONG, ids=lambda story: f"{story.language}-{story.number}")
@pytest.mark.parametrize("declared", ["en-US", "de", "fr", "es", "tr", "ru", "uk", "fa", "ar", "zh-Hans", "ja", "ko"])
def test_a_wrong_declaration_is_contradicted_by_a_long_text(story: Story, declared: str) -> None:
    found = choose_language([declared, None], expected_article(story)["text"])
    assert found == (declared if declared.partition("-")[0] == story.language else story.language)


@pytest.mark.parametrize(
    ("declared", "language"),
    [("prs", "fa"), ("fa-AF", "fa"), ("pnb", "ar"), ("nds", "en"), ("zh-Hant-TW", "zh"), ("gsw", "fr")],
)
def test_tags_that_no_text_tells_apart_are_believed(declared: str, language: str) -> None:
    text = next(expected_article(story)["text"] for story in printed_stories() if story.language == language) * 3
    found = choose_language([declared], text)
    assert found is not None
    assert found.casefold() == declared.casefold()


def test_the_declaration_that_fits_goes_before_one_that_does_not() -> None:
    text = next(expected_article(story)["text"] for story in LONG if story.language == "fr")
    assert choose_language(["en", "fr-CA"], text) == "fr-CA"


def test_a_short_text_contradicts_its_script_only() -> None:
    assert choose_language(["de"], "The bridge is open again to all who want to cross it") == "de"


def test_bulgarian_has_letters_too_few() -> None:
    text = (
        "Мостът отново е отворен за движение, а жителите на града дълго чакаха този ден и излязоха на брега още сутринта, "
        * 3
    )
    assert detect_language(text) == "bg"
    assert choose_language(["bg"], text * 5) == "bg"


def test_what_is_no_language_is_none() -> None:
    assert detect_language("Lorem xqz " * 3) is None
    assert detect_language("") is None
    assert choose_language([], "12345") is None
