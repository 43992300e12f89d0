"""What the played gateways remember: sessions, captures, refunds, keys, messages, and what was done."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

_ANY_END = frozenset({"authorized", "paid", "declined", "cancelled", "expired"})
MOVES: Final[Mapping[str, frozenset[str]]] = {
    "open": _ANY_END | {"pending"},
    "pending": _ANY_END,
    "authorized": frozenset({"paid", "cancelled", "expired"}),
    "paid": frozenset(),
    "declined": frozenset(),
    "cancelled": frozenset(),
    "expired": frozenset(),
}


class Refused(Exception):
    """The gateway would not do this; the text says why and is safe to send."""


@dataclass(frozen=True, slots=True)
class Capture:
    """Money taken: `amount` in the session's wire unit, `at` in seconds since the epoch."""

    id: str
    amount: int
    at: float


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back, or an attempt at it. Status: pending, done, refused."""

    id: str
    key: str
    amount: int
    status: str
    note: str
    at: float


@dataclass(frozen=True, slots=True)
class Session:
    """One payment page at one gateway. Amounts are whole numbers of a unit with `places` decimals."""

    id: str
    gateway: str
    account: str
    reference: str
    amount: int
    currency: str
    places: int
    description: str = ""
    callback_url: str = ""
    return_url: str = ""
    key: str = ""
    manual_capture: bool = False
    status: str = "open"
    created_at: float = 0
    expires_at: float | None = None
    captures: tuple[Capture, ...] = ()
    refunds: tuple[Refund, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def captured(self) -> int:
        return sum(capture.amount for capture in self.captures)

    @property
    def refunded(self) -> int:
        return sum(refund.amount for refund in self.refunds if refund.status == "done")

    @property
    def refundable(self) -> int:
        """What is captured and neither given back nor on its way back."""
        return self.captured - sum(r.amount for r in self.refunds if r.status != "refused")

    @property
    def is_final(self) -> bool:
        return not MOVES[self.status]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt to hand a message to the shop. `status` is None when no answer came: see `error`."""

    at: float
    status: int | None
    answer: str = ""
    error: str = ""
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One server-to-server callback, byte for byte as it is sent, and every answer the shop gave to it."""

    id: str
    gateway: str
    session_id: str
    says: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    at: float
    forged: bool = False
    lost: bool = False
    deliveries: tuple[Delivery, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the append-only list of what was done."""

    number: int
    at: float
    gateway: str
    session_id: str
    what: str
    detail: str


