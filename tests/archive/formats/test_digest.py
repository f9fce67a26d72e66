"""Digests of any writer, in one spelling."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.formats.digest import format_sha1, format_sha1s, parse_digest, payload_digest, sha1_bytes

EMPTY = "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        (EMPTY, EMPTY),
        ("3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ", EMPTY),
        (" SHA-1:3i42h3s6nnfq2msvx7xzkyayscx5qbyj ", EMPTY),
        ("sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709", EMPTY),
        ("DA39A3EE5E6B4B0D3255BFEF95601890AFD80709", EMPTY),
        (
            "sha-256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            "sha-256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        ),
        ("MD5:d41d8cd98f00b204e9800998ecf8427e", "md5:d41d8cd98f00b204e9800998ecf8427e"),
        ("", None),
        ("-", None),
        ("sha1:", None),
        ("no digest", None),
    ],
)
def test_one_spelling(text, digest):
    assert parse_digest(text) == digest


@given(st.binary(max_size=50))
def test_text_and_bytes(payload):
    raw = hashlib.sha1(payload, usedforsecurity=False).digest()
    assert payload_digest(payload) == format_sha1(raw)
    assert sha1_bytes(format_sha1(raw)) == raw
    assert parse_digest(raw.hex()) == format_sha1(raw)


@pytest.mark.parametrize(
    "digest", ["sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709", "sha256:AA", "", EMPTY + "A", EMPTY.lower()]
)
def test_other_spellings_have_no_bytes(digest):
    assert sha1_bytes(digest) is None


@given(st.lists(st.binary(min_size=20, max_size=20), max_size=80), st.sampled_from([24, 27, 36]))
def test_digests_of_many_are_those_of_each(digests: list[bytes], stride: int) -> None:
    packed = b"".join(digest + b"\xff" * (stride - 20) for digest in digests)
    assert ["sha1:" + text for text in format_sha1s(packed, stride)] == [format_sha1(one) for one in digests]
