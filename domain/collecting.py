"""Whether money that a shopper agreed to may be taken: only when it would settle the order."""

from __future__ import annotations

from collections.abc import Sequence

from domain.order import Order
from domain.payment import UNEXPIRABLE, Payment


def why_not_collect(order: Order, payment: Payment, others: Sequence[Payment]) -> str:
    """Empty when taking the money of ``payment`` settles ``order``, else the reason.

    ``others``: the order's other payments, locked with it.
    """
    if payment.captured.is_positive:
        return "the money is here already"
    if order.is_paid or any(other.captured.is_positive and not other.is_gone for other in others):
        return "the order is paid already"
    if not order.is_payable:
        return f"the order is {order.status}"
    if payment.intent not in ("", "collect"):
        return f"a {payment.intent} is open"
    if any(other.intent or other.status in UNEXPIRABLE for other in others):
        return "another attempt is about to be paid"
    return ""
