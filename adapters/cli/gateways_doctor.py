"""``callbank gateways doctor``: is every account set up so that money and messages can flow?"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import click

from adapters.cli.shop import FAILED, Command, Shop, as_json, pass_shop
from adapters.cli.show import print_facts, print_json
from adapters.gateways.registry import Examined, examine
from adapters.wire.links import is_loopback, join
from application.callbacks import CallbackState
from application.errors import GatewayError, GatewayUnreachable, OutcomeUnknown
from application.ports.gateway import PaymentGateway, Temperament
from application.ports.persistence import Reads
from domain.payment import PaymentStatus

PATIENCE: Final = timedelta(seconds=30)
"""How long all questions together may take; they are asked at the same time."""
SILENT: Final = timedelta(seconds=2)
SKEW: Final = timedelta(seconds=30)
COUNTED: Final = 100
NOT_CHECKABLE: Final = "cannot be checked without moving money"
NOT_TRIED: Final = "whether the internet reaches it is not tried from here"
NO_WIRE: Final = "nothing on the wire"
NO_MESSAGES: Final = "none: it sends no messages, the shopper brings its answer back"
OPEN: Final[Mapping[PaymentStatus, str]] = {
    PaymentStatus.UNKNOWN: "payments of unknown outcome",
    PaymentStatus.AUTHORIZED: "payments held, not captured",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What the doctor says of one account; ``problems`` is empty when all is well.

    ``clock_skew``: whole seconds that the gateway's clock is ahead of ours; None: not known.
    """

    account: str
    code: str
    environment: str
    settings: str = "ok"
    credentials: str = ""
    callback: str = ""
    clock_skew: int | None = None
    last_callback: datetime | None = None
    pending: tuple[str, ...] = ()
    problems: tuple[str, ...] = field(default=())


@click.command(cls=Command)
@as_json
@click.pass_context
@pass_shop
def doctor(shop: Shop, ctx: click.Context, as_json: bool) -> None:
    """Examine each account without moving money; exit code 1 when something is wrong with one.

    Settings, credentials, the callback address, the clocks, the last callback, and what is pending. Whether
    the internet reaches the callback address is not tried.
    """
    settings = shop.settings
    examined = examined_of(shop)
    good = {one.account: settings.gateways[one.account] for one in examined if one.gateway}
    from adapters.container import build

    with build(settings.model_copy(update={"gateways": good})) as application:
        application.require_ready()
        reads = application.use_cases.reads
        with _quiet_wire():
            asked = _ask([one.gateway for one in examined if one.gateway])
        called = reads.last_callbacks(list(good))
        found = [
            _examined(shop, reads, one, asked[one.account], called.get(one.account))
            if one.gateway
            else _misconfigured(one, settings.environment)
            for one in examined
        ]
    if as_json:
        print_json(found)
    else:
        _print(found)
    if any(one.problems for one in found):
        ctx.exit(FAILED)


def examined_of(shop: Shop) -> tuple[Examined, ...]:
    """Every configured account by itself. Raises SettingsError for what is wrong outside their blocks."""
    settings = shop.settings
    return examine(settings.gateways, environment=settings.environment, base_url=settings.base_url)


@contextmanager
def _quiet_wire() -> Iterator[None]:
    """What is said to gateways meanwhile stands in the findings, not in the log."""
    wire = logging.getLogger("callbank.wire")
    before = wire.level
    wire.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        wire.setLevel(before)


def _ask(gateways: Sequence[PaymentGateway]) -> Mapping[str, Future[str]]:
    """Every account at the same time, each within its own time-out; whoever waits longer is told so."""
    asked: dict[str, Future[str]] = {gateway.account: Future() for gateway in gateways}
    for gateway in gateways:
        threading.Thread(target=_check, args=(gateway, asked[gateway.account]), daemon=True).start()
    late = wait(asked.values(), timeout=SILENT.total_seconds()).not_done
    if late:
        names = ", ".join(account for account, question in asked.items() if question in late)
        click.echo(f"still waiting for {names} ...", err=True)
        wait(asked.values(), timeout=(PATIENCE - SILENT).total_seconds())
    return asked


def _check(gateway: PaymentGateway, question: Future[str]) -> None:
    try:
        question.set_result(gateway.check())
    except Exception as error:
        question.set_exception(error)


def _misconfigured(one: Examined, environment: str) -> Finding:
    return Finding(one.account, one.code, environment, settings=one.problem, problems=(one.problem,))


