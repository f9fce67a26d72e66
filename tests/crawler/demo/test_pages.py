import json

import lxml.html
import pytest

from crawler.demo.labels import labels
from crawler.demo.pages import encode, render, render_listing
from crawler.demo.paths import image_path, link_to, story_path
from crawler.demo.story import FAMILIES, expected_article, load_stories, ordered_images

STORIES = load_stories()
IN_EVERY_FAMILY = pytest.mark.parametrize("family", FAMILIES)
BODY = {
    "a": "//div[@id='article-content']/div[@class='wsw']",
    "b": "//div[contains(@class, 'field--name-body')]",
    "c": "//div[@class='article__body']",
}


def parse(page: str):
    return lxml.html.document_fromstring(page)


def spaced(element) -> str:
    return " ".join(element.text_content().split())


@IN_EVERY_FAMILY
def test_the_body_holds_every_line_of_the_expected_text_in_order(family):
    for story in STORIES:
        (body,) = parse(render(family, story)).xpath(BODY[family])
        shown = [spaced(element) for element in body.iter("p", "h2", "h3", "li")]
        place = 0
        for line in expected_article(story)["text"].split("\n"):
            # The first paragraph may open with the dateline.
            found = next((i for i, text in enumerate(shown[place:], place) if text.endswith(line)), None)
            assert found is not None, (story.number, line)
            place = found + 1


@IN_EVERY_FAMILY
def test_the_page_shows_every_expected_field(family):
    for story in STORIES:
        tree, article = parse(render(family, story)), expected_article(story)
        text = spaced(tree)
        assert tree.get("lang") == story.language
        assert tree.get("dir") == labels(story.language).direction
        assert [spaced(h1) for h1 in tree.iter("h1")] == [story.headline]
        for field in (article["standfirst"], article["dateline"], article["section"], *article["authors"]):
            assert field is None or field in text, (story.number, field)
        for image in article["images"]:
            assert image["caption"] in text, story.number
            assert image["credit"] is None or image["credit"] in text, story.number
        sources = [source for source in tree.xpath("//img/@src") if source.startswith(f"/img/{story.number}-")]
        assert sources == [image_path(story, image) for image in ordered_images(story)]
        (canonical,) = tree.xpath("//link[@rel='canonical']/@href")
        assert canonical.removesuffix(".html").endswith(str(story.number))
        assert render(family, story) == render(family, story)


def test_family_a_has_the_furniture_of_a_broadcaster():
    story = next(story for story in STORIES if story.number == 5001009)
    tree, words = parse(render("a", story)), labels("ar")
    (skip,) = tree.xpath("//div[contains(@class, 'sr-only') and ul]")
    assert skip[0].text_content() == words.skip_heading
    assert [a.get("href")[0] for a in skip.iter("a")] == ["#", "#", "#"]
    (probe,) = tree.xpath("//div[@class='responsive-indicator']")
    assert [(child.get("class"), child.text) for child in probe] == [
        (f"visible-{size}-block", size.upper()) for size in ("xs", "sm", "md", "lg")
    ]
    assert words.breaking in spaced(tree.get_element_by_id("breaking-news-ticker"))
    for figure in tree.xpath("//figure"):
        assert figure.xpath(".//img/@alt") == figure.xpath(".//figcaption/span[@class='caption']/text()")


def test_family_a_puts_the_dateline_in_the_first_paragraph_or_before_it():
    inside = {story.number % 2: parse(render("a", story)) for story in STORIES if story.dateline}
    assert inside[0].xpath("//div[@class='wsw']/p/span[@class='dateline']")
    assert inside[1].xpath("//div[@class='wsw']/span[@class='dateline']")


def test_a_player_says_in_every_language_that_it_has_no_media():
    shown = {story.language for story in STORIES if labels(story.language).no_media in render("a", story)}
    assert len(shown) >= 8


def test_family_c_describes_itself_in_json_ld_that_cannot_always_be_trusted():
    kinds = set()
    for story in STORIES:
        tree, article = parse(render("c", story)), expected_article(story)
        data = json.loads(tree.xpath("//script[@type='application/ld+json']/text()")[0])
        assert data["@type"] == "NewsArticle"
        assert data["headline"] == story.headline
        assert [author["name"] for author in data.get("author", [])] == list(story.authors)
        assert data["isAccessibleForFree"] is False
        whole = "\n".join(data.get("articleBody", "").split("\n\n"))
        kinds.add("whole" if whole == article["text"] else "teaser" if whole else "none")
        assert tree.xpath("//section[@class='paywall-prompt']")
    assert kinds == {"whole", "teaser", "none"}


def test_nothing_in_a_story_can_break_out_of_its_page():
    record = {
        "headline": "</title><script>alert(1)</script>",
        "images": [{"caption": '"><b>bold</b>', "credit": "<i>"}],
        "text": "</script><p>One & two.</p>",
        "keywords": ["</script>", '"'],
        "authors": ["<b>", "{date}"],
    }
    for family in FAMILIES:
        tree = parse(render(family, record))
        assert "alert(1)" not in "".join(tree.xpath("//script/text()[not(contains(., 'schema.org'))]"))
        assert spaced(tree.find(".//h1")) == record["headline"]
        assert record["text"] in spaced(tree)


def test_a_page_in_an_old_charset_still_reads_the_same():
    for story in STORIES:
        if story.charset == "utf-8":
            continue
        payload = encode(story, render(story.family, story))
        tree = lxml.html.document_fromstring(payload.decode(story.charset))
        assert tree.xpath("//meta/@charset") == ([] if story.charset_in == "header" else [story.charset])
        assert expected_article(story)["text"].split("\n")[-1] in spaced(tree)


def test_listings_link_to_stories_and_to_feeds():
    links = [link_to(story) for story in STORIES if story.family == "a"]
    for family in FAMILIES:
        tree = parse(render_listing(family, links, base="http://127.0.0.1"))
        hrefs = tree.xpath("//a/@href")
        assert all(link.url in hrefs for link in links)
        assert {kind.rsplit("/")[1] for kind in tree.xpath("//link[@rel='alternate']/@type")} == {"rss+xml", "atom+xml"}


def test_paths_are_percent_encoded():
    assert all(story_path(story).isascii() for story in STORIES)
    assert any("%D8" in story_path(story) for story in STORIES)


@pytest.mark.shared
def test_the_seed_story_can_be_put_on_any_page(shared):
    record = json.loads((shared / "data/seed/voa-iraq-survey.expected.json").read_text("utf-8"))
    for family in FAMILIES:
        (body,) = parse(render(family, record)).xpath(BODY[family])
        shown = [spaced(element) for element in body.iter("p", "h2", "h3")]
        assert [line for line in record["text"].split("\n") if line not in shown] == []
