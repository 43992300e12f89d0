"""``callbank payments``: find them, and move money by the rules every page and gateway follows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import click

from adapters.cli.find import find_payment, read_amount
from adapters.cli.inspect import payment_as_json
from adapters.cli.shop import Group, Refused, Shop, as_json, limited, pass_shop, staff_move
from adapters.cli.show import print_facts, print_json, print_table, record
from application.ports.gateway import Operation
from application.refund_payment import RefundPaymentRequest
from application.settlement import Settled
from application.staff_moves import ConfirmOfflinePaymentRequest
from domain.order import Order
from domain.payment import Payment, PaymentStatus

ROUNDS = 1000
part = click.option("--amount", help="Like 49.90, in the payment's currency; all that is left without it.")


@click.group(cls=Group)
def payments() -> None:
    """One attempt each to collect one order through one gateway account."""


@payments.command("list")
@click.option("--status", type=click.Choice([status.value for status in PaymentStatus]))
@click.option("--account", default="", help="Only this gateway account.")
@limited
@as_json
@pass_shop
def list_payments(shop: Shop, status: str | None, account: str, limit: int, as_json: bool) -> None:
    """List payments, newest first."""
    wanted = PaymentStatus(status) if status else None
    found = shop.use_cases.reads.payments(status=wanted, account=account, limit=limit)
    rows = [_row(order, payment) for order, payment in found]
    if as_json:
        print_json(rows)
        return
    print_table("Payments", list(rows[0]) if rows else [], [list(row.values()) for row in rows])


def _row(order: Order, payment: Payment) -> dict[str, Any]:
    return {
        "reference": payment.reference,
        "order": order.reference,
        "created_at": payment.created_at,
        "account": payment.account,
        "status": payment.status.value,
        "amount": str(payment.amount),
        "captured": str(payment.captured),
        "returned": str(payment.returned),
        "gateway_reference": payment.gateway_reference,
    }


@payments.command("show")
@click.argument("payment")
@as_json
@pass_shop
def show_payment(shop: Shop, payment: str, as_json: bool) -> None:
    """Print what is known about PAYMENT (a reference or an id, or its order's)."""
    order, found = find_payment(shop.use_cases.reads, payment)
    if as_json:
        print_json(payment_as_json(found, order=order.reference))
        return
    known = payment_as_json(found, order=order.reference)
    facts = {name.replace("_", " "): _brief(value) for name, value in known.items()}
    print_facts(f"Payment {found.reference}", facts)


def _brief(value: Any) -> object:
    """Money in its short form; the rest as it is."""
    if isinstance(value, dict) and value.keys() == {"amount", "minor", "currency"}:
        return f"{value['amount']} {value['currency']}"
    return value


@payments.command("confirm")
@click.argument("payment")
@click.option("--amount", required=True, help="What was seen, like 49.90, in the payment's currency.")
@click.option("--receipt", required=True, help="Names the money seen (a statement line): it is booked once.")
@staff_move
@as_json
@pass_shop
def confirm(shop: Shop, payment: str, amount: str, receipt: str, by: str, reason: str, as_json: bool) -> None:
    """Say that money for PAYMENT was seen: a part, the whole, or more than was due."""
    _, found = find_payment(shop.use_cases.reads, payment, _confirmable(shop))
    seen = read_amount(amount, found.amount.currency)
    assert seen is not None  # noqa: S101 - narrows the type; the option is required
    request = ConfirmOfflinePaymentRequest(found.id, seen, receipt, by, reason)
    _tell(shop.use_cases.confirm_offline_payment.execute(request), as_json)


@payments.command("refund")
@click.argument("payment")
@part
@click.option("--key", default="", help="Names this refund; the same command twice is one refund without it.")
@staff_move
@as_json
@pass_shop
def refund(
    shop: Shop, payment: str, amount: str | None, key: str, by: str, reason: str, as_json: bool
) -> None:
    """Give money of PAYMENT back, once per key and never more than was captured."""
    _, found = find_payment(shop.use_cases.reads, payment, _has_money)
    wanted = read_amount(amount, found.amount.currency)
    named = key or _key_of(found.reference, amount or "all", by, reason)
    request = RefundPaymentRequest(found.id, by=by, reason=reason, key=named, amount=wanted)
    made = shop.use_cases.refund_payment.execute(request)
    if as_json:
        print_json(record(made, key=named))
    else:
        click.echo(f"refund of {made.amount}: {made.status.value}")


def _confirmable(shop: Shop) -> Callable[[Payment], bool]:
    """Payments whose money a person confirms, and that are not over."""
    by_hand = {
        gateway.account
        for gateway in shop.use_cases.gateways.all()
        if Operation.CONFIRM in gateway.capabilities.operations
    }
    over = (PaymentStatus.FAILED, PaymentStatus.CANCELLED, PaymentStatus.EXPIRED)
    return lambda payment: payment.account in by_hand and payment.status not in over


def _has_money(payment: Payment) -> bool:
    return payment.captured.is_positive


def _is_held(payment: Payment) -> bool:
    return payment.status is PaymentStatus.AUTHORIZED


def _key_of(*said: str) -> str:
    """The same words make the same key: a command that is repeated asks about the refund it made."""
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:32]


@payments.command("capture")
@click.argument("payment")
@part
@staff_move
@as_json
@pass_shop
def capture(shop: Shop, payment: str, amount: str | None, by: str, reason: str, as_json: bool) -> None:
    """Take the money that PAYMENT has authorised."""
    _, found = find_payment(shop.use_cases.reads, payment, _is_held)
    wanted = read_amount(amount, found.amount.currency)
    _tell(shop.use_cases.capture_payment.execute(found.id, by=by, reason=reason, amount=wanted), as_json)


@payments.command("void")
@click.argument("payment")
@staff_move
@as_json
@pass_shop
def void(shop: Shop, payment: str, by: str, reason: str, as_json: bool) -> None:
    """Let go of the money that PAYMENT has authorised."""
    _, found = find_payment(shop.use_cases.reads, payment, _is_held)
    _tell(shop.use_cases.void_payment.execute(found.id, by=by, reason=reason), as_json)


@payments.command("reconcile")
@click.argument("payment", required=False)
@as_json
@pass_shop
def reconcile(shop: Shop, payment: str | None, as_json: bool) -> None:
    """Ask the gateway about PAYMENT now; without one, about every payment and refund that is due."""
    reconciling = shop.use_cases.reconcile_payments
    if payment is None:
        asked = moved = refunds = 0
        for _ in range(ROUNDS):
            told = reconciling.execute(owner="command line")
            asked, moved, refunds = asked + told.asked, moved + told.moved, refunds + told.refunds
            if not told.asked and not told.refunds:
                break
        if as_json:
            print_json({"asked": asked, "moved": moved, "refunds": refunds})
        else:
            click.echo(f"asked about {asked} payments ({moved} moved) and {refunds} refunds")
        return
    _, found = find_payment(shop.use_cases.reads, payment)
    settled = reconciling.one(found.id)
    if settled is None:
        raise Refused(f"{found.account} gave no answer that can be believed; payment {found.reference} stays")
    _tell(settled, as_json)


def _tell(settled: Settled, as_json: bool) -> None:
    payment = settled.payment
    if as_json:
        said = {"verdict": settled.verdict, "reason": settled.reason, "order_status": settled.order.status}
        print_json(payment_as_json(payment, **said))
        return
    click.echo(
        f"{settled.verdict.value}: {settled.reason}; payment {payment.reference} is {payment.status.value}, "
        f"captured {payment.captured}; order {settled.order.reference} is {settled.order.status.value}"
    )
