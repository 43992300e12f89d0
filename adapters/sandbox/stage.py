"""What every played gateway stands on: the ledger, the fault menu, the callbacks."""

from __future__ import annotations

import functools
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from flask import Blueprint, Response, current_app, g, has_request_context, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from adapters.sandbox import answers
from adapters.sandbox.faults import Fault, FaultMenu, Plan
from adapters.sandbox.ledger import Ledger, Message, Refund, Refused, Session
from adapters.sandbox.notify import Notifier
from adapters.sandbox.player import News, Player, shoppers_yes

PATIENCE: Final = 3.0
View = Callable[..., ResponseReturnValue]
COMMON_SETTINGS: Final[Mapping[str, Any]] = {
    "manual_capture": False,
    "refund_seconds": 0.3,
    "webhook_url": "",
}


@dataclass(frozen=True, slots=True)
class Props:
    """What all stages of one sandbox share. `clock` answers seconds since the epoch."""

    ledger: Ledger
    menu: FaultMenu
    notifier: Notifier
    clock: Callable[[], float]
    base_url: str | None


class Stage:
    """One gateway's share of the sandbox: what the player needs to act, and what makes it fail on demand."""

    def __init__(self, player: type[Player], props: Props) -> None:
        self.code = player.code
        self.props = props
        self.settings: dict[str, Any] = {**COMMON_SETTINGS, **player.settings}
        self.player = player(self)

    @property
    def ledger(self) -> Ledger:
        return self.props.ledger

    def now(self) -> float:
        """Seconds since the epoch, by the sandbox's clock."""
        return self.props.clock()

    def root(self) -> str:
        """The address below which this gateway answers, without a slash at the end."""
        return (self.props.base_url or request.url_root).rstrip("/") + f"/{self.code}"

    def page(self, session: Session) -> str:
        """The hosted page of a session; the fault foreign_page answers an address that is not ours."""
        fault = self._fault()
        if fault and fault.kind == "foreign_page":
            return fault.text("location", "https://elsewhere.invalid/pay")
        return f"{self.root()}/pay/{session.id}"

    def webhook(self, session: Session) -> str:
        """Where a gateway that is told its address in its panel, not with the session, sends its messages.

        The knob `webhook_url` is that panel. While nobody typed anything into it, Callbank's own place
        is guessed from the way back: `/returns/<account>/<token>` beside `/callbacks/<account>`.
        """
        base, found, rest = session.return_url.partition("/returns/")
        guessed = f"{base}/callbacks/{rest.partition('/')[0]}" if found else ""
        return str(self.settings["webhook_url"] or guessed)

    def current(self, session_id: str) -> Session | None:
        """The session as it stands now; one that ran out becomes expired here, and the shop is told."""
        session = self.ledger.find(self.code, session_id)
        if session is None or session.expires_at is None or self.now() <= session.expires_at:
            return session
        if session.status in {"open", "pending"}:
            self.finish(session.id, "expired")
        return self.ledger.find(self.code, session_id)

    def told(self, session: Session) -> Session:
        """The session as this request's fault, if any, makes a status answer describe it."""
        fault = self._fault()
        return Plan.of([fault]).told(session) if fault else session

    def finish(
        self,
        session_id: str,
        status: str,
        faults: Iterable[Fault] = (),
        *,
        amount: int | None = None,
        key: str = "",
    ) -> threading.Event:
        """Move the session and tell the shop; `paid` takes `amount`, or all of it when None.

        The event is set once the shop was tried, or at once when that comes later or never. Raises: Refused.
        """
        if status != "paid":
            return self.announce(self.ledger.move(session_id, status), faults=faults)
        session, fresh = self.ledger.capture(session_id, new_id("cap"), amount, key=key)
        return self.announce(session, faults=faults) if fresh else _already()

    def refund(self, session: Session, refund: Refund, *, after: float | None) -> tuple[Refund, bool]:
        """Record a refund and tell the shop when it is settled: at once, or `after` so many seconds.

        The flag says whether it is new: a known key answers the first refund. Raises: Refused.
        """
        fault = self._fault()
        outcome = "refused" if fault and fault.kind == "refund_refused" else refund.status
        status = outcome if after is None else "pending"
        session, made, fresh = self.ledger.refund(session.id, replace(refund, status=status))
        if fresh and after is None:
            self.announce(session, made)
        elif fresh and after is not None:
            self.props.notifier.later(after, lambda: self._settle(session.id, made.id, outcome))
        return made, fresh

    def announce(
        self, session: Session, refund: Refund | None = None, faults: Iterable[Fault] = ()
    ) -> threading.Event:
        """Tell the shop how the session or the refund stands, as bent by `faults` and by the armed ones."""
        plan = Plan.of((*faults, *self.props.menu.take_all(self.code, "callback")))
        first = self.write(session, refund, plan)
        batch = [first] * plan.copies if first else []
        for status in plan.older:
            told = replace(session, status=status, captures=())
            batch += [message for message in [self.write(told, None, plan)] if message]
        if not batch or plan.lost:
            return _already()
        tried = self.props.notifier.send(batch, self.player.accepted, delay=plan.delay)
        return _already() if plan.delay else tried

    def write(self, session: Session, refund: Refund | None, plan: Plan) -> Message | None:
        """Compose one callback and keep it in the ledger without sending it."""
        told = plan.told(session)
        if refund:
            told = replace(told, amount=session.amount)
            refund = replace(refund, amount=max(refund.amount + plan.delta, 0))
        outgoing = self.player.compose(News(told, refund, plan.forged))
        if outgoing is None:
            return None
        message = Message(
            id=new_id("msg"),
            gateway=self.code,
            session_id=session.id,
            says=f"refund {refund.status}" if refund else told.status,
            method=outgoing.method,
            url=outgoing.url,
            headers=dict(outgoing.headers),
            body=outgoing.body,
            at=self.now(),
            forged=plan.forged,
            lost=plan.lost,
        )
        return self.ledger.keep(message)

    def paths(self, *rows: tuple[str, str, str, View]) -> Blueprint:
        """A blueprint of (method, path, operation, view) rows, each under the fault menu."""
        paths = Blueprint(self.code, __name__)
        for method, path, operation, view in rows:
            endpoint = f"{method} {path}".replace(".", "_")  # Flask wants no dots in a name
            paths.add_url_rule(path, endpoint, self.guard(operation, view), methods=[method])
        return paths

    def guard(self, operation: str, view: View) -> Callable[..., Response]:
        """The view, noted in the ledger, and failing in the way that is armed for `operation`.

        The body is read first: with unread bytes the server would wait for the client before it hangs up.
        """

        @functools.wraps(view)
        def run(**arguments: Any) -> Response:
            request.get_data()
            fault = self.props.menu.take(self.code, operation)
            g.sandbox_fault = fault
            self.ledger.note(self.code, "", "call", f"{operation} {fault.kind}" if fault else operation)
            return self._play(fault, lambda: self._answer(view, arguments))

        return run

    def opened(self, session: Session) -> Session:
        """Remember the session this request opened, for the faults that need it."""
        g.sandbox_session = session
        return session

    def _play(self, fault: Fault | None, act: Callable[[], Response]) -> Response:
        if fault is None:
            return act()
        refusal = self._refusal(fault)
        if refusal:
            return refusal
        closing = self.props.notifier.closing
        if fault.kind == "hang":
            return answers.silence(fault.seconds("seconds", 30), closing)
        response = act()
        if fault.kind == "act_then_hang":
            return answers.silence(fault.seconds("seconds", 30), closing)
        if fault.kind == "garbage":
            return answers.garbled(response, fault.text("form", "html"), request.environ)
        if fault.kind == "slow_drip":
            return answers.dripping(response, fault.seconds("pause", 1), closing)
        session = g.get("sandbox_session")
        if fault.kind == "callback_before_answer" and session and session.status == "open":
            status = fault.text("as", shoppers_yes(self.player.outcomes(session)))
            self.finish(session.id, status).wait(PATIENCE)
        return response

    def _refusal(self, fault: Fault) -> Response | None:
        if fault.kind == "status_5xx":
            return self.player.refuse(fault.count("status", 503), "the sandbox was told to fail")
        if fault.kind in {"unauthorized_once", "unauthorized_always"}:
            return self.player.refuse(401, "the sandbox was told to refuse")
        if fault.kind == "redirect_elsewhere":
            return Response(
                status=302, headers={"Location": fault.text("location", "https://elsewhere.invalid/")}
            )
        if fault.kind == "throttled":
            answer = self.player.refuse(429, "too many requests")
            answer.headers["Retry-After"] = str(fault.count("seconds", 1))
            return answer
        return None

    def _answer(self, view: View, arguments: Mapping[str, Any]) -> Response:
        try:
            return current_app.make_response(view(**arguments))
        except Refused as no:
            return self.player.refuse(409, str(no))
        except HTTPException as stop:
            return current_app.make_response(stop.get_response())

    def _settle(self, session_id: str, refund_id: str, outcome: str) -> None:
        self.announce(*self.ledger.settle_refund(session_id, refund_id, outcome))

    @staticmethod
    def _fault() -> Fault | None:
        fault = g.get("sandbox_fault") if has_request_context() else None
        return fault if isinstance(fault, Fault) else None


def _already() -> threading.Event:
    event = threading.Event()
    event.set()
    return event


def new_id(prefix: str) -> str:
    """A fresh id that nobody can guess."""
    return f"{prefix}_{secrets.token_hex(10)}"
