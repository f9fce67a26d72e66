import pytest

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
