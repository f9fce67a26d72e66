import gzip
import http.client
import socket
import ssl
import struct
import threading
import time
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from crawler.demo import oddities
from crawler.demo.cases import BODY, CASES
from crawler.demo.oddities import Oddities

FINITE = [path for path, case in CASES.items() if not case.endless and case.ending != "hang" and path != "/slow-drip"]


@pytest.fixture(scope="module")
def odd():
    with Oddities() as odd:
        yield odd


def connect(odd: Oddities) -> socket.socket:
    parts = urlsplit(odd.url("/"))
    return socket.create_connection((parts.hostname, parts.port), timeout=5)


def exchange(odd: Oddities, path: str) -> tuple[bytes, bytes]:
    """Request and everything that came back until the server closed, reset, or had sent its case."""
    request = b"GET %s HTTP/1.1\r\nHost: x\r\nX-Odd:   1\r\n\r\n" % path.encode()
    received, length = bytearray(), len(CASES[path].response)
    with connect(odd) as peer:
        peer.sendall(request)
        try:
            while CASES[path].ending != "keep" or len(received) < length:
                data = peer.recv(1 << 16)
                if not data:
                    break
                received += data
        except ConnectionResetError:
            assert CASES[path].ending == "reset"
        else:
            assert CASES[path].ending != "reset"
    return request, bytes(received)


@pytest.mark.parametrize("path", FINITE)
def test_what_arrives_is_what_was_recorded(odd, path):
    request, received = exchange(odd, path)
    assert received == CASES[path].response == odd.sent[path]
    assert odd.received[path] == request


def test_the_connection_stays_open_after_a_whole_answer(odd):
    with connect(odd) as peer:
        for path in ("/folded", "/lf-only", "/chunk-extensions", "/trailers", "/plain"):
            peer.sendall(b"GET %s HTTP/1.1\r\n\r\n" % path.encode())
            received = b""
            while len(received) < len(CASES[path].response):
                received += peer.recv(65536)
            assert received == CASES[path].response


# Heads that http.client gives up on, or takes for another answer's.
BEYOND_HTTP_CLIENT = {"/space-before-colon", "/no-colon", "/early-hints", "/continue", "/leading-newline"}


@pytest.mark.parametrize("path", [path for path in FINITE if CASES[path].complete and path not in BEYOND_HTTP_CLIENT])
def test_complete_answers_can_be_read_by_a_client(odd, path):
    connection = http.client.HTTPConnection(urlsplit(odd.url("/")).netloc, timeout=5)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status == 200 and path not in ("/empty-body", "/huge", "/bomb", "/gzip-cut", "/gzip"):
        assert body == BODY
    if path == "/gzip":
        assert gzip.decompress(body) == BODY * 20


@pytest.mark.parametrize("path", ["/truncated", "/truncated-chunks", "/truncated-chunk", "/gzip-wrong-length"])
def test_truncated_answers_are_noticed_by_a_client(odd, path):
    connection = http.client.HTTPConnection(urlsplit(odd.url("/")).netloc, timeout=5)
    connection.request("GET", path)
    with pytest.raises((http.client.IncompleteRead, ValueError)):
        connection.getresponse().read()
    connection.close()


def test_a_bomb_unpacks_to_far_more_than_it_is():
    head, _, body = CASES["/bomb"].response.partition(b"\r\n\r\n")
    assert b"Content-Encoding: gzip" in head
    assert len(body) < 200_000
    inflate, size = zlib.decompressobj(31), 0
    while not inflate.eof:
        size += len(inflate.decompress(body, 1 << 20))
        body = inflate.unconsumed_tail
    assert size == 96 * 1024 * 1024
    assert struct.unpack("<I", CASES["/bomb"].response[-4:])[0] == size


@pytest.mark.parametrize("path", [path for path, case in CASES.items() if case.endless])
def test_endless_answers_go_on_until_the_client_goes(odd, path):
    with connect(odd) as peer:
        peer.sendall(b"GET %s HTTP/1.1\r\n\r\n" % path.encode())
        received = b""
        while len(received) < 400_000:
            received += peer.recv(65536)
    assert bytes(odd.sent[path]).startswith(received)
    assert received.startswith(CASES[path].response)


def test_endless_answers_end_at_a_bound(odd, monkeypatch):
    monkeypatch.setattr(oddities, "MAX_ENDLESS_BYTES", 100_000)
    _, received = exchange(odd, "/endless-headers")
    assert 100_000 <= len(received) < 110_000
    assert received == odd.sent["/endless-headers"]


@pytest.mark.parametrize("path", ["/hang", "/hang-in-body"])
def test_silence_lasts_until_the_client_goes(odd, path):
    with connect(odd) as peer:
        peer.sendall(b"GET %s HTTP/1.1\r\n\r\n" % path.encode())
        received = b""
        while len(received) < len(CASES[path].response):
            received += peer.recv(65536)
        peer.settimeout(0.1)
        with pytest.raises(TimeoutError):
            peer.recv(1)
    assert odd.sent[path] == received


def test_a_drip_takes_its_time(odd):
    began = time.monotonic()
    exchange(odd, "/drip")
    assert time.monotonic() - began >= (len(CASES["/drip"].parts) - 1) * CASES["/drip"].pause_seconds * 0.9


def test_several_clients_are_served_at_once(odd):
    with connect(odd) as waiting:
        waiting.sendall(b"GET /hang HTTP/1.1\r\n\r\n")
        asked = odd.counts.get("/plain", 0)
        threads = [threading.Thread(target=exchange, args=(odd, "/plain")) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(5)
        assert odd.counts["/plain"] == asked + 8


def test_the_front_page_links_to_what_ends(odd):
    connection = http.client.HTTPConnection(urlsplit(odd.url("/")).netloc, timeout=5)
    connection.request("GET", "/")
    page = connection.getresponse().read().decode()
    assert 'href="/folded"' in page
    assert 'href="/endless-body"' not in page
    connection.request("GET", "/robots.txt")
    assert connection.getresponse().read().startswith(b"User-agent: *")
    connection.request("GET", "/nothing")
    assert connection.getresponse().status == 404
    connection.close()


def test_stopping_does_not_wait_for_silence():
    with Oddities() as odd:
        peer = connect(odd)
        peer.sendall(b"GET /hang HTTP/1.1\r\n\r\n")
        while "/hang" not in odd.counts:
            time.sleep(0.01)
        began = time.monotonic()
    assert time.monotonic() - began < 2
    peer.close()


def test_cases_travel_over_tls_too(tmp_path):
    certificate, key = self_signed(tmp_path)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    client = ssl.create_default_context(cafile=str(certificate))
    client.check_hostname = False
    with Oddities(tls=server) as odd:
        assert odd.url("/").startswith("https://")
        for path in ("/folded", "/lf-only", "/truncated", "/reset"):
            received = bytearray()
            with client.wrap_socket(connect(odd)) as peer:
                peer.sendall(b"GET %s HTTP/1.1\r\n\r\n" % path.encode())
                while len(received) < len(CASES[path].response):
                    received += peer.recv(65536)
            assert received == CASES[path].response == odd.sent[path]


def self_signed(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(pem))
    plain = serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return folder / "certificate.pem", folder / "key.pem"
