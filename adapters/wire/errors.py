"""What goes wrong before a gateway is ever called, and what an unusable answer means."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from application.errors import GatewayProtocolError, InvalidSignature, OutcomeUnknown
from domain.errors import CheckoutError


class SettingsError(CheckoutError):
    """A setting that stops the start; ``key`` names it, its value is never told."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"{key} {reason}")
        self.key, self.reason = key, reason


@contextmanager
def unclear_is_unknown() -> Iterator[None]:
    """Around reading an *answer*: one that makes no sense or does not prove itself is an unknown outcome."""
    try:
        yield
    except (GatewayProtocolError, InvalidSignature) as error:
        raise OutcomeUnknown(f"an answer that cannot be used: {error}", code=error.code) from error
