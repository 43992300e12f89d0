"""Plays PrivatBank PayParts, API v2. Hryvnias with two decimals as JSON numbers; kopecks in the ledger."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from flask import Blueprint, Response, redirect, request
from flask.typing import ResponseReturnValue

from adapters.sandbox.amounts import shown
from adapters.sandbox.ledger import Refund, Refused, Session
from adapters.sandbox.payparts_wire import (
    PASSWORDS,
    STORE,
    WORDS,
    BadRequest,
    Wish,
    as_json,
    read_wish,
    sign,
    text,
)
from adapters.sandbox.player import News, Outgoing, WayBack, buttons
from adapters.sandbox.stage import Stage, new_id

NOT_FOUND: Final = "Платеж не найден"


class PayParts:
    """The bank's create and hold, the questions and moves after it, and its callback of a decision."""

    code: ClassVar[str] = "payparts"
    title: ClassVar[str] = "PrivatBank PayParts"
    settings: ClassVar[Mapping[str, Any]] = {"minimum": 30_000, "maximum": 30_000_000, "wide_replies": False}

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    @staticmethod
    def credentials(base_url: str) -> dict[str, object]:
        """The settings block a shop needs to talk to this player; `base_url` is the sandbox's own address."""
        return {
            "adapter": "payparts",
            "store_id": STORE,
            "password": PASSWORDS[STORE],
            "base_url": f"{base_url}/payparts",
        }

    def routes(self) -> Blueprint:
        """The gateway's own paths, below `/payparts`; some clients end them with a slash."""
        rows = (
            ("create", "create", self.create),
            ("hold", "create", self.hold),
            ("state", "look", self.state),
            ("confirm", "capture", self.confirm),
            ("cancel", "cancel", self.cancel),
            ("decline", "refund", self.decline),
        )
        paths = self._stage.paths(
            *(
                ("POST", f"/payment/{path}{slash}", operation, view)
                for path, operation, view in rows
                for slash in ("", "/")
            )
        )
        paths.add_url_rule("/payment", "enter", self.enter, methods=["GET"])
        return paths

    def create(self) -> ResponseReturnValue:
        """A payment that is debited at once."""
        return self._opened(manual=bool(self._stage.settings["manual_capture"]))

    def hold(self) -> ResponseReturnValue:
        """A payment that waits for the shop's confirm."""
        return self._opened(manual=True)

    def enter(self) -> ResponseReturnValue:
        """The shopper comes with the token and is shown the page."""
        session = self._stage.current(request.args.get("token", ""))
        if session is None:
            return self.refuse(404, "unknown token")
        return redirect(f"{self._stage.root()}/pay/{session.id}", 303)

    def state(self) -> ResponseReturnValue:
        """How a payment stands; amount and card only where asked for, and never signed."""
        return self._about_one(lambda wish, session: self._described(wish, self._stage.told(session)))

    def confirm(self) -> ResponseReturnValue:
        """Take what is held, whole."""
        return self._about_one(lambda wish, session: self._moved(wish, session, "paid"))

    def cancel(self) -> ResponseReturnValue:
        """Let go of what is held."""
        return self._about_one(lambda wish, session: self._moved(wish, session, "cancelled"))

    def decline(self) -> ResponseReturnValue:
        """Give money back; asked twice it goes back twice, as far as it reaches."""
        return self._about_one(self._declined, of_amount=True)

    def outcomes(self, session: Session) -> Mapping[str, str]:
        """What the shopper may choose now; the yes to a hold only locks the money."""
        offered = buttons(session)
        if not session.manual_capture or session.status == "authorized":
            return offered
        return {
            "authorized": "Pay",
            **{key: offered[key] for key in ("declined", "cancelled") if key in offered},
        }

    def compose(self, news: News) -> Outgoing | None:
        """The callback of a decision. It names no amount, and there is none for refunds."""
        session = news.session
        if not session.callback_url or news.refund:
            return None
        word = WORDS.get(session.status, session.status)
        message = {"SUCCESS": f"Договор {session.id}", "FAIL": "Отказ банка"}.get(word, "")
        told = {"storeId": session.account, "orderId": session.reference, "paymentState": word}
        password = "a-forgers-guess" if news.forged else PASSWORDS.get(session.account, "")
        signature = sign(password, *told.values(), message)
        body = as_json({**told, "message": message, "signature": signature})
        return Outgoing(session.callback_url, body, {"Content-Type": "application/json; charset=UTF-8"})

    def accepted(self, status: int, body: bytes) -> bool:
        """Any 200 is a receipt."""
        return status == 200

    def way_back(self, session: Session) -> WayBack:
        """redirectUrl as it was given: it carries no result."""
        return WayBack(session.return_url)

    def refuse(self, status: int, words: str) -> Response:
        """An error as it is seen in the wild: unsigned, with `errorMessage`."""
        return _json({"state": "FAIL", "errorMessage": words}, status)

    def _opened(self, *, manual: bool) -> ResponseReturnValue:
        try:
            wish = read_wish(request.get_data())
            wish.require_signature(*wish.payment())
            within = self._stage.settings["minimum"] <= wish.kopecks <= self._stage.settings["maximum"]
            if not within:
                raise BadRequest("bad value: amount is out of bounds", wish)
        except BadRequest as bad:
            return self._no(bad)
        session, fresh = self._stage.ledger.open(
            Session(
                id=secrets.token_hex(12).upper(),
                gateway=self.code,
                account=wish.store,
                reference=wish.order,
                amount=wish.kopecks,
                currency="UAH",
                places=2,
                description=wish.describe(),
                callback_url=text(wish.body.get("responseUrl")),
                return_url=text(wish.body.get("redirectUrl")),
                key=f"{wish.store}/{wish.order}",
                manual_capture=manual,
                extra={"partsCount": wish.body["partsCount"], "merchantType": wish.body["merchantType"]},
            )
        )
        if not fresh:
            return self._no(BadRequest("bad value: orderId already exists", wish))
        page = self._stage.page(self._stage.opened(session))
        token = page.removeprefix(f"{self._stage.root()}/pay/")
        signature = wish.sign("SUCCESS", wish.store, wish.order, token)
        return _json({"state": "SUCCESS", **wish.ours, "token": token, "signature": signature})

    def _about_one(
        self, act: Callable[[Wish, Session], Response], *, of_amount: bool = False
    ) -> ResponseReturnValue:
        """Do something about the payment that is asked for; a refusal is told, signed where we know whom."""
        try:
            wish = read_wish(request.get_data())
            wish.require_signature(*([wish.amount()] if of_amount else []))
            found = self._stage.ledger.newest(self.code, wish.order)
            session = self._stage.current(found.id) if found else None
            if session is None or session.account != wish.store:
                raise BadRequest(NOT_FOUND, wish)
            try:
                return act(wish, session)
            except Refused as no:
                raise BadRequest(str(no), wish) from no
        except BadRequest as bad:
            return self._no(bad)

    def _described(self, wish: Wish, session: Session) -> Response:
        word = WORDS[session.status]
        signature = wish.sign("SUCCESS", wish.store, wish.order, word)
        told = {"state": "SUCCESS", "paymentState": word, **wish.ours, "signature": signature}
        if str(wish.body.get("showInfo")).lower() == "true" and session.captures:
            told |= {"cardMask": "0000********3333", "authCode": "123456", "bankName": "PrivatBank"}
        raw = as_json(told)
        if str(wish.body.get("showAmount")).lower() == "true":
            raw = raw[:-1] + f', "amount": {shown(session.amount, 2)}}}'.encode()
        return Response(raw, content_type="application/json; charset=UTF-8")

    def _moved(self, wish: Wish, session: Session, status: str) -> Response:
        if session.status != "authorized":
            raise Refused(f"the payment is {WORDS[session.status]}")
        self._stage.finish(session.id, status)
        told = {"state": "SUCCESS", **wish.ours}
        wide = bool(self._stage.settings["wide_replies"])
        told["signature"] = wish.sign(*(("SUCCESS",) if wide else ()), wish.store, wish.order)
        return _json(told)

    def _declined(self, wish: Wish, session: Session) -> Response:
        refund = Refund(new_id("ref"), "", wish.kopecks, "done", "", 0)
        made, _ = self._stage.refund(session, refund, after=None)
        if made.status == "refused":
            raise Refused("the refund is refused")
        signature = wish.sign("SUCCESS", wish.store, wish.order)
        return _json({"state": "SUCCESS", **wish.ours, "signature": signature})

    def _no(self, bad: BadRequest) -> Response:
        """A refusal, signed where it is known for whom."""
        wish = bad.wish
        if wish is None:
            return self.refuse(200, str(bad))
        signature = wish.sign("FAIL", wish.store, wish.order, str(bad))
        return _json({"state": "FAIL", **wish.ours, "message": str(bad), "signature": signature})


def _json(told: Mapping[str, Any], status: int = 200) -> Response:
    return Response(as_json(told), status=status, content_type="application/json; charset=UTF-8")
