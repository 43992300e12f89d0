"""Plays Transbank Webpay Plus (Chile), REST API 1.2. Pesos are whole; it calls nobody back."""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Blueprint, Response, abort, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from adapters.sandbox.ledger import Refund, Refused, Session
from adapters.sandbox.player import News, Outgoing, WayBack
from adapters.sandbox.stage import Stage, new_id
from adapters.sandbox.webpay_wire import (
    API,
    CODES,
    COMMERCES,
    KEY,
    BadField,
    Commit,
    answer,
    error,
    nullified_json,
    number,
    read_amount,
    read_json,
    read_transaction,
    sale_json,
    went_back_as,
)

_CHOICES: Final = {
    "authorized": "Pay",
    "declined": "Decline",
    "cancelled": "Cancel",
    "expired": "Let it run out",
}
_TOO_OLD: Final = 7 * 24 * 3600
_HOUR: Final = 3600


class Webpay:
    """Webpay's transactions: a shopper's yes is authorized, and becomes money when the shop commits it.

    Knobs: `payment_type` and number of `instalments` of new sales; `reversal_hours` in which a whole refund
    is a reversal; `panel_reverses` makes whole refunds of the panel reversals; `status_tells_captured` names
    a captured part as the amount; `abort_by_post`, `broken_return`: the way back of somebody who did not pay.
    """

    code: ClassVar[str] = "webpay"
    title: ClassVar[str] = "Webpay Plus"
    settings: ClassVar[Mapping[str, Any]] = {
        "payment_type": "VN",
        "instalments": 0,
        "reversal_hours": 3,
        "panel_reverses": False,
        "status_tells_captured": False,
        "abort_by_post": True,
        "broken_return": False,
    }

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._lock = threading.Lock()
        self._commits: dict[str, Commit] = {}

    @staticmethod
    def credentials(base_url: str) -> dict[str, object]:
        """The settings block a shop needs to talk to this player; `base_url` is the sandbox's own address."""
        return {
            "adapter": "webpay",
            "commerce_code": "597055555532",
            "api_key": KEY,
            "base_url": f"{base_url}/webpay",
        }

    def routes(self) -> Blueprint:
        """The gateway's own paths, below `/webpay`; with and without a slash where clients differ."""
        one = f"{API}/<token>"
        paths = self._stage.paths(
            ("POST", API, "create", self.create),
            ("POST", f"{API}/", "create", self.create),
            ("PUT", one, "collect", self.commit),
            ("GET", one, "look", self.status),
            ("POST", f"{one}/refunds", "refund", self.refund),
            ("PUT", f"{one}/capture", "capture", self.capture),
        )
        paths.add_url_rule("/webpayserver/initTransaction", "enter", self.enter, methods=["GET", "POST"])
        return paths

    def create(self) -> ResponseReturnValue:
        """Open a transaction: a token of 64 characters and the address it is posted to."""
        account = self._commerce()
        try:
            wish = read_transaction(request.get_data(), account, secrets.token_hex(32), self._stage.now())
        except BadField as bad:
            return error(422, f"Invalid value for parameter: {bad}")
        manual = wish.manual_capture or bool(self._stage.settings["manual_capture"])
        session, _ = self._stage.ledger.open(replace(wish, manual_capture=manual))
        page = self._stage.page(self._stage.opened(session))
        own = page.startswith(f"{self._stage.root()}/pay/")
        url = f"{self._stage.root()}/webpayserver/initTransaction" if own else page
        return jsonify(token=session.id, url=url)

    def enter(self) -> ResponseReturnValue:
        """Where the shopper's browser brings the token, by form or by query."""
        carried = request.form if request.method == "POST" else request.args
        session = self._stage.current(carried.get("token_ws", ""))
        if session is None:
            abort(404)
        return redirect(url_for("webpay_backstage.page", session_id=session.id), 303)

    def commit(self, token: str) -> ResponseReturnValue:
        """Confirm what the shopper did, once: the money is taken now, or held by a deferred code."""
        session = self._session(token)
        if session.status in {"open", "pending"}:
            return error(422, "Invalid status '0' for transaction while authorizing")
        if session.status in {"cancelled", "expired"}:
            return error(422, "Transaction has an invalid finished state: aborted")
        knobs = self._stage.settings
        made = Commit.of(self._stage.now(), str(knobs["payment_type"]), int(knobs["instalments"]))
        with self._lock:
            if self._commits.setdefault(token, made) is not made:
                return error(422, "Transaction already locked by another process")
        if session.status == "authorized" and not session.manual_capture:
            self._stage.finish(token, "paid")
        return self._described(token)

    def status(self, token: str) -> ResponseReturnValue:
        """The transaction as it stands, for seven days."""
        session = self._session(token)
        if self._stage.now() - session.created_at > _TOO_OLD:
            return error(422, "The transactions's date has passed max time (7 days) to recover the status")
        return self._described(token)

    def refund(self, token: str) -> ResponseReturnValue:
        """Give money back: all of it soon after the commit is a reversal, everything else a nullification."""
        session, amount = self._session(token), self._wished("amount", token)
        commit = self._commits.get(token)
        if not session.captures or commit is None:
            return jsonify(type="NULLIFIED", response_code=CODES["not_authorised"])
        soon = self._stage.now() - commit.at <= int(self._stage.settings["reversal_hours"]) * _HOUR
        reverses = soon and amount == session.captured and not session.refunds
        if not reverses and commit.payment_type in {"VD", "VP"}:
            return error(422, "Debit or prepaid transactions only allow reverses, not nullifications")
        wanted = Refund(new_id("ref"), "", amount, "done", "REVERSED" if reverses else "NULLIFIED", 0)
        try:
            made, _ = self._stage.refund(session, wanted, after=None)
        except Refused:
            return jsonify(type="NULLIFIED", response_code=CODES["over_balance"])
        if made.status == "refused":
            return jsonify(type="NULLIFIED", response_code=CODES["generic"])
        if reverses:
            return jsonify(type="REVERSED")
        return answer(nullified_json(self._session(token), amount, self._stage.now()))

    def capture(self, token: str) -> ResponseReturnValue:
        """Take what a deferred code holds, once, whole or in part."""
        session, amount = self._session(token), self._wished("capture_amount", token)
        wish, commit = read_json(request.get_data()), self._commits.get(token)
        if session.captures:
            return jsonify(response_code=CODES["already_captured"])
        if commit is None or session.status != "authorized":
            return jsonify(response_code=CODES["not_authorised"])
        if (wish.get("buy_order"), wish.get("authorization_code")) != (session.reference, commit.code):
            return jsonify(response_code=CODES["not_found"])
        try:
            self._stage.finish(token, "paid", amount=amount)
        except Refused:
            return jsonify(response_code=CODES["over_balance"])
        told = {"token": token, "authorization_code": commit.code, "captured_amount": number(amount, session)}
        return answer({**told, "authorization_date": commit.date, "response_code": 0})

    def outcomes(self, session: Session) -> Mapping[str, str]:
        """What the shopper may choose; there is no paying later, and a second yes changes nothing."""
        if session.status == "authorized":
            return {"authorized": _CHOICES["authorized"]}
        return {} if session.is_final else _CHOICES

    def compose(self, news: News) -> Outgoing | None:
        """Webpay calls nobody."""
        return None

    def accepted(self, status: int, body: bytes) -> bool:
        """There is nothing to receipt."""
        return True

    def way_back(self, session: Session) -> WayBack:
        """The four ways back: yes or no, given up, run out, and the broken one with everything."""
        token, order = (
            {"token_ws": session.id},
            {
                "TBK_ID_SESION": str(session.extra["session_id"]),
                "TBK_ORDEN_COMPRA": session.reference,
            },
        )
        if self._stage.settings["broken_return"]:
            return _back(session, {**token, "TBK_TOKEN": session.id, **order})
        if session.status == "expired":
            return _back(session, order)
        if session.status == "cancelled":
            carried = {"TBK_TOKEN": session.id, **order}
            by_post = bool(self._stage.settings["abort_by_post"])
            return WayBack(session.return_url, carried) if by_post else _back(session, carried)
        return _back(session, token)

    def refuse(self, status: int, words: str) -> Response:
        """An error answer in Webpay's envelope; there are no tokens to forget."""
        return error(status, words)

    def _described(self, token: str) -> Response:
        session = self._session(token)
        told = self._stage.told(session)
        back = went_back_as(session, panel_reverses=bool(self._stage.settings["panel_reverses"]))
        captured = bool(self._stage.settings["status_tells_captured"])
        return answer(sale_json(told, self._commits.get(token), back, tells_captured=captured))

    def _wished(self, name: str, token: str) -> int:
        amount = read_amount(read_json(request.get_data()).get(name), self._session(token).places)
        return amount or abort(error(422, f"Invalid value for parameter: {name}"))

    def _commerce(self) -> str:
        account = request.headers.get("Tbk-Api-Key-Id", "")
        key = request.headers.get("Tbk-Api-Key-Secret", "")
        if account not in COMMERCES or not hmac.compare_digest(key.encode(), KEY.encode()):
            abort(error(401, "Not Authorized"))
        return account

    def _session(self, token: str) -> Session:
        account, session = self._commerce(), self._stage.current(token)
        if session is None or session.account != account:
            abort(error(422, "Invalid value for parameter: token"))
        return session


def _back(session: Session, carried: Mapping[str, str]) -> WayBack:
    parts = urlsplit(session.return_url)
    query = "&".join(filter(None, (parts.query, urlencode(carried))))
    return WayBack(urlunsplit(parts._replace(query=query)))
