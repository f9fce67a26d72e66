"""Short questions answered in the event loop: as the common way answers them, or left to it."""

import random
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from httpx import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import QueryParams
from starlette.types import ASGIApp

from archive.collection import CATALOG_FILE
from archive.config import Settings, init_collection, load_settings
from archive.errors import QueryInvalid
from archive.formats.digest import format_sha1
from archive.formats.urlkey import urlkey
from archive.index.catalog import Catalog
from archive.model import Capture, RecordLocation, Reference
from archive.web.app import create_app
from archive.web.cdx import MOST_READ, MOST_WALKED, CdxServer
from archive.web.cdx_pywb import parse_query
from archive.web.links import Site
from archive.web.metrics import Metrics
from archive.web.pool import CollectionPool
from archive.web.quick import LONGEST_TARGET, SLOW_SECONDS, QuickAnswers, parse_question
from archive.web.shield import Hosts

BRIDGE = "https://www.example.org/news/bridge"
COMMON = "&x=" + "x" * LONGEST_TARGET
"""Changes nothing, and is too long to be answered quickly."""
HOST = [(b"host", b"localhost")]
QUESTIONS = [
    {"url": BRIDGE},
    {"url": BRIDGE, "output": "json"},
    {"url": BRIDGE, "closest": "20240503000000", "limit": "2"},
    {"url": "https://www.example.org/news/*", "limit": "10"},
    {"url": "www.example.org", "matchType": "host", "limit": "3"},
    {"url": "*.example.org", "limit": "50", "output": "json"},
    {"url": "example.org", "matchType": "domain", "limit": "50"},
    {"url": "https://never.example/"},
]


def capture_of(url: str, day: int, number: int, rights: tuple[str, ...]) -> Capture:
    """A page of May 2024; `number` tells its record from others."""
    return Capture(
        urlkey=urlkey(url),
        timestamp=f"202405{day:02}103000",
        url=url,
        mime="text/html",
        status=200,
        digest=format_sha1(bytes([day] * 20)),
        location=RecordLocation(file="a.warc.gz", offset=number, length=1),
        record_id=f"urn:uuid:00000000-0000-4000-8000-{number:012}",
        rights=rights,
    )


def make(folder: Path, *, rights: tuple[str, ...] = ()) -> QuickAnswers:
    init_collection(folder)
    with Catalog.open(folder / CATALOG_FILE) as catalog:
        catalog.add_captures(capture_of(BRIDGE, number, number, rights) for number in range(1, 6))
    pool = CollectionPool(folder)
    return QuickAnswers(pool, Hosts("127.0.0.1"), Metrics(pool), CdxServer(pool, Site("news")).answer_short)


def make_withholding(folder: Path, *, rights: tuple[str, ...]) -> QuickAnswers:
    quick = make(folder, rights=rights)
    settings = folder / "morgue.toml"
    settings.write_text(settings.read_text().replace('noarchive = "keep"', 'noarchive = "withhold"'))
    return opened(quick)


def opened(quick: QuickAnswers) -> QuickAnswers:
    with quick._pool.borrow():
        pass
    return quick


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_answers_are_those_of_the_common_way(client: Client, question: dict[str, str]) -> None:
    client.get("/healthz")  # opens a collection
    query = urlencode(question)
    quick, common = client.get(f"/cdx?{query}"), client.get(f"/cdx?{query}{COMMON}")
    assert (quick.status_code, quick.content) == (common.status_code, common.content)
    assert dict(quick.headers) == dict(common.headers) | {"date": quick.headers["date"]}


