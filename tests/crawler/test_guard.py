import contextlib
import ipaddress
import socket
import threading

import pytest

from crawler.demo.cases import ok
from crawler.guard import is_refused


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
        "::1",
        "::",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "not an address",
        "",
    ],
)
def test_addresses_of_the_inside_are_refused(host):
    assert is_refused(host)


@pytest.mark.parametrize("host", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_not(host):
    assert not is_refused(host)


def test_an_allowed_network_opens_itself_only():
    allowed = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("fd00::/8"))
    assert not is_refused("127.0.0.1", allowed)
    assert not is_refused("::ffff:127.0.0.1", allowed)
    assert not is_refused("fd00::1", allowed)
    assert is_refused("10.0.0.1", allowed)
    assert is_refused("::1", allowed)


# What follows is the guard at work: whole commands against sockets that see what reaches them.


class Ear:
    """Listens on loopback and notes what it hears; answers nothing."""

    def __init__(self, host="127.0.0.1"):
        self._socket = socket.create_server((host, 0))
        self.port = self._socket.getsockname()[1]
        self.connections = 0
        self.heard = b""
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            with peer, contextlib.suppress(OSError):
                peer.settimeout(5)
                while data := peer.recv(65536):
                    self.heard += data

    def close(self):
        self._socket.close()


@pytest.fixture
def ears():
    ears = [Ear(), Ear("127.0.0.2")]
    yield ears
    for ear in ears:
        ear.close()


def test_nothing_is_sent_to_an_inside_address_however_it_is_written(new_collection, ears):
    ear, _ = ears
    news = new_collection(networks=(), retries="0", timeout='"5s"')
    hosts = ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "[::ffff:127.0.0.1]"]
    urls = [f"{scheme}://{host}:{ear.port}/secret" for host in hosts for scheme in ("http", "https")]
    ended = news.run("save", "--json", *urls)
    assert ended.status == 4, ended.err
    assert ended.summary["exchanges"] == 0
    assert ended.summary["failed"] == len(urls)
    assert ear.connections
    assert ear.heard == b""
    assert news.responses() == {}


def test_a_redirect_to_the_inside_is_kept_and_not_followed(new_collection, paper, ears):
    _, inside = ears
    news = new_collection(networks=("127.0.0.1/32",), retries="0", timeout='"5s"')
    target = b"Location: http://127.0.0.2:%d/latest/meta-data/" % inside.port
    paper.answers["/story"] = ok(target, status=b"HTTP/1.1 302 Found", body=b"over there")
    ended = news.run("save", "--json", paper.url("/story"))
    assert ended.status == 4
    assert list(news.responses()) == [paper.url("/robots.txt"), paper.url("/story")]
    assert inside.connections
    assert inside.heard == b""
