from datetime import UTC, date, datetime

from crawler.demo.labels import labels, languages
from crawler.demo.story import FAMILIES, blocks, expected_article, load_stories, ordered_images, story_of

STORIES = load_stories()


def test_forty_stories_in_eleven_languages():
    assert len(STORIES) >= 40
    assert {story.language for story in STORIES} == set(languages())
    assert {"en", "fa", "ar", "zh", "ru", "ko"} <= set(languages())


def test_every_language_stands_in_the_first_family_and_three_in_each_other():
    found = {family: {story.language for story in STORIES if story.family == family} for family in FAMILIES}
    assert found["a"] == set(languages())
    assert all(len(found[family]) >= 3 for family in FAMILIES)


def test_numbers_and_places_are_unique():
    assert len({story.number for story in STORIES}) == len(STORIES)
    assert len({(story.family, story.slug) for story in STORIES}) == len(STORIES)


def test_a_story_is_long_enough_to_be_read():
    for story in STORIES:
        text = expected_article(story)["text"]
        # Letters say less of a language without spaces, words nothing at all.
        assert len(text) > (300 if story.language in ("zh", "ja", "ko") else 700), story.number
        assert 5 <= sum(block.kind == "paragraph" for block in blocks(story.body)) <= 10, story.number


def test_fields_are_not_repeated_in_the_text():
    for story in STORIES:
        article = expected_article(story)
        lines = article["text"].split("\n")
        assert all(line == " ".join(line.split()) and line for line in lines), story.number
        assert len(set(lines)) == len(lines)
        fields = (article["headline"], article["standfirst"], article["dateline"])
        assert not {*fields, *(image["caption"] for image in article["images"])} & set(lines)
        assert not any(line.startswith(("#", "[[", "- ", "> ")) for line in lines)


def test_dates_carry_their_zone_and_become_utc():
    for story in STORIES:
        article = expected_article(story)
        assert story.published.utcoffset() is not None
        assert article["date_published"] == story.published
        assert article["date_published"].tzinfo is UTC


def test_every_image_appears_once():
    for story in STORIES:
        assert sorted(image.caption for image in ordered_images(story)) == sorted(i.caption for i in story.images)


def test_today_moves_the_dates_by_whole_weeks():
    moved = load_stories(date(2031, 5, 14))
    newest = max(story.published.date() for story in moved if story.edition == 1)
    assert 0 <= (date(2031, 5, 14) - newest).days < 7
    for story, was in zip(moved, STORIES, strict=True):
        assert story.published.weekday() == was.published.weekday()
        assert story.published.time() == was.published.time()


def test_a_reading_becomes_a_story_and_reads_the_same():
    record = {
        "headline": "A headline",
        "images": [{"caption": "First caption."}, {"caption": "Second caption."}],
        "text": "One sentence, then.\nA subhead\nAnother sentence.\n“A quotation ends it.”",
    }
    story = story_of(record)
    article = expected_article(story)
    assert article["text"] == record["text"]
    assert [image["caption"] for image in article["images"]] == ["First caption.", "Second caption."]
    assert [block.kind for block in blocks(story.body)].count("subhead") == 1
    assert story.published == datetime(2025, 3, 11, 9, tzinfo=UTC)
    told = story_of({**record, "date_published": "2024-02-01T10:00:00+01:00", "authors": ["A. B."], "language": None})
    assert told.published == datetime(2024, 2, 1, 9, tzinfo=UTC)
    assert (told.authors, told.language) == (("A. B.",), "en")


def test_labels_of_every_language_name_every_section():
    keys = set(labels("en").sections)
    assert all(set(labels(language).sections) == keys for language in languages())
    assert labels("zh-Hans") is labels("zh")
    assert labels("xx") is labels("en")
    assert {language for language in languages() if labels(language).direction == "rtl"} == {"fa", "ar"}
