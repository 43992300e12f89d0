"""The fault menu: what a played gateway may be told to do wrong, on which operation, and how often."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from adapters.sandbox.ledger import Session

CALLBACK_FAULTS: Final[Mapping[str, str]] = {
    "duplicate": "sent twice",
    "late": "sent some seconds after the shopper is back",
    "reordered": "followed by an older status",
    "lost": "never sent",
    "wrong_amount": "names another amount",
    "wrong_currency": "names another currency",
    "forged": "signed with a wrong key",
}
ANSWER_FAULTS: Final[Mapping[str, str]] = {
    "hang": "no answer, and nothing is done",
    "act_then_hang": "done, but no answer",
    "status_5xx": "a server error, and nothing is done",
    "garbage": "done, but the answer is HTML, truncated, empty or reset",
    "slow_drip": "done, the answer comes byte by byte",
    "redirect_elsewhere": "a redirect to another host, and nothing is done",
    "foreign_page": "done, but the page's address is on another host",
    "unauthorized_once": "401 once",
    "unauthorized_always": "401 until cleared",
    "throttled": "429 with Retry-After",
    "callback_before_answer": "paid and called back before the session is answered",
    "refund_refused": "accepted now, refused later",
    "wrong_amount": "the status answer names another amount",
    "wrong_currency": "the status answer names another currency",
}
OPERATIONS: Final = ("create", "look", "collect", "refund", "capture", "cancel", "token", "callback")
_ONLY_ON: Final[Mapping[str, frozenset[str]]] = {
    "foreign_page": frozenset({"create"}),
    "callback_before_answer": frozenset({"create"}),
    "refund_refused": frozenset({"refund"}),
    "wrong_amount": frozenset({"look", "collect", "callback"}),
    "wrong_currency": frozenset({"look", "collect", "callback"}),
}


class BadFault(ValueError):
    """The menu has no such dish; the text says what was wrong."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One armed fault. `times` counts down; None stays until cleared."""

    number: int
    gateway: str
    kind: str
    on: str
    times: int | None = 1
    params: Mapping[str, Any] = field(default_factory=dict)

    def text(self, name: str, default: str) -> str:
        """A parameter that is a string, or the default."""
        value = self.params.get(name)
        return value if isinstance(value, str) else default

    def seconds(self, name: str, default: float) -> float:
        """A parameter that is a number of seconds, or the default."""
        value = self.params.get(name)
        return value if isinstance(value, (int, float)) and not isinstance(value, bool) else default

    def count(self, name: str, default: int) -> int:
        """A parameter that is a whole number, or the default."""
        value = self.params.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else default


class FaultMenu:
    """The armed faults of every gateway; the oldest match is taken first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._armed: list[Fault] = []

    def arm(self, gateway: str, wish: Mapping[str, Any]) -> Fault:
        """Arm what `wish` names: kind, on, times, and the parameters of the kind. Raises: BadFault."""
        params = {name: value for name, value in wish.items() if name not in {"kind", "on", "times"}}
        fault = make_fault(gateway, wish.get("kind"), wish.get("on"), wish.get("times", 1), params)
        with self._lock:
            fault = replace(fault, number=next(self._numbers))
            self._armed.append(fault)
        return fault

    def take(self, gateway: str, operation: str) -> Fault | None:
        """Use up one turn of the first fault armed for this operation."""
        with self._lock:
            for index, fault in enumerate(self._armed):
                if (fault.gateway, fault.on) == (gateway, operation):
                    self._use(index, fault)
                    return fault
        return None

    def take_all(self, gateway: str, operation: str) -> list[Fault]:
        """Use up one turn of every fault armed for this operation: callbacks can be wrong in several ways."""
        with self._lock:
            found = [f for f in self._armed if (f.gateway, f.on) == (gateway, operation)]
            for fault in found:
                self._use(self._armed.index(fault), fault)
        return found

    def listed(self, gateway: str) -> list[Fault]:
        """What is still armed for this gateway, oldest first."""
        with self._lock:
            return [fault for fault in self._armed if fault.gateway == gateway]

    def clear(self, gateway: str) -> None:
        """Disarm everything of this gateway."""
        with self._lock:
            self._armed = [fault for fault in self._armed if fault.gateway != gateway]

    def _use(self, index: int, fault: Fault) -> None:
        if fault.times is None:
            return
        if fault.times > 1:
            self._armed[index] = replace(fault, times=fault.times - 1)
        else:
            del self._armed[index]


def make_fault(gateway: str, kind: object, on: object, times: object, params: Mapping[str, Any]) -> Fault:
    """A checked fault; `on` defaults to where the kind makes sense. Raises: BadFault."""
    if not isinstance(kind, str) or (kind not in ANSWER_FAULTS and kind not in CALLBACK_FAULTS):
        known = ", ".join(sorted({*ANSWER_FAULTS, *CALLBACK_FAULTS}))
        raise BadFault(f"unknown kind {kind!r}; one of {known}")
    if on is None:
        fallback = "refund" if kind == "refund_refused" else "create"
        on = "callback" if kind in CALLBACK_FAULTS else fallback
    if on not in OPERATIONS or on not in _ONLY_ON.get(kind, OPERATIONS):
        raise BadFault(f"{kind} cannot happen on {on!r}")
    if (on == "callback") != (kind in CALLBACK_FAULTS) and kind not in {"wrong_amount", "wrong_currency"}:
        raise BadFault(f"{kind} cannot happen on {on!r}")
    if kind == "unauthorized_always":
        times = None
    if times is not None and (not isinstance(times, int) or isinstance(times, bool) or times < 1):
        raise BadFault("times is a number above zero, or null for ever")
    return Fault(0, gateway, kind, str(on), times, dict(params))


@dataclass(frozen=True, slots=True)
class Plan:
    """What one callback will suffer, from every fault that hits it. `older` are statuses told after it."""

    delta: int = 0
    currency: str = ""
    copies: int = 1
    delay: float = 0
    lost: bool = False
    forged: bool = False
    older: tuple[str, ...] = ()

    @classmethod
    def of(cls, faults: Iterable[Fault]) -> Plan:
        """Fold several faults into one plan."""
        plan = cls()
        for fault in faults:
            if fault.kind == "wrong_amount":
                plan = replace(plan, delta=fault.count("delta", 1))
            elif fault.kind == "wrong_currency":
                plan = replace(plan, currency=fault.text("currency", "XTS"))
            elif fault.kind == "duplicate":
                plan = replace(plan, copies=fault.count("copies", 2))
            elif fault.kind == "late":
                plan = replace(plan, delay=fault.seconds("seconds", 10))
            elif fault.kind == "lost":
                plan = replace(plan, lost=True)
            elif fault.kind == "forged":
                plan = replace(plan, forged=True)
            elif fault.kind == "reordered":
                plan = replace(plan, older=tuple(fault.params.get("older", ("pending",))))
        return plan

    def told(self, session: Session) -> Session:
        """The session as the shop will be told about it; the ledger keeps the truth."""
        return replace(
            session, amount=max(session.amount + self.delta, 0), currency=self.currency or session.currency
        )
