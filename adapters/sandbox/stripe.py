"""Plays Stripe Checkout Sessions: form-encoded calls, idempotency keys, signed events to the endpoint."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final

from flask import Blueprint, Response, abort, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from adapters.sandbox import stripe_objects as objects
from adapters.sandbox import stripe_wire as wire
from adapters.sandbox.amounts import whole
from adapters.sandbox.ledger import Message, Refund, Refused, Session
from adapters.sandbox.player import News, Outgoing, WayBack, buttons
from adapters.sandbox.stage import Stage, new_id

KEY: Final = "sk_test_callbankSandbox0001"
WEBHOOK_SECRET: Final = "whsec_callbank_sandbox_known_to_everybody"  # noqa: S105 -- a published test secret
API_VERSION: Final = "2026-10-28.endive"
_WRONG: Final = "invalid_request_error"


class Stripe:
    """Any `sk_test_` key is an account of its own. Events go to the one endpoint of the panel."""

    code: ClassVar[str] = "stripe"
    title: ClassVar[str] = "Stripe"
    settings: ClassVar[Mapping[str, Any]] = {
        "webhook_secret": WEBHOOK_SECRET,
        "webhook_secret_previous": "",
        "refund_event": "refund.updated",
        "refund_seconds": 0,
    }

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._replays = wire.Replays()
        self._beside: dict[str, Mapping[str, Any]] = {}
        self._slow: set[str] = set()
        self._held: set[str] = set()
        self._ended: set[str] = set()

    @staticmethod
    def credentials(base_url: str) -> dict[str, object]:
        """The settings block a shop needs to talk to this player; `base_url` is the sandbox's own address."""
        block = {"secret_key": KEY, "webhook_secret": WEBHOOK_SECRET, "base_url": f"{base_url}/stripe"}
        return {"adapter": "stripe", **block}

    def routes(self) -> Blueprint:
        """The gateway's own paths, below `/stripe`, and a panel to dispute a payment in."""
        sessions, intent = "/v1/checkout/sessions", "/v1/payment_intents/<intent_id>"
        paths = self._stage.paths(
            ("POST", sessions, "create", self._once(self.create)),
            ("GET", f"{sessions}/<session_id>", "look", self.retrieve),
            ("GET", f"{sessions}/<session_id>/line_items", "look", self.line_items),
            ("POST", f"{sessions}/<session_id>/expire", "cancel", self._once(self.expire)),
            ("GET", intent, "look", self.retrieve_intent),
            ("POST", f"{intent}/capture", "capture", self._once(self.capture)),
            ("POST", f"{intent}/cancel", "cancel", self._once(self.cancel)),
            ("POST", "/v1/refunds", "refund", self._once(self.refund)),
            ("GET", "/v1/refunds", "look", self.refunds),
            ("GET", "/v1/refunds/<refund_id>", "look", self.one_refund),
        )
        paths.add_url_rule("/_panel/dispute", "dispute", self.dispute, methods=["POST"])
        paths.after_request(_numbered)
        return paths

    def create(self) -> ResponseReturnValue:
        """Open a session and tell its page."""
        account, wish = self._account(), self._wish()
        try:
            checked = wire.read_session(wish, self._stage.now())
        except wire.BadField as bad:
            return wire.error(400, _WRONG, str(bad), code=bad.code, param=bad.param)
        manual = checked.manual_capture or bool(self._stage.settings["manual_capture"])
        fresh = replace(checked, id=objects.new_session_id(), account=account, manual_capture=manual)
        session, _ = self._stage.ledger.open(fresh)
        return jsonify(self._described(self._stage.opened(session)))

    def retrieve(self, session_id: str) -> ResponseReturnValue:
        """The session as it stands; `expand[]=payment_intent` shows the intent itself."""
        told = self._stage.told(self._session(session_id))
        expanded = "payment_intent" in [v for k, v in request.args.items(multi=True) if k[:6] == "expand"]
        return jsonify(self._described(told, expanded=expanded))

    def line_items(self, session_id: str) -> ResponseReturnValue:
        """What the session sells."""
        lines = self._session(session_id).extra["lines"]
        return jsonify(object="list", data=lines, has_more=False, url=request.path)

    def expire(self, session_id: str) -> ResponseReturnValue:
        """End an open session: nobody can pay it any more."""
        session = self._session(session_id)
        if self._state(session) != "open":
            return wire.error(400, _WRONG, 'Only Checkout Sessions with a status in ["open"] can be expired.')
        if session.status == "open":
            self._stage.finish(session.id, "expired")
        else:  # its shopper had gone back to the shop
            self._ended.add(session.id)
            self._stage.announce(session)
        return jsonify(self._described(self._session(session_id)))

    def retrieve_intent(self, intent_id: str) -> ResponseReturnValue:
        """The payment intent of a session."""
        return jsonify(self._intent(self._stage.told(self._of_intent(intent_id))))

    def capture(self, intent_id: str) -> ResponseReturnValue:
        """Take what is held, or a part of it; the rest is let go."""
        session, wish = self._of_intent(intent_id), self._wish()
        amount = whole(wish["amount_to_capture"]) if "amount_to_capture" in wish else session.amount
        if session.status != "authorized" or not amount or amount > session.amount:
            return self._unexpected(session)
        self._stage.finish(session.id, "paid", amount=amount)
        return jsonify(self._intent(self._of_intent(intent_id)))

    def cancel(self, intent_id: str) -> ResponseReturnValue:
        """Let go of what is held."""
        session = self._of_intent(intent_id)
        if session.status != "authorized":
            return self._unexpected(session)
        self._stage.finish(session.id, "cancelled")
        return jsonify(self._intent(self._of_intent(intent_id)))

    def refund(self) -> ResponseReturnValue:
        """Give money back: all that is left, or `amount`."""
        wish = self._wish()
        found = [wish.get("payment_intent"), wish.get("charge")]
        session = self._of_intent(str(found[0] or f"pi_{str(found[1])[3:]}"))
        amount = whole(wish["amount"]) if "amount" in wish else session.refundable
        if not wire.is_metadata(wish.get("metadata", {})):
            return wire.error(400, _WRONG, "Invalid metadata", param="metadata")
        if session.captured and not session.refundable:
            return wire.error(
                400, _WRONG, "Charge has already been refunded.", code="charge_already_refunded"
            )
        wanted = Refund(
            f"re_{secrets.token_hex(12)}", "", amount or 0, "done", str(wish.get("reason", "")), 0
        )
        self._beside[wanted.id] = {"metadata": wish.get("metadata", {}), "reason": wish.get("reason")}
        try:
            made, _ = self._stage.refund(
                session, wanted, after=self._stage.settings["refund_seconds"] or None
            )
        except Refused as no:
            return wire.error(400, _WRONG, str(no), param="amount")
        return jsonify(self._refund(session, made))

    def refunds(self) -> ResponseReturnValue:
        """The refunds of a payment intent, youngest first."""
        session = self._of_intent(request.args.get("payment_intent", ""))
        limit = whole(request.args.get("limit", "10")) or 10
        found = [self._refund(session, refund) for refund in reversed(session.refunds)]
        return jsonify(object="list", data=found[:limit], has_more=len(found) > limit, url="/v1/refunds")

    def one_refund(self, refund_id: str) -> ResponseReturnValue:
        """One refund."""
        account = self._account()
        for session in self._stage.ledger.sessions(self.code):
            for refund in session.refunds if session.account == account else ():
                if refund.id == refund_id:
                    return jsonify(self._refund(session, refund))
        return wire.error(404, _WRONG, f"No such refund: '{refund_id}'", code="resource_missing")

    def dispute(self) -> ResponseReturnValue:
        """The cardholder complains: `{"session": id, "status": "needs_response", "amount": units}`."""
        wish = request.get_json(silent=True) or {}
        session = self._stage.ledger.find(self.code, str(wish.get("session", "")))
        if session is None or not session.captures:
            return jsonify(error="no such session, or nobody paid it"), 404
        status, now = str(wish.get("status", "needs_response")), self._stage.now()
        kind = "closed" if status in {"won", "lost", "warning_closed"} else "created"
        told = objects.dispute_json(session, whole(str(wish.get("amount"))) or session.captured, status, now)
        event = self._event(session, f"charge.dispute.{kind}", told)
        if event is not None:
            sent = (event.method, event.url, event.headers, event.body)
            message = Message(new_id("msg"), self.code, session.id, f"dispute {status}", *sent, now)
            self._stage.props.notifier.attempt(self._stage.ledger.keep(message), self.accepted)
        return jsonify(told), 201

    def outcomes(self, session: Session) -> Mapping[str, str]:
        """What the shopper may choose now; with manual capture paying only authorises."""
        offered = buttons(session)
        if "authorized" not in offered:
            return offered
        return {"authorized": "Pay"} | {k: v for k, v in offered.items() if k not in {"paid", "authorized"}}

    def compose(self, news: News) -> Outgoing | None:
        """The event of a session, its intent or a refund; going back to the shop is none."""
        session, refund = news.session, news.refund
        if refund:
            kind = str(self._stage.settings["refund_event"])
            if kind == "charge.refunded":
                return self._event(session, kind, objects.charge_json(session), forged=news.forged)
            kind = {"pending": "refund.created", "refused": "refund.failed"}.get(refund.status, kind)
            return self._event(session, kind, self._refund(session, refund), forged=news.forged)
        kind = self._kind(session)
        if not kind:
            return None
        about = self._intent(session) if kind.startswith("payment_intent") else self._described(session)
        return self._event(session, kind, about, forged=news.forged)

    def accepted(self, status: int, body: bytes) -> bool:
        """Any 2xx is a receipt; Stripe ignores the body."""
        return 200 <= status < 300

    def way_back(self, session: Session) -> WayBack:
        """`success_url` with the session's id, or `cancel_url` while nothing was agreed."""
        self._remember(session)
        if self._state(session) == "complete":
            return WayBack(session.return_url.replace("{CHECKOUT_SESSION_ID}", session.id))
        return WayBack(session.extra["cancel_url"])

    def refuse(self, status: int, words: str) -> Response:
        """An error answer of this HTTP status in Stripe's envelope."""
        return wire.error(status, "api_error" if status >= 500 else _WRONG, words)

    def _kind(self, session: Session) -> str:
        self._remember(session)
        held, slow = session.id in self._held, session.id in self._slow
        return objects.event_kind(session.status, held=held, slow=slow, ended=session.id in self._ended)

    def _remember(self, session: Session) -> None:
        """What a later status alone would not tell: money that was held, a slow method."""
        if session.status in {"pending", "authorized"}:
            (self._slow if session.status == "pending" else self._held).add(session.id)

    def _event(
        self, session: Session, kind: str, about: Mapping[str, Any], *, forged: bool = False
    ) -> Outgoing | None:
        url = self._stage.webhook(session)
        if not url:
            return None
        stamp = int(self._stage.now())
        event = {
            "id": f"evt_{secrets.token_hex(12)}",
            "object": "event",
            "api_version": API_VERSION,
            "created": stamp,
            "data": {"object": about},
            "livemode": False,
            "type": kind,
        }
        body = json.dumps(event, indent=2, ensure_ascii=False).encode()
        settings = self._stage.settings
        keys = [
            str(settings[name]) for name in ("webhook_secret_previous", "webhook_secret") if settings[name]
        ]
        header = wire.signature_header(body, stamp, ["whsec_a_forgers_guess"] if forged else keys)
        headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": header}
        return Outgoing(url, body, headers)

    def _state(self, session: Session) -> str:
        if session.id in self._ended or (session.status == "expired" and session.id not in self._held):
            return "expired"
        gone_back = session.status == "cancelled" and session.id not in self._held
        return "open" if session.status == "open" or gone_back else "complete"

    def _described(self, session: Session, *, expanded: bool = False) -> dict[str, Any]:
        state = self._state(session)
        intent = self._intent(session) if expanded else objects.intent_id(session)
        page = self._stage.page(session) if state == "open" else ""
        return objects.session_json(session, state, page, intent if state == "complete" else None)

    def _intent(self, session: Session) -> dict[str, Any]:
        real = self._stage.ledger.find(self.code, session.id) or session
        received = (session.captured or real.amount) + session.amount - real.amount
        return objects.intent_json(session, received if session.status == "paid" else 0)

    def _refund(self, session: Session, refund: Refund) -> dict[str, Any]:
        return objects.refund_json(session, refund, self._beside.get(refund.id, {}))

    def _unexpected(self, session: Session) -> Response:
        words = f"This PaymentIntent's status is {objects.INTENT_WORDS.get(session.status)}."
        return wire.error(400, _WRONG, words, code="payment_intent_unexpected_state")

    def _account(self) -> str:
        """The account of the secret key, given as a bearer or as the user of basic authentication."""
        given = request.authorization
        key = (given.token if given.type == "bearer" else given.username) or "" if given else ""
        if not key.startswith(("sk_test_", "rk_test_")):
            abort(wire.error(401, _WRONG, "Invalid API Key provided"))
        return f"acct_{wire.digest(key.encode())[:16]}"

    def _session(self, session_id: str) -> Session:
        account, session = self._account(), self._stage.current(session_id)
        if session is None or session.account != account:
            abort(
                wire.error(404, _WRONG, f"No such checkout.session: '{session_id}'", code="resource_missing")
            )
        return session

    def _of_intent(self, intent_id: str) -> Session:
        account = self._account()
        for session in self._stage.ledger.sessions(self.code):
            if objects.intent_id(session) == intent_id and session.account == account:
                return session
        abort(wire.error(404, _WRONG, f"No such payment_intent: '{intent_id}'", code="resource_missing"))

    def _wish(self) -> dict[str, Any]:
        if request.get_data() and request.mimetype != "application/x-www-form-urlencoded":
            abort(wire.error(400, _WRONG, "The request body is to be form-encoded"))
        try:
            return wire.nested(request.form.items(multi=True))
        except wire.BadField as bad:
            abort(wire.error(400, _WRONG, str(bad), param=bad.param))

    def _once(self, view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
        def run(**arguments: Any) -> ResponseReturnValue:
            return self._replays.once(self._account(), lambda: current_app.make_response(view(**arguments)))

        return run


def _numbered(answer: Response) -> Response:
    answer.headers["Request-Id"] = f"req_{secrets.token_hex(7)}"
    return answer
