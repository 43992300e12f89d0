"""``callbank gateways``: every gateway there is, its accounts, and what to type into their panels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import click

from adapters.cli.gateways_doctor import doctor, examined_of
from adapters.cli.shop import FAILED, Group, Misconfigured, Shop, as_json, pass_shop
from adapters.cli.show import print_json, print_table
from adapters.gateways.registry import Examined, installed, required_keys
from adapters.wire.errors import SettingsError, did_you_mean
from adapters.wire.links import is_loopback
from application.errors import UnknownAccount
from application.ports.gateway import PanelUrl, PaymentGateway, Temperament

RETIRED: Final = "retired (offer = false): callbacks, refunds and questions go on"
READABLE: Final = 30
PLACEHOLDERS: Final = ("%", "{", "<")
PROOF: Final[Mapping[Temperament, str]] = {
    Temperament.SIGNED_CALLBACK: "Its messages are signed; any other is answered with 403.",
    Temperament.GO_AND_LOOK: "Its messages are believed in nothing: each makes us ask the gateway.",
    Temperament.CONFIRM_TO_COLLECT: "Its messages take no money: our own call to the gateway collects it.",
    Temperament.OUR_ANSWER_DECIDES: "The money is taken by our own call when the shopper comes back.",
}
TEST: Final = "Test: use the gateway's test panel. What is said in test never settles a live payment."
LIVE: Final = "Live: use the real panel. What is said in test never settles a live payment."
NO_PANEL: Final = "Nothing to type: this method has nothing on the wire."
NO_MESSAGES: Final = "Nothing to type: this gateway sends no messages, the shopper brings its answer back."
AT_HOME: Final = "This address is known to this machine only: a gateway elsewhere never reaches it."


@click.group(cls=Group)
def gateways() -> None:
    """The gateways, the accounts at them, and whether they answer."""


gateways.add_command(doctor)


@gateways.command("list")
@as_json
@click.pass_context
@pass_shop
def list_gateways(shop: Shop, ctx: click.Context, as_json: bool) -> None:
    """List the accounts, then the gateways without one; exit code 1 when a block is wrong."""
    examined = examined_of(shop)
    used = {one.code for one in examined}
    rows = [_account_row(one, shop.settings.environment) for one in examined]
    rows += [_bare_row(code) for code in installed() if code not in used]
    if as_json:
        print_json(rows)
    else:
        shown = [
            (
                row["code"],
                row["account"],
                row["environment"],
                row["why"] or "yes",
                _counted(row["currencies"]),
                row["can"],
                row["proof"],
            )
            for row in rows
        ]
        columns = ["code", "account", "environment", "ready", "currencies", "can", "proof"]
        print_table("Gateways", columns, shown)
    if any(one.problem for one in examined):
        ctx.exit(FAILED)


@gateways.command()
@click.argument("account", required=False)
@as_json
@click.pass_context
@pass_shop
def urls(shop: Shop, ctx: click.Context, account: str | None, as_json: bool) -> None:
    """Print what to type into the panel of ACCOUNT's gateway, or of each one's, exactly as it stands."""
    examined = [one for one in examined_of(shop) if account in (None, one.account)]
    if account is not None:
        _require(account, examined, shop)
    found = [_panel(shop, one.gateway) for one in examined if one.gateway is not None]
    if as_json:
        print_json(found)
    else:
        for panel in found:
            _print_panel(panel)
    for one in examined:
        if one.problem:
            click.echo(f"callbank: {one.problem}", err=True)
            ctx.exit(FAILED)


def _counted(currencies: Sequence[str]) -> Sequence[str] | str:
    """A list that people still read, else how long it is."""
    return currencies if len(currencies) <= READABLE else f"{len(currencies)} currencies"


def _account_row(one: Examined, environment: str) -> dict[str, Any]:
    gateway = one.gateway
    row: dict[str, Any] = {
        "code": one.code,
        "account": one.account,
        "label": "",
        "environment": environment,
        "offer": False,
        "ready": False,
        "why": one.problem,
        "proof": "",
        "can": [],
        "currencies": [],
    }
    if gateway is None:
        return row
    return {
        **row,
        "label": gateway.label,
        "offer": gateway.offer,
        "ready": gateway.offer,
        "why": "" if gateway.offer else RETIRED,
        "proof": gateway.capabilities.temperament.value,
        "can": sorted(operation.value for operation in gateway.capabilities.operations),
        "currencies": sorted(gateway.currencies) or ["any"],
    }


def _bare_row(code: str) -> dict[str, Any]:
    """A gateway nobody configured: what its block would have to say."""
    try:
        keys = required_keys(code)
        needed = f" with {', '.join(keys)}" if keys else ""
        why = f"no account: write a block [gateways.{code}]{needed}"
    except SettingsError as error:
        why = str(error)
    return {**_account_row(Examined(code="", account=""), ""), "code": code, "why": why}


def _require(account: str, found: Iterable[Examined], shop: Shop) -> None:
    """Raises UnknownAccount, or Misconfigured when the block of this account is wrong."""
    one = next(iter(found), None)
    if one is None:
        meant = did_you_mean(account, shop.settings.gateways)
        raise UnknownAccount(f"there is no gateway account {account[:40]!r}{meant}")
    if one.problem:
        raise Misconfigured(one.problem)


def _panel(shop: Shop, gateway: PaymentGateway) -> dict[str, Any]:
    addresses = gateway.panel_urls(shop.settings.base_url)
    return {
        "account": gateway.account,
        "code": gateway.code,
        "label": gateway.label,
        "environment": gateway.environment,
        "addresses": [_address(panel) for panel in addresses],
        "notes": list(_notes(shop, gateway, addresses)),
    }


def _address(panel: PanelUrl) -> dict[str, str]:
    rest = panel.url.partition("://")[2]
    return {
        "field": panel.field,
        "url": panel.url,
        "https": f"https://{rest}",
        "http": f"http://{rest}",
        "note": panel.note,
    }


def _notes(shop: Shop, gateway: PaymentGateway, addresses: tuple[PanelUrl, ...]) -> Iterator[str]:
    """What to know beside the addresses: who proves what, which panel, which placeholders, which senders."""
    capabilities = gateway.capabilities
    if not addresses:
        yield NO_PANEL if capabilities.temperament is Temperament.DIRECT else NO_MESSAGES
        return
    yield PROOF.get(capabilities.temperament, "")
    yield LIVE if gateway.environment == "live" else TEST
    if capabilities.callback_methods:
        yield f"Messages come by {' or '.join(sorted(capabilities.callback_methods))}."
    if any(sign in urlsplit(panel.url).query for panel in addresses for sign in PLACEHOLDERS):
        yield "Type placeholders as they stand: the gateway fills them in."
    if any(is_loopback(panel.url) for panel in addresses):
        yield AT_HOME
    if allowed := shop.settings.gateways[gateway.account].get("allowed_ips"):
        listed = allowed if isinstance(allowed, str) else ", ".join(map(str, allowed))
        yield f"Messages are heard from these addresses only (allowed_ips): {listed}."


def _print_panel(panel: Mapping[str, Any]) -> None:
    title = f"{panel['account']} ({panel['label']}, {panel['environment']})"
    if panel["addresses"]:
        rows = [
            (one["field"], form, one["note"] if number == 0 else "the same, where a panel asks for this form")
            for one in panel["addresses"]
            for number, form in enumerate(sorted({one["https"], one["http"]}, key=lambda f: f != one["url"]))
        ]
        print_table(title, ["field", "address", "note"], rows)
    else:
        click.echo(title)
    for note in panel["notes"]:
        click.echo(f"  {note}")
    click.echo()
