"""Plays Przelewy24, REST API v1: what a shopper pays is money only once the shop has verified it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from flask import Blueprint, Response, abort, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from adapters.sandbox.amounts import whole
from adapters.sandbox.ledger import MOVES, Refund, Session
from adapters.sandbox.player import News, Outgoing, WayBack
from adapters.sandbox.przelewy24_wire import (
    API_KEY,
    CRC,
    MERCHANT,
    NOTICE,
    REFUND_NOTICE,
    REGISTER,
    VERIFY,
    Wished,
    error,
    new_token,
    read_refund,
    read_registration,
    refund_json,
    require,
    sign,
    transaction_json,
    why_no_refund,
)
from adapters.sandbox.stage import Stage, new_id

_CHOICES: Final = {
    "authorized": "Pay",
    "declined": "Decline",
    "pending": "Pay later",
    "cancelled": "Cancel",
}
_NEVER_TRIED: Final = frozenset({"open", "cancelled", "expired"})


class Przelewy24:
    """P24's transactions and refunds, Basic credentials, signs over exact JSON, slow refunds.

    Knobs: the three numbers and keys of the only shop; ``statement`` is the title of transfers.
    """

    code: ClassVar[str] = "przelewy24"
    title: ClassVar[str] = "Przelewy24"
    settings: ClassVar[Mapping[str, Any]] = {
        "crc": CRC,
        "api_key": API_KEY,
        "statement": "p24-A12-B34-C56/zażółć",
    }

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._wished: dict[str, Wished] = {}

    @staticmethod
    def credentials(base_url: str) -> dict[str, object]:
        """The settings block a shop needs to talk to this player; `base_url` is the sandbox's own address."""
        return {
            "adapter": "przelewy24",
            "merchant_id": MERCHANT,
            "crc": CRC,
            "api_key": API_KEY,
            "base_url": f"{base_url}/przelewy24",
        }

    def routes(self) -> Blueprint:
        """The gateway's own paths, below `/przelewy24`."""
        api = "/api/v1"
        paths = self._stage.paths(
            ("GET", f"{api}/testAccess", "look", self.test_access),
            ("POST", f"{api}/transaction/register", "create", self.register),
            ("GET", f"{api}/transaction/by/sessionId/<path:session_id>", "look", self.retrieve),
            ("PUT", f"{api}/transaction/verify", "collect", self.verify),
            ("POST", f"{api}/transaction/refund", "refund", self.refund),
            ("GET", f"{api}/refund/by/orderId/<int:order_id>", "look", self.refunds),
        )
        paths.add_url_rule("/trnRequest/<token>", "page_of", self.page_of, methods=["GET"])
        return paths

    def test_access(self) -> ResponseReturnValue:
        """Whether the credentials are right."""
        self._admit()
        return jsonify(data=True, error="")

    def register(self) -> ResponseReturnValue:
        """A token for the payment page; a sessionId that is used again answers its first token."""
        self._admit()
        wish = self._wish(REGISTER)
        session = read_registration(wish, new_token(), self._stage.now())
        known, fresh = self._stage.ledger.open(session)
        same = (known.amount, known.currency) == (session.amount, session.currency)
        require({"sessionId": fresh or same})
        page = self._stage.page(self._stage.opened(known))
        token = known.id if page.endswith(f"/pay/{known.id}") else page
        return jsonify(data={"token": token}, responseCode=0)

    def page_of(self, token: str) -> ResponseReturnValue:
        """The payment page of a token."""
        return redirect(f"{self._stage.root()}/pay/{token}")

    def retrieve(self, session_id: str) -> ResponseReturnValue:
        """A transaction as it stands; none before somebody has tried to pay."""
        self._admit()
        found = self._stage.ledger.newest(self.code, session_id)
        session = self._stage.current(found.id) if found else None
        if session is None or session.status in _NEVER_TRIED:
            answer = jsonify(error="Transaction not found", responseCode=0)
            answer.status_code = 404
            return answer
        told = transaction_json(self._stage.told(session), str(self._stage.settings["statement"]))
        return jsonify(data=told, responseCode=0)

    def verify(self) -> ResponseReturnValue:
        """Takes the money of what was paid, once, when the shop names the same amount."""
        self._admit()
        wish = self._wish(VERIFY)
        session = self._by_order(wish["orderId"])
        if session is None or session.status not in {"authorized", "paid"}:
            return error(400, "Invalid input data: orderId")
        agreed = {"sessionId": session.reference, "amount": session.amount, "currency": session.currency}
        require({name: wish[name] == value for name, value in agreed.items()})
        order_id = str(session.extra["order_id"])
        self._stage.ledger.capture(session.id, order_id, None, key=order_id)
        return jsonify(data={"status": "success"}, responseCode=0)

    def refund(self) -> ResponseReturnValue:
        """Takes the wish to give money back; a requestId is taken once."""
        self._admit()
        wished = read_refund(_body())
        if self._stage.ledger.refund_by_key(self.code, wished.key):
            return error(400, "Request already exists")
        session = self._by_order(wished.order_id)
        why_not = why_no_refund(session, wished)
        one = {**wished.shown, "status": not why_not, "message": why_not or "success"}
        if session is None or why_not:
            return error(409, [one])
        self._wished[wished.key] = wished
        made = Refund(new_id("ref"), wished.key, wished.amount, "done", wished.description, 0)
        self._stage.refund(session, made, after=self._stage.settings["refund_seconds"] or None)
        return jsonify(data=[one], responseCode=0), 201

    def refunds(self, order_id: int) -> ResponseReturnValue:
        """Every refund of a transaction; 404 when there is none."""
        self._admit()
        session = self._by_order(order_id)
        if session is None or not session.refunds:
            return error(404, "Refunds not found")
        told = self._stage.told(session)
        return jsonify(
            data={
                "orderId": order_id,
                "sessionId": told.reference,
                "amount": told.amount,
                "currency": told.currency,
                "refunds": [refund_json(refund) for refund in told.refunds],
            },
            responseCode=0,
        )

    def outcomes(self, session: Session) -> Mapping[str, str]:
        """What the shopper may choose now; nothing any more once they have paid."""
        possible = MOVES[session.status] if session.status in {"open", "pending"} else frozenset()
        return {status: words for status, words in _CHOICES.items() if status in possible}

    def compose(self, news: News) -> Outgoing | None:
        """A notification: only of what was paid, and of refunds that are settled."""
        session, refund = news.session, news.refund
        crc = "0" * 16 if news.forged else str(self._stage.settings["crc"])
        if refund is None:
            if session.status not in {"authorized", "paid"}:
                return None
            return _signed(session.callback_url, self._notice(session), NOTICE, crc)
        if refund.status == "pending":
            return None
        wished = self._wished.get(refund.key)
        told: dict[str, Any] = {
            "orderId": session.extra["order_id"],
            "sessionId": session.reference,
            "merchantId": whole(session.account),
            "requestId": refund.key or refund.id,
            "refundsUuid": wished.uuid if wished else refund.id[-32:],
            "amount": refund.amount,
            "currency": session.currency,
            "timestamp": int(self._stage.now()),
            "status": 0 if refund.status == "done" else 1,
        }
        url = wished.status_url if wished else ""
        return _signed(url or session.callback_url, told, REFUND_NOTICE, crc)

    def accepted(self, status: int, body: bytes) -> bool:
        """P24 waits for the verify rather than for an answer; here a 200 is enough not to repeat."""
        return status == 200

    def way_back(self, session: Session) -> WayBack:
        """urlReturn, which tells nothing: paid or not, it is the same."""
        return WayBack(session.return_url)

    def refuse(self, status: int, words: str) -> Response:
        """An error in P24's envelope; there are no tokens to forget."""
        return error(status, words)

    def _notice(self, session: Session) -> dict[str, Any]:
        return {
            "merchantId": whole(session.account),
            "posId": whole(session.account),
            "sessionId": session.reference,
            "amount": session.amount,
            "originAmount": session.extra["origin_amount"],
            "currency": session.currency,
            "orderId": session.extra["order_id"],
            "methodId": 25,
            "statement": str(self._stage.settings["statement"]),
        }

    def _admit(self) -> None:
        given = request.authorization
        user, password = (given.username, given.password) if given else ("", "")
        right = secrets.compare_digest(
            f"{user}:{password}".encode(), f"{MERCHANT}:{self._stage.settings['api_key']}".encode()
        )
        if not right:
            abort(error(401, "Incorrect authentication"))

    def _wish(self, names: str) -> dict[str, Any]:
        """The JSON of the request, when it is signed over `names` by this shop."""
        wish = _body()
        require({name: wish.get(name) == MERCHANT for name in ("merchantId", "posId")})
        require({name: name in wish for name in names.split()})
        expected = sign(wish, names, str(self._stage.settings["crc"]))
        require({"sign": secrets.compare_digest(str(wish.get("sign")).encode(), expected.encode())})
        return wish

    def _by_order(self, order_id: object) -> Session | None:
        sessions = self._stage.ledger.sessions(self.code)
        return next((one for one in sessions if one.extra["order_id"] == order_id), None)


def _body() -> dict[str, Any]:
    wish = request.get_json(force=True, silent=True)
    return wish if isinstance(wish, dict) else abort(error(400, "Invalid input data"))


def _signed(url: str, told: dict[str, Any], names: str, crc: str) -> Outgoing | None:
    if not url:
        return None
    body = json.dumps({**told, "sign": sign(told, names, crc)}, ensure_ascii=False, separators=(",", ":"))
    return Outgoing(url, body.encode(), {"Content-Type": "application/json"})
