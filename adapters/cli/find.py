"""From what people type to what is meant: a reference or an id, an amount in the payment's currency."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from adapters.container.ambient import id_of_reference
from application.errors import InvalidRequest, OrderNotFound, PaymentNotFound
from application.ports.persistence import Reads
from domain.errors import InvalidMoney
from domain.money import Currency, Money
from domain.order import Order
from domain.payment import Payment


def find_order(reads: Reads, typed: str) -> tuple[Order, tuple[Payment, ...]]:
    """By our reference or by id. Raises OrderNotFound naming what was typed."""
    try:
        wanted = _id(typed)
        return reads.order_by_id(wanted) if wanted else reads.order_by_reference(typed)
    except OrderNotFound as error:
        raise OrderNotFound(f"there is no order {typed!r}") from error


def find_payment(
    reads: Reads, typed: str, fits: Callable[[Payment], bool] = lambda payment: True
) -> tuple[Order, Payment]:
    """By its reference (what the gateway echoes), by id, or by its order when only one ``fits``.

    Raises PaymentNotFound: it names what was typed, or the payments of the order to choose from.
    """
    try:
        return reads.payment(_id(typed) or id_of_reference(typed))
    except (PaymentNotFound, ValueError) as error:
        try:
            order, payments = find_order(reads, typed)
        except OrderNotFound:
            raise PaymentNotFound(f"there is no payment {typed!r}") from error
    return order, _only(order, payments, fits)


def _only(order: Order, payments: Sequence[Payment], fits: Callable[[Payment], bool]) -> Payment:
    fitting = [payment for payment in payments if fits(payment)] or payments
    if len(fitting) == 1:
        return fitting[0]
    if not payments:
        raise PaymentNotFound(f"order {order.reference} has no payment")
    named = ", ".join(f"{one.reference} ({one.account}, {one.status.value})" for one in fitting)
    raise PaymentNotFound(f"order {order.reference} has {len(fitting)} payments, name one of them: {named}")


def read_id(name: str, typed: str) -> UUID:
    """Raises InvalidRequest naming ``name``."""
    wanted = _id(typed)
    if wanted is None:
        raise InvalidRequest({name: f"{typed!r} is no id"})
    return wanted


def read_amount(typed: str | None, currency: Currency) -> Money | None:
    """``49.90`` in the currency; None stays None. Raises InvalidRequest naming ``amount``."""
    if typed is None:
        return None
    try:
        return Money.parse(typed, currency)
    except InvalidMoney as error:
        raise InvalidRequest({"amount": f"{error} (an amount in {currency.code} is meant)"}) from error


def _id(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None
