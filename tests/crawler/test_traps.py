"""Traps are told by their form; no article of a well-behaved site is."""

import random
from datetime import UTC, datetime

import pytest

from crawler.traps import Queries, find_trap, without_session

NOW = datetime(2026, 11, 26, tzinfo=UTC).timestamp()

# The shapes that papers give their articles, section pages and old issues; the words are ours.
WELL_BEHAVED = """\
https://www.valley-courier.example/2026/11/26/harbour-bridge-opens.html
https://www.valley-courier.example/2026/11/26/
https://www.valley-courier.example/news/2026/nov/26/harbour-bridge-opens-after-repairs
https://news.example/world/asia/harbour-bridge-opens-66491923
https://news.example/news/articles/c4gw5n0k1p2o
https://news.example/a/harbour-bridge-opens/7123456.html
https://news.example/story/news/local/2026/11/26/harbour-bridge-opens/4567891001/
https://news.example/article/4512/10
https://news.example/article/2890/12/
https://news.example/news/2100/3
https://news.example/vol/12/12/12/
https://news.example/issue/2031/5
https://news.example/2030/01/how-the-valley-will-look
https://news.example/agenda/2030-goals/harbour
https://news.example/events/2026/11/27/book-fair
https://news.example/events/2027/06/
https://news.example/calendar/2026-12/
https://news.example/archive/1851/09/18/
https://news.example/archive/1914/08/
https://news.example/issue/todayspaper/1969/07/20/todays-valley-courier
https://news.example/events/1969-07-20-landing/
https://news.example/index.php?id=4711
https://news.example/story.php?sid=4711
https://news.example/story.php?sid=5f3c9a7be1d2c40012ab34cd
https://news.example/story.php?sid=0a1b2c3d4e5f60718293a4b5c6d7e8f9
https://news.example/modules.php?name=News&file=article&sid=4711
https://news.example/index.php?option=com_content&view=article&id=4711:bridge&catid=12&Itemid=101
https://news.example/?p=4711
https://news.example/?s=bridge
https://news.example/search?from=3000&size=20
https://news.example/list?start=2040
https://news.example/news?y=2100
https://news.example/news?d=4512&m=3
https://news.example/show?year=1923&month=5
https://news.example/epaper?date=1931-05-12
https://news.example/news/Default.aspx?pageid=2145&nid=33021
https://news.example/news/view.do?ncd=4512001&ref=A
https://news.example/%D8%A7%D8%AE%D8%A8%D8%A7%D8%B1/2026/11/%D9%BE%D9%84
https://news.example/zh-hans/%E6%96%B0%E9%97%BB/20261126/c_1310001.htm
https://news.example/n1/2026/1126/c1001-40000001.html
https://news.example/rus/news/2026/11/26/26112026-most
https://news.example/en/news/news-in-brief/news-harbour
https://news.example/news/news/harbour
https://news.example/sport/football/premier-league/football-scores/football
https://news.example/video/2026/11/26/video-harbour/video/123
https://news.example/store/a/b/a/a/a/0/0/0/0/bridge.html
https://news.example/live/2026/nov/26/live-live-updates?page=with:block-6553f1a28f08
https://news.example/bridge,4711;comments
https://pictures.example/images/bridge.jpg?w=240&s=b6cfa22a263615faa7403a76c0653420dc6d9132
https://news.example/artikel;art123,4711
https://news.example/bridge-100~_v-relativ.html?utm_source=rss&utm_medium=rss&utm_campaign=x&at_medium=RSS&ref=top
https://news.example/(film)/review-of-the-bridge
https://news.example/story/2026/11/26/1400000000/bridge?session=morning
https://news.example/c/s/bridge/11/2/1/page/2/
""".splitlines()

