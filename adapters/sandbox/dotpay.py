"""Plays Dotpay: the payment form with its chk, the URLC of every kind, and the seller API."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Blueprint, Response, abort, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from adapters.sandbox.amounts import is_web_address, places_of, whole
from adapters.sandbox.dotpay_wire import (
    API_PASSWORD,
    API_USER,
    CURRENCIES,
    PIN,
    SHOP,
    chk_of,
    new_number,
    oldest_fields,
    oldest_md5,
    operation,
    units,
    urlc_fields,
    urlc_signature,
)
from adapters.sandbox.ledger import Refund, Refused, Session
from adapters.sandbox.player import News, Outgoing, WayBack, buttons
from adapters.sandbox.stage import Stage

_LEFT: Final = ("declined", "cancelled", "expired")
_FORM: Final = "application/x-www-form-urlencoded"


class Dotpay:
    """A form opens a try, each try is an operation; without api_version the oldest messages are sent."""

    code: ClassVar[str] = "dotpay"
    title: ClassVar[str] = "Dotpay"
    settings: ClassVar[Mapping[str, Any]] = {
        "pin": PIN,
        "chk_required": True,
        "block_external_urlc": False,
        "return_by_post": False,
        "refund_sign": "",
        "page_size": 20,
    }

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    @staticmethod
    def credentials(base_url: str) -> dict[str, object]:
        """The settings block a shop needs to talk to this player; `base_url` is the sandbox's own address."""
        return {
            "adapter": "dotpay",
            "shop_id": SHOP,
            "pin": PIN,
            "api_user": API_USER,
            "api_password": API_PASSWORD,
            "base_url": f"{base_url}/dotpay",
        }

    def routes(self) -> Blueprint:
        """The gateway's own paths, below `/dotpay`; forms and API both by their test and live names."""
        forms = [
            (method, path, "create", self.create)
            for method in ("GET", "POST")
            for path in ("/test_payment/", "/t2/")
        ]
        calls = [
            row
            for root in ("/test_seller/api/v1", "/s2/login/api/v1")
            for row in (
                ("GET", f"{root}/operations/", "look", self.search),
                ("GET", f"{root}/operations/<number>/", "look", self.retrieve),
                ("POST", f"{root}/payments/<number>/refund/", "refund", self.refund),
                ("GET", f"{root}/accounts/<shop>/", "look", self.account),
            )
        ]
        return self._stage.paths(*forms, *calls)

    def create(self) -> ResponseReturnValue:
        """Begin a try; the same form again, while nothing was decided, leads to the same page."""
        fields = (request.form if request.method == "POST" else request.args).to_dict()
        wrong = self._wrong(fields)
        if wrong:
            return self._turned_away(fields, wrong)
        known = self._stage.ledger.newest(self.code, fields["control"]) if fields.get("control") else None
        if known is None or known.status not in {"open", "pending"}:
            known, _ = self._stage.ledger.open(self._session(fields))
        self._stage.opened(known)
        return redirect(self._stage.page(known), 303)

    def search(self) -> ResponseReturnValue:
        """The operations whose description holds the text asked for, newest first, in pages."""
        self._signed_in()
        asked = request.args.get("description", "")
        found = [
            told
            for session in self._stage.ledger.sessions(self.code)
            for told in self._operations(session)
            if asked in told["description"]
        ]
        size, page = int(self._stage.settings["page_size"]), whole(request.args.get("page", "1")) or 1
        rest = f"{request.path.removeprefix('/dotpay')}?{urlencode({**request.args, 'page': page + 1})}"
        return jsonify(
            count=len(found),
            next=f"{self._stage.root()}{rest}" if len(found) > page * size else None,
            previous=None,
            results=found[(page - 1) * size : page * size],
        )

    def retrieve(self, number: str) -> ResponseReturnValue:
        """One operation, payment or refund, by its number."""
        self._signed_in()
        for session in self._stage.ledger.sessions(self.code):
            for told in self._operations(session):
                if told["number"] == number:
                    return jsonify(told)
        return self.refuse(404, "Not found.")

    def refund(self, number: str) -> ResponseReturnValue:
        """Give money back, as often as it is asked; its own operation is told later."""
        self._signed_in()
        session = self._stage.current(number) or abort(self.refuse(404, "Not found."))
        wish = _json(request.get_data())
        amount = units(str(wish.get("amount", "")), session.currency)
        if not amount:
            return self.refuse(400, "A valid number is required.")
        note = f"{wish.get('control', '')}\n{wish.get('description', '')}"
        wanted = Refund(new_number(), "", amount, "done", note, 0)
        try:
            self._stage.refund(session, wanted, after=self._stage.settings["refund_seconds"])
        except Refused as no:
            return self.refuse(400, str(no))
        return jsonify(detail="ok")

    def account(self, shop: str) -> ResponseReturnValue:
        """How the shop is set up."""
        self._signed_in()
        if shop != SHOP:
            return self.refuse(404, "Not found.")
        knobs = self._stage.settings
        config = {"urlc": knobs["webhook_url"], "block_external_urlc": knobs["block_external_urlc"]}
        told = {"id": int(SHOP), "status": "active", "name": "Shop", "mcc_code": 5999}
        return jsonify({**told, "config": {**config, "pin": knobs["pin"]}})

    def outcomes(self, session: Session) -> Mapping[str, str]:
        """What the shopper may choose now: status to reach -> words on the button."""
        return buttons(session)

    def compose(self, news: News) -> Outgoing | None:
        """The URLC of an operation, or its oldest form for a payment that named no version."""
        session = news.session
        if not session.callback_url:
            return None
        pin = "a-forgers-guess" if news.forged else str(self._stage.settings["pin"])
        if session.extra["api_version"]:
            fields = urlc_fields(session, news.refund, str(self._stage.settings["refund_sign"]))
            fields["signature"] = urlc_signature(fields, pin)
        else:
            fields = oldest_fields(session, news.refund)
            fields["md5"] = oldest_md5(fields, pin)
        return Outgoing(session.callback_url, urlencode(fields).encode(), {"Content-Type": _FORM})

    def accepted(self, status: int, body: bytes) -> bool:
        """Exactly OK, with nothing before or after it."""
        return status == 200 and body == b"OK"

    def way_back(self, session: Session) -> WayBack:
        """`url` with a status; OK means that something was begun, not that it is paid."""
        told = {"status": "FAIL" if session.status in _LEFT else "OK"}
        if session.status == "expired":
            told["error_code"] = "PAYMENT_EXPIRED"
        if self._stage.settings["return_by_post"] and session.return_url:
            return WayBack(session.return_url, told)
        return WayBack(_with_query(session.return_url, told))

    def refuse(self, status: int, words: str) -> Response:
        """An error of the seller API; there are no tokens to forget."""
        answer = jsonify(detail=words)
        answer.status_code = status
        return answer

    def _session(self, fields: Mapping[str, str]) -> Session:
        knobs, currency = self._stage.settings, fields["currency"]
        blocked = bool(knobs["block_external_urlc"])
        return Session(
            id=new_number(),
            gateway=self.code,
            account=fields["id"],
            reference=fields.get("control", ""),
            amount=units(fields["amount"], currency) or 0,
            currency=currency,
            places=places_of(currency),
            description=fields["description"],
            callback_url=str(knobs["webhook_url"]) if blocked else _either(fields, "urlc"),
            return_url=_either(fields, "url"),
            extra={"email": fields.get("email", ""), "api_version": fields.get("api_version", "")},
        )

    def _wrong(self, fields: Mapping[str, str]) -> str:
        """The error code of a form that cannot be paid; empty for a good one."""
        if any(not fields.get(name) for name in ("id", "amount", "currency", "description")):
            return "REQUIRED_PARAMETERS_NOT_PRESENT"
        if fields["id"] != SHOP:
            return "INACTIVE_SELLER"
        expected = chk_of(fields, str(self._stage.settings["pin"]))
        is_proven = hmac.compare_digest(fields.get("chk", "").encode(), expected.encode())
        if not is_proven and ("chk" in fields or self._stage.settings["chk_required"]):
            return "HASH_NOT_EQUAL_CHK"
        if fields["currency"] not in CURRENCIES:
            return "UNKNOWN_CURRENCY"
        amount = units(fields["amount"], fields["currency"])
        if amount is None or len(fields["description"]) > 255:
            return "BAD_DATA_FORMAT"
        return "" if amount else "AMOUNT_TOO_LOW"

    def _turned_away(self, fields: Mapping[str, str], code: str) -> ResponseReturnValue:
        """Back to the shop with an error code, or a bare page for a form without an address."""
        self._stage.ledger.note(self.code, "", "form refused", code)
        back = _either(fields, "url")
        if not is_web_address(back):
            return Response(code, status=400, mimetype="text/plain")
        return redirect(_with_query(back, {"status": "FAIL", "error_code": code}), 303)

    def _operations(self, session: Session) -> list[dict[str, Any]]:
        told = self._stage.told(session)
        return [operation(told), *(operation(told, refund) for refund in told.refunds)]

    def _signed_in(self) -> None:
        given = request.authorization
        user, password = (given.username or "", given.password or "") if given else ("", "")
        if (user, password) != (API_USER, API_PASSWORD):
            abort(self.refuse(401, "Invalid username/password."))


def _json(raw: bytes) -> dict[str, Any]:
    """The JSON object in a body, its numbers as they were written; an empty one for anything else."""
    try:
        found = json.loads(raw, parse_float=str, parse_int=str)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _either(fields: Mapping[str, str], name: str) -> str:
    """A field by today's name or, as the oldest shops write it, in capitals."""
    return fields.get(name) or fields.get(name.upper(), "")


def _with_query(url: str, added: Mapping[str, str]) -> str:
    parts = urlsplit(url)
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *added.items()])
    return urlunsplit(parts._replace(query=query)) if url else ""
