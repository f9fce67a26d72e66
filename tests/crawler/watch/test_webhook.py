"""Alerts reach their receiver, and the address stays a secret."""

import socket
import threading
import time

import pytest

from crawler.errors import WebhookFailed
from crawler.watch.webhook import post

AT_ONCE = (0.0, 0.0)


def send(url: str, stop: threading.Event | None = None) -> None:
    post(url, b'{"text": "x"}', agent="morgue-test", stop=stop or threading.Event(), waits=AT_ONCE)


def test_a_receiver_that_fails_twice_gets_it_the_third_time(receiver):
    receiver.statuses = [500, 429]
    send(receiver.url)
    assert receiver.bodies == [{"text": "x"}] * 3
    assert receiver.agents == ["morgue-test"] * 3


def test_a_receiver_that_does_not_recover_is_given_up(receiver):
    receiver.statuses = [503] * 9
    with pytest.raises(WebhookFailed, match=r"^127\.0\.0\.1: answers with status 503 \(check alert_webhook") as raised:
        send(receiver.url)
    assert "s3cret" not in str(raised.value)
    assert len(receiver.bodies) == 3


@pytest.mark.parametrize("status", [400, 404, 302])
def test_a_refusal_is_not_repeated_and_a_redirect_not_followed(receiver, status):
    receiver.statuses = [status] * 3
    with pytest.raises(WebhookFailed, match=f"status {status}"):
        send(receiver.url)
    assert len(receiver.bodies) == 1


def test_an_address_where_nobody_listens():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(WebhookFailed, match="Connection refused") as raised:
            send(f"http://127.0.0.1:{taken.getsockname()[1]}/s3cret")
    assert "s3cret" not in str(raised.value)


def test_the_end_of_a_run_ends_the_waiting(receiver):
    receiver.statuses = [500] * 3
    stop = threading.Event()
    stop.set()
    began = time.monotonic()
    with pytest.raises(WebhookFailed):
        post(receiver.url, b"{}", agent="x", stop=stop, waits=(60.0, 60.0))
    assert time.monotonic() - began < 30
    assert len(receiver.bodies) == 1
