"""What one gateway must bring along to be played; everything else is the stage's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

from flask import Blueprint, Response

from adapters.sandbox.ledger import MOVES, Refund, Session

if TYPE_CHECKING:
    from adapters.sandbox.stage import Stage

_BUTTONS: Final[Mapping[str, str]] = {
    "paid": "Pay",
    "authorized": "Authorise only",
    "declined": "Decline",
    "pending": "Pay later",
    "cancelled": "Cancel",
}


@dataclass(frozen=True, slots=True)
class News:
    """What one callback is about. `session` is as the shop will be told, which a fault may have bent."""

    session: Session
    refund: Refund | None = None
    forged: bool = False


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A callback in the gateway's own dialect, signed and ready to send."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class WayBack:
    """Where the shopper's browser goes: by GET, or by a form POST when there are `fields`."""

    url: str
    fields: Mapping[str, str] | None = None


class Player(Protocol):
    """One gateway's particulars. `settings` are its knobs with their defaults, changed at run time."""

    code: ClassVar[str]
    title: ClassVar[str]
    settings: ClassVar[Mapping[str, Any]]

    def __init__(self, stage: Stage) -> None: ...

    @staticmethod
    def credentials(base_url: str) -> dict[str, object]:
        """The settings block a shop needs to talk to this player; `base_url` is the sandbox's own address."""
        ...

    def routes(self) -> Blueprint:
        """The gateway's own paths, below `/<code>`."""
        ...

    def outcomes(self, session: Session) -> Mapping[str, str]:
        """What the shopper may choose now: status to reach -> words on the button."""
        ...

    def compose(self, news: News) -> Outgoing | None:
        """The signed callback, or None when the shop gave no address for it."""
        ...

    def accepted(self, status: int, body: bytes) -> bool:
        """Whether the gateway takes the shop's answer to a callback as a receipt."""
        ...

    def way_back(self, session: Session) -> WayBack:
        """Where the shopper goes now. An empty address keeps the browser on the payment page."""
        ...

    def refuse(self, status: int, words: str) -> Response:
        """An error answer of this HTTP status in the gateway's dialect; 401 also forgets its tokens."""
        ...


def buttons(session: Session) -> dict[str, str]:
    """The usual choices that the session can still take; authorise only with manual capture."""
    offered = {status: text for status, text in _BUTTONS.items() if status in MOVES[session.status]}
    if not session.manual_capture:
        offered.pop("authorized", None)
    return offered


def shoppers_yes(outcomes: Mapping[str, str]) -> str:
    """The status that paying brings about: some gateways only hold the money until the shop collects it."""
    return "authorized" if "authorized" in outcomes and "paid" not in outcomes else "paid"
