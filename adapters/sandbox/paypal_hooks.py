"""PayPal's webhooks: what is told of an order, how it is signed, and who says afterwards that it was."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any, Final

from flask import Response, jsonify, request

from adapters.sandbox import paypal_wire as wire
from adapters.sandbox.ledger import Refund, Session
from adapters.sandbox.paypal_wire import capture_id_of, error
from adapters.sandbox.player import News, Outgoing
from adapters.sandbox.stage import Stage

WEBHOOK_ID: Final = "1CB00000000000001"


class Books:
    """What the shared ledger has no place for: `tried` captures by order, and the `papers` of refunds."""

    def __init__(self) -> None:
        self.tried: dict[str, str] = {}
        self.papers: dict[str, dict[str, str]] = {}

    def captures(self, order: Session) -> list[dict[str, Any]]:
        """The order's capture, if there was one or the try at one."""
        tried = order.id in self.tried
        if order.captures:
            words = {0: "COMPLETED", order.captured: "REFUNDED"}
            held = order.captures[0]
            word = words.get(order.refunded, "PARTIALLY_REFUNDED")
            return [wire.capture_json(order, held.id, word, order.amount, held.at)]
        word = {"authorized": "PENDING", "declined": "DECLINED"}.get(order.status, "")
        own = capture_id_of(order.id)
        return [wire.capture_json(order, own, word, order.amount, order.created_at)] if tried and word else []

    def refund(self, order: Session, refund: Refund) -> dict[str, Any]:
        """A refund as PayPal tells it."""
        return wire.refund_json(order, refund, self.papers.get(refund.id, {}))

    def order(self, order: Session) -> dict[str, Any]:
        """An order as PayPal tells it."""
        captures = self.captures(order)
        refunds = [self.refund(order, refund) for refund in order.refunds]
        return wire.order_json(order, captures, refunds)


class Hooks:
    """Composes and judges webhooks."""

    def __init__(self, stage: Stage, books: Books) -> None:
        self._stage, self._books = stage, books

    def compose(self, news: News) -> Outgoing | None:
        """The webhook about an order, a capture or a refund; none while nothing is worth telling."""
        session = news.session
        event, resource = self._event(news)
        url = self._stage.webhook(session)
        if not event or not url:
            return None
        at = wire.moment(self._stage.now())
        told = {
            "id": f"WH-{wire.new_id()}-{wire.new_id()}",
            "event_version": "1.0",
            "create_time": at,
            "resource_type": event.split(".")[1].lower().replace("payment-approval", "checkout-order"),
            "resource_version": "2.0",
            "event_type": event,
            "summary": event.replace(".", " ").capitalize(),
            "resource": resource,
            "links": [],
        }
        body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
        transmission, webhook_id = secrets.token_hex(16), "WH-SOMEBODY-ELSES" if news.forged else WEBHOOK_ID
        signature = wire.sign(wire.transmission_text(transmission, at, webhook_id, body))
        headers = {
            "Content-Type": "application/json",
            "PAYPAL-TRANSMISSION-ID": transmission,
            "PAYPAL-TRANSMISSION-TIME": at,
            "PAYPAL-TRANSMISSION-SIG": signature,
            "PAYPAL-CERT-URL": f"{session.extra['root']}/v1/notifications/certs/{wire.certificate_name()}",
            "PAYPAL-AUTH-ALGO": "SHA256withRSA",
        }
        return Outgoing(url, body, headers)

    def _event(self, news: News) -> tuple[str, dict[str, Any]]:
        session, refund = news.session, news.refund
        if refund:
            told = self._books.refund(session, refund) if refund.status == "done" else {}
            return ("PAYMENT.CAPTURE.REFUNDED" if told else ""), told
        if session.status in {"cancelled", "open", "pending"}:
            return "", {}
        if session.status == "expired":
            return "CHECKOUT.PAYMENT-APPROVAL.REVERSED", {"order_id": session.id}
        captures = self._books.captures(session)
        if not captures:
            return "CHECKOUT.ORDER.APPROVED", self._books.order(session)
        words = {"COMPLETED": "COMPLETED", "PENDING": "PENDING", "DECLINED": "DENIED"}
        return f"PAYMENT.CAPTURE.{words.get(captures[0]['status'], 'COMPLETED')}", captures[0]

    def verify(self, wish: Mapping[str, Any]) -> Response:
        """Whether a webhook is genuine; its raw text is checked, as a shop should have sent it."""
        told = {name: str(value) for name, value in wish.items()}
        text = wire.transmission_text(
            told.get("transmission_id", ""),
            told.get("transmission_time", ""),
            WEBHOOK_ID,
            wire.raw_event(request.get_data()),
        )
        ours = told.get("webhook_id") == WEBHOOK_ID and told.get("auth_algo") == "SHA256withRSA"
        genuine = ours and wire.is_signed(text, told.get("transmission_sig", ""))
        return jsonify(verification_status="SUCCESS" if genuine else "FAILURE")

    def certificate(self, name: str) -> Response:
        """The certificate webhooks are signed with."""
        if name != wire.certificate_name():
            return error(404, "INVALID_RESOURCE_ID")
        return Response(wire.signing_key()[1], content_type="application/x-pem-file")
