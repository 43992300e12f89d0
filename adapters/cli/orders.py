"""``callbank orders``: find them, look into them, end them, send the goods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from adapters.cli.find import find_order
from adapters.cli.inspect import order_as_json, print_order
from adapters.cli.shop import Group, Shop, as_json, limited, pass_shop, staff_move
from adapters.cli.show import print_json, print_table
from application.ports.persistence import OrderFilter
from domain.order import Fulfilment, Order, OrderStatus, StockHold
from domain.payment import Payment, order_payment_status


@click.group(cls=Group)
def orders() -> None:
    """What was agreed, and what became of it."""


@orders.command("list")
@click.option("--status", type=click.Choice([status.value for status in OrderStatus]))
@click.option("--search", default="", help="A reference (ours, the host's, the gateway's) or an e-mail.")
@limited
@as_json
@pass_shop
def list_orders(shop: Shop, status: str | None, search: str, limit: int, as_json: bool) -> None:
    """List orders, newest first."""
    found = shop.use_cases.reads.orders(OrderFilter(status=status or "", text=search, limit=limit))
    rows = [_row(order, payments) for order, payments in found]
    if as_json:
        print_json(rows)
        return
    print_table("Orders", list(rows[0]) if rows else [], [list(row.values()) for row in rows])


def _row(order: Order, payments: Sequence[Payment]) -> dict[str, Any]:
    return {
        "reference": order.reference,
        "placed_at": order.placed_at,
        "status": order.status.value,
        "payment_status": order_payment_status(payments).word.value,
        "fulfilment": order.fulfilment.value,
        "total": str(order.total),
        "account": payments[-1].account if payments else order.account,
        "email": order.buyer.email,
        "source": order.source_reference or order.source,
    }


@orders.command("show")
@click.argument("order")
@as_json
@pass_shop
def show_order(shop: Shop, order: str, as_json: bool) -> None:
    """Print everything known about ORDER (a reference or an id).

    Status, history, money facts, stock moves, events, review items: the same as text and as JSON.
    """
    reads = shop.use_cases.reads
    found, _ = find_order(reads, order)
    file = reads.order_file(found.id)
    if as_json:
        print_json(order_as_json(file))
    else:
        print_order(file)


@orders.command("cancel")
@click.argument("order")
@staff_move
@as_json
@pass_shop
def cancel_order(shop: Shop, order: str, by: str, reason: str, as_json: bool) -> None:
    """End ORDER for good: an unpaid one, a promise, or one whose money went back completely."""
    found, _ = find_order(shop.use_cases.reads, order)
    _tell(shop.use_cases.cancel_order.execute(found.id, by=by, reason=reason), as_json)


def _advance(shop: Shop, order: str, to: Fulfilment, by: str, reason: str, as_json: bool) -> None:
    found, _ = find_order(shop.use_cases.reads, order)
    _tell(shop.use_cases.advance_fulfilment.execute(found.id, to, by=by, reason=reason), as_json)


@orders.command("ship")
@click.argument("order")
@staff_move
@as_json
@pass_shop
def ship(shop: Shop, order: str, by: str, reason: str, as_json: bool) -> None:
    """Say that the goods of ORDER have left; they need money, or a promise that ships before it."""
    _advance(shop, order, Fulfilment.SHIPPED, by, reason, as_json)


@orders.command("deliver")
@click.argument("order")
@staff_move
@as_json
@pass_shop
def deliver(shop: Shop, order: str, by: str, reason: str, as_json: bool) -> None:
    """Say that the goods of ORDER have arrived."""
    _advance(shop, order, Fulfilment.DELIVERED, by, reason, as_json)


@orders.command("complete")
@click.argument("order")
@staff_move
@as_json
@pass_shop
def complete(shop: Shop, order: str, by: str, reason: str, as_json: bool) -> None:
    """Close the file of ORDER: delivered, and nothing left to do."""
    _advance(shop, order, Fulfilment.COMPLETED, by, reason, as_json)


def _tell(order: Order, as_json: bool) -> None:
    said = {"reference": order.reference, "status": order.status, "fulfilment": order.fulfilment}
    if as_json:
        print_json(said)
    else:
        click.echo(f"order {order.reference} is {order.status.value}, {goods_said(order)}")


def goods_said(order: Order) -> str:
    """What becomes of the goods, in words."""
    if order.stock is StockHold.RELEASED:
        return "its goods are free again"
    if order.fulfilment is Fulfilment.FAILED:
        return "its goods will not be sent"
    return f"its fulfilment {order.fulfilment.value}"