TRAPS = {
    "repeated path": [
        "http://a.example/en/news/en/news/en/news/",
        "http://a.example/news/news/news/",
        "http://a.example/x/images/images/images/a.gif",
        "http://a.example/2026/11/about/2026/11/about/2026/11/about/",
        "http://a.example/news/a/news/b/news/c/news/d/news/e/news/f",
    ],
    "endless calendar": [
        "http://a.example/calendar/2090/05/",
        "http://a.example/events/2031-05/",
        "http://a.example/events/2031/05/12/",
        "http://a.example/2044/01/01/",
        "http://a.example/events/?tribe-bar-date=2055-01-01",
        "http://a.example/list?date=9999-12",
        "http://a.example/list?month=12&year=2188",
        "http://a.example/calendar/0001/01/",
        "http://a.example/kalender?datum=1900-01-01",
        "http://a.example/archive/2031/05/page/3/",
        "http://a.example/archive/date/2044-07/index.html",
    ],
    "too long": [
        "http://a.example/" + "x" * 3000,
        "http://a.example/" + "ab/c/" * 30,
        "http://a.example/?" + "a=1&" * 60,
    ],
}


@pytest.mark.parametrize("url", WELL_BEHAVED)
def test_what_papers_publish_is_no_trap(url):
    assert find_trap(url, NOW) is None
    assert without_session(url) == url
    assert not Queries().explodes(url)


@pytest.mark.parametrize(("trap", "url"), [(trap, url) for trap, urls in TRAPS.items() for url in urls])
def test_traps_have_names(trap, url):
    assert find_trap(url, NOW) == trap


@pytest.mark.parametrize(
    ("url", "bare"),
    [
        ("http://a/s.jsp;jsessionid=0A1B.node7", "http://a/s.jsp"),
        ("http://a/s.jsp;jsessionid=0A1B?id=7#x", "http://a/s.jsp?id=7#x"),
        ("http://a/s?PHPSESSID=0a1b2c&id=7", "http://a/s?id=7"),
        ("http://a/s?id=7&phpsessid=0a1b2c", "http://a/s?id=7"),
        ("http://a/s?id=7&PHPSESSID=0a1b2c&page=2", "http://a/s?id=7&page=2"),
        ("http://a/s?PHPSESSID=0a1b2c", "http://a/s"),
        ("http://a/s?ASPSESSIONIDQQABCDEF=ABCD&a=%20+b", "http://a/s?a=%20+b"),
        ("http://a/s.php?id=7&sid=0a1b2c3d4e5f60718293a4b5c6d7e8f9", "http://a/s.php?id=7"),
        ("http://a/story-7.html?sid=0a1b2c3d4e5f60718293a4b5c6d7e8f9", "http://a/story-7.html"),
        ("http://a/(S(lit3py55t21z5v55vlm25s55))/story.aspx", "http://a/story.aspx"),
        ("http://a/s?CFID=12&CFTOKEN=34", "http://a/s"),
    ],
)
def test_sessions_are_left_out(url, bare):
    assert without_session(url) == bare
    assert without_session(bare) == bare


def test_pages_named_by_a_parameter_never_explode():
    queries = Queries()
    drawn = random.Random(7)
    for number in range(3000):
        shapes = (
            f"http://a/index.php?option=com_content&view=article&id={number}&catid={number % 12}",
            f"http://a/read.php?lang={drawn.choice('abc')}&n={number}&page={drawn.randrange(1, 3)}",
            f"http://b/?p={number}",
        )
        assert not any(queries.explodes(url) for url in shapes)


def test_combinations_of_filters_explode():
    queries = Queries()
    drawn = random.Random(7)
    urls = {
        f"http://a/list?sort={drawn.randrange(9)}&colour={drawn.randrange(20)}&size={drawn.randrange(20)}&page={drawn.randrange(20)}"
        for _ in range(3000)
    }
    refused = {url for url in urls if queries.explodes(url)}
    assert len(urls) - len(refused) == Queries.ENOUGH
    # What was let through is let through again, and another path has nothing to do with it.
    assert not any(queries.explodes(url) for url in urls - refused)
    assert not queries.explodes("http://a/other?sort=1&page=2")


def test_ever_other_sets_of_parameters_explode():
    queries = Queries()
    urls = [f"http://a/list?a{number}=1&b{number}=2" for number in range(100)]
    assert sum(queries.explodes(url) for url in urls) == 100 - Queries.MOST_SETS


def test_what_is_remembered_is_bounded():
    queries = Queries(memory=5000)
    for number in range(50_000):
        queries.explodes(f"http://a/{number % 900}?a={number}&b={number}&c={number % 7}")
    assert queries._size <= 5000
    assert queries._size == sum(path.size for path in queries._paths.values())
