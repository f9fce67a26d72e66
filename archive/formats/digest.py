"""Payload digests as text and as bytes: `sha1:` and 32 characters of base32.

    sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ   <->   20 bytes

SHA-1 in base32 is what WARC tools write and pywb looks for; the digests of other writers (hex, sha256, without a name)
are brought to one spelling. See WARC/1.1 section 5.8: https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache

_SHA1_BASE32 = re.compile(r"[A-Z2-7]{32}")
_SHA1_HEX = re.compile(r"[0-9a-fA-F]{40}", re.ASCII)
_LABELLED = re.compile(r"([A-Za-z][A-Za-z0-9-]*):([A-Za-z0-9+/=_-]+)", re.ASCII)
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
# Python reads digits of base 32 that go on from 9 with A: ten times as fast as base64.b32decode, three times for each insert.
_DIGITS = str.maketrans(_BASE32, "0123456789ABCDEFGHIJKLMNOPQRSTUV")
_ALGORITHMS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha512": hashlib.sha512, "md5": hashlib.md5}
_SHA1_NAMES = ("sha1", "sha-1")


def payload_digest(payload: bytes) -> str:
    """The digest of a payload.

    >>> payload_digest(b"")
    'sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ'
    """
    return format_sha1(hashlib.sha1(payload, usedforsecurity=False).digest())


def format_sha1(digest: bytes) -> str:
    """The text of a 20-byte SHA-1."""
    bits = int.from_bytes(digest, "big")
    for upper, shift, lower in _SPREAD:
        bits = (bits & upper) << shift | bits & lower
    return "sha1:" + binascii.b2a_base64(bits.to_bytes(24, "big"), newline=False).translate(_BASE64_TO_32).decode()


def format_sha1s(packed: bytes, stride: int) -> list[str]:
    """The texts, without `sha1:`, of the SHA-1 that begin each so many bytes (24, 27, 30, …): a third of the time of one by one.

    >>> format_sha1s(hashlib.sha1(b"").digest() + bytes(4), 24)
    ['3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ']
    """
    count = len(packed) // stride
    bits = int.from_bytes(packed, "big") >> 8 * (stride - 20)
    for upper, shift, lower in _spread_of(count, stride):
        bits = (bits & upper) << shift | bits & lower
    text = binascii.b2a_base64(bits.to_bytes(len(packed), "big"), newline=False).translate(_BASE64_TO_32).decode()
    every = stride // 3 * 4
    return [text[end - 32 : end] for end in range(every, len(text) + 1, every)]


def sha1_bytes(digest: str) -> bytes | None:
    """The 20 bytes of a digest in our spelling; `None` when it is any other."""
    if not digest.startswith("sha1:") or not _SHA1_BASE32.fullmatch(digest, 5):
        return None
    return int(digest[5:].translate(_DIGITS), 32).to_bytes(20, "big")


def parse_digest(text: str) -> str | None:
    """A digest as some writer spelled it, in our spelling; `None` when it is none.

    Other algorithms keep their value, under a lower-case name.

    >>> parse_digest("da39a3ee5e6b4b0d3255bfef95601890afd80709")
    'sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ'
    >>> parse_digest("SHA256:4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865")
    'sha256:4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865'
    """
    text = text.strip()
    sha1 = _parse_sha1(text)
    if sha1:
        return sha1
    labelled = _LABELLED.fullmatch(text)
    if not labelled:
        return None
    name = labelled[1].lower()
    return (_parse_sha1(labelled[2]) if name in _SHA1_NAMES else None) or f"{name}:{labelled[2]}"


def matches(stated: str, content: bytes) -> bool | None:
    """Whether a digest in our spelling is that of some bytes; `None` where its algorithm is not known here.

    >>> matches("sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ", b""), matches("md5:0123", b""), matches("crc:1", b"")
    (True, False, None)
    """
    name, _, value = stated.partition(":")
    algorithm = _ALGORITHMS.get(name.replace("-", ""))
    if algorithm is None:
        return None
    digest = algorithm(content, usedforsecurity=False).digest()
    # Writers use hexadecimal and base32; as texts the two are never the same.
    spellings = (digest.hex(), base64.b32encode(digest).decode().rstrip("=").lower())
    return value.rstrip("=").lower() in spellings


def _halvings(bits: int, slots: int) -> Iterator[tuple[int, int, int]]:
    """How to move halves apart, again and again, until each five bits of 160 stand in six of 192."""
    while bits > 5:
        half = bits // 2
        lower = sum((1 << half) - 1 << slots * number for number in range(160 // bits))
        yield lower << half, slots // 2 - half, lower
        bits, slots = half, slots // 2


# Base 32 by way of base 64, which Python has in C: seven times as fast as base64.b32encode, which shows in every long lookup.
_SPREAD = tuple(_halvings(160, 192))


@lru_cache(maxsize=256)
def _spread_of(count: int, stride: int) -> tuple[tuple[int, int, int], ...]:
    """As `_SPREAD`, for that many digests side by side: 15 times their size, so 5 MB once up to 128 were asked for."""
    each = int.from_bytes((bytes(stride - 1) + b"\1") * count, "big")
    return tuple((upper * each, shift, lower * each) for upper, shift, lower in _SPREAD)


_BASE64_TO_32 = bytes.maketrans(b"abcdef", b"234567")


def _parse_sha1(value: str) -> str | None:
    if _SHA1_BASE32.fullmatch(value.upper()):
        return "sha1:" + value.upper()
    if _SHA1_HEX.fullmatch(value):
        return format_sha1(binascii.unhexlify(value))
    return None