class Ledger:
    """Keeps everything in memory behind one lock; each method is one indivisible step."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._sessions: dict[str, Session] = {}
        self._keys: dict[tuple[str, str, str], str] = {}
        self._messages: dict[str, Message] = {}
        self._entries: list[Entry] = []

    def note(self, gateway: str, session_id: str, what: str, detail: str = "") -> None:
        """Append one line to the list of what was done."""
        with self._lock:
            number = len(self._entries) + 1
            self._entries.append(Entry(number, self._clock(), gateway, session_id, what, detail))

    def open(self, session: Session) -> tuple[Session, bool]:
        """Store a new session, or answer the one its key opened before. The flag says whether it is new."""
        with self._lock:
            slot = (session.gateway, "session", session.key)
            if session.key and slot in self._keys:
                return self._sessions[self._keys[slot]], False
            if session.key:
                self._keys[slot] = session.id
            session = replace(session, created_at=self._clock())
            self._sessions[session.id] = session
            self.note(session.gateway, session.id, "opened", f"{session.amount} {session.currency}")
            return session, True

    def find(self, gateway: str, session_id: str) -> Session | None:
        """The session of this gateway with this id, or None."""
        with self._lock:
            session = self._sessions.get(session_id)
            return session if session and session.gateway == gateway else None

    def newest(self, gateway: str, reference: str) -> Session | None:
        """The youngest session of this gateway with the shop's own reference, or None."""
        with self._lock:
            found = [s for s in self._sessions.values() if (s.gateway, s.reference) == (gateway, reference)]
            return found[-1] if found else None

    def move(self, session_id: str, status: str) -> Session:
        """Give the session a status that takes no money. Raises: Refused."""
        with self._lock:
            session = self._allowed(session_id, status)
            return self._save(replace(session, status=status), status)

    def rename(self, session_id: str, reference: str) -> Session:
        """Give the session the shop's own reference, where that is told late."""
        with self._lock:
            session = replace(self._sessions[session_id], reference=reference, description=reference)
            return self._save(session, f"is {reference}")

    def capture(
        self, session_id: str, capture_id: str, amount: int | None, *, key: str = ""
    ) -> tuple[Session, bool]:
        """Take `amount` (None: all) once and make the session paid. Raises: Refused.

        The flag says whether it is new: a known key takes nothing.
        """
        with self._lock:
            session = self._sessions[session_id]
            slot = (session.gateway, "capture", key)
            if key and slot in self._keys:
                return self._sessions[self._keys[slot]], False
            session = self._allowed(session_id, "paid")
            amount = session.amount if amount is None else amount
            if not 0 < amount <= session.amount:
                raise Refused("the amount is not within what was agreed")
            if key:
                self._keys[slot] = session_id
            taken = (*session.captures, Capture(capture_id, amount, self._clock()))
            return self._save(replace(session, status="paid", captures=taken), f"captured {amount}"), True

    def refund(self, session_id: str, refund: Refund) -> tuple[Session, Refund, bool]:
        """Give money back, or answer the refund its key made before; the flag says whether it is new.

        A refund that is already marked refused is recorded as it stands. Raises: Refused.
        """
        with self._lock:
            session = self._sessions[session_id]
            slot = (session.gateway, "refund", refund.key)
            if refund.key and slot in self._keys:
                known = self.refund_by_key(session.gateway, refund.key)
                return (*known, False) if known else (session, refund, False)
            if refund.status != "refused" and not 0 < refund.amount <= session.refundable:
                raise Refused("the amount is not within what was captured and is not yet refunded")
            if refund.key:
                self._keys[slot] = session_id
            refund = replace(refund, at=self._clock())
            session = replace(session, refunds=(*session.refunds, refund))
            return self._save(session, f"refund {refund.status} {refund.amount}"), refund, True

    def refund_by_key(self, gateway: str, key: str) -> tuple[Session, Refund] | None:
        """The refund made with this key and its session, or None."""
        with self._lock:
            session_id = self._keys.get((gateway, "refund", key))
            session = self._sessions[session_id] if session_id else None
            found = [r for r in session.refunds if r.key == key] if session else []
            return (session, found[0]) if session and found else None

    def settle_refund(self, session_id: str, refund_id: str, status: str) -> tuple[Session, Refund]:
        """Turn a pending refund into a done or refused one; a settled one stays as it is."""
        with self._lock:
            session = self._sessions[session_id]
            settled = tuple(
                replace(r, status=status) if r.id == refund_id and r.status == "pending" else r
                for r in session.refunds
            )
            session = self._save(replace(session, refunds=settled), f"refund {status}")
            return session, next(r for r in settled if r.id == refund_id)

    def keep(self, message: Message) -> Message:
        """Store a message, replacing an earlier state of it."""
        with self._lock:
            self._messages[message.id] = message
            return message

    def answered(self, message_id: str, delivery: Delivery) -> Message:
        """Add one delivery to a message."""
        with self._lock:
            message = self._messages[message_id]
            message = self.keep(replace(message, deliveries=(*message.deliveries, delivery)))
            outcome = delivery.error or str(delivery.status)
            self.note(message.gateway, message.session_id, "delivered", f"{message.says}: {outcome}")
            return message

    def message(self, gateway: str, message_id: str) -> Message | None:
        """The stored message of this gateway with this id, or None."""
        with self._lock:
            message = self._messages.get(message_id)
            return message if message and message.gateway == gateway else None

    def sessions(self, gateway: str) -> list[Session]:
        """Every session of this gateway, youngest first."""
        with self._lock:
            return [s for s in reversed(self._sessions.values()) if s.gateway == gateway]

    def messages(self, session_id: str) -> list[Message]:
        """Every message about this session, oldest first."""
        with self._lock:
            return [m for m in self._messages.values() if m.session_id == session_id]

    def as_json(self) -> dict[str, list[dict[str, Any]]]:
        """Everything, as JSON can hold it; captures and refunds also stand flat, with their session's id."""
        with self._lock:
            sessions = [session_as_json(session) for session in self._sessions.values()]
            return {
                "sessions": sessions,
                "captures": [{**c, "session_id": s["id"]} for s in sessions for c in s["captures"]],
                "refunds": [{**r, "session_id": s["id"]} for s in sessions for r in s["refunds"]],
                "keys": [
                    {"gateway": gateway, "for": kind, "key": key, "session_id": session_id}
                    for (gateway, kind, key), session_id in self._keys.items()
                ],
                "messages": [message_as_json(message) for message in self._messages.values()],
                "entries": [asdict(entry) for entry in self._entries],
            }

    def _allowed(self, session_id: str, status: str) -> Session:
        session = self._sessions[session_id]
        if status not in MOVES[session.status]:
            raise Refused(f"the session is {session.status} and cannot become {status}")
        return session

    def _save(self, session: Session, what: str) -> Session:
        self._sessions[session.id] = session
        self.note(session.gateway, session.id, "session", what)
        return session


def session_as_json(session: Session) -> dict[str, Any]:
    """A session with its totals, as JSON can hold it."""
    return {**asdict(session), "captured": session.captured, "refunded": session.refunded}


def message_as_json(message: Message) -> dict[str, Any]:
    """A message as JSON can hold it; bytes that are not UTF-8 are shown replaced."""
    return {**asdict(message), "body": message.body.decode("utf-8", "replace")}
