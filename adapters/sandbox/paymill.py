"""Plays PAYMILL 2.1: cards become tokens in the browser, charges are found by their description."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from typing import Any, ClassVar, Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Blueprint, Response, abort, jsonify, request
from flask.typing import ResponseReturnValue

from adapters.sandbox.amounts import places_of, whole
from adapters.sandbox.ledger import Refund, Refused, Session
from adapters.sandbox.player import News, Outgoing, WayBack, buttons
from adapters.sandbox.stage import Stage, new_id

KEY: Final = "7ab3f1c9e0d24c5688b1f0a2d3c4e5f6"
PUBLIC: Final = "62477926916d4da496cf4f1a77c4175d"
DECLINED: Final = "5105105105105100"
_DONE: Final = 20000
_CODES: Final[Mapping[str, int]] = {"cancelled": 50810, "expired": 50820}
BRIDGE: Final = """(() => {
  const root = new URL(".", document.currentScript.src);
  const post = (path, fields) =>
    fetch(new URL(path, root), { method: "POST", body: new URLSearchParams(fields) });
  window.paymill = {
    createToken: (card, done) => post("bridge/tokens", card)
      .then((answer) => answer.json())
      .then((told) => done(told.error && { apierror: told.error }, told))
      .catch(() => done({ apierror: "network" })),
    createTransaction: (wish) => { location.href = new URL("pay/" + wish.checksum, root); },
  };
})();
"""


class Paymill:
    """Answers are `{"data": ..., "mode": "test"}`; the private key is the user of HTTP Basic.

    Knob: `decline_code` of cards that are refused.
    """

    code: ClassVar[str] = "paymill"
    title: ClassVar[str] = "PAYMILL"
    settings: ClassVar[Mapping[str, Any]] = {"key": KEY, "decline_code": 50102}

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._charged: dict[str, str] = {}

    @staticmethod
    def credentials(base_url: str) -> dict[str, object]:
        """The settings block a shop needs to talk to this player; `base_url` is the sandbox's own address."""
        return {
            "adapter": "paymill",
            "private_key": KEY,
            "public_key": PUBLIC,
            "base_url": f"{base_url}/paymill",
            "bridge_url": f"{base_url}/paymill/bridge.js",
        }

    def routes(self) -> Blueprint:
        """PAYMILL's own paths, and the bridge that a browser loads."""
        return self._stage.paths(
            ("GET", "/bridge.js", "bridge", self.bridge),
            ("POST", "/bridge/tokens", "bridge", self.make_token),
            ("POST", "/checksums", "create", self.make_checksum),
            ("POST", "/transactions", "collect", self.charge),
            ("GET", "/transactions", "look", self.find),
            ("GET", "/transactions/<transaction>", "look", self.show),
            ("POST", "/preauthorizations", "collect", self.reserve),
            ("DELETE", "/preauthorizations/<held>", "cancel", self.release),
            ("POST", "/refunds/<transaction>", "refund", self.refund),
        )

    def bridge(self) -> ResponseReturnValue:
        """The script that gives a page `paymill.createToken` and `paymill.createTransaction`."""
        return Response(BRIDGE, mimetype="text/javascript")

    def make_token(self) -> ResponseReturnValue:
        """A card as a token, bound to an amount; without a number its shopper has not decided yet."""
        wish, number = request.form, request.form.get("number", "")
        amount = whole(wish.get("amount_int"))
        told = {"error": "field_invalid_amount_int"} if not amount else self._new_token(wish, amount, number)
        answer = jsonify(told)
        answer.headers["Access-Control-Allow-Origin"] = "*"
        return answer

    def _new_token(self, wish: Mapping[str, str], amount: int, number: str) -> dict[str, str]:
        session = self._open(new_id("tok"), wish, amount, wish.get("reference", ""))
        if number:
            self._stage.ledger.move(session.id, "declined" if number == DECLINED else "authorized")
        return {"token": session.id}

    def _open(self, session_id: str, wish: Mapping[str, str], amount: int, reference: str) -> Session:
        session, _ = self._stage.ledger.open(
            Session(
                id=session_id,
                gateway=self.code,
                account=PUBLIC,
                reference=reference,
                amount=amount,
                currency=wish.get("currency", "EUR"),
                places=places_of(wish.get("currency", "EUR")),
                description=reference,
                return_url=wish.get("return_url", ""),
                extra={"cancel_url": wish.get("cancel_url", "")},
            )
        )
        return session

    def make_checksum(self) -> ResponseReturnValue:
        """A redirect payment; the browser starts it by this id."""
        wish = self._asked()
        amount = whole(wish.get("amount"))
        if not amount or not wish.get("return_url") or not wish.get("cancel_url"):
            return _error(412, "amount")
        session = self._open(new_id("chk"), wish, amount, wish.get("description", ""))
        return _data({"id": session.id, "checksum": "0" * 128, "type": wish.get("checksum_type")})

    def charge(self) -> ResponseReturnValue:
        """Take the money of a token or of what is reserved; a refused card is an answer of 200."""
        wish = self._asked()
        session = self._paying(wish)
        if session.status == "authorized" and whole(wish.get("amount")) == session.amount:
            self._stage.ledger.rename(session.id, wish.get("description") or session.reference)
            self._charged[session.id] = "charge"
            self._stage.finish(session.id, "paid")
        elif session.status == "declined":
            self._stage.ledger.rename(session.id, wish.get("description", ""))
            self._charged[session.id] = "charge"
        else:
            return _error(412, "token")
        return self._described(session.id)

    def reserve(self) -> ResponseReturnValue:
        """Hold the money of a token."""
        wish = self._asked()
        session = self._paying(wish)
        if session.status not in {"authorized", "declined"} or whole(wish.get("amount")) != session.amount:
            return _error(412, "token")
        self._stage.ledger.rename(session.id, wish.get("description", ""))
        self._charged[session.id] = "hold"
        return self._described(session.id)

    def release(self, held: str) -> ResponseReturnValue:
        """Let go of what is reserved."""
        self._asked()
        session = self._session(held)
        self._stage.finish(session.id, "cancelled")
        return _data([])

    def find(self) -> ResponseReturnValue:
        """The transactions with `?description=`."""
        self._asked()
        wanted = request.args.get("description", "")
        found = [one for one in self._stage.ledger.sessions(self.code) if one.reference == wanted]
        return _data([self._transaction(self._stage.told(one)) for one in found if self._is_charged(one)])

    def show(self, transaction: str) -> ResponseReturnValue:
        """One transaction."""
        self._asked()
        return self._described(self._session(transaction).id)

    def refund(self, transaction: str) -> ResponseReturnValue:
        """Give money back; there is no key, so a repeat gives back twice."""
        wish, session = self._asked(), self._session(transaction)
        wanted = Refund(
            new_id("refund"), "", whole(wish.get("amount")) or 0, "done", wish.get("description", ""), 0
        )
        try:
            made, _ = self._stage.refund(session, wanted, after=None)
        except Refused:
            return _error(412, "amount")
        now = self._stage.ledger.find(self.code, session.id) or session
        return _data({**_refund(made), "transaction": self._transaction(now)})

    def outcomes(self, session: Session) -> Mapping[str, str]:
        """What the shopper may choose now: status to reach -> words on the button."""
        offered = buttons(session)
        if session.id.startswith("tok_") and "paid" in offered:
            offered = {"authorized": offered.pop("paid"), **offered}
        return offered

    def compose(self, news: News) -> Outgoing | None:
        """The unsigned webhook: an event around the object it is about."""
        session, url = news.session, self._stage.webhook(news.session)
        if not url:
            return None
        about = self._transaction(session)
        word = {"paid": "succeeded", "pending": "pending"}.get(session.status, "failed")
        event = {"event_type": f"transaction.{word}", "event_resource": about}
        if news.refund:
            word = "succeeded" if news.refund.status == "done" else "failed"
            resource = {**_refund(news.refund), "transaction": about}
            event = {"event_type": f"refund.{word}", "event_resource": resource}
        told = {"event": {**event, "created_at": str(int(self._stage.now())), "app_id": None}}
        return Outgoing(url, json.dumps(told).encode(), {"Content-Type": "application/json"})

    def accepted(self, status: int, body: bytes) -> bool:
        """Only 200 is a receipt."""
        return status == 200

    def way_back(self, session: Session) -> WayBack:
        """A redirect payment goes home with unsigned parameters; a card never left the shop."""
        if session.status == "cancelled":
            return WayBack(str(session.extra.get("cancel_url", "")))
        if not session.return_url:
            return WayBack("")
        told = self._transaction(session)
        fields = {
            "paymill_trx_id": told["id"],
            "paymill_trx_status": told["status"],
            "paymill_response_code": told["response_code"],
            "paymill_mode": "test",
        }
        parts = urlsplit(session.return_url)
        query = "&".join(filter(None, (parts.query, urlencode(fields))))
        return WayBack(urlunsplit(parts._replace(query=query)))

    def refuse(self, status: int, words: str) -> Response:
        """An error answer of this HTTP status; there are no tokens to forget."""
        return _error(status, "", words)

    def _asked(self) -> dict[str, str]:
        given = request.headers.get("Authorization", "")
        expected = base64.b64encode(f"{self._stage.settings['key']}:".encode()).decode()
        if not hmac.compare_digest(given.encode(), f"Basic {expected}".encode()):
            abort(_error(401, "", "Access Denied"))
        return request.form.to_dict()

    def _paying(self, wish: Mapping[str, str]) -> Session:
        return self._session(wish.get("token") or wish.get("preauthorization") or "")

    def _session(self, name: str) -> Session:
        """A token, a transaction and a reservation share the end of their names."""
        end = name.partition("_")[2]
        found = (self._stage.current(f"{kind}_{end}") for kind in ("tok", "chk"))
        return next(filter(None, found), None) or abort(_error(404, "", "Not found"))

    def _is_charged(self, session: Session) -> bool:
        decided = session.status not in {"open", "cancelled"} or session.id in self._charged
        return session.id in self._charged or (session.id.startswith("chk_") and decided)

    def _described(self, session_id: str) -> Response:
        session = self._stage.ledger.find(self.code, session_id)
        return _data(self._transaction(self._stage.told(session))) if session else abort(404)

    def _transaction(self, session: Session) -> dict[str, Any]:
        end = session.id.partition("_")[2]
        status = {"paid": "closed", "authorized": "preauth", "open": "open", "pending": "pending"}
        word = status.get(session.status, "failed")
        if session.refunded:
            word = "refunded" if session.refunded >= session.captured else "partial_refunded"
        codes = {**_CODES, "declined": int(self._stage.settings["decline_code"])}
        code = _DONE if session.status in {"paid", "authorized"} else codes.get(session.status, 30000)
        return {
            "id": f"tran_{end}",
            "amount": str(session.amount),
            "origin_amount": session.amount,
            "currency": session.currency,
            "status": word,
            "response_code": code,
            "description": session.reference,
            "livemode": False,
            "refunds": [_refund(refund) for refund in session.refunds] or None,
            "preauthorization": {"id": f"preauth_{end}"} if self._charged.get(session.id) == "hold" else None,
            "payment": {"type": "creditcard", "card_type": "visa", "last4": "1111"},
            "created_at": int(session.created_at),
        }


def _refund(refund: Refund) -> dict[str, Any]:
    status = {"done": "refunded", "pending": "pending"}.get(refund.status, "failed")
    return {
        "id": refund.id,
        "amount": str(refund.amount),
        "status": status,
        "description": refund.note,
        "livemode": False,
        "response_code": _DONE if status == "refunded" else 40404,
    }


def _data(data: object) -> Response:
    return jsonify({"data": data, "mode": "test"})


def _error(status: int, field: str, words: str = "missing or wrong") -> Response:
    answer = jsonify(error={"messages": {field: words}, "field": field} if field else words)
    answer.status_code = status
    return answer
