from crawler.render.message import drop_fields, parse_authority, parse_request, to_browser, to_origin

AGENT = "newsmorgue/0"


def test_fields_are_read_in_order() -> None:
    asked = parse_request(b"GET http://a/b?c HTTP/1.1\r\nHost: a\r\nX:\r\nX: 2\r\nno field\r\n\r\n")
    assert asked
    assert asked.headers == (("Host", "a"), ("X", ""), ("X", "2"))
    assert asked.get("x") == ""
    assert not asked.has_body


def test_bodies_are_noticed() -> None:
    for field in (b"Content-Length: 3", b"content-length: x", b"Transfer-Encoding: chunked"):
        asked = parse_request(b"POST / HTTP/1.1\r\n" + field + b"\r\n\r\n")
        assert asked
        assert asked.has_body
    asked = parse_request(b"GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
    assert asked
    assert not asked.has_body


def test_what_is_no_request() -> None:
    for head in (
        b"",
        b"GET\r\n\r\n",
        b"GET  / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/2\r\n\r\n",
        b"G\xe8T / HTTP/1.1\r\n\r\n",
    ):
        assert parse_request(head) is None


def test_places_that_cannot_be_gone_to() -> None:
    for target in ("", "a", "a:", "a:0", "a:65536", "a b:1", "[::1]", "user@a:1", "a/b:1"):
        assert parse_authority(target) is None


def test_headers_go_out_in_the_browsers_order() -> None:
    headers = (("Host", "a"), ("Accept", "*/*"), ("User-Agent", "Mozilla"), ("Cookie", "a=1"), ("Upgrade", "x"))
    assert to_origin(headers, AGENT) == [("Accept", "*/*"), ("User-Agent", AGENT), ("Cookie", "a=1")]


def test_only_codings_that_can_be_read_later_are_asked_for() -> None:
    assert to_origin((("Accept-Encoding", "gzip, deflate, br, zstd"),), AGENT) == [
        ("Accept-Encoding", "gzip, deflate, br")
    ]
    assert to_origin((("Accept-Encoding", "identity;q=1, *;q=0"),), AGENT) == [
        ("Accept-Encoding", "identity;q=1, *;q=0")
    ]


def test_the_browser_gets_the_body_in_a_frame_of_ours() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nX: 1\r\nAlt-Svc: h3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
    told = to_browser(chunked, method="GET", is_whole=True)
    assert told.message == b"HTTP/1.1 200 OK\r\nX: 1\r\nContent-Length: 2\r\n\r\nok"
    assert told.is_whole
    cut = to_browser(chunked[:-7], method="GET", is_whole=False)
    assert b"Content-Length: 3" in cut.message
    assert not cut.is_whole
    assert to_browser(chunked, method="HEAD", is_whole=True).message == b"HTTP/1.1 200 OK\r\nX: 1\r\n\r\n"


def test_an_origin_cannot_speak_for_the_proxy() -> None:
    for answer in (b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\n\r\n", b"HTTP/1.1 101 Up\r\n\r\n", b"SSH-2.0\r\n"):
        assert to_browser(answer, method="GET", is_whole=True).message.startswith(b"HTTP/1.1 502 ")


def test_fields_can_be_dropped() -> None:
    response = b"HTTP/1.1 200 OK\r\nA: 1\r\nREFRESH: 0\r\n\r\nRefresh: stays"
    assert drop_fields(response, ("Refresh",)) == b"HTTP/1.1 200 OK\r\nA: 1\r\n\r\nRefresh: stays"
