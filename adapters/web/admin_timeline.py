"""The timeline of an order: events, exchanges and callbacks in one stream, one fact per entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext

from adapters.web.admin_menu import Account, account
from adapters.web.admin_raw import exchange_text, message_text
from adapters.web.admin_sentences import CHANGES, Narrator, Tag, Told, changes
from adapters.web.formats import clock
from adapters.web.i18n import shop_zone
from adapters.web.words import status_kind, status_word
from application.callbacks import CallbackState, RawCallback
from application.ports.persistence import EventRecord, OrderFile
from domain.transaction import Transaction, TransactionKind, TransactionState

SAME_CALLBACK = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Entry:
    """Read by the macro ``timeline``. ``same`` is what makes neighbours foldable into one entry."""

    id: str
    at: datetime
    actor: str
    sentence: str
    tag: Tag | None = None
    quote: str = ""
    raw: str = ""
    same: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """A heading between entries."""

    day: date


def timeline(file: OrderFile, accounts: dict[str, Account], *, ascending: bool = False) -> list[Entry | Day]:
    """Newest first unless ``ascending``, with a heading per day of the shop's zone."""
    entries = sorted(
        [*_events(file, accounts), *_callbacks(file, accounts), *_exchanges(file, accounts)],
        key=lambda entry: entry.at,
    )
    folded = list(_folded(entries))
    return list(_by_day(folded if ascending else folded[::-1]))


def _events(file: OrderFile, accounts: dict[str, Account]) -> Iterator[Entry]:
    """What one commit wrote: its facts one by one, then all moves of statuses together."""
    narrator = Narrator(file, accounts)
    for _at, commit in groupby(file.events, key=lambda event: event.at):
        together = list(commit)
        names = {_fact_name(event) for event in together}
        moves = [event for event in together if event.name in CHANGES]
        facts = [event for event in together if event.name not in CHANGES]
        for event in facts:
            told = None if _BETTER.get(_fact_name(event), "") in names else narrator.tell(event)
            if told is not None:
                yield _entry(event, told)
        if moves:
            yield _entry(moves[0], changes(moves))


def _fact_name(event: EventRecord) -> str:
    """An event's name, with the act where a person acted and the kind where money moved."""
    detail = event.payload.get("act") or (event.name == "MoneyMoved" and event.payload.get("kind"))
    return f"{event.name}:{detail}" if detail else event.name


def _entry(event: EventRecord, told: Told) -> Entry:
    return Entry(f"e-{event.seq}", event.at, told.actor, told.sentence, told.tag, told.quote)


_BETTER: Mapping[str, str] = {
    "OrderPaid": "MoneyMoved:captured",
    "OrderCancelled": "StaffActed:cancel",
    "StaffActed:refund": "RefundRequested",
}
"""What need not be told because the other event of the same commit says it better."""


def _callbacks(file: OrderFile, accounts: dict[str, Account]) -> Iterator[Entry]:
    judged = _judged(file)
    for raw in file.callbacks:
        exchange = judged.get(raw.id)
        word = exchange.message.partition(": ")[0] if exchange else ""
        note = "" if raw.state is CallbackState.APPLIED else raw.note
        yield Entry(
            f"c-{raw.id}",
            raw.received_at,
            account(accounts, raw.account).label,
            _("sent a callback: %(note)s.", note=note) if note else _("sent a callback."),
            (status_word(raw.state), status_kind(raw.state)),
            word,
            message_text(raw),
        )


def _judged(file: OrderFile) -> Mapping[UUID, Transaction]:
    """The exchange that each callback became, so that one message is told once."""
    found: dict[UUID, Transaction] = {}
    for exchange in file.transactions:
        if exchange.kind is TransactionKind.CALLBACK:
            mine = [raw for raw in file.callbacks if raw.id not in found and _is_same(raw, exchange)]
            if mine:
                found[mine[0].id] = exchange
    return found


def _is_same(raw: RawCallback, exchange: Transaction) -> bool:
    judged = raw.judged_at or raw.received_at
    return raw.payment_id == exchange.payment_id and abs(judged - exchange.at) <= SAME_CALLBACK


