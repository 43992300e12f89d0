"""PayPal's classic side: the form that starts a payment, IPN messages, and the post-back that proves them."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue

from adapters.sandbox import paypal_wire as wire
from adapters.sandbox.amounts import is_web_address, shown
from adapters.sandbox.ledger import Session
from adapters.sandbox.player import News, Outgoing
from adapters.sandbox.stage import Stage

VALIDATE: Final = b"cmd=_notify-validate&"
CHARSET: Final = "windows-1252"
_WORDS: Final = {"paid": "Completed", "pending": "Pending", "declined": "Denied", "expired": "Expired"}


class Classic:
    """What `/cgi-bin/webscr` does. A message is genuine when it was sent from here, byte for byte."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def webscr(self) -> ResponseReturnValue:
        """A shopper's form, or a shop's question about a message."""
        asks = request.get_data().startswith(VALIDATE)
        return (
            self._stage.guard("look", self.validate)() if asks else self._stage.guard("create", self.start)()
        )

    def start(self) -> ResponseReturnValue:
        """Open a payment for `_xclick` and lead the browser to its page."""
        told = {name: str(value) for name, value in request.form.items()}
        wish = {"currency_code": told.get("currency_code"), "value": told.get("amount")}
        try:
            amount, currency = wire.units(wish)
        except wire.BadValue as bad:
            return Response(f"PayPal cannot take this: {bad.issue}", 400)
        if told.get("cmd") != "_xclick" or not told.get("business") or not is_web_address(told.get("return")):
            return Response("PayPal cannot take this: cmd, business and return are needed", 400)
        session, _ = self._stage.ledger.open(
            Session(
                id=wire.new_id(),
                gateway="paypal",
                account=told["business"],
                reference=told.get("custom", ""),
                amount=amount,
                currency=currency,
                places=wire.places_of(currency),
                description=told.get("item_name", ""),
                callback_url=told.get("notify_url", ""),
                return_url=told["return"],
                key=f"{told['business']}/{told['invoice']}" if told.get("invoice") else "",
                extra={
                    "classic": True,
                    "cancel_url": told.get("cancel_return", ""),
                    "invoice_id": told.get("invoice", ""),
                },
            )
        )
        return redirect(self._stage.page(self._stage.opened(session)), 303)

    def validate(self) -> ResponseReturnValue:
        """VERIFIED for the very bytes of a message of ours, else INVALID."""
        asked, ledger = request.get_data().removeprefix(VALIDATE), self._stage.ledger
        sent = (message for session in ledger.sessions("paypal") for message in ledger.messages(session.id))
        genuine = any(message.body == asked and not message.forged for message in sent)
        return Response("VERIFIED" if genuine else "INVALID", content_type="text/html; charset=utf-8")

    def compose(self, news: News) -> Outgoing | None:
        """The IPN about a payment, or about money that went back under an id of its own."""
        session, refund = news.session, news.refund
        word = _WORDS.get(session.status, "") if refund is None else "Refunded"
        if not word or not session.callback_url or (refund and refund.status != "done"):
            return None
        txn = session.captures[0].id if session.captures else wire.capture_id_of(session.id)
        told = {
            "mc_gross": shown(-refund.amount if refund else session.amount, session.places),
            "mc_currency": session.currency,
            "payment_status": word,
            "txn_id": refund.id if refund else txn,
            **({"parent_txn_id": txn} if refund else {}),
            "receiver_email": session.account,
            "business": session.account,
            "invoice": session.extra["invoice_id"],
            "custom": session.reference,
            "item_name": session.description,
            "first_name": "Jörg",
            "test_ipn": "1",
            "txn_type": "web_accept",
            "charset": CHARSET,
        }
        body = urlencode(told, encoding=CHARSET, errors="xmlcharrefreplace").encode("ascii")
        headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "PayPal IPN"}
        return Outgoing(session.callback_url, body, headers)
