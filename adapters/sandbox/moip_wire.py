"""What the played Moip reads and writes: orders, refunds and notices as JSON; v1 as XML and a form."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode
from xml.etree import ElementTree as Xml

from flask import Response, abort, jsonify, request

from adapters.sandbox.amounts import shown, whole, whole_or_number
from adapters.sandbox.ledger import Refund, Session

TOKEN: Final = "01" * 16
KEY: Final = "AB" * 20
WEBHOOK_TOKEN: Final = "5877e87109cc4ef6ae9b1a181cf8a276"  # noqa: S105 -- published, as the others
_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_ORDERS: Final[Mapping[str, str]] = {
    "open": "CREATED",
    "cancelled": "CREATED",
    "pending": "WAITING",
    "paid": "PAID",
}
"""Whoever walks away from the page tells nobody."""
_PAYMENTS: Final[Mapping[str, str]] = {"pending": "WAITING", "paid": "AUTHORIZED"}
_REFUNDS: Final[Mapping[str, str]] = {"done": "COMPLETED", "pending": "REQUESTED"}
_CODES: Final[Mapping[str, str]] = {"open": "2", "cancelled": "2", "pending": "3", "paid": "1"}


def new_name(prefix: str) -> str:
    """An id like Moip's: a prefix and twelve capitals and digits."""
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(12))


def read_order(wish: Mapping[str, Any], root: str) -> Session:
    """An order as it was asked for; its total is the sum of its parts. Aborts with Moip's errors.

    `root` is the address below which this Moip answers.
    """
    require("ORD-001", "ownId", 0 < len(str(wish.get("ownId") or "")) <= 65)
    customer = wish.get("customer")
    require("ORD-014", "customer", isinstance(customer, dict) and bool(customer.get("fullname")))
    amount, items, back = wish.get("amount"), wish.get("items"), wish.get("checkoutPreferences") or {}
    require("ORD-002", "amount.currency", isinstance(amount, dict) and amount.get("currency") == "BRL")
    require("ORD-003", "items", isinstance(items, list) and bool(items))
    parts = {
        name: whole_or_number((amount.get("subtotals") or {}).get(name, 0))  # type: ignore[union-attr]
        for name in ("shipping", "addition", "discount")
    }
    prices = [
        (one.get("product"), one.get("quantity"), whole_or_number(one.get("price"))) for one in items or ()
    ]
    for product, quantity, price in prices:
        sound = bool(product) and type(quantity) is int and quantity > 0 and 0 < (price or 0) < 10**8
        require("ORD-004", "items", sound and len(str(product)) <= 256)
    require("ORD-005", "amount.subtotals", None not in parts.values())
    goods = sum(int(quantity) * (price or 0) for _, quantity, price in prices)
    given = {name: part or 0 for name, part in parts.items()}
    urls = back.get("redirectUrls") or {}
    require("ORD-006", "redirectUrls", all(len(str(url)) <= 256 for url in urls.values()))
    return Session(
        id=new_name("ORD-"),
        gateway="moip",
        account=TOKEN,
        reference=str(wish["ownId"]),
        amount=goods + given["shipping"] + given["addition"] - given["discount"],
        currency="BRL",
        places=2,
        description=str(prices[0][0]),
        return_url=str(urls.get("urlSuccess", "")),
        extra={
            "root": root,
            "failure_url": str(urls.get("urlFailure", "")),
            "subtotals": {**given, "items": goods},
        },
    )


def require(code: str, path: str, holds: object) -> None:
    """Abort with this error of Moip's unless it holds."""
    if not holds:
        abort(error(400, code, path))


def error(status: int, code: str, path: str, words: str = "O valor informado é inválido") -> Response:
    """Errors as Moip lists them; a wrong key has a shape of its own."""
    told: dict[str, Any] = {"errors": [{"code": code, "path": path, "description": words}]}
    answer = jsonify({"error": words} if status == 401 else told)
    answer.status_code = status
    return answer


def wished() -> dict[str, Any]:
    """The JSON of the request; no body, `null` and `{}` are the same."""
    wish = request.get_json(force=True, silent=True)
    return wish if isinstance(wish, dict) else {}


def _links(session: Session, **named: tuple[str, str]) -> dict[str, dict[str, str]]:
    return {
        name: {"href": f"{session.extra['root']}/v2/{kind}/{of}", "title": of}
        for name, (kind, of) in named.items()
    }


def order_json(session: Session, page: str = "") -> dict[str, Any]:
    """The whole order; `page` is where it is paid, if not on our own."""
    page = page or f"{session.extra['root']}/pay/{session.id}"
    status = _ORDERS.get(session.status, "NOT_PAID")
    if 0 < session.captured <= session.refunded:
        status = "REVERTED"
    return {
        "id": session.id,
        "ownId": session.reference,
        "status": status,
        "createdAt": moment(session.created_at),
        "amount": {
            "paid": session.captured,
            "total": session.amount,
            "fees": 0,
            "refunds": session.refunded,
            "currency": session.currency,
            "subtotals": session.extra.get("subtotals", {}),
        },
        "payments": [] if status == "CREATED" else [payment_json(session)],
        "refunds": [refund_json(session, one) for one in session.refunds],
        "_links": {
            **_links(session, self=("orders", session.id)),
            "checkout": {
                "payCheckout": {"redirectHref": page},
                "payCreditCard": {"redirectHref": f"{page}?payment-method=credit-card"},
                "payBoleto": {"redirectHref": f"{page}?payment-method=boleto"},
            },
        },
    }


