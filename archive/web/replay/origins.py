"""The two origins of an archive: its own pages on one, captured pages on the other.

An origin is scheme, host and port. As seen by the reader: behind a proxy it is what the settings say, else the host that
the reader asked for, with the other server's port.
"""

from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request


class Origins(msgspec.Struct, frozen=True, kw_only=True):
    """Where the archive's own pages are, and where captured ones."""

    public_url: str = ""
    public_replay_url: str = ""
    main_port: int
    replay_port: int
    with_scripts: bool = False
    """Whether `archive.web.replay.scripted` is served there."""

    def main(self, request: Request) -> str:
        """Where the archive's own pages begin, without slash at the end, as the reader of a captured page has to ask for it."""
        if self.public_url:
            return self.public_url.rstrip("/")
        return f"{scheme(request)}://{_named_host(request)}:{self.main_port}"

    def replay(self, request: Request) -> str | None:
        """The origin of captured pages for the reader of our own; `None` where it cannot be known.

        That is behind a proxy that speaks TLS, while `public_replay_url` is not set.
        """
        if self.public_replay_url:
            return self.public_replay_url.rstrip("/")
        if not self.public_url:
            asked, host = scheme(request), _named_host(request)
        else:
            parts = urlsplit(self.public_url)
            asked, host = parts.scheme, _bracketed(parts.hostname or "")
        return None if asked == "https" else f"{asked}://{host}:{self.replay_port}"


def origin_of(url: str) -> str:
    """The origin of a URL, as Content-Security-Policy has it.

    >>> origin_of("https://archive.example.org/papers")
    'https://archive.example.org'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def scheme(request: Request) -> str:
    """The scheme that the reader used: a proxy's word for it, where the proxy is on this machine."""
    forwarded = request.headers.get("x-forwarded-proto", "")
    peer = request.client.host if request.client else ""
    # Only a proxy on this machine is believed; anyone else could name a scheme of their own.
    if forwarded in ("http", "https") and (peer.startswith("127.") or peer == "::1"):
        return forwarded
    return request.url.scheme


def _named_host(request: Request) -> str:
    return _bracketed(request.url.hostname or "")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
