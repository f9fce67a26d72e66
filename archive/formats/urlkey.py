"""The urlkey: a URL's SURT, canonicalised so that spellings of one address share one key.

    http://www.Example.com:80/b/../a/?B=2&a=1#top   ->   com,example)/a?a=1&b=2

Host labels reversed, `www` and default ports dropped, everything lower case, escapes and dot segments resolved, query
sorted, session ids and fragments dropped. Keys equal those of pywb: http://crawler.archive.org/articles/user_manual/glossary.html#surt
"""

import contextlib
import re
import socket
from typing import Literal
from urllib.parse import quote, quote_from_bytes, unquote_to_bytes

from archive.errors import QueryInvalid

Match = Literal["exact", "prefix", "host", "domain"]
"""How much of a URL a query means: this URL, all that begin with it, all of its host, or of its host and subdomains."""

_DEFAULT_PORTS = {"http": 80, "https": 443}

# The common news URL: no dot segments, no session ids, and only escapes that stay (those of non-ASCII bytes). About 2 µs.
_PLAIN = re.compile(
    r"""(?P<scheme>https?)://
        (?:www[0-9]*\.)?+
        (?P<host>[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.[a-z][a-z0-9-]*)
        (?: :(?P<port>80|443) )?
        (?P<path>(?:/(?!\.)(?:[a-z0-9_~!$&'*+,;=:@.-]|%[89a-f][0-9a-f])+)*/?)
        (?:\?(?P<query>(?:[!"$&-~]|%[89a-f][0-9a-f])*))?
        (?:\#.*)?""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_WHITESPACE = " \t\n\r\v\f"  # of ASCII: an ideographic space is a part of the address
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_SESSION_HINTS = ("sid=", "sessionid", "cfid=")

_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_HOST_AND_PORT = re.compile(r"(?:localhost|[^/?#:@]+\.[^/?#:@]+):[0-9]{1,5}(?:[/?#]|$)", re.ASCII)
_REPEATED_SCHEME = re.compile(r"(?:https?://)+(?=https?://)")
_WWW = re.compile(rb"www[0-9]*\.")
_IPV4 = re.compile(rb"(?:[1-9][0-9]*(?:\.[0-9]+){0,3}|0[0-7]*(?:\.[0-7]+){0,3})")
_UNPRINTABLE = re.compile(rb"[\x00-\x20\x7f]")

_ESCAPE_SAFE = bytes(byte for byte in range(0x21, 0x7F) if byte not in b"#%")
_HEX = frozenset(b"0123456789abcdefABCDEF")

_PATH_SESSIONS = (
    re.compile(rb"(?<=/)\((?:[a-z]\([0-9a-z]{24}\))+\)/", re.IGNORECASE),
    re.compile(rb"(?<=/)\([0-9a-z]{24}\)/", re.IGNORECASE),
)
_QUERY_SESSIONS = (
    re.compile(rb"jsessionid=[0-9a-z]{32}(?=&|$)", re.IGNORECASE),
    re.compile(rb"phpsessid=[0-9a-z]{32}(?=&|$)", re.IGNORECASE),
    re.compile(rb"sid=[0-9a-z]{32}(?=&|$)", re.IGNORECASE),
    re.compile(rb"aspsessionid[a-z]{8}=[a-z]{24}(?=&|$)", re.IGNORECASE),
    re.compile(rb"cfid=(?:[^&c]|c(?!fid=[^&]))+&cftoken=[^&]+", re.IGNORECASE),
)


def urlkey(url: str) -> str:
    """The key a URL is filed under; `QueryInvalid` when the text is no URL.

    A scheme may be missing (`http` is meant); schemes without a host keep theirs, as in `dns:example.com`.

    >>> urlkey("https://www.Example.com/News/?b=2&a=1#top")
    'com,example)/news?a=1&b=2'
    """
    match = _PLAIN.fullmatch(url if url.isascii() else _with_escapes(url))
    if match is None and "://" not in url:
        match = _PLAIN.fullmatch("http://" + url)
    if match:
        scheme, host, port, path, query = match.groups()
        if port is None or _DEFAULT_PORTS[scheme.lower()] == int(port):
            path = path.rstrip("/").lower() or "/"
            key = ",".join(reversed(host.lower().split("."))) + ")" + path
            if not query:
                return key
            query = query.lower()
            if not any(hint in query for hint in _SESSION_HINTS):
                return key + "?" + _sorted_query(query)
    return _full_urlkey(url)


def prefix_range(url: str) -> tuple[str, str]:
    """First key, and first key beyond, of all URLs that begin with this one.

    >>> prefix_range("example.com/news/")
    ('com,example)/news/', 'com,example)/news0')
    """
    start = urlkey(url)
    for ending in "/?":
        if url.endswith(ending) and not start.endswith(ending):
            start += ending
    return start, start[:-1] + chr(ord(start[-1]) + 1)


def host_range(url: str) -> tuple[str, str]:
    """First key, and first key beyond, of all URLs of this URL's (or bare host's) host and port.

    >>> host_range("example.com")
    ('com,example)', 'com,example*')
    """
    return _surt_host(url) + ")", _surt_host(url) + "*"


def domain_range(url: str) -> tuple[str, str]:
    """As `host_range`, with all subdomains; a top-level domain by itself is a domain too.

    >>> domain_range("example.com")
    ('com,example)', 'com,example-')
    """
    return _surt_host(url) + ")", _surt_host(url) + "-"


def match_range(url: str, match: Match) -> tuple[str, str]:
    """The half-open range of urlkeys that a query for this URL means."""
    match match:
        case "exact":
            key = urlkey(url)
            return key, key + "\0"
        case "prefix":
            return prefix_range(url)
        case "host":
            return host_range(url)
        case "domain":
            return domain_range(url)
        case _:
            raise QueryInvalid(f"{match!r} is no way to match (write exact, prefix, host or domain)")


def _surt_host(url: str) -> str:
    host, found, _ = urlkey(url).partition(")")
    if not found:
        raise QueryInvalid(f"{url!r} has no host (write one such as example.com)")
    return host


def _sorted_query(query: str) -> str:
    # By name, then by value: `a` before `a=`, and `a=1` before `a-b=1`, which a sort of the whole pairs would not give.
    if "&" not in query:
        return query
    return "&".join("=".join(pair) for pair in sorted(argument.split("=", 1) for argument in query.split("&")))


def _with_escapes(url: str) -> str:
    """A URL whose non-ASCII characters are escaped, as most addresses of news in other scripts come; empty where that is not all."""
    try:
        return _NOT_ASCII.sub(lambda found: quote(found[0], errors="surrogateescape"), url)
    except UnicodeEncodeError:
        return ""


def _full_urlkey(url: str) -> str:
    text = url.strip(_WHITESPACE).translate({0x09: None, 0x0A: None, 0x0D: None})
    scheme, authority, path, query = _split(text, url)
    host, port = _split_authority(authority, url)
    if scheme.lower() in _DEFAULT_PORTS and not host:
        # "http:/example.com" and "http:////example.com" are how some pages spell a link.
        host, slash, rest = path.lstrip("/").partition("/")
        path = slash + rest
        if not host:
            raise QueryInvalid(f"{url!r} is no URL: it has no host (write one such as https://example.com/)")
    key = _canonical_query(query)
    if not host:
        opaque = _escape(_unescape(_utf8(path))).lower()
        return f"{scheme}:{_stripped_path(opaque).decode()}{key}"
    name = _canonical_host(host, url)
    if scheme.lower() != "dns":
        name = _WWW.sub(b"", name, count=1) if _WWW.match(name) else name
    surt = b",".join(reversed(name.split(b"."))).decode()
    if port is not None and port != _DEFAULT_PORTS.get(scheme.lower(), 0):
        surt += f":{port}"
    normal = _escape(_resolve_dots(_unescape(_utf8(path)))).lower()
    return f"{surt}){_stripped_path(normal).decode()}{key}"


def _split(text: str, url: str) -> tuple[str, str, str, str]:
    if not text:
        raise QueryInvalid(f"{url!r} is no URL (write one such as https://example.com/)")
    text = text.partition("#")[0]
    has_scheme = _SCHEME.match(text)
    if not has_scheme or _HOST_AND_PORT.match(text):
        text = "http://" + text
    text = _REPEATED_SCHEME.sub("", text, count=1) if text.startswith("http") else text
    scheme, _, rest = text.partition(":")
    rest, _, query = rest.partition("?")
    if not rest.startswith("//"):
        return scheme, "", rest, query
    authority, slash, path = rest[2:].partition("/")
    return scheme, authority, slash + path, query


def _split_authority(authority: str, url: str) -> tuple[str, int | None]:
    authority = authority.rpartition("@")[2].rstrip(":")
    if authority.startswith("["):
        host, _, port = authority[1:].partition("]")
        port = port.removeprefix(":")
    else:
        host, _, port = authority.partition(":")
    if not port:
        return host, None
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= 65535):
        raise QueryInvalid(f"{url!r} is no URL: {port!r} is no port")
    return host, int(port) or None


def _canonical_host(host: str, url: str) -> bytes:
    name = _unescape(_utf8(host))
    if not name.isascii() and len(name) <= 1024:
        with contextlib.suppress(ValueError):  # no IDN: its bytes are escaped below
            name = name.decode("utf-8", "ignore").encode("idna")
    name = name.replace(b"..", b".").strip(b".")
    if not name or _UNPRINTABLE.search(name):
        raise QueryInvalid(f"{url!r} is no URL: {host!r} is no host name")
    if _IPV4.fullmatch(name):
        return _ipv4(name)
    return _escape(name.lower())


def _ipv4(name: bytes) -> bytes:
    """`2130706433`, `0177.1` and `127.0.0.1` name one address; what is none stays a name."""
    try:
        if name.isdigit() and len(name) < 40:
            return socket.inet_ntoa((int(name) & 0xFFFFFFFF).to_bytes(4, "big")).encode()
        return socket.inet_ntoa(socket.inet_aton(name.decode())).encode()
    except OSError:
        return name


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise QueryInvalid(f"{text!a:.200} is no URL: it holds half a character") from None


def _unescape(text: bytes) -> bytes:
    """Escapes resolved until none is left: `%2541` -> `%41` -> `A`."""
    if b"%" not in text:
        return text
    text = unquote_to_bytes(text)
    if b"%" not in text:
        return text
    # Whole passes would be quadratic on "%2525252525…": a stack resolves each escape as soon as it is complete.
    # The order does not matter, since two escapes never overlap.
    out = bytearray()
    for byte in text:
        out.append(byte)
        while len(out) > 2 and out[-3] == 0x25 and out[-2] in _HEX and out[-1] in _HEX:
            out[-3:] = bytes((int(out[-2:], 16),))
    return bytes(out)


def _escape(text: bytes) -> bytes:
    return quote_from_bytes(text, safe=_ESCAPE_SAFE).encode() if text else b""


def _resolve_dots(path: bytes) -> bytes:
    kept: list[bytes] = []
    for segment in path.split(b"/")[1:]:
        if segment == b"..":
            # A ".." with nothing left to remove stays, and the next one removes it: so says the published behaviour.
            if kept:
                kept.pop()
            else:
                kept.append(segment)
        elif segment != b".":
            kept.append(segment)
    if not kept:
        return b"/"
    folders = [segment for segment in kept[:-1] if segment]
    return b"/" + b"/".join([*folders, kept[-1]])


def _stripped_path(path: bytes) -> bytes:
    if b".aspx" in path:
        for pattern in _PATH_SESSIONS:
            path = _without_path_session(path, pattern)
    return path[:-1] if len(path) > 1 and path.endswith(b"/") else path


def _without_path_session(path: bytes, pattern: re.Pattern[bytes]) -> bytes:
    for session in reversed(list(pattern.finditer(path))):
        question = path.find(b"?", session.end())
        if path.find(b".aspx", session.end() + 1, question + 1 if question >= 0 else len(path)) >= 0:
            return path[: session.start()] + path[session.end() :]
    return path


def _canonical_query(query: str) -> str:
    if not query:
        return ""
    text = _escape(_unescape(_utf8(query)))
    for pattern in _QUERY_SESSIONS:
        sessions = list(pattern.finditer(text))
        if sessions:
            text = text[: sessions[-1].start()] + text[sessions[-1].end() :].removeprefix(b"&")
    return "?" + _sorted_query(text.decode().lower()) if text else ""
