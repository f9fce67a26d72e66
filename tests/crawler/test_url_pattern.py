import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.url_pattern import fits, guess_article_urls, learn_article_urls, looks_like_navigation, reads_like_headline

SITE = "https://news.example"
NAVIGATION = [SITE + path for path in ("/", "/sport", "/world/europe", "/about-us", "/tag/some-thing", "/author/j-doe")]
FORMS = {
    "a date": "/2024/05/{n:02}/story-{n}",
    "a date with a month's name": "/world/2024/may/{n:02}/some-story",
    "a date without slashes": "/a/20240501-story-{n}",
    "an id and an extension": "/a/some-story/46624{n}.html",
    "an id at the end": "/news/world-{n}66244",
    "an id before the words": "/news/46624{n}/words",
    "a headline": "/sport/storm-floods-three-towns-{n}",
    "a query": "/story.php?lang=en&id={n}",
}


def stories(form, count=12):
    return [SITE + form.format(n=n) for n in range(10, 10 + count)]


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_what_is_learned_fits_every_article_and_no_navigation(form):
    learned = learn_article_urls(stories(form), NAVIGATION)
    assert learned
    assert all(any(fits(one, url) for one in learned) for url in stories(form, 20))
    assert not any(fits(one, url) for one in learned for url in NAVIGATION)


def test_two_forms_on_one_site_are_two_expressions():
    mixed = stories(FORMS["a date"]) + stories(FORMS["an id and an extension"], 5)
    learned = learn_article_urls(mixed, NAVIGATION)
    assert len(learned) == 2
    assert all(any(fits(one, url) for one in learned) for url in mixed)


@pytest.mark.parametrize(
    ("articles", "links"),
    [
        (stories(FORMS["a date"], 9), NAVIGATION),
        ([*stories(FORMS["a date"]), SITE + "/world/storm"], NAVIGATION),
        ([f"{SITE}/news/{word}" for word in "abcdefghijkl"], NAVIGATION),
        (stories(FORMS["a query"]), [*NAVIGATION, SITE + "/section?id=7"]),
        ([], []),
    ],
)
def test_where_it_is_not_safe_nothing_is_learned(articles, links):
    assert learn_article_urls(articles, links) == ()


def test_a_site_without_feeds_is_read_by_its_headlines():
    links = [(url, "Storm floods three coastal towns") for url in stories(FORMS["an id and an extension"])]
    (guessed,) = guess_article_urls([*links, *((url, "Sport") for url in NAVIGATION)])
    assert all(fits(guessed, url) for url, _ in links)
    assert guess_article_urls([(url, "Sport") for url in stories(FORMS["a date"])]) == ()
    assert guess_article_urls([]) == ()


@pytest.mark.parametrize(
    ("text", "headline"),
    [
        ("Storm floods three towns", True),
        ("شورای شهر تهران تشکیل جلسه داد", True),
        ("台风袭击三个沿海城镇造成严重损失", True),
        ("新闻", False),
        ("Read more", False),
        (None, False),
    ],
)
def test_what_reads_like_a_headline(text, headline):
    assert reads_like_headline(text) is headline


def test_what_looks_like_navigation():
    assert all(looks_like_navigation(url) for url in NAVIGATION)
    assert not any(looks_like_navigation(url) for form in FORMS.values() for url in stories(form) if "?" not in form)


# Whole sites of many shapes: which of their URLs are articles is known here, and not to what is learned.
SHAPES_OF_SITES = {
    "dated, with tags and authors": (
        "/2024/05/{n:02}/storm-floods-three-towns-{n}/",
        [
            "/tag/storm-and-flood-warnings-2024/",
            "/author/jane-q-public-doe/",
            "/2024/05/",
            "/category/world-news-of-the-day/",
        ],
    ),
    "numbers, with galleries": ("/news/46624{n}/some-words", ["/gallery/46625{n}/pictures", "/topic/46626{n}/weather"]),
    "headlines, with tags as long": (
        "/storm-floods-three-towns-{n}",
        ["/tag/storm-floods-three-towns", "/tags/a-b-c-d-e", "/people/anna-maria-de-la-cruz", "/search?q=a-b-c-d"],
    ),
    "numbers, and AMP and print of each": (
        "/a/story-46624{n}.html",
        ["/amp/a/story-46624{n}.html", "/print/a/story-46624{n}.html", "/a/story-46624{n}.html?print=1"],
    ),
    "short codes in one folder": ("/articles/c0a{n}8zq1o", ["/topics/c9w59gvk{n}", "/sport", "/live"]),
    "UUIDs in one folder": (
        "/artikel/0a1b2c3d-0000-1111-2222-3333444455{n}",
        ["/thema/unwetter", "/autor/0a1b2c3d-0000-1111-2222-3333444455{n}"],
    ),
    "Persian headlines": (
        "/news/8581{n}34/%D8%B7%D9%88%D9%81%D8%A7%D9%86",
        ["/tag/%D8%B7%D9%88%D9%81%D8%A7%D9%86/8581{n}34/x", "/service/1"],
    ),
    "an extension after a number": ("/world/article691{n}23.ece", ["/world/", "/topic/storm/article691{n}23.ece"]),
}


@pytest.mark.parametrize(("form", "others"), SHAPES_OF_SITES.values(), ids=SHAPES_OF_SITES)
def test_what_is_learned_of_a_site_tells_its_articles(form, others):
    articles = stories(form, 30)
    rest = NAVIGATION + [SITE + other.format(n=n) for other in others for n in range(10, 20)]
    learned = learn_article_urls(articles[:12], [*articles, *rest])
    assert learned
    assert all(any(fits(one, url) for one in learned) for url in articles)
    assert [url for url in rest if any(fits(one, url) for one in learned)] == []


def test_an_article_about_a_tag_is_none_the_less_one():
    articles = [*stories("/people/storm-floods-three-towns-{n}"), *stories("/world/storm-floods-three-towns-{n}", 3)]
    learned = learn_article_urls(articles, [*articles, SITE + "/people/a-b-c-d", SITE + "/tag/a-b-c-d"])
    assert all(any(fits(one, url) for one in learned) for url in articles)
    assert not any(fits(one, SITE + "/tag/a-b-c-d") for one in learned)


@given(
    st.lists(st.from_regex(r"/[a-z0-9/._-]{1,60}", fullmatch=True), max_size=30),
    st.lists(st.text(max_size=40), max_size=10),
)
def test_no_article_that_is_known_is_ever_left_out(paths, links):
    articles = [SITE + path for path in paths]
    learned = learn_article_urls(articles, [*articles, *(f"{SITE}/{link}" for link in links)])
    assert not learned or all(any(fits(one, url) for one in learned) for url in articles)


def test_a_pattern_takes_no_endless_time():
    (learned,) = learn_article_urls(stories(FORMS["an id at the end"]), [SITE + "/tag/storm-46624777"])
    began = time.process_time()
    fits(learned, SITE + "/tag" * 500)
    fits(learned, SITE + "/" + "1" * 2000 + "/x")
    assert time.process_time() - began < 0.5
