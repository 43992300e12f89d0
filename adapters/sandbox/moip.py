"""Plays Moip v2: orders with a hosted checkout, refunds, webhooks with a token; and v1 beside it."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, ClassVar
from xml.etree import ElementTree as Xml

from flask import Blueprint, Response, abort, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from adapters.sandbox.amounts import whole_or_number
from adapters.sandbox.ledger import Refund, Refused, Session
from adapters.sandbox.moip_wire import (
    KEY,
    TOKEN,
    WEBHOOK_TOKEN,
    envelope,
    error,
    nasp,
    new_name,
    notice,
    order_json,
    payment_json,
    read_instruction,
    read_order,
    refund_json,
    require,
    tries,
    wished,
)
from adapters.sandbox.player import News, Outgoing, WayBack, buttons
from adapters.sandbox.stage import Stage


class Moip:
    """HTTP Basic with token and key. Knobs: both, and the token that webhooks carry."""

    code: ClassVar[str] = "moip"
    title: ClassVar[str] = "Moip"
    settings: ClassVar[Mapping[str, Any]] = {"token": TOKEN, "key": KEY, "webhook_token": WEBHOOK_TOKEN}

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._preferences: dict[str, dict[str, Any]] = {}

    @staticmethod
    def credentials(base_url: str) -> dict[str, object]:
        """The settings block a shop needs to talk to this player; `base_url` is the sandbox's own address."""
        return {
            "adapter": "moip",
            "token": TOKEN,
            "key": KEY,
            "webhook_token": WEBHOOK_TOKEN,
            "base_url": f"{base_url}/moip",
        }

    def routes(self) -> Blueprint:
        """The paths of v2, of its simulator, and of v1."""
        preferences, alpha = "/v2/preferences/notifications", "/ws/alpha"
        return self._stage.paths(
            ("POST", "/v2/orders", "create", self.create),
            ("GET", "/v2/orders", "look", self.search),
            ("GET", "/v2/orders/<order>", "look", self.show),
            ("GET", "/v2/payments/<payment>", "look", self.show_payment),
            ("POST", "/v2/orders/<order>/refunds", "refund", self.refund),
            ("POST", "/v2/payments/<order>/refunds", "refund", self.refund),
            ("GET", "/v2/orders/<order>/refunds", "look", self.refunds),
            ("GET", "/v2/refunds/<refund>", "look", self.show_refund),
            ("GET", "/simulador/authorize", "panel", self.authorize),
            ("POST", preferences, "panel", self.subscribe),
            ("GET", preferences, "panel", self.list_preferences),
            ("DELETE", f"{preferences}/<name>", "panel", self.unsubscribe),
            ("POST", f"{alpha}/EnviarInstrucao/Unica", "create", self.instruct),
            ("GET", f"{alpha}/ConsultarInstrucao/<token>", "look", self.consult),
            ("GET", "/Instrucao.do", "panel", self.page_of),
        )

    def create(self) -> ResponseReturnValue:
        """A new order every time: ownId is not unique."""
        self._admit()
        session, _ = self._stage.ledger.open(read_order(wished(), self._stage.root()))
        told = order_json(self._stage.opened(session), self._stage.page(session))
        return jsonify(told), 201

    def search(self) -> ResponseReturnValue:
        """Orders by `?q=`, which is compared to ownId."""
        self._admit()
        wanted, limit = request.args.get("q", ""), request.args.get("limit", 20, int)
        found = [one for one in self._sessions() if wanted in ("", one.reference)][:limit]
        told = [self._told(one.id) for one in found]
        return jsonify(summary={"count": len(found)}, orders=told)

    def show(self, order: str) -> ResponseReturnValue:
        """One order, with its payments and refunds."""
        self._admit()
        return jsonify(self._told(order))

    def show_payment(self, payment: str) -> ResponseReturnValue:
        """One payment; the title of its order link is the order's id."""
        self._admit()
        return jsonify(payment_json(self._session(payment)))

    def refund(self, order: str) -> ResponseReturnValue:
        """Without an amount all that is left, to a bank account later; a repeat gives back twice."""
        self._admit()
        session, wish = self._session(order), wished()
        amount = whole_or_number(wish["amount"]) if "amount" in wish else session.refundable
        require("REF-001", "amount", amount)
        bank = (wish.get("refundingInstrument") or {}).get("method") == "BANK_ACCOUNT"
        asked = Refund(new_name("REF-"), "", amount or 0, "done", "", 0)
        after = self._stage.settings["refund_seconds"] if bank else None
        try:
            made, _ = self._stage.refund(session, asked, after=after)
        except Refused as no:
            return error(400, "REF-002", "amount", str(no))
        return jsonify(refund_json(session, made)), 201

    def refunds(self, order: str) -> ResponseReturnValue:
        """Every refund of an order."""
        self._admit()
        session = self._session(order)
        return jsonify(refunds=[refund_json(session, one) for one in session.refunds])

    def show_refund(self, refund: str) -> ResponseReturnValue:
        """One refund."""
        self._admit()
        every = ((session, one) for session in self._sessions() for one in session.refunds)
        found = next((pair for pair in every if pair[1].id == refund), None)
        return jsonify(refund_json(*found)) if found else error(404, "REF-404", "id")

    def authorize(self) -> ResponseReturnValue:
        """Moip's simulator: what waits is paid."""
        self._admit()
        session = self._session(request.args.get("payment_id", ""))
        require("SIM-001", "amount", request.args.get("amount", type=int) == session.amount)
        self._stage.finish(session.id, "paid")
        return jsonify(self._told(session.id))

    def subscribe(self) -> ResponseReturnValue:
        """Register a webhook; its token comes with every message."""
        self._admit()
        wish = wished()
        require("NPR-001", "target", wish.get("target"))
        self._stage.settings["webhook_url"] = str(wish["target"])
        name = new_name("NPR-")
        self._preferences[name] = {
            **{key: wish.get(key) for key in ("events", "target", "media")},
            "id": name,
            "token": self._stage.settings["webhook_token"],
        }
        return jsonify(self._preferences[name]), 201

    def list_preferences(self) -> ResponseReturnValue:
        """Every registered webhook."""
        self._admit()
        return jsonify(list(self._preferences.values()))

    def unsubscribe(self, name: str) -> ResponseReturnValue:
        """Forget one; the last one that was registered stays in the panel."""
        self._admit()
        return Response(status=204) if self._preferences.pop(name, None) else error(404, "NPR-404", "id")

    def instruct(self) -> ResponseReturnValue:
        """v1: an instruction becomes a token; a refusal is an answer of 200."""
        self._admit()
        try:
            wish = read_instruction(request.get_data())
        except Xml.ParseError:
            wish = "100"
        if isinstance(wish, str):
            return envelope("EnviarInstrucaoUnicaResponse", "Resposta", ("Status", "Falha"), ("Erro", wish))
        session, _ = self._stage.ledger.open(wish)
        page = self._stage.page(self._stage.opened(session))
        token = session.id if page.endswith(f"/pay/{session.id}") else page
        parts = ("ID", "201109300946542390000012428473"), ("Status", "Sucesso"), ("Token", token)
        return envelope("EnviarInstrucaoUnicaResponse", "Resposta", *parts)

    def consult(self, token: str) -> ResponseReturnValue:
        """v1: what became of an instruction."""
        self._admit()
        session = self._stage.current(token)
        name, inner = "ConsultarTokenResponse", "RespostaConsultar"
        if session is None:
            return envelope(name, inner, ("Status", "Falha"), ("Erro", "235"))
        answer = envelope(name, inner, ("Status", "Sucesso"))
        end = "</RespostaConsultar>"
        listed = tries(self._stage.told(session))
        answer.set_data(answer.get_data(as_text=True).replace(end, listed + end))
        return answer

    def page_of(self) -> ResponseReturnValue:
        """v1: the page of a token."""
        return redirect(f"{self._stage.root()}/pay/{request.args.get('token', '')}")

    def outcomes(self, session: Session) -> Mapping[str, str]:
        """What the shopper may choose now: status to reach -> words on the button."""
        return buttons(session)

    def compose(self, news: News) -> Outgoing | None:
        """A webhook with its token, or a v1 notice; nobody is told of a shopper who just left."""
        session, told = news.session, self._stage.settings
        if "v1" in session.extra:
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            return Outgoing(session.callback_url, nasp(session), form) if session.callback_url else None
        url = self._stage.webhook(session)
        if not url:
            return None
        token = "0" * 32 if news.forged else str(told["webhook_token"])
        body = notice(session, news.refund, self._stage.now())
        return Outgoing(url, body, {"Content-Type": "application/json", "Authorization": token})

    def accepted(self, status: int, body: bytes) -> bool:
        """Any 2xx is a receipt."""
        return 200 <= status < 300

    def way_back(self, session: Session) -> WayBack:
        """To urlFailure without money, else to urlSuccess; a boleto that waits is a success. v1 has one."""
        failed = session.status not in {"paid", "pending", "authorized"}
        return WayBack(str(session.extra.get("failure_url" if failed else "", session.return_url)))

    def refuse(self, status: int, words: str) -> Response:
        """An error answer of this HTTP status; there are no tokens to forget."""
        return error(status, "", "", words)

    def _admit(self) -> None:
        settings = self._stage.settings
        expected = b64encode(f"{settings['token']}:{settings['key']}".encode()).decode()
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Basic {expected}".encode()):
            abort(error(401, "", "", "Token or Key are invalids"))

    def _sessions(self) -> list[Session]:
        return [one for one in self._stage.ledger.sessions(self.code) if "v1" not in one.extra]

    def _session(self, name: str) -> Session:
        """An order and its payment share the end of their names."""
        found = self._stage.current(name.replace("PAY-", "ORD-"))
        return found or abort(error(404, "ORD-404", "id"))

    def _told(self, name: str) -> dict[str, Any]:
        return order_json(self._stage.told(self._session(name)))
