"""What only a bucket does: verified uploads, large files in parts, and errors that say where and what to do."""

import base64
import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from archive.errors import StoreError, StoreUnreachable
from archive.stores.s3 import S3Store

NAME = "archive/x.warc.gz"
KEY = f"prefix/{NAME}"
PART = 5 << 20
REAL_SERVERS = [pytest.param(name, marks=pytest.mark.s3) for name in ("ceph-http", "ceph-tls")]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small"
    path.write_bytes(b"record " * 100)
    return path


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Two parts and a piece of a third."""
    path = tmp_path / "large"
    path.write_bytes(os.urandom(2 * PART + 1000))
    return path


# Uploads


def test_a_bucket_mirrors_the_collection(s3_store: S3Store, client: Any, bucket: str, small: Path) -> None:
    for name in (NAME, "access.jsonl"):
        s3_store.put(name, small)
    S3Store(f"s3://{bucket}").put("access.jsonl", small)
    keys = [found["Key"] for found in client.list_objects_v2(Bucket=bucket)["Contents"]]
    assert keys == ["access.jsonl", "prefix/access.jsonl", KEY]
    assert S3Store(f"s3://{bucket}/prefix/").get_size(NAME) == 700


def test_an_upload_carries_its_sha256(s3_store: S3Store, client: Any, bucket: str, small: Path, large: Path) -> None:
    for path in (small, large):
        s3_store.put(NAME, path)
        head = client.head_object(Bucket=bucket, Key=KEY)
        assert head["Metadata"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert head["ContentLength"] == path.stat().st_size


def test_a_large_file_goes_up_in_parts_and_reads_back(s3_store: S3Store, client: Any, bucket: str, large: Path) -> None:
    s3_store.put(NAME, large)
    assert client.head_object(Bucket=bucket, Key=KEY)["ETag"].endswith('-3"')
    data = large.read_bytes()
    for offset, length in ((0, 10), (PART - 5, 10), (PART, PART), (2 * PART - 1, 1001), (len(data) - 1, 1)):
        assert s3_store.read_range(NAME, offset, length) == data[offset : offset + length]
    with s3_store.open(NAME) as file:
        assert hashlib.file_digest(file, "sha256").digest() == hashlib.sha256(data).digest()
    assert [found.md5 for found in s3_store.iter_files()] == [None]


def test_a_locked_bucket_takes_files_of_any_size(client: Any, new_bucket: Any, small: Path, large: Path) -> None:
    bucket = new_bucket(ObjectLockEnabledForBucket=True)
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    client.put_object_lock_configuration(
        Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    store = S3Store(f"s3://{bucket}/prefix", part_bytes=PART)
    for path in (small, large):
        store.put(path.name, path)
        assert store.get_size(path.name) == path.stat().st_size
    assert client.head_object(Bucket=bucket, Key="prefix/small")["ObjectLockMode"] == "GOVERNANCE"


def test_every_body_goes_up_with_its_md5(s3_store: S3Store, small: Path, large: Path) -> None:
    sent: list[tuple[str, str]] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        body = params["body"]
        data = body if isinstance(body, bytes) else body.getvalue()
        md5 = hashlib.md5(data, usedforsecurity=False).digest()
        sent.append((params["headers"]["Content-MD5"], base64.b64encode(md5).decode()))

    for call in ("PutObject", "UploadPart"):
        s3_store._connect().meta.events.register(f"before-call.s3.{call}", note)
    s3_store.put(NAME, small)
    s3_store.put(NAME, large)
    assert len(sent) == 4
    assert all(header == body for header, body in sent)


def test_a_file_that_changes_on_its_way_up_is_not_stored(
    s3_store: S3Store, client: Any, bucket: str, large: Path
) -> None:
    def change(**_: Any) -> None:
        with large.open("r+b") as file:
            file.seek(-100, os.SEEK_END)
            file.write(bytes(100))

    s3_store._connect().meta.events.register("before-call.s3.UploadPart", change)
    with pytest.raises(StoreError, match="changed while it was stored"):
        s3_store.put(NAME, large)
    assert s3_store.get_size(NAME) is None
    assert "Uploads" not in client.list_multipart_uploads(Bucket=bucket)


def test_an_upload_in_parts_that_stops_leaves_no_parts(
    s3_store: S3Store, client: Any, bucket: str, large: Path
) -> None:
    def stop(params: dict[str, Any], **_: Any) -> None:
        if params["query_string"]["partNumber"] == 2:
            raise KeyboardInterrupt

    s3_store._connect().meta.events.register("before-call.s3.UploadPart", stop)
    with pytest.raises(KeyboardInterrupt):
        s3_store.put(NAME, large)
    assert "Uploads" not in client.list_multipart_uploads(Bucket=bucket)


@pytest.mark.parametrize("other", [b"short", b"r" * 700])
def test_an_upload_counts_only_when_the_bucket_holds_these_bytes(
    s3_store: S3Store, client: Any, bucket: str, small: Path, other: bytes
) -> None:
    def replace(**_: Any) -> None:
        # The right digest in its metadata, but other bytes: what a broken server might do.
        sha256 = hashlib.sha256(small.read_bytes()).hexdigest()
        client.put_object(Bucket=bucket, Key=KEY, Body=other, Metadata={"sha256": sha256})

    s3_store._connect().meta.events.register("after-call.s3.PutObject", replace)
    with pytest.raises(StoreError, match="as was stored"):
        s3_store.put(NAME, small)
    assert small.read_bytes() == b"record " * 100


def test_what_others_left_in_the_bucket_is_passed_over(
    s3_store: S3Store, client: Any, bucket: str, small: Path, caplog: pytest.LogCaptureFixture
) -> None:
    s3_store.put(NAME, small)
    for key in ("prefix/archive/", "prefix/archive/../../x", "prefixed", "other/x"):
        client.put_object(Bucket=bucket, Key=key, Body=b"")
    assert [found.name for found in s3_store.iter_files()] == [NAME]
    assert "archive/../../x" in caplog.text


# Errors of a real server


def test_a_truncated_object_is_an_error_not_a_short_answer(
    s3_store: S3Store, client: Any, bucket: str, small: Path
) -> None:
    s3_store.put(NAME, small)
    client.put_object(Bucket=bucket, Key=KEY, Body=small.read_bytes()[:650])
    assert s3_store.read_range(NAME, 0, 650) == small.read_bytes()[:650]
    for offset in (600, 650, 690):
        with pytest.raises(StoreError, match=r"ends earlier, wanted 100 at .* \(run `morgue verify`\)"):
            s3_store.read_range(NAME, offset, 100)


def test_a_missing_bucket_is_named(client: Any, small: Path) -> None:
    store = S3Store("s3://no-such-bucket-here/prefix")
    for use in (lambda: store.put(NAME, small), lambda: store.read_range(NAME, 0, 1), lambda: list(store.iter_files())):
        with pytest.raises(StoreError) as caught:
            use()
        place = f"s3://no-such-bucket-here/prefix at {client.meta.endpoint_url}"
        remedy = "create it, or name another with `store` in morgue.toml"
        assert str(caught.value) == f"{place}: no such bucket ({remedy})"
        assert not isinstance(caught.value, StoreUnreachable)


@pytest.mark.parametrize("client", REAL_SERVERS, indirect=True)
@pytest.mark.parametrize(
    ("variable", "words"),
    [("AWS_ACCESS_KEY_ID", "the access key is unknown there"), ("AWS_SECRET_ACCESS_KEY", "the secret key is wrong")],
)
def test_a_wrong_key_is_named(
    s3_store: S3Store, client: Any, small: Path, monkeypatch: pytest.MonkeyPatch, variable: str, words: str
) -> None:
    monkeypatch.setenv(variable, "WRONG")
    with pytest.raises(StoreError) as caught:
        s3_store.put(NAME, small)
    remedy = "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    assert str(caught.value).endswith(f"/prefix at {client.meta.endpoint_url}: {words} ({remedy})")


@pytest.mark.parametrize("client", REAL_SERVERS, indirect=True)
def test_a_policy_that_denies_is_named(s3_store: S3Store, client: Any, bucket: str, small: Path) -> None:
    denied = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    client.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [denied]}))
    with pytest.raises(StoreError, match=r"access denied .*must be allowed to list the bucket") as caught:
        s3_store.put(NAME, small)
    assert not isinstance(caught.value, StoreUnreachable)
    assert s3_store.get_size(NAME) is None, "what is allowed goes on"


@pytest.mark.parametrize("client", REAL_SERVERS[1:], indirect=True)
def test_a_certificate_that_nobody_vouches_for_is_refused(s3_store: S3Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_CA_BUNDLE")
    with pytest.raises(StoreError, match=r"certificate verify failed.*AWS_CA_BUNDLE"):
        s3_store.get_size(NAME)


# Servers that fail


@contextmanager
def answering(answer: Callable[[BaseHTTPRequestHandler], None], monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Store]:
    """A store on a server of our own that answers every request with `answer`."""

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # which answers `Expect: 100-continue`; a client waits a second for it

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer(self)

        do_HEAD = do_PUT = do_GET  # noqa: N815  names that http.server looks for

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        for name, value in _environment(server.server_port).items():
            monkeypatch.setenv(name, value)
        yield S3Store("s3://news/prefix")
        server.shutdown()


def refusal(status: int, code: str, message: str = "") -> Callable[[BaseHTTPRequestHandler], None]:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(body)

    return answer


REFUSALS = [
    (403, "InvalidAccessKeyId", "the access key is unknown there"),
    (403, "SignatureDoesNotMatch", "the secret key is wrong"),
    (403, "AccessDenied", "must be allowed to list the bucket"),
    (403, "RequestTimeTooSkewed", "this machine's clock is wrong"),
    (400, "AuthorizationHeaderMalformed", "set AWS_REGION"),
    (400, "ExpiredToken", "sign in again"),
    (403, "InvalidObjectState", "is in cold storage"),
    (400, "BadDigest", "received other bytes than were sent"),
    (405, "MethodNotAllowed", "refused archive/x.warc.gz: MethodNotAllowed some reason"),
]


def test_a_refusal_says_what_to_do(monkeypatch: pytest.MonkeyPatch, small: Path) -> None:
    answers = iter([refusal(status, code, "some\nreason") for status, code, _ in REFUSALS])

    def answer(request: BaseHTTPRequestHandler) -> None:
        next(answers)(request)

    with answering(answer, monkeypatch) as store:
        for _, code, words in REFUSALS:
            with pytest.raises(StoreError) as caught:
                store.put(NAME, small)
            assert str(caught.value).startswith("s3://news/prefix at http://127.0.0.1:"), code
            assert words in str(caught.value)
            assert "\n" not in str(caught.value)
            assert not isinstance(caught.value, StoreUnreachable)


def test_a_busy_server_may_be_tried_later(monkeypatch: pytest.MonkeyPatch, small: Path) -> None:
    with (
        answering(refusal(503, "SlowDown"), monkeypatch) as store,
        pytest.raises(StoreUnreachable, match="overloaded or out of order: SlowDown"),
    ):
        store.put(NAME, small)


def test_head_refused_without_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(refusal(403, ""), monkeypatch) as store, pytest.raises(StoreError, match="access denied"):
        store.get_size(NAME)


def test_a_read_that_breaks_off_is_tried_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = []

    def break_off(request: BaseHTTPRequestHandler) -> None:
        sent.append(request.headers["Range"])
        request.send_response(206)
        request.send_header("Content-Length", "100")
        request.send_header("Content-Range", "bytes 50-149/1000")
        request.end_headers()
        request.wfile.write(b"x" * (40 if len(sent) in {1, 3, 4} else 100))
        request.close_connection = True

    with answering(break_off, monkeypatch) as store:
        assert store.read_range(NAME, 50, 100) == b"x" * 100
        with pytest.raises(StoreUnreachable, match=f"broke off while reading {NAME}"):
            store.read_range(NAME, 50, 100)
    assert sent == ["bytes=50-149"] * 4


def test_a_server_without_ranges_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def whole(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "1000")
        request.end_headers()
        request.wfile.write(b"x" * 1000)

    with answering(whole, monkeypatch) as store, pytest.raises(StoreError, match="ignores ranges"):
        store.read_range(NAME, 0, 100)


def test_a_closed_port_is_reported_at_once(monkeypatch: pytest.MonkeyPatch, small: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    for name, value in _environment(port).items():
        monkeypatch.setenv(name, value)
    store, began = S3Store("s3://news/prefix"), time.monotonic()
    for use in (lambda: store.put(NAME, small), lambda: store.read_range(NAME, 0, 1), lambda: list(store.iter_files())):
        with pytest.raises(StoreUnreachable) as caught:
            use()
        assert str(caught.value) == (
            f"s3://news/prefix at http://127.0.0.1:{port}: no answer: Connection refused "
            "(check AWS_ENDPOINT_URL, or try later)"
        )
    assert time.monotonic() - began < 10
    assert small.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="fills a listening socket's queue as Linux does it")
def test_an_endpoint_that_never_answers_is_given_up_within_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):  # once the queue is full, the system drops further attempts without a word
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        for name, value in _environment(server.getsockname()[1]).items():
            monkeypatch.setenv(name, value)
        began = time.monotonic()
        with pytest.raises(StoreUnreachable, match="no answer: timed out"):
            S3Store("s3://news/prefix").get_size(NAME)
        assert time.monotonic() - began < 10.5


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("AWS_ENDPOINT_URL", "no-url", "write AWS_ENDPOINT_URL like https://HOST"),
        ("AWS_PROFILE", "nobody", "nobody"),
        ("AWS_ACCESS_KEY_ID", "", "no keys to sign with"),
    ],
)
def test_wrong_aws_settings_are_one_line(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, words: str
) -> None:
    for name, usual in (_environment(9) | {variable: value}).items():
        monkeypatch.setenv(name, usual)
    if not value:
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(StoreError, match=words) as caught:
        S3Store("s3://news/prefix").get_size(NAME)
    assert str(caught.value).startswith("s3://news/prefix")
    assert "\n" not in str(caught.value)


def test_boto3_is_not_loaded_before_a_bucket_is_used() -> None:
    code = (
        "import sys, pathlib; from archive.config import Settings; from archive.stores.store import open_store;"
        "open_store(Settings(store='s3://news/prefix'), pathlib.Path()); sys.exit('botocore' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def _environment(port: int) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
    }
