"""Plays PayPal: Orders v2 with OAuth tokens and signed webhooks; classic payments stand in paypal_ipn."""

from __future__ import annotations

import base64
import secrets
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Blueprint, Response, abort, jsonify, request
from flask.typing import ResponseReturnValue

from adapters.sandbox import paypal_wire as wire
from adapters.sandbox.ledger import Refund, Session
from adapters.sandbox.paypal_hooks import WEBHOOK_ID, Books, Hooks
from adapters.sandbox.paypal_ipn import Classic
from adapters.sandbox.paypal_wire import BadValue, capture_id_of, error
from adapters.sandbox.player import News, Outgoing, WayBack, buttons
from adapters.sandbox.stage import Stage

CLIENT_ID: Final = "AYcallbank-sandbox-client"
CLIENT_SECRET: Final = "EKcallbank-sandbox-secret"  # noqa: S105 -- a published test secret
_TOKEN_LIFE: Final = 32400
_APPROVABLE: Final = ("open", "cancelled", "pending")


class PayPal:
    """A shopper's yes is `authorized`; only our capture makes it `paid`, or tells that the funding failed.

    `capture_issue` makes captures fail with that issue, `echeck_seconds` makes them PENDING for so long.
    """

    code: ClassVar[str] = "paypal"
    title: ClassVar[str] = "PayPal"
    settings: ClassVar[Mapping[str, Any]] = {"capture_issue": "", "echeck_seconds": 0, "refund_seconds": 0}

    def __init__(self, stage: Stage) -> None:
        self._stage, self._classic = stage, Classic(stage)
        self._lock = threading.Lock()
        self._tokens: dict[str, float] = {}
        self._books = Books()
        self._hooks = Hooks(stage, self._books)

    @staticmethod
    def credentials(base_url: str) -> dict[str, object]:
        """The settings block a shop needs to talk to this player; `base_url` is the sandbox's own address."""
        return {
            "adapter": "paypal",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "webhook_id": WEBHOOK_ID,
            "base_url": f"{base_url}/paypal",
        }

    def routes(self) -> Blueprint:
        """PayPal's own paths, below `/paypal`."""
        one, payments = "/v2/checkout/orders/<order_id>", "/v2/payments"
        verify = "/v1/notifications/verify-webhook-signature"
        paths = self._stage.paths(
            ("POST", "/v1/oauth2/token", "token", self.authorize),
            ("POST", "/v2/checkout/orders", "create", self.create),
            ("GET", one, "look", self.retrieve),
            ("POST", f"{one}/capture", "collect", self.capture),
            ("GET", f"{payments}/captures/<capture_id>", "look", self.one_capture),
            ("POST", f"{payments}/captures/<capture_id>/refund", "refund", self.refund),
            ("GET", f"{payments}/refunds/<refund_id>", "look", self.one_refund),
            ("POST", verify, "look", self.verify),
        )
        paths.add_url_rule("/v1/notifications/certs/<name>", "certificate", self._hooks.certificate)
        paths.add_url_rule("/cgi-bin/webscr", "webscr", self._classic.webscr, methods=["POST"])
        return paths

    def authorize(self) -> ResponseReturnValue:
        """An OAuth token for client credentials in HTTP Basic."""
        expected = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if request.headers.get("Authorization", "") != f"Basic {expected}":
            return jsonify(error="invalid_client", error_description="Client Authentication failed"), 401
        if request.form.get("grant_type") != "client_credentials":
            return jsonify(error="unsupported_grant_type", error_description="Unsupported grant type"), 400
        token = f"A21AA{secrets.token_urlsafe(30)}"
        with self._lock:
            self._tokens[token] = self._stage.now() + _TOKEN_LIFE
        return jsonify(
            scope="https://uri.paypal.com/services/payments/payment",
            access_token=token,
            token_type="Bearer",  # noqa: S106 -- the type of a token
            app_id="APP-80W284485P519543T",
            expires_in=_TOKEN_LIFE,
            nonce=secrets.token_hex(8),
        )

    def create(self) -> ResponseReturnValue:
        """Open an order: 201, or 200 with the first one as it stands when the request id was used before."""
        self._require_token()
        try:
            wish = wire.read_order(_wish(), CLIENT_ID, _request_id())
        except BadValue as bad:
            return error(bad.http, bad.issue, str(bad))
        extra = {**wish.extra, "root": self._stage.root()}
        session, fresh = self._stage.ledger.open(replace(wish, id=wire.new_id(), extra=extra))
        self._stage.opened(session)
        return self._described(session), 201 if fresh else 200

    def retrieve(self, order_id: str) -> ResponseReturnValue:
        """The order as it stands."""
        return self._described(self._order(order_id))

    def capture(self, order_id: str) -> ResponseReturnValue:
        """Take the whole of what the shopper approved, once."""
        order, key = self._order(order_id), f"{order_id}/{_request_id()}"
        issue = str(self._stage.settings["capture_issue"])
        if order.id in self._books.tried:
            if self._books.tried[order.id] != key or not _request_id():
                return error(422, "ORDER_ALREADY_CAPTURED", "the order was captured before")
            return self._described(order), 200
        if order.status in _APPROVABLE:
            return error(422, "ORDER_NOT_APPROVED", "the payer has not approved the order")
        if issue:
            page = f"{self._stage.root()}/pay/{order.id}?token={order.id}"
            return error(422, issue, issue, links=[{"rel": "redirect", "href": page, "method": "GET"}])
        with self._lock:
            self._books.tried[order.id] = key
        later = self._stage.settings["echeck_seconds"]
        if order.status == "declined":
            self._stage.announce(order)
        elif later:
            self._stage.announce(order)
            self._stage.props.notifier.later(later, lambda: self._take(order.id))
        else:
            self._take(order.id)
        return self._described(self._order(order_id)), 201

    def _take(self, order_id: str) -> None:
        session, fresh = self._stage.ledger.capture(order_id, capture_id_of(order_id), None, key=order_id)
        if fresh:
            self._stage.announce(session)

    def one_capture(self, capture_id: str) -> ResponseReturnValue:
        """One capture."""
        return jsonify(self._books.captures(self._stage.told(self._captured(capture_id)))[0])

    def refund(self, capture_id: str) -> ResponseReturnValue:
        """Give all or a part back, once per request id: 201, or 200 with the first one."""
        order, wish = self._captured(capture_id), _wish()
        try:
            amount = order.refundable
            if wish.get("amount"):
                amount, _ = wire.units(wish["amount"], order.currency)
        except BadValue as bad:
            return error(bad.http, bad.issue, str(bad))
        key, papers = _request_id(), {k: str(wish[k]) for k in ("custom_id", "invoice_id") if wish.get(k)}
        known = self._stage.ledger.refund_by_key(self.code, f"{order.id}/{key}") if key else None
        if known is None:
            if papers.get("invoice_id") in [
                held.get("invoice_id", "-") for held in self._books.papers.values()
            ]:
                return error(422, "DUPLICATE_INVOICE_ID")
            if not order.captures:
                return error(422, "PENDING_CAPTURE")
            if not order.refundable or amount > order.refundable:
                return error(422, "REFUND_AMOUNT_EXCEEDED" if order.refundable else "CAPTURE_FULLY_REFUNDED")
        wanted = Refund(wire.new_id(), f"{order.id}/{key}" if key else "", amount, "done", "", 0)
        with self._lock:
            self._books.papers[wanted.id] = papers
        made, fresh = self._stage.refund(order, wanted, after=self._stage.settings["refund_seconds"] or None)
        told = self._books.refund(self._order(order.id), made)
        return jsonify(told if _whole() else {name: told[name] for name in ("id", "status", "links")}), (
            201 if fresh else 200
        )

    def one_refund(self, refund_id: str) -> ResponseReturnValue:
        """One refund."""
        self._require_token()
        for order in self._stage.ledger.sessions(self.code):
            for refund in order.refunds:
                if refund.id == refund_id:
                    return jsonify(self._books.refund(order, refund))
        return error(404, "INVALID_RESOURCE_ID", "no such refund")

    def verify(self) -> ResponseReturnValue:
        """Whether a webhook is genuine."""
        self._require_token()
        return self._hooks.verify(_wish())

    def outcomes(self, session: Session) -> Mapping[str, str]:
        """What the shopper may choose now: an order is only approved, its money comes with the capture."""
        if session.extra.get("classic"):
            return buttons(session)
        words = {"authorized": "Pay", "declined": "Decline", "cancelled": "Cancel"}
        return words if session.status == "open" else {}

    def compose(self, news: News) -> Outgoing | None:
        """A signed webhook, or the IPN of a classic payment; none while nothing is worth telling."""
        return (self._classic if news.session.extra.get("classic") else self._hooks).compose(news)

    def accepted(self, status: int, body: bytes) -> bool:
        """Any 2xx is a receipt."""
        return 200 <= status < 300

    def way_back(self, session: Session) -> WayBack:
        """return_url with token and PayerID after a yes, else cancel_url with the token alone."""
        if session.status == "open":
            return WayBack("")
        gave_up = session.status in {"cancelled", "expired"}
        url = str(session.extra.get("cancel_url") or "") if gave_up else session.return_url
        if session.extra.get("classic"):
            return WayBack(url)
        hint = {"token": session.id, **({} if gave_up else {"PayerID": "QYR5Z8XDVJNXQ"})}
        parts = urlsplit(url)
        query = "&".join(filter(None, (parts.query, urlencode(hint))))
        return WayBack(urlunsplit(parts._replace(query=query)) if url else "")

    def refuse(self, status: int, words: str) -> Response:
        """An error in PayPal's envelope; a 401 forgets every token."""
        if status == 401:
            with self._lock:
                self._tokens.clear()
        return error(status, "INVALID_TOKEN" if status == 401 else "", words)

    def _require_token(self) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        with self._lock:
            until = self._tokens.get(token, 0.0)
        if scheme != "Bearer" or self._stage.now() >= until:
            abort(error(401, "INVALID_TOKEN", "the token is unknown or too old"))

    def _order(self, order_id: str) -> Session:
        self._require_token()
        order = self._stage.current(order_id)
        if order is None or order.status == "expired" or order.extra.get("classic"):
            abort(error(404, "INVALID_RESOURCE_ID", "no such order"))
        return order

    def _captured(self, capture_id: str) -> Session:
        self._require_token()
        for order in self._stage.ledger.sessions(self.code):
            ids = [told["id"] for told in self._books.captures(order)]
            if capture_id in ids:
                return order
        abort(error(404, "INVALID_RESOURCE_ID", "no such capture"))

    def _described(self, order: Session) -> Response:
        told = self._books.order(self._stage.told(order))
        own = f"{self._stage.root()}/v2/checkout/orders/{order.id}"
        told["links"] = [{"href": own, "rel": "self", "method": "GET"}]
        if order.status == "open":
            rel = "payer-action" if order.extra["modern"] else "approve"
            told["links"].append({"href": self._stage.page(order), "rel": rel, "method": "GET"})
        return jsonify(told if _whole() else {name: told[name] for name in ("id", "status", "links")})


def _wish() -> dict[str, Any]:
    wish = request.get_json(force=True, silent=True) if request.get_data() else {}
    if not isinstance(wish, dict):
        abort(error(400, "MALFORMED_REQUEST_JSON", "a JSON object is expected"))
    return wish


def _request_id() -> str:
    key = request.headers.get("PayPal-Request-Id", "")
    return (
        key if len(key) <= 108 else abort(error(400, "INVALID_PAYPAL_REQUEST_ID", "at most 108 characters"))
    )


def _whole() -> bool:
    """Whether more than id, status and links is answered: to a GET always."""
    return request.method == "GET" or "return=representation" in request.headers.get("Prefer", "")
