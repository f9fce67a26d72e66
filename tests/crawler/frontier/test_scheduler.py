from crawler.frontier.frontier import Frontier


def test_a_crawl_with_a_limit_ends_and_gives_the_rest_back(new_collection, paper):
    news = new_collection()
    paper.publish(12)
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")], concurrency=1)
    news.crawl("--limit", "3", patience=30.0)
    assert sum(asked.path.startswith("/story/") for asked in paper.asked) == 3
    with Frontier(news.folder / "frontier.sqlite") as frontier:
        assert len(list(frontier.due(now=float("inf")))) == 12 + 1  # all stories and the feed: none is still leased
    assert news.crawl()["captures"] == 9  # robots.txt is not asked for again


def test_a_saved_page_that_cannot_be_had_is_said_to_have_failed(new_collection, paper):
    news = new_collection(retries="1")
    address = paper.url("/story/1.html")
    paper.stop()
    ended = news.run("save", address)
    assert ended.status == 4
    assert address in ended.complaint
    assert "Connection refused" in ended.complaint


def test_a_saved_page_that_may_not_be_fetched_says_why(new_collection, paper):
    news = new_collection(networks=(), retries="0")
    page = paper.url("/story/1.html")
    assert "127.0.0.1 is no public address (allow_networks in morgue.toml" in news.run("save", page).complaint
    news.change(allow_networks='["127.0.0.0/8"]')
    paper.answers["/robots.txt"] = b"HTTP/1.1 200 OK\r\nContent-Length: 26\r\n\r\nUser-agent: *\nDisallow: /\n\n"
    ended = news.run("save", page)
    assert ended.status == 4
    assert f"{page}: robots.txt forbids it" in ended.complaint


def test_a_crawl_ends_when_its_sources_have_had_their_pages_for_today(new_collection, paper):
    news = new_collection(retries="2")
    paper.publish(6)
    paper.answers["/story/1.html"] = b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")], concurrency=1, page_budget=4)
    ended = news.run("crawl", patience=40)
    assert "spent page_budget source=paper" in ended.err
    assert sum(asked.path.startswith("/story/") for asked in paper.asked) == 4
    news.run("crawl", patience=40)
    assert sum(asked.path.startswith("/story/") for asked in paper.asked) == 4
    # Whoever names a page gets it.
    assert news.run("save", paper.url("/story/6.html")).status == 0


def test_what_feeds_and_redirects_lead_into_is_no_trap(new_collection, paper, make_feed):
    stories = paper.publish(2)
    paper.answers["/story/1.html"] = (
        b"HTTP/1.1 302 Found\r\nLocation: /story/2.html?PHPSESSID=7a\r\nContent-Length: 0\r\n\r\n"
    )
    endless = [paper.url(f"/calendar/{year}/01/") for year in range(2090, 2100)]
    paper.answers["/feed.xml"] = make_feed([stories[0], *endless, paper.url("/a1/b1/a1/b1/a1/b1/")])
    news = new_collection()
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")])
    ended = news.run("crawl")
    assert ended.status == 0
    assert {asked.path for asked in paper.asked} == {"/robots.txt", "/feed.xml", "/story/1.html", "/story/2.html"}
    assert sum("refused url=" in line for line in ended.err.splitlines()) == 2
