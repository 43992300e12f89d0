"""``callbank gateways``: the configured accounts, what to type into their panels, and whether they answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import click

from adapters.cli.shop import FAILED, Group, Shop, as_json, pass_shop
from adapters.cli.show import print_json, print_table
from application.errors import GatewayError
from application.ports.gateway import Operation, PaymentGateway
from domain.money import Currency, Money
from domain.payment import Payment

PROBE_CURRENCIES: Final = ("EUR", "PLN", "USD")


@click.group(cls=Group)
def gateways() -> None:
    """The accounts money can come through, as the configuration describes them."""


@gateways.command("list")
@as_json
@pass_shop
def list_gateways(shop: Shop, as_json: bool) -> None:
    """List the configured accounts in the order shoppers see them."""
    rows = [
        {
            "account": gateway.account,
            "adapter": gateway.code,
            "label": gateway.label,
            "environment": gateway.environment,
            "offer": gateway.offer,
            "proof": gateway.capabilities.temperament.value,
            "can": sorted(operation.value for operation in gateway.capabilities.operations),
            "currencies": sorted(gateway.currencies) or ["any"],
        }
        for gateway in shop.unchecked.use_cases.gateways.all()
    ]
    if as_json:
        print_json(rows)
        return
    print_table("Gateway accounts", list(rows[0]) if rows else [], [list(row.values()) for row in rows])


@gateways.command()
@as_json
@pass_shop
def urls(shop: Shop, as_json: bool) -> None:
    """Print what to type into the panel of each gateway."""
    base_url = shop.settings.base_url
    rows = [
        {"account": gateway.account, "field": panel.field, "url": panel.url, "note": panel.note}
        for gateway in shop.unchecked.use_cases.gateways.all()
        for panel in gateway.panel_urls(base_url)
    ]
    if as_json:
        print_json(rows)
        return
    print_table(
        "Addresses for the panels", ["account", "field", "url", "note"], [[*row.values()] for row in rows]
    )


@dataclass(frozen=True, slots=True)
class Finding:
    """What the doctor says of one account; ``problem`` is empty when all is well."""

    account: str
    asked: str
    problem: str
    last_callback: object


@gateways.command()
@as_json
@click.pass_context
@pass_shop
def doctor(shop: Shop, ctx: click.Context, as_json: bool) -> None:
    """Ask each account about a payment that does not exist; exit code 1 unless all answer.

    The question is read-only and moves no money, but it shows whether address and credentials are right.
    """
    use_cases = shop.use_cases
    accounts = use_cases.gateways.all()
    called = use_cases.reads.last_callbacks([gateway.account for gateway in accounts])
    found = []
    for gateway in accounts:
        asked, problem = _asked(shop, gateway)
        found.append(Finding(gateway.account, asked, problem, called.get(gateway.account)))
    if as_json:
        print_json(found)
    else:
        print_table(
            "Gateway accounts",
            ["account", "answer", "problem", "last callback"],
            [(one.account, one.asked, one.problem, one.last_callback) for one in found],
        )
    if any(one.problem for one in found):
        ctx.exit(FAILED)


def _asked(shop: Shop, gateway: PaymentGateway) -> tuple[str, str]:
    """What it said, and what is wrong with that."""
    if Operation.LOOK not in gateway.capabilities.operations:
        return "not asked: works without questions", ""
    try:
        seen = gateway.look(_nobodys_payment(shop, gateway))
    except GatewayError as error:
        return "", f"{type(error).__name__}: {error}".rstrip(": ")
    return seen.word, ""


def _nobodys_payment(shop: Shop, gateway: PaymentGateway) -> Payment:
    """A payment that was never started, to ask about."""
    application = shop.application
    ids, now = application.container.ids(), application.use_cases.clock.now()
    code = next((code for code in PROBE_CURRENCIES if code in gateway.currencies), "")
    currency = Currency.of(code or min(gateway.currencies, default="EUR"))
    made = ids.new()
    payment = Payment.begin(
        id=made,
        order_id=made,
        reference=ids.payment_reference(made),
        account=gateway.account,
        gateway=gateway.code,
        environment=gateway.environment,
        amount=Money(1, currency),
        idempotency_key=ids.secret(),
        token=ids.secret(),
        now=now,
    )
    return replace(payment, gateway_reference=payment.reference)
