"""``callbank callbacks``: what gateways sent, byte for byte, and what became of it."""

from __future__ import annotations

import click

from adapters.cli.find import read_id
from adapters.cli.inspect import callback_as_json
from adapters.cli.shop import Group, Refused, Shop, as_json, limited, pass_shop
from adapters.cli.show import print_facts, print_json, print_table, text
from application.callbacks import CallbackState, RawCallback

ROUNDS = 1000


@click.group(cls=Group)
def callbacks() -> None:
    """The inbox: every message of a gateway, kept before it was answered."""


@callbacks.command("list")
@click.option("--state", type=click.Choice([state.value for state in CallbackState]))
@click.option("--account", default="", help="Only this gateway account.")
@limited
@as_json
@pass_shop
def list_callbacks(shop: Shop, state: str | None, account: str, limit: int, as_json: bool) -> None:
    """List messages, newest first."""
    wanted = CallbackState(state) if state else None
    found = shop.use_cases.reads.callbacks(state=wanted, account=account, limit=limit)
    if as_json:
        print_json([callback_as_json(callback) for callback in found])
        return
    print_table(
        "Callbacks",
        ["received at", "account", "state", "note", "TRIES", "due at", "id"],
        [(c.received_at, c.account, c.state, c.note, c.tries, c.due_at, c.id) for c in found],
    )


@callbacks.command("show")
@click.argument("callback")
@as_json
@pass_shop
def show_callback(shop: Shop, callback: str, as_json: bool) -> None:
    """Print the message CALLBACK (an id): secrets and card-like digits are hidden."""
    found = shop.use_cases.reads.callback(read_id("callback", callback))
    if as_json:
        print_json(callback_as_json(found))
        return
    known = callback_as_json(found)
    print_facts(f"Callback {found.id}", {name: value for name, value in known.items() if name != "body"})
    click.echo("  body")
    click.echo(f"  {text(found.body)}")


@callbacks.command("judge")
@as_json
@pass_shop
def judge(shop: Shop, as_json: bool) -> None:
    """Judge every message that is waiting and due, as the worker does."""
    done = later = 0
    for _ in range(ROUNDS):
        told = shop.use_cases.judge_callbacks.execute(owner="command line")
        done, later = done + told.done, later + told.later
        if not told.done and not told.later:
            break
    if as_json:
        print_json({"done": done, "later": later})
    else:
        click.echo(f"{done} judged, {later} put off")


@callbacks.command("replay")
@click.argument("callback")
@as_json
@pass_shop
def replay(shop: Shop, callback: str, as_json: bool) -> None:
    """Judge the stored message CALLBACK again; what it did already is not done twice."""
    wanted = read_id("callback", callback)
    judged = shop.use_cases.judge_callbacks.replay(wanted)
    found = shop.use_cases.reads.callback(wanted)
    if not judged:
        raise Refused(f"callback {found.id} could not be judged: {found.note}")
    if as_json:
        print_json(callback_as_json(found))
    else:
        click.echo(f"callback {found.id} is {found.state.value}{_because(found)}")


def _because(callback: RawCallback) -> str:
    return f": {text(callback.note)}" if callback.note else ""
