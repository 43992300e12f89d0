from __future__ import annotations

import re
from enum import Enum

import pytest

from adapters.web import words
from adapters.web.resources import STATIC
from domain.order import ClosedBy, Fulfilment, OrderStatus
from domain.payment import PaymentStatus
from domain.refund import RefundStatus
from domain.review import ReviewKind
from domain.transaction import FactKind, TransactionKind, TransactionState
from tests.web.styleguide import a_shell

KINDS: tuple[type[Enum], ...] = (
    OrderStatus,
    Fulfilment,
    PaymentStatus,
    RefundStatus,
    ReviewKind,
    FactKind,
    TransactionState,
    TransactionKind,
    ClosedBy,
)


@pytest.mark.parametrize("status", [status for kind in KINDS for status in kind], ids=repr)
def test_every_status_has_a_word_and_a_tone_of_the_style_sheet(status: Enum) -> None:
    sheet = (STATIC / "callbank.css").read_text(encoding="utf-8")
    with a_shell().test_request_context():
        assert words.status_word(status)
    assert re.search(rf"^\.{words.status_kind(status)} \{{", sheet, re.MULTILINE)


def test_statuses_of_two_kinds_with_one_text_keep_their_own_words() -> None:
    assert hash(Fulfilment.FAILED) == hash(PaymentStatus.FAILED)
    with a_shell().test_request_context():
        assert words.status_word(Fulfilment.FAILED) != words.status_word(PaymentStatus.FAILED)


def test_a_tag_shows_word_and_tone() -> None:
    app = a_shell()
    with app.test_request_context():
        macros = app.jinja_env.get_template("macros/order.html").module
        tag = macros.payment_status_tag(PaymentStatus.PAID)  # type: ignore[attr-defined]
    assert tag == '<span class="tag ok">Paid</span>'
