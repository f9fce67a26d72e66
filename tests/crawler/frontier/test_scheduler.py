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
