"""Files kept in an S3 bucket, at Amazon or on any server that speaks its protocol.

    s3://BUCKET/PREFIX  +  archive/x.warc.gz   ->   object PREFIX/archive/x.warc.gz

An upload counts when all of these hold: the server accepted the Content-MD5 of every byte sent (of each part, where
the file is large); its size is the file's; it carries our SHA-256 (`x-amz-meta-sha256`); and its ETag, where that is
an MD5, is the file's. https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
"""

import base64
import hashlib
import io
import logging
import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from archive.errors import StoreError
from archive.stores.s3_errors import explain
from archive.stores.store import StoredFile, check_name, check_range, is_name, missing, too_short, unwatched

logger = logging.getLogger(__name__)

PART_BYTES = 16 << 20
"""Files up to this size go up in one request, larger ones in parts of it."""

_MAX_PARTS = 10_000
_READ_AHEAD_BYTES = 4 << 20
_PIECE_BYTES = 32 << 10
_MD5_ETAG = re.compile(r'"?([0-9a-f]{32})"?')


class S3Store:
    """A bucket as a `archive.stores.store.Store`; endpoint, region and keys are found as AWS tools find them."""

    def __init__(self, address: str, *, part_bytes: int = PART_BYTES) -> None:
        self._address = address.rstrip("/")
        bucket, _, prefix = self._address.removeprefix("s3://").partition("/")
        self._bucket = bucket
        self._prefix = prefix + "/" if prefix else ""
        self._part_bytes = part_bytes
        self._client: Any = None
        self._connecting = threading.Lock()

    def put(self, name: str, path: Path, *, on_sent: Callable[[int], None] = unwatched) -> None:
        key = self._key(name)
        try:
            with path.open("rb") as file, self._explained(name):
                first = file.read(self._part_bytes + 1)
                if len(first) <= self._part_bytes:
                    size, sha256, md5 = self._put_whole(key, first, on_sent)
                else:
                    size, sha256, md5 = *self._put_parts(key, file, on_sent), None
        except OSError as error:
            raise StoreError(f"{path}: {error.strerror}, so it was not stored (make it readable)") from None
        self._verify(name, size, sha256, md5)

    def read_range(self, name: str, offset: int, length: int) -> bytes:
        from botocore.exceptions import IncompleteReadError, ResponseStreamingError

        check_range(name, offset, length)
        with self._explained(name):
            try:
                return self._fetch(name, offset, length)
            except (IncompleteReadError, ResponseStreamingError):
                # botocore repeats a request that fails, but not one whose answer breaks off.
                return self._fetch(name, offset, length)

    def open(self, name: str) -> BinaryIO:
        size = self.get_size(name)
        if size is None:
            raise missing(self.url(name))
        return cast(BinaryIO, io.BufferedReader(_RangeReader(self, name, size), _READ_AHEAD_BYTES))

    def get_size(self, name: str) -> int | None:
        head = self._head(name)
        return None if head is None else int(head["ContentLength"])

    def iter_files(self, prefix: str = "") -> Iterator[StoredFile]:
        with self._explained(prefix):
            pages = self._connect().get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix + prefix):
                for found in page.get("Contents", ()):
                    name = found["Key"].removeprefix(self._prefix)
                    if name.endswith("/") and found["Size"] == 0:
                        continue  # consoles make these to show folders
                    if not is_name(name):
                        logger.warning("ignored object=%r reason=no-name-of-a-collection", f"{self._address}/{name}")
                        continue
                    etag = _MD5_ETAG.fullmatch(found["ETag"])
                    yield StoredFile(name=name, size=found["Size"], md5=etag[1] if etag else None)

    def url(self, name: str) -> str:
        return f"{self._address}/{check_name(name)}"

    @property
    def place(self) -> str:
        return f"{self._address} at {self._client.meta.endpoint_url if self._client else 'its endpoint'}"

    def _key(self, name: str) -> str:
        return self._prefix + check_name(name)

    def _put_whole(self, key: str, data: bytes, on_sent: Callable[[int], None]) -> tuple[int, str, str]:
        md5, sha256 = hashlib.md5(data, usedforsecurity=False), hashlib.sha256(data).hexdigest()
        body, digest = _Body(data, on_sent), _base64(md5.digest())
        self._connect().put_object(
            Bucket=self._bucket, Key=key, Body=body, ContentMD5=digest, Metadata={"sha256": sha256}
        )
        return len(data), sha256, md5.hexdigest()

    def _put_parts(self, key: str, file: io.BufferedReader, on_sent: Callable[[int], None]) -> tuple[int, str]:
        """Two passes over the file: metadata, and so the SHA-256, must be named before the first part."""
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
        file.seek(0)
        client = self._connect()
        with self._upload(Bucket=self._bucket, Key=key, Metadata={"sha256": sha256}) as target:
            sent = hashlib.sha256()
            parts: list[dict[str, Any]] = []
            while data := file.read(max(self._part_bytes, -(-size // _MAX_PARTS))):
                sent.update(data)
                part = {"PartNumber": len(parts) + 1}
                md5 = _base64(hashlib.md5(data, usedforsecurity=False).digest())
                answer = client.upload_part(**target, **part, Body=_Body(data, on_sent), ContentMD5=md5)
                parts.append(part | {"ETag": answer["ETag"]})
            if sent.hexdigest() != sha256:
                raise StoreError(f"{file.name}: changed while it was stored (store it when nothing writes to it)")
            client.complete_multipart_upload(**target, MultipartUpload={"Parts": parts})
        return size, sha256

    @contextmanager
    def _upload(self, **wanted: Any) -> Iterator[dict[str, str]]:
        """An upload in parts, given up when anything goes wrong; where that fails too, the bucket's lifecycle must."""
        from botocore.exceptions import BotoCoreError, ClientError

        client = self._connect()
        upload = client.create_multipart_upload(**wanted)["UploadId"]
        target = {"Bucket": wanted["Bucket"], "Key": wanted["Key"], "UploadId": upload}
        try:
            yield target
        except BaseException:
            try:
                client.abort_multipart_upload(**target)
            except (BotoCoreError, ClientError) as error:
                logger.warning("left parts key=%s upload=%s error=%s", target["Key"], upload, error)
            raise

    def _verify(self, name: str, size: int, sha256: str, md5: str | None) -> None:
        head = self._head(name)
        if head is None:
            raise StoreError(f"{self.url(name)}: is not there although it was stored (try again)")
        found = int(head["ContentLength"]), head["Metadata"].get("sha256")
        if found != (size, sha256):
            held = f"{found[0]} bytes with SHA-256 {found[1]}"
            raise StoreError(f"{self.url(name)}: has {held}, not {size} with {sha256} as was stored (try again)")
        etag = _MD5_ETAG.fullmatch(head["ETag"])
        # Under a customer's or KMS's key an ETag looks like an MD5 and is none.
        encrypted = head.get("ServerSideEncryption", "").startswith("aws:kms") or "SSECustomerAlgorithm" in head
        if md5 and etag and not encrypted and etag[1] != md5:
            raise StoreError(f"{self.url(name)}: has MD5 {etag[1]}, not {md5} as was stored (try again)")

    def _head(self, name: str) -> dict[str, Any] | None:
        from botocore.exceptions import ClientError

        with self._explained(name):
            try:
                return cast(dict[str, Any], self._connect().head_object(Bucket=self._bucket, Key=self._key(name)))
            except ClientError as error:
                # The answer to HEAD has no body, so that its code is the status.
                if error.response["Error"]["Code"] in {"404", "NoSuchKey"}:
                    return None
                raise

    def _fetch(self, name: str, offset: int, length: int) -> bytes:
        from botocore.exceptions import ClientError

        wanted = f"bytes={offset}-{offset + length - 1}"
        try:
            answer = self._connect().get_object(Bucket=self._bucket, Key=self._key(name), Range=wanted)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "NoSuchKey":
                raise missing(self.url(name)) from None
            if code in {"InvalidRange", "416"}:
                raise too_short(self.url(name), offset, length) from None
            raise
        with closing(answer["Body"]) as body:  # as a context manager it would hand out the stream without its checks
            if not answer.get("ContentRange", "").startswith(f"bytes {offset}-"):
                raise StoreError(f"{self.url(name)}: the server ignores ranges (use one that supports them)")
            if answer["ContentLength"] < length:
                raise too_short(self.url(name), offset, length)
            return cast(bytes, body.read())

    def _connect(self) -> Any:
        """The client, one for all threads: making one costs more than a read."""
        with self._connecting:
            if self._client is None:
                try:
                    self._client = _make_client()
                except ValueError as error:  # botocore's word for an endpoint that is no URL
                    raise StoreError(f"{self._address}: {error} (write AWS_ENDPOINT_URL like https://HOST)") from None
            return self._client

    @contextmanager
    def _explained(self, name: str) -> Iterator[None]:
        """Turn what botocore raises into one line that names endpoint and bucket."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (BotoCoreError, ClientError) as error:
            raise explain(error, self.place, name) from error


class _Body(io.BytesIO):
    """The body of a request, read by the library as it goes to the socket.

    In small pieces: each has to leave within the connect timeout, and slow lines take one of 128 KiB in no such time.
    """

    def __init__(self, data: bytes, on_sent: Callable[[int], None]) -> None:
        super().__init__(data)
        self._on_sent = on_sent

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size if size is None or size < 0 else min(size, _PIECE_BYTES))
        self._on_sent(len(data))
        return data


class _RangeReader(io.RawIOBase):
    """One object as a file, fetched range by range, so that no connection has to hold for all of a large file."""

    def __init__(self, store: S3Store, name: str, size: int) -> None:
        self._store, self._name, self._size, self._position = store, name, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._position = max(0, offset + {os.SEEK_CUR: self._position, os.SEEK_END: self._size}.get(whence, 0))
        return self._position

    def readinto(self, buffer: Any) -> int:
        data = self._read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        return self._read(self._size)

    def _read(self, most: int) -> bytes:
        length = min(most, self._size - self._position)
        if length <= 0:
            return b""
        data = self._store.read_range(self._name, self._position, length)
        self._position += length
        return data


def _make_client() -> Any:
    import boto3.session
    from botocore.config import Config

    config = Config(
        # boto3's own defaults send a trailing checksum in chunks, which Ceph answers with 411 over TLS.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        # A dead endpoint is reported within ten seconds: three tries and the pauses between them.
        connect_timeout=2,
        read_timeout=20,
        retries={"mode": "standard", "total_max_attempts": 3},
    )
    # AWS's other tools read AWS_REGION; boto3 knows AWS_DEFAULT_REGION only.
    session = boto3.session.Session(region_name=os.environ.get("AWS_REGION") or None)
    return session.client("s3", config=config)


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
