"""A PayParts store as tests use it: in the sandbox, or facing a bank that answers what it is told to."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from adapters.sandbox import credentials
from adapters.testing.builders import a_brief, a_line, told_the_reference
from adapters.testing.harness import Claim
from application.ports.gateway import Brief, InboundMessage, PaymentGateway, Started
from domain.money import Currency, Money
from domain.payment import Payment
from tests.contract.stand import HttpSandbox, account

WORDS = {"paid": "SUCCESS", "authorized": "LOCKED", "declined": "FAIL", "cancelled": "CANCELED"}


def signature(password: str, *values: str) -> str:
    signed = (password + "".join(values) + password).encode("utf-8", "surrogatepass")
    return base64.b64encode(hashlib.sha1(signed, usedforsecurity=False).digest()).decode()


def order_id(payment: Payment, amount: Money | None = None) -> str:
    return f"{payment.reference}-{(payment.amount if amount is None else amount).minor}"


def posted(told: Mapping[str, Any]) -> InboundMessage:
    return InboundMessage("POST", json.dumps(told, ensure_ascii=False).encode())


class PayPartsSandbox(HttpSandbox):
    """The bank calls a session by its token, and us by an order id of ours with the amount in it."""

    def open(self, started: Started) -> str:
        return parse_qs(urlsplit(started.next_step.url).query)["token"][0]

    def session(self, reference: str) -> Mapping[str, Any] | None:
        found = [one for one in self.ledger()["sessions"] if one["reference"].startswith(f"{reference}-")]
        return super().session(found[0]["reference"]) if found else None


@dataclass(slots=True)
class PayPartsHarness:
    """A store in the sandbox that lends from one kopeck on, with deadlines short enough to wait for."""

    sandbox: PayPartsSandbox
    block: dict[str, object]
    timeout: float = 0.8
    pays_as: str = "paid"
    secret_keys: tuple[str, ...] = ("password",)
    published: Mapping[str, str] = field(
        default_factory=lambda: {"password": "75bef16bfdce4d0e9c0ad5a19b9940df"}
    )
    statuses: frozenset[str] = frozenset(WORDS)
    gateway: PaymentGateway = field(init=False)

    def __post_init__(self) -> None:
        self.gateway = self.build()

    @property
    def secrets(self) -> tuple[str, ...]:
        return (str(self.block["password"]),)

    def build(self, environment: str = "test", **changes: object) -> PaymentGateway:
        block = {**self.block, "timeout": self.timeout, **changes}
        return account({key: value for key, value in block.items() if value is not None}, environment)

    def callback(self, claim: Claim, *, secret: str | None = None) -> InboundMessage:
        told = {
            "storeId": "SOMEBODY" if claim.foreign else str(self.block["store_id"]),
            "orderId": order_id(claim.payment, claim.money),
            "paymentState": claim.word or WORDS[claim.status],
            "message": "Договор 12345",
        }
        password = str(self.block["password"]) if secret is None else secret
        return posted({**told, "signature": signature(password, *told.values())})

    def signed(self, body: bytes) -> InboundMessage:
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict) or len(told) > 100:
            return InboundMessage("POST", body)
        names = ("storeId", "orderId", "paymentState", "message")
        values = dict.fromkeys(names, "x") | {"storeId": self.block["store_id"]} | told
        texts = [str(values[name]) for name in names]
        values["signature"] = signature(str(self.block["password"]), *texts)
        return InboundMessage("POST", json.dumps(values).encode())

    def every_one_byte_change(self, genuine: InboundMessage) -> Iterator[InboundMessage]:
        told = json.loads(genuine.body)
        for name, value in told.items():
            for place, letter in enumerate(value):
                changed = value[:place] + ("A" if letter != "A" else "B") + value[place + 1 :]
                yield posted({**told, name: changed})

    def forgeries(self, genuine: InboundMessage) -> Iterator[InboundMessage]:
        told: dict[str, Any] = json.loads(genuine.body)
        good = told.pop("signature")
        yield posted(told)
        for forged in ("", None, 1, [good], good.rstrip("="), good.lower(), "é" * 28, f" {good}"):
            yield posted({**told, "signature": forged})
        yield InboundMessage("POST", json.dumps({**told, "signature": "\ud800"}).encode())
        values = list(told.values())
        yield posted({**told, "signature": signature("", *values)})
        hexed = hashlib.sha1("".join(values).encode(), usedforsecurity=False).hexdigest()
        yield posted({**told, "signature": hexed})
        for name in told:
            yield posted({**told, name: None, "signature": good})
        yield InboundMessage("POST", json.dumps({**told, "orderId": "\ud800", "signature": good}).encode())
        yield InboundMessage("POST", genuine.body + b" {}")


@contextmanager
def a_store(sandbox_url: str) -> Iterator[PayPartsHarness]:
    """The published store in a sandbox that lends from one kopeck on."""
    sandbox = PayPartsSandbox(sandbox_url, "payparts")
    sandbox.settings(minimum=1)
    try:
        yield PayPartsHarness(sandbox, dict(credentials(sandbox_url)["payparts"]))
    finally:
        sandbox.clear()
        sandbox.settings(minimum=30_000, wide_replies=False)


PASSWORD, STORE, ORDER = "pw-3f1c9a77d2", "DEMO0STORE0000000001", "ORDER-1001"
DEMO: dict[str, object] = {"adapter": "payparts", "store_id": STORE, "password": PASSWORD}
OURS = {"storeId": STORE, "orderId": ORDER}
Answer = Callable[[dict[str, Any]], dict[str, Any]]


def hryvnias(text: str) -> Money:
    return Money.parse(text, Currency.of("UAH"))


def a_sale(gateway: PaymentGateway, *lines: tuple[str, int, str], **options: str) -> Brief:
    """Names, counts and prices of a unit, in hryvnias."""
    sold = [a_line(hryvnias(price) * count, quantity=count, name=name) for name, count, price in lines]
    total = Money.sum((line.gross for line in sold), sold[0].gross.currency)
    brief = a_brief(gateway, total, lines=sold)
    return replace(
        brief,
        callback_url="https://shop.example/pp/response",
        return_url="https://shop.example/pp/return",
        options=options,
    )


def held(harness: PayPartsHarness, status: str = "authorized") -> tuple[PaymentGateway, Payment, str]:
    """A payment in two steps whose shopper has decided."""
    gateway = harness.build(capture="manual")
    brief = a_brief(gateway)
    started = gateway.start(brief)
    session = harness.sandbox.open(started)
    harness.sandbox.finish(session, status)
    return gateway, told_the_reference(brief.payment, started.gateway_reference), session


def bank(
    server: HTTPServer, answer: Answer, *, password: str = PASSWORD, status: int = 200, **changes: Any
) -> list[Request]:
    """A bank that answers so, signed; ``changes`` are made after signing (None: left out)."""
    heard: list[Request] = []

    def say(request: Request) -> Response:
        heard.append(request)
        wish = json.loads(request.get_data())
        told = {"storeId": wish["storeId"], "orderId": wish["orderId"], **answer(wish)}
        moved = request.path.endswith(("confirm", "cancel"))
        names = ["storeId", "orderId"] if moved else ["state", "storeId", "orderId"]
        more = [] if moved else ["token", "paymentState", "message"]
        told["signature"] = signature(password, *(told.get(name, "") for name in names + more))
        told |= changes
        kept = {name: value for name, value in told.items() if value is not None}
        return Response(json.dumps(kept), status, content_type="application/json")

    server.expect_request("/ipp/v2/payment/create", "POST").respond_with_handler(say)
    for path in ("hold", "state", "confirm", "cancel", "decline"):
        server.expect_request(f"/ipp/v2/payment/{path}", "POST").respond_with_handler(say)
    return heard


def at(server: HTTPServer, **changes: object) -> PaymentGateway:
    return account({**DEMO, "base_url": server.url_for("/ipp/v2"), **changes})
