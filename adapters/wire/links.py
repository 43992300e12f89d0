"""Addresses: ours joined by string, theirs checked before anybody is sent there."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable
from typing import Final
from urllib.parse import SplitResult, urlsplit

from application.errors import OutcomeUnknown

GIVEN_UP: Final = "cancelled=1"
"""What we add to the way back for shoppers who give up, where a gateway takes an address for them."""


def join(base: str, path: str) -> str:
    """``path`` below ``base``; a prefix in ``base`` stays, as simulators mount gateways under one."""
    return f"{base.rstrip('/')}/{path.lstrip('/')}"


def adding(url: str, query: str) -> str:
    """``url`` with ``query`` behind whatever it asks already."""
    return f"{url}{'&' if '?' in url else '?'}{query}"


def origin(url: str) -> str:
    """Scheme, host and port of a sound address, as a CSP source. Raises ValueError for any other."""
    return _origin(_sound(url))


def is_loopback(url: str) -> bool:
    """Whether the address names this very machine."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_listed(address: str, networks: Collection[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    """Whether ``address`` lies in one of ``networks``; where none are named, every address does."""
    if not networks:
        return True
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return any((mapped or found) in network for network in networks)


def is_secure(url: str, environment: str) -> bool:
    """Whether money may be talked about there: https, or http to this machine outside live."""
    try:
        scheme = _sound(url).scheme
    except ValueError:
        return False
    return scheme == "https" or (environment != "live" and is_loopback(url))


def next_page(url: object, origins: Iterable[str], environment: str) -> str:
    """``url`` when a shopper may be sent there. Raises OutcomeUnknown: a session exists, its page is foreign.

    ``origins`` are CSP sources; ``https://*.example.com`` stands for every host below example.com.
    """
    try:
        if not isinstance(url, str) or not is_secure(url, environment):
            raise ValueError("no secure address")
        if not any(_covers(source, _sound(url)) for source in origins):
            raise ValueError("a host that is not this gateway's")
    except ValueError as problem:
        raise OutcomeUnknown(f"the gateway named a page we do not trust: {problem}", code="page") from problem
    return url


def _covers(source: str, address: SplitResult) -> bool:
    scheme, _, host = source.partition("://")
    if not host.startswith("*."):
        return source == _origin(address)
    return scheme == address.scheme and address.port is None and f"{address.hostname}".endswith(host[1:])


def _origin(address: SplitResult) -> str:
    host = f"[{address.hostname}]" if ":" in (address.hostname or "") else address.hostname
    return f"{address.scheme}://{host}" + (f":{address.port}" if address.port else "")


def _sound(url: str) -> SplitResult:
    """Absolute, http or https, plain ASCII, no credentials, nothing a browser would read differently."""
    if not url.isascii() or not url.isprintable() or set(url) & set(' \\"<>'):
        raise ValueError("no plain address")
    address = urlsplit(url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise ValueError("no absolute web address")
    if "@" in address.netloc or (address.port or 1) < 1:
        raise ValueError("an address with credentials")
    return address