SHORT = [
    "/cdx?url={url}&fl=timestamp,digest",
    "/cdx?url={url}&output=text",
    "/cdx?url={url}&output=json&fields=url,status,none",
    "/cdx?url={url}&filter==status:200&filter=!mime:warc/revisit",
    "/cdx?url={url}&filter=~timestamp:2024050&collapse=digest",
    "/cdx?url={url}&from=2024&to=20240503&sort=reverse",
    "/cdx?url={url}&closest=2024&resolveRevisits=true",
    "/cdx?url=*.example.org&closest=20240503&limit=7&output=json",
    "/cdx?url=example.org/*&page=0&pageSize=2",
    "/cdx?url={url}&limit=1000&output=json",
    "/cdx?url=www.example.org&matchType=host",
    "/cdx?url=*.example.org&limit=3&filter==status:200",
    "/cdx/search/cdx?url=example.org&matchType=domain&limit=4&filter=!statuscode:404&collapse=urlkey&showResumeKey=true",
    "/cdx/search/cdx?url={url}",
    "/cdx/search/cdx?url={url}&output=json",
    "/cdx/search/cdx?url={url}&output=json&fl=timestamp,original,skipcount&collapse=timestamp:6&showSkipCount=true",
    "/cdx/search/cdx?url={url}&limit=-2",
    "/cdx/search/cdx?url={url}&fastLatest=true",
    "/cdx/search/cdx?url={url}&limit=2&showResumeKey=true&resolveRevisits=true",
    "/cdx/search/cdx?url={url}&limit=2&showResumeKey=true&output=json",
    "/cdx/search/cdx?url={url}&filter=!statuscode:404&filter=mimetype:text/html&offset=1",
    "/cdx/search/cdx?url=example.org&matchType=domain&sort=reverse&page=0",
    "/cdx/search/cdx?url=https://never.example/",
    "/cdx/search/cdx?url=https://never.example/&output=json",
]


ODD_URLS = [
    BRIDGE,
    BRIDGE + "/",
    "http://example.org/news/bridge",
    "https://www.example.org/a b?q=%20&x=\"'<",
    "https://example.org:8443/é/漢",
    "dns:example.org",
]


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory, serve_shared: Callable[[ASGIApp], Client]) -> Client:
    """A server of captures in which nothing is as usual, some of them hidden."""
    folder = tmp_path_factory.mktemp("odd") / "news"
    init_collection(folder)
    settings = folder / "morgue.toml"
    settings.write_text(settings.read_text().replace('noarchive = "keep"', 'noarchive = "withhold"'))
    draw = random.Random(7)
    record_ids = [None, "urn:x:1", *(f"urn:uuid:00000000-0000-4000-8000-{number:012}" for number in range(6))]
    references = [
        None,
        Reference(url=BRIDGE),
        Reference(url=BRIDGE, timestamp="20240501000000", record_id=record_ids[3]),
    ]
    with Catalog.open(folder / CATALOG_FILE) as catalog:
        catalog.add_captures(
            Capture(
                urlkey=urlkey(url := draw.choice(ODD_URLS)),
                timestamp=draw.choice(["00000101000000", "20240501000000", f"20240502{number:06}"]),
                url=url,
                mime=draw.choice(["text/html", "warc/revisit", 'a "b"\n', "unk", ""]),
                status=draw.choice([200, 301, 404, None, 0, 9999]),
                digest=draw.choice([None, "md5:ab", format_sha1(bytes(20)), format_sha1(bytes([number] * 20))]),
                location=RecordLocation(file=draw.choice(["a.warc.gz", 'ü "b".warc']), offset=number, length=number),
                record_id=draw.choice(record_ids),
                revisit=draw.choice([None, "identical", "not-modified"]),
                refers_to=draw.choice(references),
                truncated=draw.choice([None, "length"]),
                size=draw.choice([None, 0, 5]),
                redirect=draw.choice([None, "", "/a\r\nb", "https://example.org/é"]),
                rights=draw.choice([(), ("noarchive",), ("noindex", "tdm"), ("unavailable_after=20200101000000",)]),
            )
            for number in range(60)
        )
    return serve_shared(create_app(folder, load_settings(folder)))


