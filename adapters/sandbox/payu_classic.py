"""PayU's classic API (platnosci.pl): the form, UrlOnline, and Payment/get, confirm and cancel as text."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue

from adapters.sandbox.amounts import whole
from adapters.sandbox.ledger import MOVES, Session
from adapters.sandbox.player import News, Outgoing, WayBack, buttons
from adapters.sandbox.stage import Stage, View

POS_ID: Final = "4321"
POS_AUTH_KEY: Final = "AbCd123"
KEY1: Final = "c1a551c0c1a551c0c1a551c0c1a551c0"
KEY2: Final = "c1a551c1c1a551c1c1a551c1c1a551c1"
STATUSES: Final[Mapping[str, str]] = {
    "open": "1",
    "pending": "4",
    "authorized": "5",
    "paid": "99",
    "declined": "3",
    "cancelled": "2",
    "expired": "2",
}
_FORM: Final = (
    "pos_id pay_type session_id pos_auth_key amount desc desc2 trsDesc order_id first_name last_name "
    "payback_login street street_hn street_an city post_code country email phone language client_ip ts"
)
_ASKED: Final = "pos_id session_id ts"
_ANSWERED: Final = (
    "trans_pos_id trans_session_id trans_order_id trans_status trans_amount trans_desc trans_ts"
)
_NEEDED: Final = {"session_id": "101", "desc": "104", "client_ip": "105", "amount": "111"}
_ERRORS: Final[Mapping[str, str]] = {
    "100": "wrong pos id",
    "101": "no session id",
    "103": "wrong sig",
    "104": "no desc",
    "105": "no client ip",
    "111": "no amount",
    "209": "wrong pos auth key",
    "500": "no such transaction",
    "506": "the money was received before",
    "599": "wrong state of the transaction",
}
KNOBS: Final[Mapping[str, object]] = {"unsigned_forms": False, "url_positive": "", "url_negative": ""}
"""Whether the POS takes forms without a signature, and what stands in its panel beside UrlOnline."""


def sig(fields: Mapping[str, str], names: str, key: str) -> str:
    """MD5 over the values and the key, nothing between them; what is missing is empty. Source: section 11."""
    text = "".join(fields.get(name, "") for name in names.split()) + key
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class ClassicPaygw:
    """The old interface over the ledger of the new one. A session's id is its transaction's number."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def paygw(self) -> tuple[tuple[str, str, str, View], ...]:
        """The rows of the classic paths."""
        form, payment = "/paygw/UTF/NewPayment", "/paygw/UTF/Payment"
        return (
            ("GET", form, "create", self.new_payment),
            ("POST", form, "create", self.new_payment),
            ("POST", f"{payment}/get/txt", "look", self.payment_get),
            ("POST", f"{payment}/confirm/txt", "collect", self.payment_confirm),
            ("POST", f"{payment}/cancel/txt", "cancel", self.payment_cancel),
        )

    def new_payment(self) -> ResponseReturnValue:
        """The form: a page for a good one, else an error; the same session leads to the same page."""
        form = (request.form if request.method == "POST" else request.args).to_dict()
        if problem := self._wrong(form):
            return _error(problem, 400)
        wish = Session(
            id=str(100_000_000 + secrets.randbelow(900_000_000)),
            gateway=self._stage.code,
            account=POS_ID,
            reference=form["session_id"],
            amount=int(form["amount"]),
            currency="PLN",
            places=2,
            description=form["desc"],
            key=f"classic/{POS_ID}/{form['session_id']}",
            manual_capture=bool(self._stage.settings["manual_capture"]),
            extra={"classic": True, "order_id": form.get("order_id", ""), "pay": form.get("pay_type", "m")},
        )
        session, _ = self._stage.ledger.open(wish)
        return redirect(self._stage.page(self._stage.opened(session)), 303)

    def payment_get(self) -> ResponseReturnValue:
        """The transaction as it stands."""
        session = self._asked()
        if isinstance(session, Response):
            return session
        told = self._stage.told(session)
        return self._answer(
            session,
            _ANSWERED,
            trans_order_id=session.extra["order_id"],
            trans_amount=str(told.amount),
            trans_status=STATUSES.get(told.status, told.status),
            trans_pay_type=session.extra["pay"],
            trans_desc=session.description,
            trans_auth_fraud="0",
        )

    def payment_confirm(self) -> ResponseReturnValue:
        """Take the money that waits for the shop's receipt."""
        return self._moved("paid", "506")

    def payment_cancel(self) -> ResponseReturnValue:
        """Drop a transaction that is not finished."""
        return self._moved("cancelled", "599")

    def _moved(self, status: str, too_late: str) -> ResponseReturnValue:
        session = self._asked()
        if isinstance(session, Response):
            return session
        waits = session.status == "authorized" or status == "cancelled"
        if not waits or status not in MOVES[session.status]:
            return _error(too_late if session.status == "paid" else "599")
        self._stage.finish(session.id, status)
        return self._answer(session, "trans_pos_id trans_session_id trans_ts")

    def classic_outcomes(self, session: Session) -> Mapping[str, str]:
        """Without automatic receipt a shopper who pays makes money that waits."""
        offered = buttons(session)
        if session.manual_capture and "authorized" in offered:
            rest = {to: text for to, text in offered.items() if to not in ("paid", "authorized")}
            return {"authorized": "Pay", **rest}
        return offered

    def classic_news(self, news: News) -> Outgoing | None:
        """UrlOnline: who should ask, and nothing about the outcome; of refunds nobody is told."""
        url = self._stage.webhook(news.session)
        if not url or news.refund:
            return None
        fields = {
            "pos_id": news.session.account,
            "session_id": news.session.reference,
            "ts": str(int(self._stage.now() * 1000)),
        }
        fields["sig"] = sig(fields, _ASKED, "0" * 32 if news.forged else KEY2)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return Outgoing(url, urlencode(fields).encode(), headers)

    def classic_way_back(self, session: Session) -> WayBack:
        """UrlPositive or UrlNegative of the panel; untyped ones are guessed from UrlOnline."""
        is_bad = STATUSES.get(session.status) in ("2", "3")
        settings = self._stage.settings
        root, found, account = str(settings["webhook_url"]).partition("/callbacks/")
        guessed = f"{root}/returns/{account}/%orderId%" if found else ""
        page = str(settings["url_negative" if is_bad else "url_positive"] or guessed)
        if is_bad and not settings["url_negative"] and page:
            page += "?error=%error%"
        error = "504" if session.status == "cancelled" else "501"
        return WayBack(page.replace("%orderId%", session.extra["order_id"]).replace("%error%", error))

    def _wrong(self, form: Mapping[str, str]) -> str:
        if form.get("pos_id") != POS_ID:
            return "100"
        if form.get("pos_auth_key") != POS_AUTH_KEY:
            return "209"
        for name, number in _NEEDED.items():
            if not form.get(name) or (name == "amount" and not whole(form[name])):
                return number
        may_be_unsigned = self._stage.settings["unsigned_forms"] and "sig" not in form
        return "" if may_be_unsigned or _is_signed(form, _FORM) else "103"

    def _asked(self) -> Session | Response:
        """The session a signed question is about, or the error to answer."""
        asked = request.form.to_dict()
        if asked.get("pos_id") != POS_ID:
            return _error("100")
        if not asked.get("ts") or not _is_signed(asked, _ASKED):
            return _error("103")
        found = self._stage.ledger.newest(self._stage.code, asked.get("session_id", ""))
        return found if found and found.extra.get("classic") else _error("500")

    def _answer(self, session: Session, covered: str, **told: str) -> Response:
        lines = {
            "status": "OK",
            "trans_id": session.id,
            "trans_pos_id": session.account,
            "trans_session_id": session.reference,
            **told,
            "trans_ts": str(int(self._stage.now() * 1000)),
        }
        lines["trans_sig"] = sig(lines, covered, KEY2)
        return _text(lines)


def _is_signed(fields: Mapping[str, str], names: str) -> bool:
    return hmac.compare_digest(fields.get("sig", "").encode(), sig(fields, names, KEY1).encode())


def _error(number: str, http: int = 200) -> Response:
    answer = _text({"status": "ERROR", "error_nr": number, "error_message": _ERRORS[number]})
    answer.status_code = http
    return answer


def _text(lines: Mapping[str, str]) -> Response:
    body = "".join(f"{name}:{value}\n" for name, value in lines.items())
    return Response(body, content_type="text/plain; charset=utf-8")
