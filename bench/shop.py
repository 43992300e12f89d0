"""The shop that is measured: settings as in production, goods, and orders made in bulk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from adapters.cli.toml import to_toml
from adapters.container import Application, build, load_settings
from adapters.container.ambient import RandomIds, SystemClock
from application.place_order import PlaceOrderRequest
from bench.messages import HOST, POS_ID, SECOND_KEY, Request, payu_callback
from domain.basket import Address, Basket, Buyer, Choices, Product
from domain.events import order_events
from domain.money import Money
from domain.order import Order
from domain.payment import NextStep, Payment, PaymentStatus

SKUS = tuple(f"MUG-{number:03}" for number in range(100))
PRICE = Money.of(4990, "PLN")
WHERE = Address(name="Ada Nowak", street="Złota 44", city="Warszawa", country="PL", postcode="00-120")
BATCH = 40
Item = TypeVar("Item")


def settings(database_url: str, environment: str = "live", gateway: str = "") -> Mapping[str, object]:
    """A merchant's settings. ``gateway`` is the address of a test gateway, which only ``test`` accepts."""
    accounts: dict[str, object] = {
        "payu": {
            "pos_id": POS_ID,
            "client_id": POS_ID,
            "client_secret": "bench-client-secret-of-nobodys-shop",
            "second_key": SECOND_KEY,
        },
        "transfer": {
            "adapter": "bank_transfer",
            "recipient": "Bench",
            "account_number": "PL61109010140000071219812874",
        },
    }
    if gateway:
        accounts["dummy"] = {
            "adapter": "dummy",
            "secret": "bench-dummy-secret-of-nobody",
            "base_url": gateway,
        }
    return {
        "base_url": f"https://{HOST}" if environment == "live" else "http://127.0.0.1:8000",
        "environment": environment,
        "secret_key": "bench-secret-key-of-nobodys-shop",
        "guest_checkout": True,
        "currencies": ["PLN"],
        "region": "PL",
        "brand": {"name": "Bench", "contact": "help@shop.example"},
        "database": {"url": database_url},
        "gateways": accounts,
        "delivery": {"courier": {"name": "Courier", "tax_rate": "23", "prices": {"PLN": "14.99"}}},
    }


def open_shop(config: Path, content: Mapping[str, object]) -> Application:
    """Write the settings to ``config``, make tables and goods; the application in this process."""
    config.write_text(to_toml(content), encoding="utf-8")
    config.chmod(0o644)
    application = build(load_settings(config))
    application.database.upgrade()
    goods = [
        Product(sku, f"Blue mug {sku}", {"PLN": PRICE}, tax_rate=Decimal(23), available=10_000_000)
        for sku in SKUS
    ]
    application.database.catalogue.load_products(goods)
    return application


@dataclass(frozen=True, slots=True)
class Attempt:
    """An order whose shopper is at PayU, as the requests about it need it."""

    order_id: UUID
    order_key: str
    payment_id: UUID
    reference: str
    token: str
    gateway_id: str
    amount: Money

    def callback(self, second_key: str = SECOND_KEY) -> Request:
        """The gateway's notification that it was paid."""
        return payu_callback(
            f"/callbacks/payu/{self.payment_id}",
            reference=self.reference,
            order_id=self.gateway_id,
            minor=self.amount.minor,
            currency=self.amount.currency.code,
            second_key=second_key,
        )


class Maker:
    """Makes many orders like one that went through the real checkout, each with ids and goods of its own."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._ids = RandomIds(SystemClock())
        self._model = self._checked_out()
        self._made = 0

    def _checked_out(self) -> Order:
        """One order placed through the use cases."""
        basket = self.basket(SKUS[0])
        with self._application.database.units() as uow:
            uow.add_basket(basket)
            uow.commit()
        use_cases = self._application.use_cases
        total = str(use_cases.view_checkout.execute(basket.id).total)
        request = PlaceOrderRequest(basket.id, basket.version, total, terms_accepted=True)
        return use_cases.place_order.execute(request).order

    @property
    def total(self) -> Money:
        """What every basket of ours comes to, delivery included."""
        return self._model.total

    def basket(self, sku: str, account: str = "payu") -> Basket:
        """A basket that lacks nothing to become an order."""
        product = self._application.database.catalogue.find(sku)
        if product is None:
            raise LookupError(sku)
        basket = Basket(self._ids.new(), PRICE.currency, locale="en").put(product, 1)
        buyer = Buyer("ada@example.com", "Ada Nowak")
        return basket.choose(Choices(buyer, WHERE, WHERE, delivery="courier", account=account))

    def baskets(self, count: int, account: str) -> list[Basket]:
        """Stored baskets, the goods taken in turn."""
        models = [self.basket(sku, account) for sku in SKUS]
        made = [replace(models[number % len(models)], id=self._ids.new()) for number in range(count)]
        for batch in batches(iter(made), BATCH):
            with self._application.database.units() as uow:
                for basket in batch:
                    uow.add_basket(basket)
                uow.commit()
        return made

    def attempts(self, count: int) -> list[Attempt]:
        """Stored orders with a payment in progress at PayU."""
        made = []
        for size in _sizes(count, BATCH):
            with self._application.database.units() as uow:
                for _ in range(size):
                    order, payment = self.pair()
                    sent, started = order.await_payment(), _started(payment)
                    uow.add_order(sent)
                    uow.add_payment(started)
                    for event in order_events(order, sent):
                        uow.add_event(event)
                    made.append(_attempt(sent, started))
                uow.commit()
        return made

    def pair(self) -> tuple[Order, Payment]:
        """A new order and a payment that is not started, neither of them stored."""
        self._made += 1
        now, order_id, new = SystemClock().now(), self._ids.new(), self._ids.new()
        sku = SKUS[self._made % len(SKUS)]
        lines = tuple(replace(line, sku=sku) if line.sku == SKUS[0] else line for line in self._model.lines)
        order = replace(
            self._model,
            id=order_id,
            reference=f"B{order_id.hex[:16]}{self._made % 1000:03}",
            key=self._ids.secret(),
            lines=lines,
            placed_at=now,
            deadline=now + timedelta(days=1),
            basket_id=None,
            basket_version=None,
            event_seq=0,
            version=1,
        )
        payment = Payment.begin(
            id=new,
            order_id=order_id,
            reference=self._ids.payment_reference(new),
            account="payu",
            gateway="payu",
            environment=order.environment,
            amount=order.total,
            idempotency_key=self._ids.secret(),
            token=self._ids.secret(),
            now=now,
        )
        return order, payment


def _started(payment: Payment) -> Payment:
    """The same attempt once PayU opened its page; nobody asks about it before the bench is over."""
    return replace(
        payment,
        status=PaymentStatus.IN_PROGRESS,
        gateway_reference=f"W{payment.id.hex.upper()}",
        next_step=NextStep.redirect(f"https://pay.example/{payment.id}"),
        look_at=payment.created_at + timedelta(hours=6),
    )


def _attempt(order: Order, payment: Payment) -> Attempt:
    return Attempt(
        order.id,
        order.key,
        payment.id,
        payment.reference,
        payment.token,
        payment.gateway_reference or "",
        payment.amount,
    )


def _sizes(count: int, most: int) -> list[int]:
    return [most] * (count // most) + ([count % most] if count % most else [])


def batches(items: Iterator[Item], size: int) -> Iterator[list[Item]]:
    """The items in lists of ``size``; the last one may be shorter."""
    while batch := list(islice(items, size)):
        yield batch
