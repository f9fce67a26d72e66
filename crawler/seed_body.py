"""The answer of a seed, as far as it came: from the wire to what `crawler.seeds` reads."""

from datetime import UTC, tzinfo

import msgspec

from archive.formats import http
from archive.model import Exchange
from crawler.seeds import Payload, SeedReading, parse_seed
from crawler.source import SeedKind


class SeedBody(msgspec.Struct, frozen=True, kw_only=True):
    """A payload under its content codings, and what its head says of it."""

    url: str
    status: int
    payload: bytes
    codings: str = ""
    content_type: str | None = None


def seed_body_of(exchange: Exchange) -> SeedBody | None:
    """The payload of an exchange, which may have been cut; `None` where not even its head is whole."""
    raw_head, body = http.split_head(http.split_interim(exchange.response)[1])
    head = http.parse_head(raw_head)
    if head is None:
        return None
    return SeedBody(
        url=exchange.url,
        status=head.status,
        payload=http.entity(head, body),
        codings=head.get("content-encoding") or "",
        content_type=head.get("content-type"),
    )


def read_seed(kind: SeedKind, body: SeedBody, *, zone: tzinfo = UTC) -> SeedReading:
    """What a seed offers; `zone` is where dates without one were written."""
    payload = Payload(body.payload, body.codings)
    return parse_seed(kind, payload, url=body.url, content_type=body.content_type, zone=zone)