ODD_QUERIES = st.lists(
    st.sampled_from(
        [
            *("matchType=exact", "matchType=host", "matchType=domain", "matchType=prefix"),
            *("limit=1", "limit=7", "limit=250", "limit=999", "limit=-3", "offset=2", "page=0", "page=1", "pageSize=4"),
            *("output=cdxj", "output=json", "output=text", "fl=url,digest,redirect", "fl=timestamp,original,length"),
            *("closest=20240502000030", "closest=2024", "sort=reverse", "sort=closest", "from=2024", "to=20240502"),
            *("filter=statuscode:200", "filter=!status:404", "filter==mime:text/html", "filter=~url:https", "filter=x"),
            *(
                "collapse=digest",
                "collapse=timestamp:8",
                "resolveRevisits=true",
                "showResumeKey=true",
                "fastLatest=true",
            ),
            *("showSkipCount=true", "lastSkipTimestamp=true", "resumeKey=x", "x", "url=", "reverse=1", "fl=", "limit="),
        ]
    ),
    max_size=4,
)


@settings(max_examples=150, deadline=None)
@given(
    path=st.sampled_from(["/cdx", "/cdx/search/cdx"]),
    url=st.sampled_from([*ODD_URLS, "*.example.org", "example.org/*", "example.org"]),
    parameters=ODD_QUERIES,
)
def test_odd_captures_are_answered_as_in_the_common_way(
    odd: Client, path: str, url: str, parameters: list[str]
) -> None:
    odd.get("/healthz")
    target = f"{path}?" + "&".join([f"url={quote(url, safe='')}", *parameters])
    quick, common = odd.get(target), odd.get(target + COMMON)
    assert (quick.status_code, quick.content) == (common.status_code, common.content)
    assert dict(quick.headers) == dict(common.headers) | {"date": quick.headers["date"]}
    assert "noarchive" not in quick.text


@pytest.mark.parametrize("question", SHORT)
def test_short_answers_are_those_of_the_common_way(
    client: Client, chronicle_client: Client, question: str, tmp_path: Path
) -> None:
    target = question.format(url=quote(BRIDGE, safe=""))
    assert opened(make(tmp_path / "news")).answer(target.encode(), HOST) is not None
    for one in (client, chronicle_client):
        one.get("/healthz")  # opens a collection
        quick, common = one.get(target), one.get(target + COMMON)
        assert (quick.status_code, quick.content) == (common.status_code, common.content)
        assert dict(quick.headers) == dict(common.headers) | {"date": quick.headers["date"]}


@given(
    st.fixed_dictionaries(
        {"url": st.sampled_from([BRIDGE, "*.example.org", "example.org/*", "http%3A//x.example/", " ", "http://"])},
        optional={
            "matchType": st.sampled_from(["exact", "prefix", "host", "domain", "near"]),
            "limit": st.sampled_from(["1", "007", "250", "251", "0", "-1", "x", "²"]),
            "closest": st.sampled_from(["20240501000000", "2024", "20241301000000", "now"]),
            "output": st.sampled_from(["cdxj", "json", "text", "xml"]),
        },
    ),
    st.sampled_from([quote, lambda text: text.replace(" ", "+")]),
)
def test_questions_are_read_as_the_common_way_reads_them(given: dict[str, str], escape: Callable[[str], str]) -> None:
    query = "&".join(f"{name}={escape(value)}" for name, value in given.items())
    question = parse_question(query)
    if question is None:
        return
    try:
        common = parse_query(QueryParams(query))
    except QueryInvalid:
        pytest.fail(f"{query} is no question")
    assert (question.start, question.end, question.limit, question.closest, question.output) == (
        common.start,
        common.end,
        common.limit,
        common.closest,
        common.output,
    )


@pytest.mark.parametrize(
    "target",
    [
        b"/cdx",
        b"/cdx?",
        b"/cdx/?url=example.org",
        b"/cdx/search?url=example.org",
        b"/cdx?url=",
        b"/cdx?url=example.org&url=example.net",
        b"/cdx?url=example.org&limit=0",
        b"/cdx?url=example.org&filter=~status:2..",
        b"/cdx/search/cdx?url=example.org&filter=statuscode:2..",
        b"/cdx?url=example.org&page=9",
        b"/cdx?url=example.org&showNumPages=true",
        b"/cdx/search/cdx?url=example.org&showNumPages=true",
        b"/cdx?url=never.example&output=json",
        b"/cdx?url=example.org&output=link",
        b"/cdx?url=example.org&matchType=host&from=2024",
        b"/cdx?url=example.org&fl=" + b"url," * 13,
        b"/cdx?url=example.org#x",
        b"/cdx?url=\xff",
        b"/cdx?url=example.org&x=" + b"x" * LONGEST_TARGET,
    ],
)
def test_what_is_not_plain_is_left(tmp_path: Path, target: bytes) -> None:
    assert opened(make(tmp_path / "news")).answer(target, HOST) is None


