"""Plays Ogone: the form page with its SHA-IN, feedback with its SHA-OUT, and DirectLink."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Blueprint, Response, abort, redirect, request
from flask.typing import ResponseReturnValue

from adapters.sandbox.amounts import is_web_address, places_of, whole
from adapters.sandbox.ledger import Refund, Refused, Session
from adapters.sandbox.ogone_wire import (
    API_PASSWORD,
    API_USER,
    BAD_DATA,
    CAPTURING,
    DELETED,
    LIMITS,
    LISTED_IN,
    LISTED_OUT,
    NOT_POSSIBLE,
    PSPID,
    REFUND_WORDS,
    SHA_IN,
    SHA_OUT,
    UNKNOWN_ORDER,
    WORDS,
    answer_xml,
    facts,
    feedback,
    new_payid,
    number_of,
    sha_of,
)
from adapters.sandbox.player import News, Outgoing, WayBack, buttons
from adapters.sandbox.stage import Stage, new_id

_FORM: Final = "application/x-www-form-urlencoded"
_ORDERID: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
_PAGES: Final = {"declined": "declineurl", "cancelled": "cancelurl", "expired": "exceptionurl"}


class Ogone:
    """A form opens a payment; its PAYID names it from then on, with a number for each operation on it."""

    code: ClassVar[str] = "ogone"
    title: ClassVar[str] = "Ogone"
    settings: ClassVar[Mapping[str, Any]] = {
        "sha": "sha256",
        "sha_in": SHA_IN,
        "sha_out": SHA_OUT,
        "feedback_method": "POST",
        "feedback_on_redirect": True,
        "feedback_has_payidsub": True,
        "times_hundred": True,
        "slow_capture": False,
        "order_amount_in_query": False,
    }

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._deleted: set[str] = set()
        self._capturing: set[str] = set()

    @staticmethod
    def credentials(base_url: str) -> dict[str, object]:
        """The settings block a shop needs to talk to this player; `base_url` is the sandbox's own address."""
        return {
            "adapter": "ogone",
            "pspid": PSPID,
            "sha_in": SHA_IN,
            "sha_out": SHA_OUT,
            "api_user": API_USER,
            "api_password": API_PASSWORD,
            "base_url": f"{base_url}/ogone",
        }

    def routes(self) -> Blueprint:
        """The gateway's own paths, below `/ogone`, by their test and live names."""
        roots = ("/ncol/test", "/ncol/prod")
        paths = self._stage.paths(
            *(("POST", f"{root}/orderstandard_utf8.asp", "create", self.create) for root in roots),
            *(("POST", f"{root}/querydirect_utf8.asp", "look", self.query) for root in roots),
        )
        refund, capture, delete = (
            self._stage.guard(name, view)
            for name, view in (("refund", self.refund), ("capture", self.capture), ("cancel", self.delete))
        )
        views = {"RFD": refund, "RFS": refund, "SAL": capture, "SAS": capture, "DEL": delete, "DES": delete}

        def maintain() -> Response:
            view = views.get(_fields().get("OPERATION", ""))
            return view() if view else _refused(BAD_DATA, "unknown operation")

        for root in roots:
            paths.add_url_rule(
                f"{root}/maintenancedirect_utf8.asp", f"maintain {root}", maintain, methods=["POST"]
            )
        return paths

    def create(self) -> ResponseReturnValue:
        """Begin a payment; the same form again, while nothing was decided, leads to the same page."""
        fields = _fields()
        known = self._stage.ledger.newest(self.code, fields.get("ORDERID", ""))
        wrong = self._wrong(fields)
        if known and known.status in ("authorized", "paid"):
            wrong = wrong or "this order was processed already"
        if wrong:
            self._stage.ledger.note(self.code, "", "form refused", wrong)
            return Response(wrong, status=400, mimetype="text/plain")
        if known is None or known.status not in ("open", "pending"):
            known, _ = self._stage.ledger.open(self._session(fields))
        self._stage.opened(known)
        return redirect(self._stage.page(known), 303)

    def query(self) -> ResponseReturnValue:
        """How a payment stands: the operation of a number, or whatever was last."""
        fields = self._signed_in()
        session = self._stage.told(self._found(fields))
        number = whole(fields.get("PAYIDSUB", "")) or 0
        last = session.refunds[-1] if session.refunds else None
        asked = [one for one in session.refunds if number_of(session, one) == number] if number else [last]
        refund = asked[0] if asked else None
        if number and not asked and not (session.manual_capture and number == 1):
            return _refused(UNKNOWN_ORDER, "unknown payidsub")
        told = self._facts(session, refund)
        if refund and self._stage.settings["order_amount_in_query"]:
            told["amount"] = self._facts(session, None)["amount"]
        return _xml(told)

    def refund(self) -> ResponseReturnValue:
        """Give money back, as often as it is asked: RFD a part, RFS the last of it."""
        fields = self._signed_in()
        session = self._found(fields)
        amount = whole(fields.get("AMOUNT", "")) or session.refundable
        if fields["OPERATION"] == "RFS" and amount < session.refundable:
            self._stage.ledger.note(self.code, session.id, "closed for more refunds")
        wanted = Refund(new_id("rf"), "", amount, "done", fields["OPERATION"], 0)
        try:
            made, _ = self._stage.refund(session, wanted, after=self._stage.settings["refund_seconds"])
        except Refused as no:
            return _refused(NOT_POSSIBLE, str(no), session)
        current = self._stage.ledger.find(self.code, session.id) or session
        return _xml(self._facts(current, made))

    def capture(self) -> ResponseReturnValue:
        """Take what is held; `slow_capture` only promises it now."""
        fields = self._signed_in()
        session = self._found(fields)
        amount = whole(fields.get("AMOUNT", "")) or session.amount
        if session.status != "authorized" or session.id in self._capturing or amount > session.amount:
            return _refused(NOT_POSSIBLE, "nothing is held for this", session)
        if self._stage.settings["slow_capture"]:
            self._capturing.add(session.id)
            after = self._stage.settings["refund_seconds"]
            self._stage.props.notifier.later(after, lambda: self._capture(session.id, amount))
        else:
            self._capture(session.id, amount)
        return _xml(self._facts(self._found(fields), None))

    def delete(self) -> ResponseReturnValue:
        """Let go of what is held."""
        session = self._found(self._signed_in())
        if session.status != "authorized" or session.id in self._capturing:
            return _refused(NOT_POSSIBLE, "nothing is held for this", session)
        self._deleted.add(session.id)
        self._stage.finish(session.id, "cancelled")
        return _xml(facts(session, DELETED, number=1))

    def outcomes(self, session: Session) -> Mapping[str, str]:
        """What the shopper may choose now; after a yes to RES the shop decides."""
        if session.status not in ("open", "pending"):
            return {}
        offered = buttons(session)
        if not session.manual_capture:
            return offered
        offered.pop("paid", None)
        return {**offered, "authorized": "Pay"}

    def compose(self, news: News) -> Outgoing | None:
        """Feedback to the address in the back office, by POST or GET as it is set there."""
        address = self._stage.webhook(news.session)
        if not address:
            return None
        number = number_of(news.session, news.refund) if news.refund else 0
        word = REFUND_WORDS[news.refund.status] if news.refund else self._word(news.session)
        fields = feedback(news.session, word, news.refund, number)
        if not self._stage.settings["feedback_has_payidsub"]:
            fields.pop("PAYIDSUB", None)
        told = urlencode(self._signed(fields, forged=news.forged))
        if self._stage.settings["feedback_method"] == "GET":
            return Outgoing(f"{address}?{told}", b"", {}, "GET")
        return Outgoing(address, told.encode(), {"Content-Type": _FORM})

    def accepted(self, status: int, body: bytes) -> bool:
        """Any 200, whatever it says."""
        return status == 200

    def way_back(self, session: Session) -> WayBack:
        """One of four addresses, with signed feedback if that is switched on; a cancelled one comes bare."""
        url = str(session.extra[_PAGES.get(session.status, "accepturl")]) or session.return_url
        added = parse_qsl(str(session.extra["paramplus"]))
        if self._stage.settings["feedback_on_redirect"] and session.status not in ("open", "cancelled"):
            added += self._signed(feedback(session, self._word(session), None, 0)).items()
        parts = urlsplit(url)
        query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *added])
        return WayBack(urlunsplit(parts._replace(query=query)) if url else "")

    def refuse(self, status: int, words: str) -> Response:
        """An error answer of DirectLink; there are no tokens to forget."""
        answer = _refused(BAD_DATA, words)
        answer.status_code = status
        return answer

    def _capture(self, session_id: str, amount: int) -> None:
        self._stage.finish(session_id, "paid", amount=amount)
        self._capturing.discard(session_id)

    def _word(self, session: Session) -> str:
        if session.status == "cancelled" and session.id in self._deleted:
            return DELETED
        if session.status == "authorized" and session.id in self._capturing:
            return CAPTURING
        return WORDS.get(session.status, "0")

    def _facts(self, session: Session, refund: Refund | None) -> dict[str, str]:
        if refund:
            return facts(session, REFUND_WORDS[refund.status], refund, number_of(session, refund))
        was_kept = session.manual_capture and session.status in ("paid", "cancelled")
        return facts(session, self._word(session), number=int(was_kept))

    def _signed(self, fields: Mapping[str, str], *, forged: bool = False) -> dict[str, str]:
        knobs = self._stage.settings
        passphrase = "a-forgers-guess" if forged else str(knobs["sha_out"])
        return {**fields, "SHASIGN": sha_of(fields, passphrase, str(knobs["sha"]), LISTED_OUT)}

    def _session(self, fields: Mapping[str, str]) -> Session:
        currency = fields["CURRENCY"]
        kept = "ACCEPTURL DECLINEURL EXCEPTIONURL CANCELURL PARAMPLUS COMPLUS CN LANGUAGE"
        return Session(
            id=new_payid(),
            gateway=self.code,
            account=fields["PSPID"],
            reference=fields["ORDERID"],
            amount=whole(fields["AMOUNT"]) or 0,
            currency=currency,
            places=2 if self._stage.settings["times_hundred"] else places_of(currency),
            description=fields.get("COM", ""),
            return_url=fields.get("ACCEPTURL", ""),
            manual_capture=fields.get("OPERATION") in ("RES", "PAU"),
            extra={name.lower(): fields.get(name, "") for name in kept.split()},
        )

    def _wrong(self, fields: Mapping[str, str]) -> str:
        """What the page would complain about; empty for a good form."""
        if fields.get("PSPID") != PSPID:
            return "unknown order/1/i/"
        if not self._proves(fields):
            return "unknown order/1/s/"
        too_long = [name for name, longest in LIMITS.items() if len(fields.get(name, "")) > longest]
        if too_long:
            return f"too long: {', '.join(too_long)}"
        if not _ORDERID.fullmatch(fields.get("ORDERID", "")) or not whole(fields.get("AMOUNT", "")):
            return "no order id, or no amount"
        if not re.fullmatch(r"[A-Z]{3}", fields.get("CURRENCY", "")):
            return "no currency"
        addresses = [value for name, value in fields.items() if name.endswith("URL")]
        return "" if all(map(is_web_address, addresses)) else "no address"

    def _proves(self, fields: Mapping[str, str]) -> bool:
        knobs = self._stage.settings
        expected = sha_of(fields, str(knobs["sha_in"]), str(knobs["sha"]), LISTED_IN)
        return hmac.compare_digest(fields.get("SHASIGN", "").encode(), expected.encode())

    def _signed_in(self) -> dict[str, str]:
        fields = _fields()
        given = tuple(fields.get(name) for name in ("PSPID", "USERID", "PSWD"))
        if given != (PSPID, API_USER, API_PASSWORD) or not self._proves(fields):
            abort(_refused(BAD_DATA, "some of the data entered is incorrect"))
        return fields

    def _found(self, fields: Mapping[str, str]) -> Session:
        """The payment that is asked about; nobody has one whose shopper has done nothing yet."""
        payid, order = fields.get("PAYID", ""), fields.get("ORDERID", "")
        session = self._stage.current(payid) if payid else self._stage.ledger.newest(self.code, order)
        if session is None or session.status == "open":
            abort(_refused(UNKNOWN_ORDER, f"unknown orderid {order}"))
        return session


def _fields() -> dict[str, str]:
    """What was posted; names are not case sensitive."""
    return {name.upper(): value for name, value in request.form.items()}


def _xml(attributes: Mapping[str, str]) -> Response:
    return Response(answer_xml(attributes), content_type="text/xml; charset=utf-8")


def _refused(error: str, words: str, session: Session | None = None) -> Response:
    about = {"orderID": session.reference, "PAYID": session.id} if session else {"orderID": "", "PAYID": "0"}
    return _xml({**about, "NCERROR": error, "NCERRORPLUS": words, "STATUS": "0"})
