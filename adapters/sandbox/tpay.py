"""Plays Tpay: the classic form and its API, the OpenAPI, notifications with md5sum and a detached JWS."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, jsonify, request
from flask.typing import ResponseReturnValue

from adapters.sandbox.ledger import Refund, Refused, Session
from adapters.sandbox.player import News, Outgoing, WayBack, buttons
from adapters.sandbox.stage import Stage, new_id
from adapters.sandbox.tpay_classic import ClassicPanel
from adapters.sandbox.tpay_wire import (
    CLIENT,
    CLIENT_SECRET,
    CODE,
    MERCHANT,
    NOTICES,
    failed,
    hundredths,
    notice,
    refund_json,
    seal,
    seals,
    short_of,
    transaction_json,
)
from adapters.sandbox.tpay_wire import transaction_id as tpay_id

_TOKEN_LIFE = 7200
_GLANCE = 0.1


class Tpay(ClassicPanel):
    """Both of Tpay's interfaces over one ledger. A session's id is its title.

    ``two_step``: a shopper's yes asks the shop, whose answer TRUE takes the money and FALSE sends it back.
    ``paid_delta``: hundredths more (or less) than asked that shoppers pay; ``tr_status`` overrides the word.
    ``as_json``: notifications are JSON. ``jws`` false leaves their seal away.
    """

    code: ClassVar[str] = "tpay"
    title: ClassVar[str] = "Tpay"
    settings: ClassVar[Mapping[str, Any]] = {
        "two_step": False,
        "paid_delta": 0,
        "tr_status": "",
        "as_json": False,
        "jws": True,
    }

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._lock = threading.Lock()
        self._tokens: dict[str, float] = {}

    @staticmethod
    def credentials(base_url: str) -> dict[str, object]:
        """The settings block a shop needs to talk to this player; `base_url` is the sandbox's own address."""
        return {
            "adapter": "tpay",
            "api": "openapi",
            "merchant_id": MERCHANT,
            "security_code": CODE,
            "client_id": CLIENT,
            "client_secret": CLIENT_SECRET,
            "base_url": f"{base_url}/tpay",
        }

    def routes(self) -> Blueprint:
        """The gateway's own paths, below `/tpay`."""
        one, old = "/transactions/<transaction_id>", "/api/gw/<api_key>"
        return self._stage.paths(
            ("POST", "/", "create", self.form),
            ("GET", "/", "create", self.form),
            ("POST", "/oauth/auth", "token", self.authorize),
            ("POST", "/transactions", "create", self.create),
            ("GET", one, "look", self.retrieve),
            ("POST", f"{one}/cancel", "cancel", self.cancel),
            ("POST", f"{one}/refunds", "refund", self.refund),
            ("GET", f"{one}/refunds", "look", self.refunds),
            ("POST", f"{old}/transaction/get", "look", self.old_get),
            ("POST", f"{old}/chargeback/transaction", "refund", self.old_refund),
            ("POST", f"{old}/chargeback/any", "refund", self.old_refund),
            ("GET", "/x509/notifications-jws.pem", "token", lambda: _pem(seals().leaf)),
            ("GET", "/x509/tpay-jws-root.pem", "token", lambda: _pem(seals().root)),
        )

    def authorize(self) -> ResponseReturnValue:
        """An access token for client credentials; its numbers are texts, as Tpay's may be."""
        wish = request.form or request.get_json(force=True, silent=True) or {}
        given = (str(wish.get("client_id", "")), str(wish.get("client_secret", "")))
        if given != (CLIENT, CLIENT_SECRET):
            return failed(401, "authentication_failed", "unknown client")
        token = secrets.token_hex(20)
        with self._lock:
            self._tokens[token] = self._stage.now() + _TOKEN_LIFE
        issued = int(self._stage.now())
        return jsonify(
            issued_at=issued,
            scope="read write",
            token_type="Bearer",  # noqa: S106 -- the type of a token
            expires_in=str(_TOKEN_LIFE),
            client_id=CLIENT,
            access_token=token,
        )

    def create(self) -> ResponseReturnValue:
        """Open a transaction. There is no idempotency: every call opens one."""
        self._authorized()
        wish = request.get_json(force=True, silent=True)
        if not isinstance(wish, dict):
            return failed(400, "invalid_json", "a JSON object is expected")
        if problem := short_of(wish):
            return failed(400, *problem)
        callbacks = wish.get("callbacks") or {}
        urls = callbacks.get("payerUrls") or {}
        session = self._opened(
            str(wish.get("hiddenDescription") or ""),
            hundredths(wish["amount"]) or 0,
            str(wish.get("currency") or "PLN"),
            description=wish["description"],
            callback_url=(callbacks.get("notification") or {}).get("url", ""),
            return_url=urls.get("success", ""),
            extra={"email": wish["payer"]["email"], "error_url": urls.get("error", "")},
        )
        return jsonify(
            **transaction_json(session),
            transactionPaymentUrl=self._stage.page(session),
            lang=wish.get("lang", "pl"),
        )

    def retrieve(self, transaction_id: str) -> ResponseReturnValue:
        """One transaction as it stands."""
        session = self._transaction(transaction_id)
        return jsonify(transaction_json(self._stage.told(session)))

    def cancel(self, transaction_id: str) -> ResponseReturnValue:
        """Close a transaction nobody has paid."""
        session = self._transaction(transaction_id)
        if session.status != "cancelled":
            self._stage.ledger.move(session.id, "cancelled")
        return jsonify(transaction_json(self._transaction(transaction_id)))

    def refund(self, transaction_id: str) -> ResponseReturnValue:
        """Give money back: all that is left without an amount. There is no key: asking twice gives twice."""
        session = self._transaction(transaction_id)
        wish = request.get_json(force=True, silent=True) or {}
        asked = wish.get("amount")
        amount = session.refundable if asked is None else hundredths(asked)
        wanted = Refund(new_id("rf"), "", amount or 0, "done", "", 0)
        try:
            made, _ = self._stage.refund(session, wanted, after=self._stage.settings["refund_seconds"])
        except Refused as no:
            return failed(400, "refund_amount_invalid", str(no))
        return jsonify(result="success", requestId=secrets.token_hex(10), **refund_json(session, made))

    def refunds(self, transaction_id: str) -> ResponseReturnValue:
        """Every refund of a transaction."""
        session = self._transaction(transaction_id)
        listed = [refund_json(session, refund) for refund in session.refunds]
        lists = {"refundsList": listed, "refundsNoAccountList": [], "refundsCardsList": []}
        return jsonify(**transaction_json(session), **lists)

    def outcomes(self, session: Session) -> Mapping[str, str]:
        """What the shopper may choose now: status to reach -> words on the button."""
        offered = buttons(session)
        if self._stage.settings["two_step"] and "paid" in offered and session.status != "authorized":
            offered = {"authorized" if name == "paid" else name: text for name, text in offered.items()}
        return offered

    def compose(self, news: News) -> Outgoing | None:
        """The notification, as a form or as JSON; None for what Tpay does not tell."""
        session, settings = news.session, self._stage.settings
        word, error = NOTICES.get(session.status, ("", ""))
        if session.status == "cancelled" and settings["two_step"]:
            word, error = "CHARGEBACK", "none"
        if news.refund:
            word, error = ("CHARGEBACK", "none") if news.refund.status == "done" else ("", "")
        word = str(settings["tr_status"]) or word
        if not session.callback_url or not word:
            return None
        paid = 0 if session.status == "declined" else max(session.amount + settings["paid_delta"], 0)
        if settings["paid_delta"]:
            error = "overpay" if settings["paid_delta"] > 0 else "surcharge"
        fields = notice(session, word, error, paid, self._stage.now())
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(fields).encode()
        if settings["as_json"]:
            headers, body = {"Content-Type": "application/json"}, json.dumps(fields).encode()
        if settings["jws"]:
            address = f"{session.extra['root']}/x509/notifications-jws.pem"
            headers["X-JWS-Signature"] = seal(body, address, forged=news.forged)
        if word == "PAID" and not news.forged:
            self._stage.props.notifier.later(_GLANCE, lambda: self._decide(session.id))
        return Outgoing(session.callback_url, body, headers)

    def _decide(self, session_id: str) -> None:
        """Two-step acceptance: what the shop answered to PAID takes the money or sends it back."""
        session = self._stage.ledger.find(self.code, session_id)
        if session is None or session.status != "authorized":
            return
        asked = [
            message for message in self._stage.ledger.messages(session_id) if message.says == "authorized"
        ]
        answers = [
            each.answer.strip() for message in asked for each in message.deliveries if each.status == 200
        ]
        if "TRUE" in answers:
            self._stage.finish(session_id, "paid")
        elif "FALSE" in answers:
            self._stage.announce(self._stage.ledger.move(session_id, "cancelled"))
        else:
            self._stage.props.notifier.later(_GLANCE, lambda: self._decide(session_id))

    def accepted(self, status: int, body: bytes) -> bool:
        """Only 200 with the bare word TRUE is a receipt."""
        return status == 200 and body.strip() == b"TRUE"

    def way_back(self, session: Session) -> WayBack:
        """The address for success, or the one for errors."""
        good = session.status in {"paid", "authorized", "pending", "open"}
        return WayBack(session.return_url if good else session.extra["error_url"] or session.return_url)

    def refuse(self, status: int, words: str) -> Response:
        """An error in Tpay's envelope; a 401 forgets every token."""
        if status == 401:
            with self._lock:
                self._tokens.clear()
        return failed(status, str(status), words)

    def _authorized(self) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        with self._lock:
            until = self._tokens.get(token, 0)
        if scheme.lower() != "bearer" or self._stage.now() >= until:
            abort(failed(401, "authentication_failed", "the token is unknown or too old"))

    def _transaction(self, transaction_id: str) -> Session:
        self._authorized()
        known = self._stage.ledger.sessions(self.code)
        found = [held for held in known if tpay_id(held) == transaction_id]
        return found[0] if found else abort(failed(404, "transaction_not_found", "no such transaction"))


def _pem(certificate: bytes) -> Response:
    return Response(certificate, content_type="application/x-pem-file")
