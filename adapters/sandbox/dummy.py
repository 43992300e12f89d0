"""Plays our own test gateway: signed JSON both ways, amounts in minor units of ISO 4217 as digit strings."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Blueprint, Response, abort, jsonify, request
from flask.typing import ResponseReturnValue

from adapters.sandbox.amounts import is_web_address, places_of, whole
from adapters.sandbox.ledger import Refund, Refused, Session
from adapters.sandbox.player import News, Outgoing, WayBack, buttons
from adapters.sandbox.stage import Stage, new_id

SECRET: Final = "dummy-secret-known-to-everybody-0001"  # noqa: S105 -- a published test secret
TOLERANCE: Final = 300
_ASKED: Final = ("account", "reference", "amount", "currency", "description", "return_url", "key")


class Dummy:
    """The test gateway. Requests and callbacks carry X-Dummy-Timestamp and X-Dummy-Signature."""

    code: ClassVar[str] = "dummy"
    title: ClassVar[str] = "Dummy"
    settings: ClassVar[Mapping[str, Any]] = {"secret": SECRET, "refund_seconds": 0}

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    @staticmethod
    def credentials(base_url: str) -> dict[str, object]:
        """The settings block a shop needs to talk to this player; `base_url` is the sandbox's own address."""
        return {"adapter": "dummy", "secret": SECRET, "base_url": f"{base_url}/dummy"}

    def routes(self) -> Blueprint:
        """The gateway's own paths, below `/dummy`."""
        one = "/sessions/<session_id>"
        return self._stage.paths(
            ("POST", "/sessions", "create", self.create),
            ("GET", "/sessions", "look", self.find),
            ("GET", one, "look", self.retrieve),
            ("POST", f"{one}/capture", "capture", self.capture),
            ("POST", f"{one}/void", "cancel", self.void),
            ("POST", f"{one}/refunds", "refund", self.refund),
            ("GET", "/refunds", "look", self.find_refund),
        )

    def create(self) -> ResponseReturnValue:
        """Open a session: 201, or 200 with the first one when the key was used before."""
        wish = self._signed_json()
        missing = [name for name in _ASKED if not isinstance(wish.get(name), str) or not wish[name]]
        amount = whole(wish.get("amount"))
        if missing or not amount:
            return _error(400, f"missing or wrong: {', '.join(missing or ['amount'])}")
        if not is_web_address(wish["return_url"]) or not is_web_address(wish.get("callback_url")):
            return _error(400, "return_url and callback_url are web addresses")
        session, fresh = self._stage.ledger.open(
            Session(
                id=new_id("ses"),
                gateway=self.code,
                account=wish["account"],
                reference=wish["reference"],
                amount=amount,
                currency=wish["currency"],
                places=places_of(wish["currency"]),
                description=wish["description"],
                callback_url=wish["callback_url"],
                return_url=wish["return_url"],
                key=wish["key"],
                manual_capture=wish.get("capture") == "manual"
                or bool(self._stage.settings["manual_capture"]),
            )
        )
        self._stage.opened(session)
        return jsonify(id=session.id, url=self._stage.page(session)), 201 if fresh else 200

    def find(self) -> ResponseReturnValue:
        """The youngest session with `?reference=`."""
        self._check(_path_with_query())
        found = self._stage.ledger.newest(self.code, request.args.get("reference", ""))
        return self._described(found) if found else _error(404, "no such session")

    def retrieve(self, session_id: str) -> ResponseReturnValue:
        """One session as it stands."""
        self._check(_path_with_query())
        return self._described(self._session(session_id))

    def capture(self, session_id: str) -> ResponseReturnValue:
        """Take all or a part of what is authorised; the same key takes once."""
        wish, session = self._signed_json(), self._session(session_id)
        amount = whole(wish.get("amount"))
        key = str(wish.get("key", ""))
        if not amount or not key:
            return _error(400, "amount and key are needed")
        if session.status not in {"authorized", "paid"}:
            raise Refused(f"the session is {session.status}")
        self._stage.finish(session.id, "paid", amount=amount, key=key)
        return self._described(self._session(session_id))

    def void(self, session_id: str) -> ResponseReturnValue:
        """Let go of what is authorised; voiding again changes nothing."""
        self._signed_json()
        session = self._session(session_id)
        if session.status != "cancelled":
            self._stage.finish(session.id, "cancelled")
        return self._described(self._session(session_id))

    def refund(self, session_id: str) -> ResponseReturnValue:
        """Give money back once per key; too much is answered as refused."""
        wish, session = self._signed_json(), self._session(session_id)
        amount, key = whole(wish.get("amount")), str(wish.get("key", ""))
        if not amount or not key:
            return _error(400, "amount and key are needed")
        wanted = Refund(new_id("ref"), key, amount, "done", "", 0)
        after = self._stage.settings["refund_seconds"] or None
        try:
            made, fresh = self._stage.refund(session, wanted, after=after)
        except Refused as no:
            made, fresh = self._stage.refund(
                session, replace(wanted, status="refused", note=str(no)), after=None
            )
        return jsonify(_refund(made)), 201 if fresh else 200

    def find_refund(self) -> ResponseReturnValue:
        """The refund made with `?key=`."""
        self._check(_path_with_query())
        found = self._stage.ledger.refund_by_key(self.code, request.args.get("key", ""))
        return jsonify(_refund(found[1])) if found else _error(404, "no such refund")

    def outcomes(self, session: Session) -> Mapping[str, str]:
        """What the shopper may choose now: status to reach -> words on the button."""
        return buttons(session)

    def compose(self, news: News) -> Outgoing | None:
        """The signed JSON callback."""
        session = news.session
        told: dict[str, Any] = {
            "event_id": new_id("evt"),
            "type": "refund.updated" if news.refund else "session.updated",
            "account": session.account,
            "reference": session.reference,
            "id": session.id,
            "status": session.status,
            "amount": str(session.amount),
            "currency": session.currency,
        }
        if session.captures:
            told["capture_id"] = session.captures[0].id
        if news.refund:
            told["refund"] = _refund(news.refund)
        body = json.dumps(told, ensure_ascii=False).encode()
        stamp = str(int(self._stage.now()))
        secret = "a-forgers-guess" if news.forged else str(self._stage.settings["secret"])
        signature = sign(secret, stamp, body)
        headers = {
            "Content-Type": "application/json",
            "X-Dummy-Timestamp": stamp,
            "X-Dummy-Signature": signature,
        }
        return Outgoing(session.callback_url, body, headers)

    def accepted(self, status: int, body: bytes) -> bool:
        """Only 200 with the body OK is a receipt."""
        return status == 200 and body.strip() == b"OK"

    def way_back(self, session: Session) -> WayBack:
        """The return address with `session` and `result`, a hint that proves nothing."""
        result = session.status if session.status in {"paid", "declined", "cancelled"} else "pending"
        parts = urlsplit(session.return_url)
        query = "&".join(filter(None, (parts.query, urlencode({"session": session.id, "result": result}))))
        return WayBack(urlunsplit(parts._replace(query=query)))

    def refuse(self, status: int, words: str) -> Response:
        """An error answer of this HTTP status; there are no tokens to forget."""
        return _error(status, words)

    def _session(self, session_id: str) -> Session:
        session = self._stage.current(session_id)
        return session if session else abort(_error(404, "no such session"))

    def _signed_json(self) -> dict[str, Any]:
        self._check(request.get_data())
        wish = request.get_json(force=True, silent=True)
        return wish if isinstance(wish, dict) else abort(_error(400, "a JSON object is expected"))

    def _check(self, signed: bytes) -> None:
        stamp = request.headers.get("X-Dummy-Timestamp", "")
        given = request.headers.get("X-Dummy-Signature", "")
        expected = sign(str(self._stage.settings["secret"]), stamp, signed)
        seconds = whole(stamp)
        fresh = seconds is not None and abs(self._stage.now() - seconds) <= TOLERANCE
        if not fresh or not hmac.compare_digest(given.encode(), expected.encode()):
            abort(_error(403, "bad signature"))

    def _described(self, session: Session) -> Response:
        told = self._stage.told(session)
        return jsonify(
            id=told.id,
            reference=told.reference,
            status=told.status,
            amount=str(told.amount),
            currency=told.currency,
            captured=str(told.captured),
            refunded=str(told.refunded),
            capture_id=told.captures[0].id if told.captures else None,
        )


def sign(secret: str, stamp: str, signed: bytes) -> str:
    """Lower-case hex HMAC-SHA256 over timestamp, point, and raw body (or the path with its query)."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + signed, hashlib.sha256).hexdigest()


def _path_with_query() -> bytes:
    raw = str(request.environ.get("REQUEST_URI") or request.full_path)
    parts = urlsplit(raw)
    path = parts.path.split("/dummy", 1)[-1]
    return (f"{path}?{parts.query}" if parts.query else path).encode("latin-1", "replace")


def _refund(refund: Refund) -> dict[str, str]:
    return {"id": refund.id, "key": refund.key, "status": refund.status, "amount": str(refund.amount)}


def _error(status: int, words: str) -> Response:
    answer = jsonify(error=words)
    answer.status_code = status
    return answer
