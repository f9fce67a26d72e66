"""The JSON interface."""

from httpx import Client

BRIDGE = "https://www.example.org/news/bridge"


def test_search_answers_with_hits(client: Client) -> None:
    hits = client.get("/api/search", params={"q": "harbour bridge"}).json()["hits"]
    assert [(hit["url"], hit["timestamp"]) for hit in hits] == [(BRIDGE, "20240505103000")]
    assert set(hits[0]) == {"url", "timestamp", "headline", "snippet", "score"}
    assert not {"\x02", "\x03"} & set(hits[0]["snippet"])


def test_search_takes_the_filters_of_the_page(client: Client) -> None:
    def found(**parameters: object) -> int:
        return len(client.get("/api/search", params={"q": "bridge OR پل OR 港口", **parameters}).json()["hits"])

    assert found() == 3
    assert found(language="fa") == 1
    assert found(source="harbour") == 1
    assert found(**{"from": "20240502"}) == 1
    assert found(to="2023") == 0
    assert found(limit=2) == 2
    assert found(offset=2) == 1


def test_search_without_words_is_refused(client: Client) -> None:
    answer = client.get("/api/search", params={"q": " - "})
    assert answer.status_code == 400
    assert answer.json()["status"] == 400


def test_history_answers_with_versions(client: Client) -> None:
    versions = client.get("/api/history", params={"url": "www.example.org/old-bridge"}).json()["versions"]
    assert [(version["number"], version["change"]) for version in versions] == [
        (1, "first"),
        (2, "corrected"),
        (3, "headline"),
    ]