def add_pages(folder: Path, count: int, **fields: object) -> None:
    given = {"rights": ()} | fields
    with Catalog.open(folder / CATALOG_FILE) as catalog:
        catalog.add_captures(
            Capture(
                urlkey=urlkey(f"{BRIDGE}/{number:04}"),
                timestamp="20240601030000",
                url=f"{BRIDGE}/{number:04}",
                mime="text/html",
                status=404,
                digest=format_sha1(number.to_bytes(20, "big")),
                location=RecordLocation(file="b.warc.gz", offset=number, length=1),
                **given,
            )
            for number in range(count)
        )


@pytest.mark.parametrize("path", [b"/cdx?", b"/cdx/search/cdx?"])
def test_what_may_be_long_is_left(tmp_path: Path, path: bytes) -> None:
    quick = make(tmp_path / "news")
    target = path + b"fl=timestamp&url=" + quote(f"{BRIDGE}*").encode()
    in_any_case = [
        b"&resolveRevisits=true",
        b"&limit=5&from=2023",
        b"&limit=5&page=0",
        b"&limit=%d" % (MOST_WALKED + 1),
        b"",
    ]
    if_few_fit = b"&limit=5&filter=%sstatuscode:200"
    add_pages(tmp_path / "news", MOST_WALKED - 5)
    opened(quick)
    assert [quick.answer(target + query, HOST) is None for query in in_any_case] == [True] * 2 + [False] * 3
    add_pages(tmp_path / "news", MOST_READ)
    assert [quick.answer(target + query, HOST) is None for query in in_any_case] == [True] * 5
    assert quick.answer(target + if_few_fit % b"", HOST) is not None  # the five stand first
    assert quick.answer(target + if_few_fit % b"" + b"&offset=3", HOST) is None or path == b"/cdx?"
    assert quick.answer(target + if_few_fit % b"!", HOST) is not None
    assert quick.answer(target + b"&limit=1&sort=reverse", HOST) is not None


def test_hidden_captures_are_never_passed_over_uncounted(tmp_path: Path) -> None:
    quick = make_withholding(tmp_path / "news", rights=())
    target = b"/cdx/search/cdx?limit=50&url=" + quote(f"{BRIDGE}*").encode()
    assert quick.answer(target, HOST) is not None
    add_pages(tmp_path / "news", MOST_WALKED, rights=("noarchive",))
    assert quick.answer(target, HOST) is None


def test_plain_question_is_answered_here(tmp_path: Path) -> None:
    quick = make(tmp_path / "news")
    target = b"/cdx?url=" + quote(BRIDGE).encode()
    assert quick.answer(target, HOST) is None  # no collection lies open
    answer = opened(quick).answer(target, HOST)
    assert answer is not None
    head, _, body = answer.partition(b"\r\n\r\n")
    assert body.count(b"\n") == 5
    assert b"content-length: %d" % len(body) in head
    assert b"nosniff" in head
    for hosts in ([], HOST * 2, [(b"host", b"evil.example")]):
        assert quick.answer(target, hosts) is None


def test_damaged_catalog_is_told_in_the_common_way(tmp_path: Path) -> None:
    quick = opened(make(tmp_path / "news"))
    with quick._pool.borrow() as collection:
        collection.catalog._connection.close()
    for query in (b"", b"&closest=20240501000000&limit=1"):
        assert quick.answer(b"/cdx?url=" + quote(BRIDGE).encode() + query, HOST) is None


