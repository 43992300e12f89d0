"""Plays Mollie's Payments API v2: JSON over a bearer key, webhooks that carry an id and nothing else.

Written from Mollie's documentation and sharing nothing with the adapter.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

from adapters.sandbox.amounts import is_web_address, places_of, shown
from adapters.sandbox.ledger import Refund, Refused, Session
from adapters.sandbox.player import News, Outgoing, WayBack, buttons
from adapters.sandbox.stage import Stage, new_id
from flask import Blueprint, Response, abort, jsonify, request
from flask.typing import ResponseReturnValue

KEY = "test_callbankSandboxKnownToEverybody0001"
STATUSES = {"paid": "paid", "declined": "failed", "cancelled": "canceled"}
REFUNDS = {"done": "refunded", "refused": "failed"}
LOCALE = re.compile(r"[a-z]{2}_[A-Z]{2}")


class MolliePlayer:
    """Knobs: `cancelable` payments can be ended, `reason` is why cards are refused."""

    code: ClassVar[str] = "mollie"
    title: ClassVar[str] = "Mollie"
    settings: ClassVar[Mapping[str, Any]] = {"cancelable": True, "reason": "insufficient_funds"}

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._notes: dict[str, Any] = {}
        self._disputed: dict[str, int] = {}

    @staticmethod
    def credentials(base_url: str) -> dict[str, object]:
        """The settings block a shop needs to talk to this player; `base_url` is the sandbox's own address."""
        return {"adapter": "mollie", "api_key": KEY, "base_url": f"{base_url}/mollie/v2"}

    def routes(self) -> Blueprint:
        """Mollie's own paths, and a panel to charge money back in."""
        payment = "/v2/payments/<payment_id>"
        paths = self._stage.paths(
            ("POST", "/v2/payments", "create", self.create),
            ("GET", payment, "look", self.show),
            ("DELETE", payment, "cancel", self.cancel),
            ("POST", f"{payment}/refunds", "refund", self.refund),
        )
        paths.add_url_rule("/_panel/chargeback", "chargeback", self.charge_back, methods=["POST"])
        return paths

    def create(self) -> ResponseReturnValue:
        """Open a payment; the same Idempotency-Key answers the first one."""
        wish = self._asked()
        amount, currency = self._amount(wish)
        for field in ("redirectUrl", "webhookUrl", "cancelUrl"):
            if not is_web_address(wish.get(field)):
                abort(_error(422, f"The {field} is invalid", field))
        if not wish.get("description"):
            abort(_error(422, "The description is missing", "description"))
        if wish.get("locale") and not LOCALE.fullmatch(str(wish["locale"])):
            abort(_error(422, "The locale is invalid", "locale"))
        metadata = wish.get("metadata")
        session, _ = self._stage.ledger.open(
            Session(
                id=new_id("tr"),
                gateway=self.code,
                account=KEY,
                reference=str(metadata.get("reference", "")) if isinstance(metadata, dict) else "",
                amount=amount,
                currency=currency,
                places=places_of(currency),
                description=str(wish["description"]),
                callback_url=wish["webhookUrl"],
                return_url=wish["redirectUrl"],
                key=request.headers.get("Idempotency-Key", ""),
                extra={"cancel_url": wish["cancelUrl"], "metadata": metadata, "locale": wish.get("locale")},
            )
        )
        return jsonify(self._payment(self._stage.opened(session))), 201

    def show(self, payment_id: str) -> ResponseReturnValue:
        """One payment; `?embed=refunds` puts its refunds inside."""
        self._asked()
        session = self._stage.told(self._session(payment_id))
        told = self._payment(session)
        if request.args.get("embed") == "refunds" and session.refunds:
            told["_embedded"] = {"refunds": [self._refund(session, one) for one in session.refunds]}
        return jsonify(told)

    def cancel(self, payment_id: str) -> ResponseReturnValue:
        """End what is cancelable."""
        self._asked()
        session = self._session(payment_id)
        if not self._payment(session).get("isCancelable"):
            return _error(422, "The payment cannot be cancelled")
        self._stage.finish(session.id, "cancelled")
        return jsonify(self._payment(self._session(payment_id)))

    def refund(self, payment_id: str) -> ResponseReturnValue:
        """Give money back once per Idempotency-Key."""
        wish, session = self._asked(), self._session(payment_id)
        amount, _ = self._amount(wish)
        key = request.headers.get("Idempotency-Key", "")
        wanted = Refund(new_id("re"), key, amount, "done", str(wish.get("description", "")), 0)
        after = self._stage.settings["refund_seconds"] or None
        self._notes[wanted.id] = wish.get("metadata")
        try:
            made, _ = self._stage.refund(session, wanted, after=after)
        except Refused:
            return _error(422, "The amount is higher than the maximum", "amount")
        return jsonify(self._refund(session, made)), 201

    def charge_back(self) -> ResponseReturnValue:
        """The cardholder's bank takes money back: `{"session": id, "amount": units}`."""
        wish = request.get_json()
        session = self._session(wish["session"])
        self._disputed[session.id] = self._disputed.get(session.id, 0) + int(wish["amount"])
        self._stage.announce(session)
        return jsonify(self._payment(session))

    def outcomes(self, session: Session) -> Mapping[str, str]:
        """What the shopper may choose now: status to reach -> words on the button."""
        return buttons(session)

    def compose(self, news: News) -> Outgoing | None:
        """The webhook; open and pending are no news."""
        if news.session.status in {"open", "pending"}:
            return None
        body = urlencode({"id": news.session.id}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return Outgoing(news.session.callback_url, body, headers)

    def accepted(self, status: int, body: bytes) -> bool:
        """Only 200 is a receipt."""
        return status == 200

    def way_back(self, session: Session) -> WayBack:
        """Nothing is added to the shop's addresses."""
        given_up = session.status == "cancelled"
        return WayBack(session.extra["cancel_url"] if given_up else session.return_url)

    def refuse(self, status: int, words: str) -> Response:
        """An error answer of this HTTP status; there are no tokens to forget."""
        return _error(status, words)

    def _asked(self) -> dict[str, Any]:
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {KEY}".encode()):
            abort(_error(401, "Missing authentication, or failed to authenticate"))
        wish = request.get_json(force=True) if request.get_data() else {}
        return wish if isinstance(wish, dict) else abort(_error(400, "The request is no object"))

    def _amount(self, wish: Mapping[str, Any]) -> tuple[int, str]:
        """Units and currency; Mollie wants a text with exactly the currency's decimals."""
        told = wish.get("amount")
        currency, value = (told.get("currency"), told.get("value")) if isinstance(told, dict) else ("", "")
        places = places_of(str(currency))
        exact = rf"[0-9]{{1,12}}\.[0-9]{{{places}}}" if places else r"[0-9]{1,12}"
        if not currency or not isinstance(value, str) or not re.fullmatch(exact, value):
            abort(_error(422, "The amount contains an invalid value", "amount"))
        return int(value.replace(".", "")), currency

    def _session(self, payment_id: str) -> Session:
        found = self._stage.current(payment_id)
        return found or abort(_error(404, f"No payment exists with token {payment_id}."))

    def _payment(self, session: Session) -> dict[str, Any]:
        status = STATUSES.get(session.status, session.status)
        told: dict[str, Any] = {
            "resource": "payment",
            "id": session.id,
            "mode": "test",
            "amount": _money(session, session.amount),
            "description": session.description,
            "status": status,
            "metadata": session.extra["metadata"],
            "details": {"failureReason": self._stage.settings["reason"]} if status == "failed" else None,
            "_links": {"self": {"href": f"{self._stage.root()}/v2/payments/{session.id}"}},
        }
        if status == "open":
            told["_links"]["checkout"] = {"href": self._stage.page(session), "type": "text/html"}
        if status in {"open", "pending", "authorized"}:
            told["isCancelable"] = bool(self._stage.settings["cancelable"])
        if session.captured:
            back = sum(one.amount for one in session.refunds if one.status != "refused")
            told["amountRefunded"] = _money(session, back)
        if session.id in self._disputed:
            told["amountChargedBack"] = _money(session, self._disputed[session.id])
        return told

    def _refund(self, session: Session, refund: Refund) -> dict[str, Any]:
        return {
            "resource": "refund",
            "id": refund.id,
            "mode": "test",
            "paymentId": session.id,
            "amount": _money(session, refund.amount),
            "status": REFUNDS.get(refund.status, "processing"),
            "metadata": self._notes.get(refund.id),
        }


def _money(session: Session, units: int) -> dict[str, str]:
    return {"currency": session.currency, "value": shown(units, places_of(session.currency))}


def _error(status: int, detail: str, field: str = "") -> Response:
    told = {"status": status, "title": "Refused", "detail": detail, **({"field": field} if field else {})}
    return Response(json.dumps(told), status, mimetype="application/hal+json")
