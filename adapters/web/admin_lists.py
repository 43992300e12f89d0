"""Lists of payments, callbacks and questions, and one callback in full."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from flask import render_template, request
from flask_babel import gettext as _

from adapters.web.admin_menu import accounts
from adapters.web.admin_paging import PAGE, Tab, asked, asked_mark, here, newest, older, split
from adapters.web.admin_raw import message_text
from adapters.web.admin_rules import rule_of, verdict_of
from adapters.web.resources import use_cases
from adapters.web.words import status_word
from application.callbacks import CallbackState
from application.staff_moves import receipt_of
from domain.payment import PaymentStatus

FAILING = "failing"
REVIEWS = 200


def payments() -> str:
    status, unknown = asked(PaymentStatus, "status")
    account = _asked_account()
    rows, more = split(
        use_cases().reads.payments(status=status, account=account, limit=PAGE + 1, before=asked_mark())
    )
    last = rows[-1][1] if more else None
    return render_template(
        "admin/payments.html",
        rows=rows,
        status=status,
        account=account,
        unknown=unknown,
        tabs=_tabs("status", ((one.value, status_word(one)) for one in PaymentStatus)),
        accounts=accounts(),
        older=older((last.created_at, last.id) if last else None),
        newest=newest(),
    )


def callbacks() -> str:
    state, unknown = asked(CallbackState, "state")
    failing, account = unknown == FAILING, _asked_account()
    reads = use_cases().reads
    rows, more = split(
        reads.callbacks(state=state, account=account, limit=PAGE + 1, before=asked_mark(), failing=failing)
    )
    last = rows[-1] if more else None
    words = [(FAILING, _("Failed")), *((one.value, status_word(one)) for one in CallbackState)]
    return render_template(
        "admin/callbacks.html",
        rows=rows,
        references=reads.references(_ids(row.order_id for row in rows)),
        state=FAILING if failing else state.value if state else "",
        account=account,
        unknown="" if failing else unknown,
        tabs=_tabs("state", words),
        accounts=accounts(),
        older=older((last.received_at, last.id) if last else None),
        newest=newest(),
    )


def callback(callback_id: UUID) -> str:
    """Raises CallbackNotFound."""
    reads = use_cases().reads
    raw = reads.callback(callback_id)
    return render_template(
        "admin/callback.html",
        raw=raw,
        text=message_text(raw),
        verdict=verdict_of(raw),
        rule=rule_of(raw),
        reference=reads.references(_ids([raw.order_id])).get(raw.order_id) if raw.order_id else None,
        accounts=accounts(),
    )


def reviews() -> str:
    """Open questions, or with ``?view=all`` the decided ones as well."""
    everything = request.args.get("view") == "all"
    reads = use_cases().reads
    rows = reads.reviews(open_only=not everything, limit=REVIEWS)
    return render_template(
        "admin/reviews.html",
        receipt_of=receipt_of,
        rows=rows,
        references=reads.references(_ids(row.order_id for row in rows)),
        tabs=[Tab(_("Open"), here(view=""), not everything), Tab(_("All"), here(view="all"), everything)],
        everything=everything,
        limit=REVIEWS,
        accounts=accounts(),
    )


def _ids(ids: Iterable[UUID | None]) -> list[UUID]:
    return sorted({id for id in ids if id is not None})


def _asked_account() -> str:
    return request.args.get("account", "").strip()[:128]


def _tabs(name: str, words: Iterable[tuple[str, str]]) -> list[Tab]:
    chosen = request.args.get(name, "")
    others = [Tab(word, here(**{name: value}), value == chosen) for value, word in words]
    return [Tab(_("All"), here(**{name: ""}), not any(tab.is_here for tab in others)), *others]