def _exchanges(file: OrderFile, accounts: dict[str, Account]) -> Iterator[Entry]:
    told = {exchange.id for exchange in _judged(file).values()}
    through = {payment.id: account(accounts, payment.account) for payment in file.payments}
    for exchange in file.transactions:
        if exchange.id not in told:
            yield _exchange(exchange, through.get(exchange.payment_id) or Account(_("an unknown method")))


def _exchange(exchange: Transaction, through: Account) -> Entry:
    method = through.label
    actor, sentence = _said(exchange.kind, method)
    if through.is_offline and exchange.kind is TransactionKind.START:
        sentence = _("noted the promise to pay by %(method)s.", method=method)
    word, _colon, reason = exchange.message.partition(": ")
    failed = exchange.state is TransactionState.KO
    entry = Entry(
        f"t-{exchange.id}",
        exchange.at,
        actor,
        sentence,
        (status_word(exchange.state), status_kind(exchange.state)) if failed else None,
        "" if word in _OUR_WORDS else word,
        exchange_text(exchange),
        same=f"{exchange.payment_id} {exchange.message}" if exchange.kind is TransactionKind.LOOK else "",
    )
    if exchange.kind is TransactionKind.RETURN:
        return replace(entry, quote="", sentence=_came_back(exchange, method))
    return (
        replace(entry, sentence=f"{sentence} {reason[:1].upper()}{reason[1:]}.")
        if failed and reason
        else entry
    )


_OUR_WORDS = frozenset({"started"})
"""Words of ours, not of a gateway: not quoted."""


def _came_back(exchange: Transaction, method: str) -> str:
    if "given up" in exchange.message:
        return str(_("came back from %(method)s without having paid.", method=method))
    return str(_("came back from %(method)s.", method=method))


def _said(kind: TransactionKind, method: str) -> tuple[str, str]:
    sentences = {
        TransactionKind.START: ("Callbank", _("opened a session at %(method)s.")),
        TransactionKind.CALLBACK: (method, _("sent a callback.")),
        TransactionKind.RETURN: (_("Shopper"), _("came back from %(method)s.")),
        TransactionKind.LOOK: ("Callbank", _("asked %(method)s.")),
        TransactionKind.COLLECT: ("Callbank", _("collected from %(method)s.")),
        TransactionKind.CAPTURE: ("Callbank", _("captured at %(method)s.")),
        TransactionKind.REFUND: ("Callbank", _("refunded through %(method)s.")),
        TransactionKind.VOID: ("Callbank", _("released the money at %(method)s.")),
        TransactionKind.CONFIRM: (_("Staff"), _("confirmed money of %(method)s.")),
        TransactionKind.CLOSE: ("Callbank", _("closed the attempt; %(method)s was not called.")),
    }
    actor, sentence = sentences[kind]
    return actor, sentence % {"method": method} if "%(method)s" in sentence else sentence


def _folded(entries: list[Entry]) -> Iterator[Entry]:
    """Neighbours that say the same become one entry: "asked 14 times, same answer"."""
    run: list[Entry] = []
    for entry in entries:
        if run and entry.same and entry.same == run[-1].same:
            run.append(entry)
            continue
        yield from _as_one(run)
        run = [entry]
    yield from _as_one(run)


def _as_one(run: list[Entry]) -> list[Entry]:
    if len(run) < 2:
        return run
    times = ngettext("%(num)s time", "%(num)s times", len(run))
    said = _(
        "%(sentence)s %(times)s the same answer, %(first)s to %(last)s.",
        sentence=run[-1].sentence,
        times=times.capitalize(),
        first=clock(run[0].at),
        last=clock(run[-1].at),
    )
    return [replace(run[-1], sentence=said)]


def _by_day(entries: list[Entry]) -> Iterator[Entry | Day]:
    last: date | None = None
    for entry in entries:
        day = entry.at.astimezone(shop_zone()).date()
        if day != last:
            yield Day(day)
        last = day
        yield entry