def payment_json(session: Session) -> dict[str, Any]:
    """The one payment of an order: what waits is a boleto, what was decided a card."""
    status = _PAYMENTS.get(session.status, "CANCELLED")
    card = {"method": "CREDIT_CARD", "creditCard": {"brand": "VISA", "first6": "401200", "last4": "3335"}}
    told: dict[str, Any] = {
        "id": session.id.replace("ORD-", "PAY-"),
        "status": status,
        "amount": {"total": session.amount, "refunds": session.refunded, "currency": session.currency},
        "createdAt": moment(session.created_at),
        "installmentCount": 1,
        "fundingInstrument": {"method": "BOLETO"} if status == "WAITING" else card,
        "_links": _links(session, order=("orders", session.id)),
    }
    if status == "CANCELLED":
        who = "ACQUIRER" if session.status == "declined" else "MOIP"
        why = {"code": "5", "description": "Transação não autorizada", "cancelledBy": who}
        told["cancellationDetails"] = why
    return told


def refund_json(session: Session, refund: Refund) -> dict[str, Any]:
    """A refund with the order and the payment it belongs to."""
    about = {"order": ("orders", session.id), "payment": ("payments", session.id.replace("ORD-", "PAY-"))}
    return {
        "id": refund.id,
        "status": _REFUNDS.get(refund.status, "FAILED"),
        "type": "FULL" if refund.amount == session.amount else "PARTIAL",
        "amount": {"total": refund.amount, "fees": 0, "currency": session.currency},
        "createdAt": moment(refund.at),
        "_links": {**_links(session, self=("refunds", refund.id)), **_links(session, **about)},
    }


def notice(session: Session, refund: Refund | None, at: float) -> bytes:
    """The webhook about an order, or about a refund."""
    order = order_json(session)
    word, resource = f"ORDER.{order['status']}", {"order": order}
    if refund:
        told = refund_json(session, refund)
        word, resource = f"REFUND.{told['status']}", {"refund": told}
    return json.dumps({"date": moment(at), "env": "sandbox", "event": word, "resource": resource}).encode()


def moment(at: float) -> str:
    """Moip's way to write a time; its zone lacks the minutes."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "-00"


def read_instruction(raw: bytes) -> Session | str:
    """A v1 instruction, or why it is none. Amounts are reais with a point."""
    wish = Xml.fromstring(raw).find("InstrucaoUnica")  # noqa: S314 -- a toy on this machine
    told = {} if wish is None else {one.tag: one.text or "" for one in wish}
    value = "" if wish is None else (wish.findtext("Valores/Valor") or "")
    amount = whole(value.replace(".", "", 1)) if value[-3:-2] == "." else None
    if not told.get("Razao") or not amount:
        return "102"
    if not 0 < len(told.get("IdProprio", "")) <= 32:
        return "111"
    return Session(
        id=new_name("V1"),
        gateway="moip",
        account=TOKEN,
        reference=told["IdProprio"],
        amount=amount,
        currency="BRL",
        places=2,
        description=told["Razao"],
        callback_url=told.get("URLNotificacao", ""),
        return_url=told.get("URLRetorno", ""),
        extra={"v1": secrets.randbelow(10**8)},
    )


def code_of(session: Session) -> str:
    """v1's number of a status."""
    if 0 < session.captured <= session.refunded:
        return "9"
    return _CODES.get(session.status, "5")


def envelope(name: str, inner: str, *parts: tuple[str, str]) -> Response:
    """A v1 answer: only the outermost element has a namespace."""
    root = Xml.Element(f"ns1:{name}", {"xmlns:ns1": "http://www.moip.com.br/ws/alpha/"})
    reply = Xml.SubElement(root, inner)
    for tag, text in parts:
        Xml.SubElement(reply, tag, {"Codigo": text} if tag == "Erro" else {}).text = text
    return Response(Xml.tostring(root), content_type="text/xml;charset=UTF-8")


def tries(session: Session) -> str:
    """v1's list of what was tried with an instruction; nothing before anybody chose a way to pay."""
    if session.status in {"open", "cancelled"}:
        return ""
    way = "BoletoBancario" if session.status == "pending" else "CartaoDeCredito"
    reais = shown(session.amount, session.places)
    return (
        f'<Autorizacao><Pagamento><TotalPago Moeda="{session.currency}">{reais}</TotalPago>'
        f'<FormaPagamento>{way}</FormaPagamento><Status Tipo="{code_of(session)}"/>'
        f"<CodigoMoIP>{session.extra['v1']:012}</CodigoMoIP></Pagamento></Autorizacao>"
    )


def nasp(session: Session) -> bytes:
    """The v1 notice: `valor` in centavos without a separator."""
    fields = {
        "id_transacao": session.reference,
        "valor": session.amount,
        "status_pagamento": code_of(session),
        "cod_moip": session.extra["v1"],
        "forma_pagamento": 3,
        "tipo_pagamento": "CartaoDeCredito",
        "email_consumidor": "jan@example.com",
    }
    return urlencode(fields).encode()
