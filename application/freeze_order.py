"""A host's own order, or plain data, frozen into an Order: everything after that knows only Orders."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Protocol, runtime_checkable
from urllib.parse import urlsplit

from application.errors import InvalidRequest, Vetoed
from application.hooks import Hooks, PaymentQuery, UserData
from application.policy import Policy
from application.ports.ambient import Clock, Ids
from domain.basket import BasketLine, Buyer
from domain.errors import InvalidBasket, InvalidMoney, UnknownCurrency
from domain.money import Currency, Money
from domain.order import BASE_TIME_TO_PAY, Order
from domain.quote import LineKind, OrderLine

PLAIN_DATA = "plain-data"
PLAIN_FIELDS = frozenset(
    {
        "order_id",
        "amount",
        "parts_count",
        "merchant_type",
        "products",
        "response_url",
        "redirect_url",
        "email",
        "description",
        "currency",
    }
)


@runtime_checkable
class Payable(Protocol):
    """A host's order as we ask for it; only ``total`` has no fallback but the ``new_payment_query``.

    Also read when present: ``reference`` (else ``pk`` or ``id``), ``currency``, ``description`` (else its
    text form), ``lines`` (name, unit price, quantity), ``customer_email``, ``return_url`` (else
    ``get_absolute_url()``), ``is_ready_for_payment()`` (false is a veto).
    """

    @property
    def total(self) -> Money | Decimal | int: ...


@dataclass(frozen=True, slots=True)
class Frozen:
    """An order made of a host's data, and what the host's data said of the way to pay."""

    order: Order
    warnings: tuple[str, ...] = ()


class OrderFreezer:
    """Freezes what a host hands over. Reads no database; the caller stores the order."""

    def __init__(self, *, hooks: Hooks, clock: Clock, ids: Ids, policy: Policy) -> None:
        self._hooks, self._clock, self._ids, self._policy = hooks, clock, ids, policy

    def payable(self, source: object, *, account: str, currency: str) -> Frozen:
        """Freeze a host's order. Raises Vetoed, InvalidRequest naming what is missing."""
        ready = getattr(source, "is_ready_for_payment", None)
        if callable(ready) and not ready():
            raise Vetoed("this order is not ready for payment")
        told = getattr(source, "currency", None) or currency
        query = PaymentQuery(source, _amount_of(getattr(source, "total", None), told))
        self._hooks.tell("new_payment_query", query)
        if query.amount is None:
            raise InvalidRequest({"total": "the order has no exact total, or no currency"})
        _check_positive(query.amount)
        absolute = getattr(source, "get_absolute_url", None)
        return self._freeze(
            source=type(source).__name__,
            reference=_first(source, "reference", "pk", "id"),
            amount=query.amount,
            lines=_payable_lines(getattr(source, "lines", None), query.amount),
            description=query.description or getattr(source, "description", "") or str(source),
            user=self._user(source, getattr(source, "customer_email", "")),
            return_url=getattr(source, "return_url", "") or (absolute() if callable(absolute) else ""),
            account=account,
            options={},
        )

    def plain(self, data: Mapping[str, object], *, account: str, currency: str) -> Frozen:
        """Freeze plain data as django-ok-payparts takes it; the only door that accepts a float.

        Raises InvalidRequest naming each wrong key. A ``response_url`` is never used: ours replaces it.
        """
        wrong = {name: "no such key" for name in data if name not in PLAIN_FIELDS}
        wrong |= {name: "missing" for name in ("order_id", "amount", "products") if name not in data}
        if wrong:
            raise InvalidRequest(wrong)
        money = _currency(str(data.get("currency") or currency))
        amount = plain_amount("amount", data["amount"], money)
        frozen = self._freeze(
            source=PLAIN_DATA,
            reference=str(data["order_id"]),
            amount=amount,
            lines=_plain_lines(data["products"], money, amount),
            description=str(data.get("description") or data["order_id"]),
            user=self._user(data, str(data.get("email", ""))),
            return_url=str(data.get("redirect_url") or ""),
            account=account,
            options={name: str(data[name]) for name in ("parts_count", "merchant_type") if name in data},
        )
        if "response_url" not in data:
            return frozen
        return Frozen(frozen.order, ("response_url is not used: callbacks come to this shop's own address",))

    def _user(self, source: object, email: str) -> UserData:
        user = UserData(source, email=email, lang=self._policy.default_locale)
        self._hooks.tell("user_data_query", user)
        return user

    def _freeze(
        self,
        *,
        source: str,
        reference: str,
        amount: Money,
        lines: tuple[OrderLine, ...],
        description: str,
        user: UserData,
        return_url: str,
        account: str,
        options: Mapping[str, str],
    ) -> Frozen:
        if not reference or len(reference) > 64:
            raise InvalidRequest({"reference": "1 to 64 characters"})
        _check_positive(amount)
        self._check_return(return_url)
        now = self._clock.now()
        said = [source, reference, str(amount), [[x.name, str(x.unit_price), x.quantity] for x in lines]]
        return Frozen(
            Order(
                id=self._ids.new(),
                reference=self._ids.order_reference(now),
                key=self._ids.secret(),
                source=source,
                source_reference=reference,
                source_digest=hashlib.sha256(json.dumps(said).encode()).hexdigest(),
                currency=amount.currency,
                lines=lines,
                total=amount,
                tax=Money.zero(amount.currency),
                buyer=Buyer(user.email, user.name, user.phone),
                placed_at=now,
                environment=self._policy.environment,
                deadline=now + BASE_TIME_TO_PAY,
                locale=user.lang,
                description=description[:255],
                account=account,
                options=dict(options),
                return_url=return_url,
            )
        )

    def _check_return(self, url: str) -> None:
        """Our return lands on own paths and on allowed hosts only."""
        parts = urlsplit(url)
        own_path = url.startswith("/") and not url.startswith(("//", "/\\"))
        allowed = parts.scheme in ("http", "https") and parts.hostname in self._policy.allowed_return_hosts
        if url and not own_path and not (allowed and "@" not in parts.netloc and "\\" not in url):
            host = parts.hostname or url[:40]
            words = f"{host!r} is neither a path of this shop nor a host of allowed_return_hosts"
            raise InvalidRequest({"redirect_url": words})


