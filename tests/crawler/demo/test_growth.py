"""The grown newsroom: the same seed gives the same pages, no line of a story recurs, and each page holds its story."""

from collections import Counter, defaultdict
from itertools import pairwise
from urllib.parse import urlsplit

import lxml.html
import pytest

from crawler.demo.growth import HOSTS, grow
from crawler.demo.labels import labels, languages
from crawler.demo.pages import GROWN_NAMES, render, render_listing
from crawler.demo.story import load_stories

PAGES = list(grow(400, redesign_at=0.5, noise=0.1))
STORIES = [page for page in PAGES if page.kind == "story"]
BODY = {
    ("a", 0): "//div[@class='wsw']",
    ("a", 1): "//section[@class='c-story__text rte']",
    ("b", 0): "//div[contains(@class, 'field--name-body')]",
    ("b", 1): "//div[@class='story-layout']",
    ("c", 0): "//div[@class='article__body']",
    ("c", 1): "//section[@class='reader-text']",
    ("d", 0): "//article",
    ("d", 1): "//article",
    ("e", 0): "//div[@class='content']",
    ("e", 1): "//article",
}


def parse(html: bytes):
    return lxml.html.document_fromstring(html.decode())


def spaced(element) -> str:
    return " ".join(element.text_content().split())


def shingles(text: str) -> set[str]:
    return {text[i : i + 12] for i in range(max(1, len(text) - 12))}


def likeness(one: str, other: str) -> float:
    a, b = shingles(one), shingles(other)
    return len(a & b) / len(a | b)


def test_the_same_seed_gives_the_same_pages():
    assert list(grow(400, redesign_at=0.5, noise=0.1)) == PAGES
    assert list(grow(20, seed=2)) != list(grow(20, seed=1))


def test_a_shorter_growth_is_the_beginning_of_a_longer_one():
    assert list(grow(30)) == list(grow(60))[:30]


def test_each_template_has_a_host_of_its_own():
    assert len(set(HOSTS.values())) == len(HOSTS) == 5
    assert set(HOSTS) == set(GROWN_NAMES)
    assert {(page.template, urlsplit(page.url).hostname) for page in PAGES} == set(HOSTS.items())
    assert set(Counter(page.template for page in STORIES).values()) == {80}
    assert {page.template for page in grow(10, templates=("d", "e"))} == {"d", "e"}


def test_pages_come_in_the_order_of_their_capture():
    assert all(before.captured <= after.captured for before, after in pairwise(PAGES))
    assert all(page.expected["date_published"] <= page.captured for page in PAGES if page.expected and not page.twin_of)


def test_urls_headlines_and_lines_are_given_once():
    assert len({page.url for page in STORIES}) == len(STORIES)
    assert len({page.expected["headline"] for page in STORIES}) == len(STORIES)
    lines = Counter(
        line for page in STORIES if not page.twin_of for line in page.expected["text"].split("\n") if len(line) > 40
    )
    assert [line for line, count in lines.items() if count > 1] == []


def test_stories_have_every_language_and_length():
    assert {page.language for page in STORIES} == set(languages())
    lengths = [len(page.expected["text"].split("\n")) for page in STORIES]
    assert min(lengths) <= 5
    assert max(lengths) >= 25
    assert all(len(page.expected["text"]) > 60 for page in STORIES)


def test_only_twins_are_near_duplicates():
    pages = list(grow(1000))
    by_url = {page.url: page for page in pages}
    twins = [page for page in pages if page.twin_of]
    assert 3 <= len(twins) <= 30
    for twin in twins:
        original = by_url[twin.twin_of]
        assert twin.expected["headline"] != original.expected["headline"]
        assert twin.url != original.url
        assert likeness(twin.expected["text"], original.expected["text"]) > 0.65
    by_language = defaultdict(list)
    for page in pages:
        if not page.twin_of:
            by_language[page.language].append(page.expected["text"])
    for texts in by_language.values():
        some = texts[:25]
        assert max(likeness(a, b) for i, a in enumerate(some) for b in some[:i]) < 0.6


@pytest.mark.parametrize("page", STORIES[::7], ids=lambda page: f"{page.template}{page.design}-{page.language}")
def test_a_page_holds_its_story_in_order(page):
    tree, article = parse(page.html), page.expected
    (body,) = tree.xpath(BODY[page.template, page.design])
    shown = [spaced(element) for element in body.iter("p", "h2", "h3", "li", "blockquote")]
    place = 0
    for line in article["text"].split("\n"):
        # The first paragraph may open with the dateline.
        place = next(i for i, text in enumerate(shown[place:], place) if text.endswith(line)) + 1
    assert [spaced(h1) for h1 in tree.iter("h1")] == [article["headline"]]
    assert (tree.get("lang"), tree.get("dir")) == (page.language, labels(page.language).direction)
    text = spaced(tree)
    for value in (article["standfirst"], *article["authors"], *(image["caption"] for image in article["images"])):
        assert value is None or value in text
    assert page.html == page.html.decode("utf-8").encode("utf-8")


def test_a_redesign_changes_every_container():
    for template in HOSTS:
        classes = [
            {name for page in STORIES if page.template == template and page.design == design
             for name in parse(page.html).xpath(f"string({BODY[template, design]}/@class)").split()}
            for design in (0, 1)
        ]  # fmt: skip
        assert classes[0] ^ classes[1]
        if template == "d":
            assert not classes[0] & classes[1]


def test_class_names_are_generated_once_for_a_build():
    story, other = load_stories()[0], load_stories()[9]

    def names(page: str) -> set[str]:
        return {
            name for value in parse(page.encode()).xpath("//@class") for name in value.split() if name[:4] == "css-"
        }

    same = names(render("d", story)) & names(render("d", other))
    assert len(same) > 20
    assert not names(render("d", story)) & names(render("d", story, design=1))
    assert parse(render("d", story).encode()).xpath("//*[@data-testid='article-body']")


def test_a_story_stands_in_several_containers():
    for page in STORIES:
        article = page.expected
        if page.template not in ("d", "e") or article["text"].count("\n") < 8:
            continue
        tree = parse(page.html)
        lines = set(article["text"].split("\n"))
        parents = {p.getparent() for p in tree.iter("p") if spaced(p) in lines}
        assert len(parents) > 1


def test_e_repeats_its_standing_lines_inside_the_article():
    for page in STORIES:
        if page.template == "e":
            words = labels(page.language)
            (body,) = parse(page.html).xpath(BODY["e", page.design])
            shown = [spaced(p) for p in body.iter("p")]
            assert {words.letter_prompt, words.corrections} <= set(shown)
            assert words.letter_prompt not in page.expected["text"]


def test_noise_is_of_every_kind_and_says_what_it_is():
    noise = [page for page in PAGES if page.kind != "story"]
    assert len(noise) == 40
    assert {page.kind for page in noise} == {"listing", "video", "notice"}
    assert all((page.expected is None) == (page.kind != "notice") for page in noise)
    assert all("\n" not in page.expected["text"] for page in noise if page.expected)


def test_listings_of_the_new_families_link_to_their_stories():
    for template in ("d", "e"):
        page = next(page for page in grow(300, templates=(template,), noise=0.05) if page.kind == "listing")
        assert any(
            template for href in parse(page.html).xpath("//h3//@href | //a[h3]/@href") if HOSTS[template] in href
        )
        assert render_listing(template, [], base="https://x.example")
