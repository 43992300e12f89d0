"""Payments, money facts and refunds: every cent that came, went back or is on its way back."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, and_, func, or_, select

from adapters.persistence import tables as t
from adapters.persistence.check.dialect import is_whole
from adapters.persistence.check.rule import Rule, asked_about, f, o, p, q, r, there_is
from domain.currencies import EXPONENTS
from domain.refund import OPEN

_SUMS: Final = ("amount", "captured", "refunded", "refunded_outside", "charged_back", "reserved")


def _payment(*conditions: ColumnElement[bool], **columns: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    shown = [column.label(name) for name, column in columns.items()]
    return select(p.reference.label("subject"), *shown).where(*conditions)


def _facts(*kinds: str) -> ColumnElement[Any]:
    """What the facts of these kinds sum up to for the payment at hand, in its own currency."""
    found = select(func.coalesce(func.sum(f.amount), 0)).where(
        f.payment_id == p.id, f.kind.in_(kinds), f.currency == p.currency
    )
    return found.correlate(t.payments).scalar_subquery()


def _refunds(*statuses: str) -> ColumnElement[Any]:
    found = select(func.coalesce(func.sum(r.amount), 0)).where(r.payment_id == p.id, r.status.in_(statuses))
    return found.correlate(t.payments).scalar_subquery()


_captured = _facts("captured")
_back = _facts("refunded", "reversed")
_open = _refunds(*(status.value for status in sorted(OPEN)))
_done = _refunds("done")

_CAPTURES: Final = (
    Rule(
        "I2",
        "payment {subject} counts {captured} captured, its facts prove {facts} (minor units)",
        _payment(p.captured > _captured, captured=p.captured, facts=_captured),
    ),
    Rule(
        "I2",
        "payment {subject}: facts prove {facts} captured, {captured} is counted and nobody is asked about it",
        _payment(
            p.captured < _captured,
            ~asked_about("amount_mismatch", "currency_mismatch", "surplus", "late"),
            captured=p.captured,
            facts=_captured,
        ),
    ),
    Rule(
        "I2",
        "{kind} {subject} of account {account} belongs to no payment and to no review item",
        select(f.gateway_id.label("subject"), f.kind.label("kind"), f.account.label("account")).where(
            f.payment_id.is_(None),
            ~there_is(t.review_items, q.account == f.account, q.gateway_id == f.gateway_id),
        ),
    ),
    Rule(
        "I4",
        "payment {subject} asks for {amount}, its order for {total} (minor units)",
        _payment(p.amount != o.total, amount=p.amount, total=o.total).join_from(
            t.payments, t.orders, o.id == p.order_id
        ),
    ),
    Rule(
        "I4",
        "payment {subject} is in {currency}, its order in {wanted}",
        _payment(p.currency != o.currency, currency=p.currency, wanted=o.currency).join_from(
            t.payments, t.orders, o.id == p.order_id
        ),
    ),
    Rule(
        "I4",
        "{kind} {subject} is in {currency}, its payment in {wanted}, and nobody is asked about it",
        select(
            f.gateway_id.label("subject"),
            f.kind.label("kind"),
            f.currency.label("currency"),
            p.currency.label("wanted"),
        )
        .join_from(t.money_facts, t.payments, p.id == f.payment_id)
        .where(f.currency != p.currency, ~asked_about("currency_mismatch")),
    ),
    Rule(
        "I4",
        "payment {subject} is paid with {captured} of {amount} (minor units)",
        _payment(p.status == "paid", p.captured < p.amount, captured=p.captured, amount=p.amount),
    ),
    Rule(
        "I4",
        "payment {subject} took {captured} for {amount} (minor units) and nobody is asked about it",
        _payment(p.captured > p.amount, ~asked_about("surplus"), captured=p.captured, amount=p.amount),
    ),
    Rule(
        "I5",
        "payment {subject} is {status} with {captured} captured (minor units)",
        _payment(
            or_(
                and_(
                    p.captured > p.refunded + p.refunded_outside + p.charged_back,
                    p.status.not_in(["paid", "partially_paid"]),
                ),
                and_(p.captured == 0, p.status == "partially_paid"),
            ),
            status=p.status,
            captured=p.captured,
        ),
    ),
)

_RETURNS: Final = (
    Rule(
        "I8",
        "payment {subject}: {back} refunded and reserved of {captured} captured (minor units)",
        _payment(p.refunded + p.reserved > p.captured, back=p.refunded + p.reserved, captured=p.captured),
    ),
    Rule(
        "I8",
        "payment {subject} reserves {reserved}, its open refunds are {open} (minor units)",
        _payment(p.reserved != _open, reserved=p.reserved, open=_open),
    ),
    Rule(
        "I8",
        "payment {subject} counts {refunded} refunded, its refunds that are done are {done} (minor units)",
        _payment(p.refunded != _done, refunded=p.refunded, done=_done),
    ),
    Rule(
        "I8",
        "payment {subject} counts {counted} gone back, its facts prove {facts} (minor units)",
        _payment(
            p.refunded + p.refunded_outside + _refunds("failed_later") != _back,
            counted=p.refunded + p.refunded_outside,
            facts=_back,
        ),
    ),
    Rule(
        "I8",
        "payment {subject} counts {counted} disputed, its facts prove {facts} (minor units)",
        _payment(
            or_(
                p.charged_back > _facts("charged_back"),
                p.charged_back < _facts("charged_back") - _facts("dispute_won"),
            ),
            counted=p.charged_back,
            facts=_facts("charged_back"),
        ),
    ),
    Rule(
        "I8",
        "payment {subject} lost {lost} of {captured} captured (minor units) and nobody is asked about it",
        _payment(
            p.captured > 0,
            p.refunded + p.refunded_outside + p.charged_back > p.captured,
            ~asked_about("double_loss"),
            lost=p.refunded + p.refunded_outside + p.charged_back,
            captured=p.captured,
        ),
    ),
)


def _twice(table: Table, what: str, subject: str, *keys: str) -> Rule:
    """No two rows share these columns, whether or not a constraint still says so."""
    columns = [table.c[key] for key in keys]
    found = select(table.c[subject].label("subject"), func.count().label("count"))
    found = found.where(*(column.is_not(None) for column in columns)).group_by(*columns, table.c[subject])
    return Rule("I14", f"{what} {{subject}} is there {{count}} times", found.having(func.count() > 1))


_UNIQUE: Final = (
    _twice(t.money_facts, "the same money fact", "gateway_id", "account", "kind", "gateway_id"),
    _twice(t.payments, "the session of the gateway", "gateway_reference", "account", "gateway_reference"),
    _twice(t.payments, "the idempotency key", "idempotency_key", "idempotency_key"),
    _twice(t.refunds, "the refund key", "key", "key"),
    _twice(t.callbacks, "the event key", "event_key", "account", "event_key"),
)


def _whole(table: Table, what: str, subject: str, *amounts: str) -> Rule:
    fine = and_(*(is_whole(table.c[name]) for name in amounts))
    unknown = table.c.currency.not_in(sorted(EXPONENTS))
    found = select(table.c[subject].label("subject")).where(or_(~fine, unknown))
    return Rule("I18", f"{what} {{subject}} has no whole amount of a known currency", found)


_EXACT: Final = (
    _whole(t.orders, "order", "reference", "total", "tax"),
    _whole(t.payments, "payment", "reference", *_SUMS),
    _whole(t.money_facts, "money fact", "gateway_id", "amount"),
    _whole(t.refunds, "refund", "key", "amount"),
)

RULES: Final = (*_CAPTURES, *_RETURNS, *_UNIQUE, *_EXACT)
