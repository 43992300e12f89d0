"""Tpay's classic panel: the signed form, and the old API's transaction/get and chargeback."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from adapters.sandbox.amounts import is_web_address
from adapters.sandbox.ledger import Refund, Refused, Session
from adapters.sandbox.stage import Stage, new_id
from adapters.sandbox.tpay_wire import (
    API_KEY,
    API_PASSWORD,
    CODE,
    LOOKS,
    MERCHANT,
    PLACES,
    failed,
    form_sum,
    hundredths,
    moment,
    new_title,
    number,
    old_form_sum,
    told,
)


class ClassicPanel:
    """Sessions are opened here for both interfaces; a session's id is its title."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def form(self) -> ResponseReturnValue:
        """The classic form: a page for a well-signed one, else a sentence."""
        form = request.form if request.method == "POST" else request.args
        amount, crc = form.get("amount", ""), form.get("crc", "")
        sums = [make(MERCHANT, amount, crc, CODE) for make in (form_sum, old_form_sum)]
        if form.get("id") != MERCHANT or form.get("md5sum") not in sums:
            return Response("the form's md5sum is wrong", 400)
        if not hundredths(amount) or len(amount.partition(".")[2]) != PLACES or not form.get("description"):
            return Response("amount and description are needed", 400)
        if len(crc) > 128 or len(form["description"]) > 128 or len(form.get("result_url", "")) > 512:
            return Response("a field is too long", 400)
        session = self._opened(
            crc,
            hundredths(amount) or 0,
            "PLN",
            description=form["description"],
            callback_url=form.get("result_url", ""),
            return_url=form.get("return_url", ""),
            extra={"email": form.get("email", ""), "error_url": form.get("return_error_url", "")},
        )
        return redirect(self._stage.page(session), 303)

    def old_get(self, api_key: str) -> ResponseReturnValue:
        """A transaction by the classic API."""
        session = self._stage.told(self._titled(api_key))
        paid = session.amount if session.captures else 0
        return jsonify(
            result=1,
            status="chargeback" if session.refunded else LOOKS.get(session.status, "pending"),
            error_code="none",
            chargeback_time=moment(session.refunds[0].at) if session.refunded else "",
            test_mode=0,
            amount=number(session.amount),
            amount_paid=number(paid),
        )

    def old_refund(self, api_key: str) -> ResponseReturnValue:
        """A refund by the classic API: the whole, or `chargeback_amount`."""
        session, asked = self._titled(api_key), request.form.get("chargeback_amount")
        amount = session.refundable if asked is None else hundredths(asked)
        if not amount:
            return jsonify(result=0, err="ERR42")
        try:
            made, _ = self._stage.refund(session, Refund(new_id("rf"), "", amount, "done", "", 0), after=None)
        except Refused:
            return jsonify(result=0, err="ERR45")
        return jsonify(result=1) if made.status == "done" else jsonify(result=0, err="ERR43")

    def _opened(self, reference: str, amount: int, currency: str, **beside: Any) -> Session:
        extra = {**beside.pop("extra"), "root": self._stage.root()}
        for name in ("callback_url", "return_url"):
            if beside[name] and not is_web_address(beside[name]):
                abort(failed(400, f"invalid_{name}", "no web address"))
        names = (new_title(), self._stage.code, MERCHANT, reference)
        session, _ = self._stage.ledger.open(Session(*names, amount, currency, PLACES, extra=extra, **beside))
        return self._stage.opened(session)

    def _titled(self, api_key: str) -> Session:
        if (api_key, request.form.get("api_password")) != (API_KEY, API_PASSWORD):
            abort(failed(401, "ERR98", "wrong password"))
        found = self._stage.current(request.form.get("title", ""))
        return found if found else abort(told(result=0, err="ERR54"))
