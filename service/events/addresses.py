"""Where events may be sent to: public addresses over HTTPS, and what the operator allows besides.

Whoever can set a webhook's address could otherwise reach services that only this machine sees. A name is looked up for
every attempt, and what is connected to is the address that was looked at.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

_URL: Final = re.compile(r"[!-~]+")
_PORTS: Final = {"https": 443, "http": 80}
_NAT64: Final = IPv6Network("64:ff9b::/96")
_UNICAST: Final = IPv6Network("2000::/3")
"""All of IPv6 that is public so far; behind the rest may be an IPv4 address, or a network of the old kind (fec0::)."""

Address = IPv4Address | IPv6Address


class RefusedError(Exception):
    """Nothing may be sent there; ``code`` is one of `service.events.wording.ERRORS`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Target:
    """An address in its parts.

    :param netloc: host and port as they stand in it; :param path: with its query.
    """

    scheme: str
    host: str
    port: int
    netloc: str
    path: str


@dataclass(frozen=True, slots=True)
class Rules:
    """Hosts inside the office's own network that events may be sent to, over HTTP as well.

    :param entries: names, addresses, or networks such as ``10.20.0.0/16``.
    """

    entries: Sequence[str] = ()

    def check(self, url: str) -> Target:
        """The parts of an address that events may be sent to, as far as it tells itself.

        :raises RefusedError: it is no such address.
        """
        target = _parts(url)
        literal = _literal(target.host)
        if target.scheme == "http" and not self._names(target.host) and not (literal and self._has(literal)):
            raise RefusedError("needs_https")
        if literal is not None and not self._may_reach(target.host, literal):
            raise RefusedError("private_address")
        return target

    def resolve(self, target: Target) -> list[str]:
        """The addresses that a host has now.

        :raises RefusedError: it has none, or one that may not be reached.
        """
        try:
            found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise RefusedError("no_such_host") from None
        addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
        if not all(self._may_reach(target.host, ip_address(one.partition("%")[0])) for one in addresses):
            raise RefusedError("private_address")
        return addresses

    def _may_reach(self, host: str, address: Address) -> bool:
        return _is_public(address) or self._names(host) or self._has(address)

    def _names(self, host: str) -> bool:
        return host in [entry.lower() for entry in self.entries]

    def _has(self, address: Address) -> bool:
        networks = (ip_network(entry, strict=False) for entry in self.entries if "/" in entry)
        return any(address in network for network in networks) or str(address) in self.entries


def host_of(url: str) -> str:
    """Of an address only the host: the rest may hold a secret."""
    return _parts(url).host


def _parts(url: str) -> Target:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise RefusedError("no_url") from None
    host = (parts.hostname or "").rstrip(".")
    if not _URL.fullmatch(url) or parts.scheme not in _PORTS or not host or "@" in parts.netloc or parts.fragment:
        raise RefusedError("no_url")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port or _PORTS[parts.scheme], parts.netloc.lower(), path)


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_public(address: Address) -> bool:
    inner = _inside(address)
    if inner is not None:
        return _is_public(inner)
    if isinstance(address, IPv6Address) and address not in _UNICAST:
        return False
    return address.is_global and not address.is_multicast


def _inside(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