@pytest.fixture(scope="module")
def withheld(tmp_path_factory: pytest.TempPathFactory, serve_shared: Callable[[ASGIApp], Client]) -> Client:
    """A collection in which every third capture, and each of one URL, is hidden."""
    folder = tmp_path_factory.mktemp("withheld") / "news"
    init_collection(folder)
    settings = folder / "morgue.toml"
    settings.write_text(settings.read_text().replace('noarchive = "keep"', 'noarchive = "withhold"'))
    marks = [(), ("noindex", "unavailable_after=20200101000000"), ("nofollow", "unavailable_after=99990101000000")]
    with Catalog.open(folder / CATALOG_FILE) as catalog:
        catalog.add_captures(
            capture_of(url, day, 100 * number + day, ("noarchive",) if url.endswith("hidden") else marks[day % 3])
            for number, url in enumerate(
                [BRIDGE, "https://www.example.org/news/hidden", "https://a.example.org/news/b"]
            )
            for day in range(1, 31)
        )
    return serve_shared(create_app(folder, load_settings(folder)))


@pytest.mark.parametrize(
    ("question", "is_found"),
    [
        *((question, question["url"] != "https://never.example/") for question in QUESTIONS),
        ({"url": "https://www.example.org/news/hidden"}, False),
        ({"url": "https://www.example.org/news/hidden", "closest": "20240503000000", "limit": "1"}, False),
        ({"url": BRIDGE, "closest": "20240504103000", "limit": "1"}, True),
        ({"url": BRIDGE, "closest": "20240504103000", "limit": "20"}, True),
    ],
    ids=str,
)
def test_what_is_hidden_is_in_no_answer(withheld: Client, question: dict[str, str], is_found: bool) -> None:
    withheld.get("/healthz")
    query = urlencode(question)
    quick, common = withheld.get(f"/cdx?{query}"), withheld.get(f"/cdx?{query}{COMMON}")
    assert (quick.status_code, quick.content) == (common.status_code, common.content)
    assert bool(quick.text) == is_found
    assert "hidden" not in quick.text
    assert '"unavailable_after=20200101000000' not in quick.text


def test_where_captures_are_hidden_questions_are_answered_here(tmp_path: Path) -> None:
    quick = make_withholding(tmp_path / "news", rights=())
    answer = quick.answer(b"/cdx?url=" + quote(BRIDGE).encode(), HOST)
    assert answer is not None
    assert answer.count(b"\n", answer.index(b"\r\n\r\n") + 4) == 5


def test_all_that_is_hidden_is_an_empty_answer(tmp_path: Path) -> None:
    quick = make_withholding(tmp_path / "news", rights=("noarchive",))
    for query in (b"", b"&closest=20240501000000&limit=5", b"&limit=2"):
        answer = quick.answer(b"/cdx?url=" + quote(BRIDGE).encode() + query, HOST)
        assert answer is not None
        assert answer.startswith(b"content-length: 0\r\n")


def test_after_an_answer_that_the_disk_made_slow_it_rests(tmp_path: Path) -> None:
    now = iter([0.0, 2 * SLOW_SECONDS, 0.5, 1.0, 3.0, 3.0 + SLOW_SECONDS / 2, 4.0, 4.0])
    quick = opened(make(tmp_path / "news"))
    reads = iter([7, 8, 8, 8])
    quick._clock, quick._reads = lambda: next(now), lambda: next(reads)
    target = b"/cdx?url=" + quote(BRIDGE).encode()
    assert [quick.answer(target, HOST) is not None for _ in range(5)] == [True, False, False, True, True]


def test_quick_answers_are_counted(news: Path, serve_app: Callable[[ASGIApp], Client]) -> None:
    client = serve_app(create_app(news, Settings()))
    for _ in range(3):
        client.get("/cdx", params={"url": BRIDGE})
    assert 'morgue_http_requests_total{area="/cdx",status="200"} 3.0' in client.get("/metrics").text


def test_busy_machine_is_no_slow_disk(tmp_path: Path) -> None:
    now = iter([0.0, 2 * SLOW_SECONDS, 0.5, 0.5])
    quick = opened(make(tmp_path / "news"))
    quick._clock, quick._reads = lambda: next(now), lambda: 7
    target = b"/cdx?url=" + quote(BRIDGE).encode()
    assert [quick.answer(target, HOST) is not None for _ in range(2)] == [True, True]
