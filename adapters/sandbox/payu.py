"""Plays PayU (GPO Europe), REST API 2.1 in hundredths of every currency; and the classic API."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit, urlunsplit

from flask import Blueprint, Response, abort, jsonify, request
from flask.typing import ResponseReturnValue

from adapters.sandbox.amounts import whole_or_number
from adapters.sandbox.ledger import Refund, Refused, Session
from adapters.sandbox.payu_classic import KNOBS, ClassicPaygw
from adapters.sandbox.payu_wire import (
    ORDER_WORDS,
    POINTS,
    STATUS_CODES,
    BadOrder,
    PointOfSale,
    error,
    moment,
    new_order_id,
    new_refund_id,
    order_json,
    read_order,
    refund_json,
    signature_header,
)
from adapters.sandbox.player import News, Outgoing, WayBack, buttons
from adapters.sandbox.stage import Stage

_SUCCESS: Final = {"statusCode": "SUCCESS"}
_TOKEN_LIFE: Final = 43199


class PayU(ClassicPaygw):
    """PayU's order API with its OAuth tokens, signed notifications and slow refunds; the old one, too."""

    code: ClassVar[str] = "payu"
    title: ClassVar[str] = "PayU"
    settings: ClassVar[Mapping[str, Any]] = {"algorithm": "MD5", **KNOBS}

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._lock = threading.Lock()
        self._tokens: dict[str, tuple[PointOfSale, float]] = {}

    @staticmethod
    def credentials(base_url: str) -> dict[str, object]:
        """The settings block a shop needs to talk to this player; `base_url` is the sandbox's own address."""
        point = POINTS["300746"]
        return {
            "adapter": "payu",
            "pos_id": point.pos_id,
            "client_id": point.pos_id,
            "client_secret": point.client_secret,
            "second_key": point.second_key,
            "base_url": f"{base_url}/payu",
        }

    def routes(self) -> Blueprint:
        """The gateway's own paths, below `/payu`."""
        orders = "/api/v2_1/orders"
        one = f"{orders}/<order_id>"
        paths = self._stage.paths(
            ("POST", "/pl/standard/user/oauth/authorize", "token", self.authorize),
            ("POST", orders, "create", self.create),
            ("POST", f"{orders}/", "create", self.create),
            ("GET", one, "look", self.retrieve),
            ("GET", f"{one}/transactions", "look", self.transactions),
            ("POST", f"{one}/captures", "capture", self.capture),
            ("PUT", f"{one}/status", "capture", self.capture_by_status),
            ("DELETE", one, "cancel", self.cancel),
            ("POST", f"{one}/refunds", "refund", self.refund),
            ("POST", f"{one}/refund", "refund", self.refund),
            ("GET", f"{one}/refunds", "look", self.refunds),
            ("GET", f"{one}/refunds/<refund_id>", "look", self.one_refund),
            *self.paygw(),
        )
        paths.after_request(_correlated)
        return paths

    def authorize(self) -> ResponseReturnValue:
        """An OAuth token for client credentials."""
        point = POINTS.get(request.form.get("client_id", ""))
        if request.form.get("grant_type") != "client_credentials":
            return jsonify(error="unsupported_grant_type", error_description="Unsupported grant type"), 400
        given = request.form.get("client_secret", "")
        if point is None or not secrets.compare_digest(given.encode(), point.client_secret.encode()):
            return jsonify(error="invalid_client", error_description="Bad client credentials"), 401
        token = secrets.token_hex(18)
        with self._lock:
            self._tokens[token] = (point, self._stage.now() + _TOKEN_LIFE)
        return jsonify(
            access_token=token,
            token_type="bearer",  # noqa: S106 -- the type of a token
            expires_in=_TOKEN_LIFE,
            grant_type="client_credentials",
        )

    def create(self) -> ResponseReturnValue:
        """Open an order: 302 with a Location and the same in JSON."""
        point = self._point()
        now = self._stage.now()
        try:
            wish = read_order(request.get_data(), point.pos_id, now)
        except BadOrder as bad:
            return error(bad.http, bad.status_code, bad.literal, str(bad))
        manual = point.manual or bool(self._stage.settings["manual_capture"])
        session, fresh = self._stage.ledger.open(replace(wish, id=new_order_id(now), manual_capture=manual))
        if not fresh:
            old = {"orderId": session.id, "extOrderId": session.reference}
            return error(400, "ERROR_ORDER_NOT_UNIQUE", "ORDER_NOT_UNIQUE", "extOrderId was used", **old)
        page = self._stage.page(self._stage.opened(session))
        told = {"status": {"statusCode": "SUCCESS"}, "redirectUri": page, "orderId": session.id}
        if session.reference:
            told["extOrderId"] = session.reference
        return jsonify(told), 302, {"Location": page}

    def retrieve(self, order_id: str) -> ResponseReturnValue:
        """The order as it stands."""
        told = self._stage.told(self._order(order_id))
        properties = [{"name": "PAYMENT_ID", "value": c.id} for c in told.captures]
        return jsonify(orders=[order_json(told)], status=_SUCCESS, properties=properties)

    def transactions(self, order_id: str) -> ResponseReturnValue:
        """How the order was paid; empty before anything was."""
        order = self._order(order_id)
        paid = [{"payMethod": {"value": "t"}, "paymentFlow": "TEST_PAYMENT"}] if order.captures else []
        return jsonify(transactions=paid)

    def capture(self, order_id: str) -> ResponseReturnValue:
        """Take the whole of an order that waits for confirmation."""
        order = self._order(order_id)
        if order.status != "authorized":
            return error(
                400, "ERROR_VALUE_INVALID", "ORDER_STATUS", "the order does not wait for confirmation"
            )
        self._stage.finish(order.id, "paid")
        return jsonify(status=_SUCCESS)

    def capture_by_status(self, order_id: str) -> ResponseReturnValue:
        """The older way to capture, as PayU's own library still does it."""
        wish = request.get_json(force=True, silent=True)
        if not isinstance(wish, dict) or (wish.get("orderId"), wish.get("orderStatus")) != (
            order_id,
            "COMPLETED",
        ):
            return error(400, "ERROR_VALUE_INVALID", "ORDER_STATUS", "only COMPLETED can be asked for")
        return self.capture(order_id)

    def cancel(self, order_id: str) -> ResponseReturnValue:
        """Drop an order that is not completed; dropping it again changes nothing."""
        order = self._order(order_id)
        if ORDER_WORDS[order.status] != "CANCELED":
            try:
                self._stage.finish(order.id, "cancelled")
            except Refused as no:
                return error(400, "ERROR_VALUE_INVALID", "ORDER_STATUS", str(no))
        return jsonify(orderId=order.id, extOrderId=order.reference, status=_SUCCESS)

    def refund(self, order_id: str) -> ResponseReturnValue:
        """Start a refund: PENDING now, FINALIZED or CANCELED by notification. extRefundId makes it once."""
        order = self._order(order_id)
        body = request.get_json(force=True, silent=True)
        wish = body.get("refund") if isinstance(body, dict) else None
        if not isinstance(wish, dict):
            return error(400, "ERROR_SYNTAX", "", "a JSON object with a refund is expected")
        if not wish.get("description"):
            return error(400, "ERROR_VALUE_MISSING", "description", "description is needed")
        amount = whole_or_number(wish["amount"]) if wish.get("amount") is not None else order.refundable
        if amount is None or wish.get("currencyCode", order.currency) != order.currency:
            return error(400, "ERROR_VALUE_INVALID", "amount", "digits in the order's currency are expected")
        key = f"{order.id}/{wish['extRefundId']}" if wish.get("extRefundId") else ""
        wanted = Refund(new_refund_id(), key, amount, "done", str(wish["description"]), 0)
        try:
            made, _ = self._stage.refund(order, wanted, after=self._stage.settings["refund_seconds"])
        except Refused as no:
            return error(400, "ERROR_VALUE_INVALID", "amount", str(no))
        return jsonify(orderId=order.id, refund=refund_json(order, made), status=_SUCCESS)

    def refunds(self, order_id: str) -> ResponseReturnValue:
        """Every refund of an order."""
        order = self._order(order_id)
        return jsonify(refunds=[refund_json(order, refund) for refund in order.refunds])

    def one_refund(self, order_id: str, refund_id: str) -> ResponseReturnValue:
        """One refund of an order."""
        order = self._order(order_id)
        found = [refund_json(order, refund) for refund in order.refunds if refund.id == refund_id]
        return jsonify(found[0]) if found else self.refuse(404, "no such refund")

    def outcomes(self, session: Session) -> Mapping[str, str]:
        """What the shopper may choose now: status to reach -> words on the button."""
        return self.classic_outcomes(session) if session.extra.get("classic") else buttons(session)

    def compose(self, news: News) -> Outgoing | None:
        """The notification of an order or of a refund, signed with the second key in both headers."""
        session = news.session
        if session.extra.get("classic"):
            return self.classic_news(news)
        if not session.callback_url:
            return None
        told: dict[str, Any] = {"order": {**order_json(session), "payMethod": {"type": "PBL"}}}
        if session.captures:
            told["localReceiptDateTime"] = moment(session.captures[0].at)
            told["properties"] = [{"name": "PAYMENT_ID", "value": session.captures[0].id}]
        if news.refund:
            refund = refund_json(session, news.refund)
            told = {"orderId": session.id, "extOrderId": session.reference, "refund": refund}
        body = json.dumps(told, ensure_ascii=False).encode()
        second_key = "0" * 32 if news.forged else POINTS[session.account].second_key
        header = signature_header(body, second_key, str(self._stage.settings["algorithm"]))
        headers = {
            "Content-Type": "application/json;charset=UTF-8",
            "OpenPayu-Signature": header,
            "X-OpenPayU-Signature": header,
        }
        return Outgoing(session.callback_url, body, headers)

    def accepted(self, status: int, body: bytes) -> bool:
        """Any 200 is a receipt; PayU ignores the body. (The classic API wants OK: not told apart here.)"""
        return status == 200

    def way_back(self, session: Session) -> WayBack:
        """continueUrl, with `error=501` when nothing was paid."""
        if session.extra.get("classic"):
            return self.classic_way_back(session)
        if not session.return_url or ORDER_WORDS[session.status] != "CANCELED":
            return WayBack(session.return_url)
        parts = urlsplit(session.return_url)
        query = "&".join(filter(None, (parts.query, "error=501")))
        return WayBack(urlunsplit(parts._replace(query=query)))

    def refuse(self, status: int, words: str) -> Response:
        """An error in PayU's envelope; a 401 forgets every token."""
        if status == 401:
            with self._lock:
                self._tokens.clear()
        return error(status, STATUS_CODES.get(status, "GENERAL_ERROR"), "", words)

    def _point(self) -> PointOfSale:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        with self._lock:
            point, until = self._tokens.get(token, (None, 0))
        if scheme.lower() != "bearer" or point is None or self._stage.now() >= until:
            abort(error(401, "UNAUTHORIZED", "", "the token is unknown or too old"))
        return point

    def _order(self, order_id: str) -> Session:
        point = self._point()
        order = self._stage.current(order_id)
        if order is None or order.account != point.pos_id:
            abort(error(404, "DATA_NOT_FOUND", "", "no such order"))
        return order


def _correlated(answer: Response) -> Response:
    answer.headers["Correlation-Id"] = secrets.token_hex(16)
    return answer
