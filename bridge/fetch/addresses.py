"""Which addresses may be connected to: public ones, and those that the operator configured.

Checked on the address of the socket, not on the name: whatever a name says a second later, and however an address is
spelt, what counts is where the connection goes.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from errno import EACCES
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

from yarl import URL

Place = tuple[str, int]
"""A host, as it stands in an address, and a port."""

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_DOCUMENTATION = IPv6Network("3fff::/20")
_NAT64 = IPv6Network("64:ff9b::/96")


class PrivateAddress(OSError):
    """An address outside the public internet that nobody configured."""

    def __init__(self, address: str) -> None:
        super().__init__(EACCES, f"{address} lies in a private network")


def is_public(address: str) -> bool:
    """Tell whether an IP address belongs to the public internet (RFC 6890 and its registries, RFC 9637).

    An IPv4 address within an IPv6 one (mapped, NAT64 by RFC 6052, 6to4) is judged itself. Raises `ValueError` where
    it is no address.
    """
    ip = ip_address(address)
    return _public_v4(ip) if isinstance(ip, IPv4Address) else _public_v6(ip)


def _public_v4(ip: IPv4Address) -> bool:
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


def _public_v6(ip: IPv6Address) -> bool:
    within = ip.ipv4_mapped or ip.sixtofour
    if within is None and ip in _NAT64:
        within = IPv4Address(int(ip) & 0xFFFFFFFF)
    if within is not None:
        return _public_v4(within)
    return ip in _GLOBAL_UNICAST and ip.is_global and ip not in _DOCUMENTATION


def any_socket(info: tuple[Any, ...]) -> socket.socket:
    """Make the socket for a connection to anywhere; `info` is one entry of `getaddrinfo`."""
    family, kind, protocol, _, _ = info
    return socket.socket(family=family, type=kind, proto=protocol)


def public_socket(info: tuple[Any, ...]) -> socket.socket:
    """Make the socket for a connection to a public address. Raises `PrivateAddress` for any other."""
    host = str(info[4][0])
    if not is_public(host):
        raise PrivateAddress(host)
    return any_socket(info)


def place(url: URL) -> Place:
    """Where a connection for `url` goes. Raises `ValueError` where the address is not one of http or https."""
    host, port = url.raw_host, url.port
    if url.scheme not in {"http", "https"} or not host or port is None:
        raise ValueError("its address is not valid")
    return host, port


def places(addresses: Iterable[str]) -> frozenset[Place]:
    """The places of addresses that the operator wrote; http and https at their own ports stand for each other.

    What is no address names no place.
    """
    found: set[Place] = set()
    for address in addresses:
        try:
            host, port = place(URL(address))
        except ValueError:
            continue
        found.update((host, one) for one in ((80, 443) if port in {80, 443} else (port,)))
    return frozenset(found)
