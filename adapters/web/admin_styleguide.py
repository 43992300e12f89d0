"""Every component and every status word on one page, with made-up data: what the shop looks like."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from flask import render_template

from adapters.web.words import WORDS
from domain.basket import Address
from domain.money import Currency, Money
from domain.quote import LineKind, OrderLine
from domain.tax import vat_of

AT = datetime(2026, 11, 20, 16, 5, 12, tzinfo=UTC)
_RATE = Decimal(23)


def styleguide() -> str:
    lines = (_line("mug", "Blue mug", "49.90 PLN", 2), _line("tea", "Assam tea, 100 g", "24.00 PLN", 1))
    delivery = _line("courier", "Courier", "4.99 PLN", 1, LineKind.DELIVERY)
    goods = Money.sum((line.gross for line in lines), delivery.gross.currency)
    return render_template(
        "admin/styleguide.html",
        statuses=[(kind.__name__, list(kind)) for kind in WORDS],
        at=AT,
        lines=lines,
        rows=[("Goods", goods), ("Courier", delivery.gross)],
        total=goods + delivery.gross,
        address=Address("Anna Kowalska", "ul. Prosta 51", "Warszawa", "PL", "00-838"),
        entries=_entries(),
        amounts=[
            Money.of(4990, "PLN"),
            Money.of(123456789, "CLP"),
            Money.of(1234567, "KWD"),
            Money.of(100, "USD"),
        ],
    )


def _line(sku: str, name: str, price: str, quantity: int, kind: LineKind = LineKind.GOODS) -> OrderLine:
    text, code = price.split()
    unit = Money.parse(text, Currency.of(code))
    nothing = Money.zero(unit.currency)
    return OrderLine(sku, name, unit, quantity, nothing, _RATE, vat_of(unit * quantity, _RATE), kind)


def _entries() -> list[dict[str, object]]:
    raw = '{\n  "order": {"status": "COMPLETED", "totalAmount": "14389"}\n}'
    return [
        {"day": AT.date()},
        {
            "id": "sg-3",
            "at": AT,
            "actor": "PayU",
            "sentence": "confirmed 143,89 zł.",
            "tag": ("Paid", "ok"),
            "quote": "COMPLETED",
            "raw": raw,
        },
        {
            "id": "sg-2",
            "at": AT - timedelta(minutes=2),
            "actor": "Callbank",
            "sentence": "asked PayU.",
            "quote": "PENDING",
        },
        {
            "id": "sg-1",
            "at": AT - timedelta(minutes=3),
            "actor": "Shopper",
            "sentence": "was sent on to PayU.",
        },
    ]