def _examined(
    shop: Shop, reads: Reads, one: Examined, question: Future[str], last_callback: datetime | None
) -> Finding:
    gateway = one.gateway
    assert gateway is not None  # noqa: S101 - narrows the type; the caller has looked
    found = Finding(
        gateway.account,
        gateway.code,
        gateway.environment,
        last_callback=last_callback,
        pending=_pending(reads, gateway.account),
    )
    found = _with_credentials(found, gateway, question)
    found = _with_clock(found, getattr(gateway, "clock_skew", None))
    if not gateway.capabilities.callback_methods:
        is_direct = gateway.capabilities.temperament is Temperament.DIRECT
        return replace(found, callback=NO_WIRE if is_direct else NO_MESSAGES)
    address = join(shop.settings.base_url, f"callbacks/{gateway.account}")
    wrong = unreachable(address, gateway.origins)
    told = f"{address} ({wrong or NOT_TRIED})"
    return replace(found, callback=told, problems=(*found.problems, *([wrong] if wrong else [])))


def _with_credentials(found: Finding, gateway: PaymentGateway, question: Future[str]) -> Finding:
    if gateway.capabilities.temperament is Temperament.DIRECT:
        return replace(found, credentials=NO_WIRE)
    if not question.done():
        wrong = f"credentials: no answer within {PATIENCE.seconds} s"
        return replace(found, problems=(*found.problems, wrong))
    error = question.exception()
    if error is None:
        return replace(found, credentials=question.result() or NOT_CHECKABLE)
    return replace(found, problems=(*found.problems, f"credentials: {_words(error)}"))


def _words(error: BaseException) -> str:
    """What became of a question, by what can be done about it."""
    code = f" ({error.code})" if isinstance(error, GatewayError) and error.code else ""
    if isinstance(error, GatewayUnreachable):
        return f"not reached: {error}{code}"
    if isinstance(error, OutcomeUnknown):
        return f"no usable answer: {error}{code}"
    if isinstance(error, GatewayError):
        return f"not taken: {error}{code}"
    return f"the adapter failed: {type(error).__name__}"


def _with_clock(found: Finding, skew: timedelta | None) -> Finding:
    if skew is None:
        return found
    seconds = round(skew.total_seconds())
    told = replace(found, clock_skew=seconds)
    if abs(skew) <= SKEW:
        return told
    side = "ahead of" if seconds > 0 else "behind"
    wrong = f"clock: the gateway's is {abs(seconds)} s {side} ours; messages with a time will be refused"
    return replace(told, problems=(*told.problems, wrong))


def unreachable(address: str, origins: Sequence[str]) -> str:
    """Why a gateway at ``origins`` cannot send anything to ``address``; empty when it may be able to."""
    if origins and is_loopback(origins[0]):
        return ""
    host = urlsplit(address).hostname or ""
    try:
        is_private = not ip_address(host).is_global
    except ValueError:
        is_private = "." not in host or host.rsplit(".", 1)[-1] in ("local", "internal", "localhost", "test")
    if is_private:
        return f"callback address: {host} is not known outside; set base_url to a public name"
    if urlsplit(address).scheme != "https":
        return "callback address: gateways want https; set base_url"
    return ""


def _pending(reads: Reads, account: str) -> tuple[str, ...]:
    """What waits for the worker or for staff, counted up to a hundred."""
    waiting = reads.callbacks(state=CallbackState.PENDING, account=account, limit=COUNTED)
    counts = {"callbacks not judged yet": len(waiting)}
    for status, words in OPEN.items():
        counts[words] = len(reads.payments(status=status, account=account, limit=COUNTED))
    reviews = [item for item in reads.reviews(limit=COUNTED) if item.account == account]
    counts["questions for a person"] = len(reviews)
    return tuple(
        f"{count}{'+' if count == COUNTED else ''} {words}" for words, count in counts.items() if count
    )


def _print(found: Sequence[Finding]) -> None:
    for one in found:
        skew = "" if one.clock_skew is None else f"{one.clock_skew:+d} s against ours"
        facts = {
            "settings": one.settings if one.settings == "ok" else "",
            "credentials": one.credentials,
            "callback address": one.callback,
            "clock": skew,
            "last callback": one.last_callback or "never",
            "pending": one.pending or "nothing",
        }
        shown = facts if one.settings == "ok" else {}
        print_facts(f"{one.account} ({one.code}, {one.environment})", shown)
        for problem in one.problems:
            click.echo(f"  PROBLEM  {problem}")
    sick = sum(bool(one.problems) for one in found)
    what = f"{sick} with a problem" if sick else "no problem found"
    click.echo(f"{len(found)} accounts, {what}" if found else "no account is configured")
