"""Which peers a crawl may talk to: global addresses, and what the collection allows (`allow_networks`).

Checked against the *connected* address, so a name that resolves to the inside, a redirect there, or an address in an
odd spelling is refused all the same. Pure; the connection is `crawler.tap`'s.
"""

import ipaddress
import re
from collections.abc import Sequence
from functools import lru_cache

from twisted.internet.error import ConnectError

Networks = Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]


class PeerRefused(ConnectError):
    """The connected address is not one this collection may talk to."""

    def __init__(self, host: str) -> None:
        super().__init__(string=host)
        self.host = host

    def __str__(self) -> str:
        return f"{self.host} is no public address (allow_networks in morgue.toml lets it be visited)"


def is_refused(host: str, networks: Networks = ()) -> bool:
    """Whether an address, as the socket names it, is neither global nor allowed.

    >>> is_refused("127.0.0.1"), is_refused("127.0.0.1", (ipaddress.ip_network("127.0.0.0/8"),)), is_refused("8.8.8.8")
    (True, False, False)
    >>> is_refused("::ffff:10.0.0.1"), is_refused("fe80::1%eth0"), is_refused("2002:a00:1::")
    (True, True, True)
    """
    return _is_refused(host, tuple(networks))


def is_address(host: str) -> bool:
    """Whether a URL's host is an address and not a name.

    >>> [is_address(host) for host in ("127.0.0.1", "::1", "news.example")]
    [True, True, False]
    """
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_odd_address(host: str) -> bool:
    """Whether a URL's host is an IPv4 address in a form that only old libraries read, such as `0x7f.1`.

    Where it leads would be checked as for any other; but no newspaper writes so, and TLS has no name for it.

    >>> [is_odd_address(host) for host in ("2130706433", "0x7f.1", "127.0.0.1", "news.example", "::1")]
    [True, True, False, False, False]
    """
    # A name whose last label is a number is an address: https://url.spec.whatwg.org/#ends-in-a-number-checker
    if not re.fullmatch(r"[0-9]+|0[xX][0-9a-fA-F]*", host.rstrip(".").rpartition(".")[2]):
        return False
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return True
    return False


@lru_cache(maxsize=4096)
def _is_refused(host: str, networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]) -> bool:
    try:
        address = _embedded(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        return True
    if any(address.version == network.version and address in network for network in networks):
        return False
    return not address.is_global or address.is_multicast


def _embedded(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address inside a mapped, 6to4, Teredo or NAT64 address: that is where the packets go."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in ipaddress.ip_network("64:ff9b::/96"):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)
