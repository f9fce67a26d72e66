"""What the host of a URL says of where it leads, before anything is resolved; the guard looks at the connected peer."""

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_address(host: str) -> bool:
    """Whether a host is an IP address, not a name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine.

    >>> is_loopback("http://127.0.0.1:8900/"), is_loopback("http://localhost/"), is_loopback("https://a.example/")
    (True, True, False)
    """
    host = urlsplit(url).hostname or ""
    return host == "localhost" or (is_address(host) and ip_address(host).is_loopback)
