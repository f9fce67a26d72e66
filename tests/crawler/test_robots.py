from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.robots import MAX_ROBOTS_BYTES, RobotsRules

NOW = datetime(2024, 5, 1, tzinfo=UTC)
SITE = "https://example.org"


def rules(text, *, agent="newsmorgue/1.0 (+desk@example.org)", status=200):
    body = text if isinstance(text, bytes) else text.encode()
    return RobotsRules.from_response(status, body, fetched=NOW, user_agent=agent)


# RFC 9309 section 5.1
SIMPLE = """\
User-Agent: *
Disallow: *.gif$
Disallow: /example/
Allow: /publications/

User-Agent: foobot
Disallow:/
Allow:/example/page.html
Allow:/example/allowed.gif

User-Agent: barbot
User-Agent: bazbot
Disallow: /example/page.html

User-Agent: quxbot
"""


@pytest.mark.parametrize(
    ("agent", "path", "allowed"),
    [
        ("anybot", "/", True),
        ("anybot", "/a.gif", False),
        ("anybot", "/a.gif?x", True),
        ("anybot", "/example/page.html", False),
        ("anybot", "/publications/x", True),
        ("foobot", "/", False),
        ("foobot", "/publications/", False),
        ("foobot", "/example/page.html", True),
        ("FooBot/2.1", "/example/allowed.gif", True),
        ("barbot", "/example/page.html", False),
        ("bazbot", "/example/page.html", False),
        ("bazbot", "/a.gif", True),
        ("quxbot", "/example/", True),
        ("quxbot", "/a.gif", True),
    ],
)
def test_the_simple_example_of_the_rfc(agent, path, allowed):
    assert rules(SIMPLE, agent=agent).allows(SITE + path) is allowed


def test_the_longest_match_wins_as_in_section_5_2():
    text = "User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif\n"
    found = rules(text, agent="foobot")
    assert not found.allows(SITE + "/example/page/disallowed.gif")
    assert found.allows(SITE + "/example/page/other.gif")


def test_groups_of_one_agent_are_merged_as_in_section_2_2_1():
    text = """
        user-agent: ExampleBot
        disallow: /foo
        disallow: /bar

        user-agent: ExampleBot
        disallow: /baz

        user-agent: *
        disallow: /everyone
    """
    found = rules(text, agent="ExampleBot/0.1 (https://www.example.com/bot.html)")
    assert [found.allows(SITE + path) for path in ("/foo", "/bar", "/baz", "/everyone")] == [False, False, False, True]


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        # RFC 9309 section 2.2.2
        ("/foo/bar?baz=quz", "/foo/bar?baz=quz", True),
        ("/foo/bar?baz=https://foo.bar", "/foo/bar?baz=https://foo.bar", True),
        ("/foo/bar?baz=https://foo.bar", "/foo/bar?baz=https%3A%2F%2Ffoo.bar", True),
        ("/foo/bar?baz=https%3a%2f%2Ffoo.bar", "/foo/bar?baz=https://foo.bar", True),
        ("/foo%2Fbar", "/foo/bar", False),
        ("/foo/bar/ツ", "/foo/bar/%E3%83%84", True),
        ("/foo/bar/%E3%83%84", "/foo/bar/%E3%83%84", True),
        ("/foo/bar/%62%61%7A", "/foo/bar/baz", True),
        # RFC 9309 section 2.2.3
        ("/allow/$", "/allow/", True),
        ("/allow/$", "/allow/x", False),
        ("/*/page", "/a/b/page", True),
        ("/path/file-with-a-%2A.html", "/path/file-with-a-*.html", True),
        ("/path/foo-%24", "/path/foo-$", True),
        ("/fish", "/fishheads/yummy.html", True),
        ("/fish", "/Fish.asp", False),
        ("/fish/", "/fish", False),
        ("/*.php", "/folder/any.php.file.html", True),
        ("/*.php$", "/filename.php5", False),
        ("/fish*.php", "/fishheads/catfish.php?parameters", True),
    ],
)
def test_paths(pattern, path, matches):
    assert rules(f"User-agent: *\nDisallow: {pattern}\n").allows(SITE + path) is not matches


def test_allow_wins_over_an_equal_disallow():
    assert rules("User-agent: *\nDisallow: /page\nAllow: /page\n").allows(SITE + "/page")