def plain_amount(name: str, value: object, currency: Currency) -> Money:
    """Read a number that somebody else's code made: an exact one, or a float by its shortest text.

    Raises InvalidRequest naming ``name``: NaN, infinities, exponents, more decimals than the currency has.
    """
    try:
        if isinstance(value, bool) or not isinstance(value, (int, str, Decimal, float)):
            raise InvalidMoney("an amount is a number")
        if isinstance(value, str):
            return Money.parse(value, currency)
        return Money.from_decimal(Decimal(str(value)), currency)
    except (InvalidMoney, InvalidOperation) as error:
        raise InvalidRequest({name: str(error)}) from error


def _amount_of(total: object, currency: object) -> Money | None:
    if isinstance(total, Money):
        return total
    if total is None or not currency or isinstance(total, float):
        return None
    return plain_amount("total", total, _currency(str(currency)))


def _check_positive(total: Money) -> None:
    if not total.is_positive:
        raise InvalidRequest({"total": "a total is more than zero"})


def _currency(code: str) -> Currency:
    try:
        return Currency.of(code)
    except UnknownCurrency as error:
        raise InvalidRequest({"currency": str(error) if code else "missing"}) from error


def _first(source: object, *names: str) -> str:
    return next((str(value) for name in names if (value := getattr(source, name, None))), "")


def _payable_lines(lines: Iterable[object] | None, amount: Money) -> tuple[OrderLine, ...]:
    """A host's lines when they add up to the total, else one line for the whole.

    Raises InvalidRequest naming a line that nobody can sell.
    """
    made = []
    try:
        for line in lines or ():
            price = _amount_of(getattr(line, "unit_price", None), amount.currency.code)
            sku, name = str(getattr(line, "sku", "")), str(getattr(line, "name", ""))
            if price is not None:
                made.append(_line(sku, name, price, getattr(line, "quantity", 1)))
        fits = made and Money.sum((line.gross for line in made), amount.currency) == amount
    except (InvalidBasket, InvalidMoney) as error:
        raise InvalidRequest({f"lines.{len(made)}": str(error)}) from error
    return tuple(made) if fits else (_line("total", "Order", amount, 1),)


def _plain_lines(products: object, currency: Currency, amount: Money) -> tuple[OrderLine, ...]:
    if not isinstance(products, (list, tuple)) or not products:
        raise InvalidRequest({"products": "at least one product"})
    made = []
    for number, product in enumerate(products):
        where = f"products.{number}"
        if not isinstance(product, Mapping):
            raise InvalidRequest({where: "a product has a name, a count and a price"})
        name, count = str(product.get("name", "")), product.get("count")
        if not 1 <= len(name) <= 128:
            raise InvalidRequest({f"{where}.name": "1 to 128 characters"})
        if isinstance(count, bool) or not isinstance(count, int):
            raise InvalidRequest({f"{where}.count": "a whole number from 1 up"})
        price = plain_amount(f"{where}.price", product.get("price"), currency)
        try:
            made.append(_line(f"{number + 1}", name, price, count))
        except InvalidBasket as error:
            raise InvalidRequest({f"{where}.{error.field}": str(error)}) from error
    if Money.sum((line.gross for line in made), currency) != amount:
        raise InvalidRequest({"amount": "the products do not add up to the amount"})
    return tuple(made)


def _line(sku: str, name: str, price: Money, quantity: int) -> OrderLine:
    checked = BasketLine(sku or "-", name or "-", price, quantity)
    nothing = Money.zero(price.currency)
    return OrderLine(checked.sku, checked.name, price, quantity, nothing, Decimal(0), nothing, LineKind.GOODS)
