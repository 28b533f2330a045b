"""What the headers of a request tell of where it comes from."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request

_FORWARDING: Final = frozenset(
    {b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-real-ip", b"via"}
)
_SAFE: Final = {"GET", "HEAD", "OPTIONS"}
_PORTS: Final = {"http": 80, "https": 443}


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself, seen from itself."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_direct(request: Request) -> bool:
    """Whether a request on a loopback address was made for it, and not for a proxy or a name that leads here.

    The second keeps out web pages whose name was made to mean 127.0.0.1 (DNS rebinding).
    """
    if not _FORWARDING.isdisjoint(name for name, _ in request.scope["headers"]):
        return False
    return _names_this_machine(request.headers.get("host", ""))


def is_safe(request: Request) -> bool:
    """Whether a request only reads."""
    return request.method in _SAFE


def is_from_elsewhere(request: Request) -> bool:
    """Whether a browser says that a page of another site sends this. Programs that are no browsers say nothing."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:  # browsers send it over HTTPS and to localhost
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin is None:
        return False
    return _host(origin) != _host(f"{scheme(request)}://{request.headers.get('host', '')}")


def scheme(request: Request) -> str:
    """``http`` or ``https``."""
    return str(request.scope["scheme"])


@lru_cache(maxsize=64)
def _names_this_machine(host: str) -> bool:
    name, _ = _host(f"http://{host}")
    return is_loopback(name or "")


def _host(url: str) -> tuple[str | None, int | None]:
    try:
        parts = urlsplit(url)
        return parts.hostname, parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None, None