@pytest.mark.parametrize(
    ("agent", "allowed"),
    [
        ("newsmorgue/1.0", False),
        ("NewsMorgue", False),
        ("newsmorgue-news/1.0", True),
        ("news/1.0", True),
        ("Mozilla/5.0 (compatible; newsmorgue/1.0; +https://example.org)", False),
        ("Mozilla/5.0", True),
        ("", True),
    ],
)
def test_a_group_names_a_whole_product_token(agent, allowed):
    text = "User-agent: newsmorgue/1.0\nDisallow: /\n\nUser-agent: news\nDisallow:\n"
    assert rules(text, agent=agent).allows(SITE + "/x") is allowed


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffUser-agent: *\nDisallow: /x",
        "User-agent: *\rDisallow: /x\r",
        "User-agent: *\r\n\r\nDisallow: /x",
        "  user-AGENT :  *  # all\n\tDISALLOW :/x # this",
        "User-agent *\nDisallow /x",
        "Useragent: *\nDissallow: /x",
        "User agent: *\nDisallow: /x",
        "User-agent: a\nUser-agent: *\nSitemap: /s.xml\nUser-agent: b\nDisallow: /x",
        "Disallow: /y\nUser-agent: *\nnoise\nX-Other: 1\nDisallow: /x",
        b"User-agent: *\n# caf\xe9\nDisallow: /x",
    ],
)
def test_forms_that_are_found_in_the_wild(text):
    found = rules(text)
    assert not found.allows(SITE + "/x")
    assert found.allows(SITE + "/y")


def test_no_rules_allow_all():
    for text in ("", "# nothing", "User-agent: *\nDisallow:\n", "Disallow: /", "<html><body>Disallow: /</body></html>"):
        assert rules(text).allows(SITE + "/x")


@pytest.mark.parametrize("status", [301, 302, 400, 401, 403, 404, 410, 451])
def test_no_robots_txt_leaves_the_site_open_for_a_day(status):
    found = rules("User-agent: *\nDisallow: /", status=status)
    assert found.allows(SITE + "/x")
    assert not found.unavailable
    assert found.expires == NOW + timedelta(hours=24)


@pytest.mark.parametrize("status", [0, 429, 500, 502, 503, 599, 999])
def test_a_server_in_trouble_is_left_alone_and_asked_again_soon(status):
    found = rules("User-agent: *\nAllow: /", status=status)
    assert found.unavailable
    assert not found.allows(SITE + "/x")
    assert found.allows(SITE + "/robots.txt")
    assert NOW < found.expires < NOW + timedelta(hours=1)


def test_a_site_that_does_not_answer_is_left_alone():
    found = RobotsRules.unreachable(fetched=NOW, user_agent="newsmorgue")
    assert not found.allows(SITE + "/")


def test_robots_txt_itself_may_always_be_fetched():
    assert rules("User-agent: *\nDisallow: /").allows(SITE + "/robots.txt")


def test_only_the_first_500_kib_count_and_no_half_line():
    assert MAX_ROBOTS_BYTES == 512_000
    head = "User-agent: *\nDisallow: /first\n"
    filler = "#" * (MAX_ROBOTS_BYTES - len(head) - 14) + "\n"
    found = rules(head + filler + "Disallow: /a/long/path\nDisallow: /late\n")
    assert not found.allows(SITE + "/first")
    assert found.allows(SITE + "/a/other")
    assert found.allows(SITE + "/late")


def test_sitemaps_and_delay():
    found = rules(
        "Sitemap: https://example.org/1.xml\nUser-agent: other\nCrawl-delay: 30\n\n"
        "User-agent: *\nCrawl-delay: 2.5\nDisallow: /x\nsitemap:/2.xml\nSitemap:\n"
    )
    assert found.sitemaps == ("https://example.org/1.xml", "/2.xml")
    assert found.crawl_delay() == 2.5
    assert rules("User-agent: *\nCrawl-delay: soon").crawl_delay() is None
    assert rules("").crawl_delay() is None


@pytest.mark.timeout(20)
def test_hostile_patterns_take_no_exponential_time():
    found = rules("User-agent: *\n" + "Disallow: /" + "*a" * 1000 + "$\n" * 200)
    assert found.allows(SITE + "/" + "a" * 2000 + "b")


@given(st.binary(max_size=300), st.integers(0, 999))
def test_no_answer_makes_it_raise(body, status):
    for start in (b"", b"User-agent: *\nDisallow: ", b"User-agent: *\nAllow: /*"):
        found = RobotsRules.from_response(status, start + body, fetched=NOW, user_agent="newsmorgue")
        assert found.allows(SITE + "/x?y=z") in {True, False}
        assert (found.crawl_delay() or 0) >= 0
