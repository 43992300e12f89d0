"""What goes wrong before a gateway is ever called, and what an unusable answer means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from application.errors import (
    GatewayProtocolError,
    GatewayRejected,
    GatewayUnavailable,
    InvalidSignature,
    OutcomeUnknown,
)
from domain.errors import CheckoutError

if TYPE_CHECKING:
    from adapters.wire.http import Answer


class SettingsError(CheckoutError):
    """A setting that stops the start; ``key`` names it, its value is never told."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"{key} {reason}")
        self.key, self.reason = key, reason


def did_you_mean(name: str, known: Iterable[str], prefix: str = "") -> str:
    """What to add to a complaint about an unknown name; empty when nothing known is near."""
    near = get_close_matches(name, list(known), n=1, cutoff=0.75)
    return f"; did you mean {prefix}{near[0]}?" if near else ""


@contextmanager
def unclear_is_unknown() -> Iterator[None]:
    """Around reading an *answer*: one that makes no sense or does not prove itself is an unknown outcome."""
    try:
        yield
    except (GatewayProtocolError, InvalidSignature) as error:
        raise OutcomeUnknown(f"an answer that cannot be used: {error}", code=error.code) from error


def success_of(answer: Answer, label: str, why: Callable[[bytes], str] = lambda body: "") -> dict[str, Any]:
    """The JSON of a success. Raises as ``require_success`` does, and OutcomeUnknown for no JSON object."""
    require_success(answer, label, why)
    return answer.json()


def require_success(answer: Answer, label: str, why: Callable[[bytes], str] = lambda body: "") -> None:
    """``why`` finds the gateway's own code in a refusal; empty: its HTTP status.

    Raises GatewayUnavailable when the credentials are not taken (401, 403), GatewayRejected for any other
    refusal.
    """
    if answer.status in (401, 403):
        raise GatewayUnavailable(f"{label} does not let this account in", code=str(answer.status))
    if not answer.is_success:
        raise GatewayRejected(f"{label} refuses", code=why(answer.body) or str(answer.status))
