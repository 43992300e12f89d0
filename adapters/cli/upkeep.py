"""Commands that keep the shop healthy: tables, open questions, the outbox, deadlines, the invariants."""

from __future__ import annotations

import click

from adapters.cli.shop import FAILED, Group, Shop, as_json, limited, pass_shop
from adapters.cli.shop import Command as OneLine
from adapters.cli.show import plain, print_json, print_table, text

ROUNDS = 1000
WHAT_TO_DO = (
    "Act with `callbank payments refund` or `confirm`; money that settled nothing is returned in the "
    "gateway's own panel. Closing a question by a command is not in this version."
)


@click.group(cls=Group)
def db() -> None:
    """The tables."""


@db.command()
@as_json
@pass_shop
def upgrade(shop: Shop, as_json: bool) -> None:
    """Bring the tables to what this program needs; safe to run twice, and by several at once."""
    database = shop.unchecked.database
    before = database.current()
    database.upgrade()
    after = database.current()
    if as_json:
        print_json({"before": before, "current": after})
    else:
        click.echo(f"the tables are at {after}" + ("" if before != after else " already"))


@db.command()
@as_json
@click.pass_context
@pass_shop
def current(shop: Shop, ctx: click.Context, as_json: bool) -> None:
    """Print the revision of the tables; exit code 1 unless it is the one this program needs."""
    database = shop.unchecked.database
    found, head = database.current(), database.head()
    if as_json:
        print_json({"current": found, "head": head, "is_current": found == head})
    else:
        click.echo(found if found == head else f"{found or 'no tables'}, needed: {head}")
    if found != head:
        ctx.exit(FAILED)


@click.group(cls=Group)
def reviews() -> None:
    """Questions about money that only a person may answer."""


@reviews.command("list")
@click.option("--all", "everything", is_flag=True, help="Decided ones, too.")
@limited
@as_json
@pass_shop
def list_reviews(shop: Shop, everything: bool, limit: int, as_json: bool) -> None:
    """List the open questions, newest first."""
    reads = shop.use_cases.reads
    found = reads.reviews(open_only=not everything, limit=limit)
    if as_json:
        print_json(plain(found))
        return
    known = reads.references([item.order_id for item in found if item.order_id])
    print_table(
        "Review items",
        ["opened at", "kind", "order", "account", "AMOUNT", "detail", "decision"],
        [
            (
                item.opened_at,
                item.kind,
                known.get(item.order_id, "") if item.order_id else "",
                item.account,
                item.amount,
                item.detail,
                item.decision,
            )
            for item in found
        ],
    )
    if any(item.is_open for item in found):
        click.echo(WHAT_TO_DO)


@click.group(cls=Group)
def events() -> None:
    """What happened, in order per order; delivered to subscribers at least once."""


@events.command("list")
@click.option("--undelivered", is_flag=True, help="Only those that wait.")
@limited
@as_json
@pass_shop
def list_events(shop: Shop, undelivered: bool, limit: int, as_json: bool) -> None:
    """List events, newest first; undelivered ones in the order they are due."""
    found = shop.use_cases.reads.events(undelivered=undelivered, limit=limit)
    if as_json:
        print_json(plain(found))
        return
    print_table(
        "Events",
        ["at", "order", "NO", "event", "TRIES", "delivered at", "dead at", "last error"],
        [
            (e.at, e.order_id, e.seq, e.name, e.attempts, e.delivered_at, e.dead_at, e.last_error)
            for e in found
        ],
    )


@events.command("relay")
@as_json
@pass_shop
def relay(shop: Shop, as_json: bool) -> None:
    """Deliver what is due, as the worker does."""
    delivered = failed = 0
    for _ in range(ROUNDS):
        told = shop.use_cases.relay_events.execute(owner="command line")
        delivered, failed = delivered + told.delivered, failed + told.failed
        if not told.delivered:
            break
    if as_json:
        print_json({"delivered": delivered, "failed": failed})
    else:
        click.echo(f"{delivered} delivered, {failed} failed")


@click.command(cls=OneLine)
@as_json
@pass_shop
def expire(shop: Shop, as_json: bool) -> None:
    """End the orders whose time to pay ran out; their gateways are asked first."""
    expired = shop.use_cases.expire_orders.execute(limit=ROUNDS)
    if as_json:
        print_json({"expired": expired.orders, "kept": expired.kept})
    else:
        click.echo(f"{len(expired.orders)} expired, {expired.kept} kept")


@click.command(cls=OneLine)
@as_json
@click.pass_context
@pass_shop
def check(shop: Shop, ctx: click.Context, as_json: bool) -> None:
    """Hold every invariant against the whole database; reads only, exit code 1 on a violation."""
    found = shop.application.database.checks.violations()
    if as_json:
        print_json({"violations": [plain(violation) for violation in found]})
    else:
        for violation in found:
            click.echo(text(violation))
        click.echo(f"{len(found)} violations" if found else "every invariant holds")
    if found:
        ctx.exit(FAILED)
