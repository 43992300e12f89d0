"""The page of one order: the reason line, the money box and the timeline, from real journeys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from flask import Flask
from webtest import TestApp, TestResponse

from adapters.web.admin_menu import Account
from adapters.web.admin_money import money_rows, still_open
from adapters.web.admin_reason import reason_of
from adapters.web.admin_sentences import Narrator, tell_by
from adapters.web.admin_timeline import timeline as entries_of
from application.cancel_return import CancelReturnRequest
from application.ports.persistence import EventRecord, OrderFile
from application.staff_moves import ConfirmOfflinePaymentRequest
from domain import events
from domain.money import Money
from domain.order import ClosedBy, Fulfilment, Order, OrderStatus
from domain.payment import Payment, PaymentStatus
from tests.builders import NOW, a_callback, a_payment, an_order
from tests.functional.hands import send, tell
from tests.functional.office import a_busy_day, plain, refund, somebody, table, timeline
from tests.functional.signed import genuine, signed
from tests.functional.test_callbacks import deliver
from tests.functional.world import Shop, eventually, words_of
from tests.web.styleguide import a_shell

ACCOUNTS = {"shop-payu": Account("PayU"), "transfer": Account("Bank transfer", is_offline=True)}
AMOUNT = r"(?:PLN )?[\d.,]+(?: PLN)?"


@pytest.fixture
def viewer(shop: Shop) -> TestApp:
    return somebody(shop, "viewer")


@pytest.fixture
def at_a_page() -> Iterator[Flask]:
    app = a_shell()
    with app.test_request_context("/", base_url="http://localhost"):
        yield app


def look(viewer: TestApp, order: Order, query: str = "") -> TestResponse:
    return viewer.get(f"/admin/orders/{order.id}{query}", status=200)


def reason(page: TestResponse) -> str:
    found = re.search(r"(?s)<p class=\"notice[^>]*>(.*?)</p>", page.text)
    assert found
    return plain(found[1])


def box(page: TestResponse) -> dict[str, str]:
    found = re.search(r'(?s)<dl class="figures">(.*?)</dl>', page.text)
    assert found
    pairs = re.findall(r"(?s)<dt[^>]*>(.*?)</dt><dd[^>]*>(.*?)</dd>", found[1])
    return {plain(label): plain(amount).replace("PLN", "").strip() for label, amount in pairs}


# -- why is it not paid?


def test_an_order_nobody_tried_to_pay_says_so(shop: Shop, viewer: TestApp) -> None:
    said = reason(look(viewer, shop.order()))
    assert re.fullmatch(r"Not paid ?: nobody has started a payment yet; expires at \S+( [AP]M)?\.", said), (
        said
    )


def test_a_silent_gateway_is_told_with_every_question_and_answer(shop: Shop, viewer: TestApp) -> None:
    order, payment = shop.started("payu")
    for _look in range(3):
        shop.use_cases.reconcile_payments.one(payment.id)
    said = reason(look(viewer, order))
    parts = (
        "sent to PayU at",
        "no callback",
        "asked 3 times, last answer at",
        ": NEW",
        "next check at",
        "expires",
    )
    assert said.startswith("Not paid")
    assert [part for part in parts if part not in said] == []


def test_a_question_without_an_answer_is_told_as_one(shop: Shop, viewer: TestApp) -> None:
    order, payment = shop.started("dummy")
    shop.arm("dummy", "status_5xx", on="look", times=9)
    shop.use_cases.reconcile_payments.one(payment.id)
    assert "asked 1 time without an answer" in reason(look(viewer, order))


def test_a_refusal_names_the_gateway_and_the_next_chance(shop: Shop, viewer: TestApp) -> None:
    order, payment = shop.started("dummy")
    tell(shop, payment, "declined")
    second = send(shop, order, "dummy")
    tell(shop, second, "declined")
    said = reason(look(viewer, order))
    assert said.startswith("Not paid")
    for part in ("Test gateway declined at", "2 attempts so far", "the customer can try again", "expires at"):
        assert part in said


def test_a_transfer_waits_for_staff_and_a_part_of_it_says_what_is_missing(
    shop: Shop, viewer: TestApp
) -> None:
    order, payment = shop.started("bank_transfer")
    assert "staff confirms the money when it is seen" in reason(look(viewer, order))
    part = Money.of(2000, "PLN")
    shop.use_cases.confirm_offline_payment.execute(
        ConfirmOfflinePaymentRequest(payment.id, part, "line 7", "Anna K.", "bank statement")
    )
    page = look(viewer, order)
    assert re.search(
        rf"^Partly paid ?: {AMOUNT} of {AMOUNT} received by Bank transfer; {AMOUNT} is missing", reason(page)
    )
    assert (box(page)["Received"], box(page)["Still open"]) == ("20.00", "34.89")
    assert any(entry.startswith("Anna K. confirmed the money by hand.") for entry in timeline(page))
    assert any("received, line 7." in entry for entry in timeline(page))
    assert f"{payment.id}:" not in page.text


def test_a_promise_is_never_called_paid(shop: Shop, viewer: TestApp) -> None:
    order, _payment = shop.started("cash_on_delivery")
    page = look(viewer, order)
    assert reason(page).startswith("Accepted on a promise, not paid")
    assert "no money was seen yet" in reason(page)
    assert box(page)["Still open"] == "54.89"


def test_an_order_in_error_tells_the_question(shop: Shop, viewer: TestApp) -> None:
    stock = a_busy_day(shop)
    page = look(viewer, stock.error)
    assert (box(page)["Received"], box(page)["Needs a decision"]) == ("0.00", "54.90")
    said = reason(page)
    assert said.startswith("In error, not payable until somebody decides")
    assert "Another amount than asked: 54.90 PLN arrived for 54.89 PLN" in said


def test_a_closed_order_says_who_closed_it_and_that_no_money_came(shop: Shop, viewer: TestApp) -> None:
    stock = a_busy_day(shop)
    said = reason(look(viewer, stock.cancelled))
    assert said.startswith("Not paid, closed")
    assert "cancelled by staff at" in said
    assert "Asked for by telephone" in said
    assert said.endswith("no money was seen.")


def test_money_that_settled_nothing_is_told_after_staff_ended_the_order(shop: Shop, viewer: TestApp) -> None:
    stock = a_busy_day(shop)
    shop.use_cases.cancel_order.execute(stock.error.id, by="Anna K.", reason="too much came")
    page = look(viewer, stock.error)
    said = reason(page)
    assert said.startswith("Not paid, closed")
    assert re.search(rf"{AMOUNT} arrived, settled nothing and waits for a decision\.$", said)
    assert "54.90" in said
    assert "no money was seen" not in said
    told = timeline(page)
    assert any("closed the attempt; Test gateway was not called." in entry for entry in told)
    assert not any("released the money" in entry for entry in told)


def test_late_money_of_a_closed_order_is_not_hidden(shop: Shop, viewer: TestApp) -> None:
    order, payment = shop.started("dummy")
    shop.use_cases.cancel_order.execute(order.id, by="Anna K.", reason="fraud")
    tell(shop, payment, "paid")
    page = look(viewer, order)
    assert "Test gateway brought" in reason(page) or "In error" in reason(page)
    assert box(page)["Received"] == "54.89"


def test_a_paid_order_tells_when_by_whom_and_what_went_back(shop: Shop, viewer: TestApp) -> None:
    stock = a_busy_day(shop)
    refund(shop, stock.paid, 2000)
    eventually(lambda: shop.again(stock.paid)[1][0].refunded.is_positive)
    page = look(viewer, stock.paid)
    assert re.search(rf"^Paid ?: Test gateway confirmed {AMOUNT} at .*; {AMOUNT} refunded\.$", reason(page))
    assert box(page) == {
        "Asked": "104.79",
        "Authorised, not collected": "0.00",
        "Received": "104.79",
        "Refunded": "20.00",
        "Set aside for refunds": "0.00",
        "Still open": "0.00",
    }


def test_a_second_payment_is_named(shop: Shop, viewer: TestApp) -> None:
    order, first = shop.started("dummy")
    second = send(shop, order, "bank_transfer")
    tell(shop, first, "paid")
    shop.use_cases.confirm_offline_payment.execute(
        ConfirmOfflinePaymentRequest(second.id, second.amount, "line 9", "Anna K.", "bank statement")
    )
    said = reason(look(viewer, order))
    assert said.startswith("Paid")
    assert "Bank transfer brought another" in said


def test_the_reason_is_told_for_every_state_an_order_can_be_in(at_a_page: Flask) -> None:
    for status, paid_as, fulfilment, closer in product(
        OrderStatus, (None, *PaymentStatus), Fulfilment, (None, *ClosedBy)
    ):
        order = an_order()
        payments: tuple[Payment, ...] = ()
        if paid_as is not None:
            captured = order.total if paid_as is PaymentStatus.PAID else Money.zero(order.currency)
            payments = (a_payment(order, status=paid_as, captured=captured),)
        settled = (
            payments[0].id if paid_as is PaymentStatus.PAID and status is OrderStatus.VALIDATED else None
        )
        order = replace(order, status=status, fulfilment=fulfilment, closed_by=closer, paid_by=settled)
        told = reason_of(OrderFile(order, payments), ACCOUNTS, NOW)
        assert told.kind in ("ok", "info", "warn", "bad", "idle")
        assert told.verdict
        assert all(told.facts)
        assert told.verdict.startswith("Paid") == (settled is not None)


def test_a_failed_receipt_is_paid_and_not_shippable(at_a_page: Flask) -> None:
    order = an_order()
    payment = a_payment(order, status=PaymentStatus.PAID, captured=order.total, receipt_failed=True)
    order = replace(order, status=OrderStatus.VALIDATED, paid_by=payment.id)
    told = reason_of(OrderFile(order, (payment,)), ACCOUNTS, NOW)
    assert told.verdict == "Paid, not shippable"
    assert "our receipt to PayU failed (ERROR_VALIDATION)" in told.facts


def test_an_unknown_outcome_is_never_told_as_unpaid(at_a_page: Flask) -> None:
    order = an_order(status=OrderStatus.PENDING)
    payments = (a_payment(order, status=PaymentStatus.UNKNOWN), a_payment(order, status=PaymentStatus.FAILED))
    told = reason_of(OrderFile(order, payments), ACCOUNTS, NOW)
    assert told.verdict == "Nobody knows whether it is paid"
    closed = replace(order, status=OrderStatus.CANCELLED, closed_by=ClosedBy.DEADLINE)
    assert (
        "PayU has not said what became of its payment"
        in reason_of(OrderFile(closed, payments), ACCOUNTS, NOW).facts
    )


def test_times_of_other_days_carry_their_date(at_a_page: Flask) -> None:
    order = an_order(status=OrderStatus.PENDING)
    payments = (a_payment(order, status=PaymentStatus.IN_PROGRESS),)
    today = reason_of(OrderFile(order, payments), ACCOUNTS, NOW).facts[0]
    later = reason_of(OrderFile(order, payments), ACCOUNTS, NOW + timedelta(days=3)).facts[0]
    assert "November" not in today
    assert "20 November 2026" in later


# -- the money box


def test_held_money_is_not_received_and_attempts_are_not_added_up() -> None:
    order = an_order()
    half = Money.of(2000, "PLN")
    held = a_payment(order, status=PaymentStatus.PARTIALLY_PAID, captured=half)
    other = a_payment(order, status=PaymentStatus.PARTIALLY_PAID, captured=Money.of(1000, "PLN"))
    assert still_open(order, (held, other)) == order.total - half
    app = a_shell()
    with app.test_request_context("/"):
        rows = dict(money_rows(order, (held, other)))
    assert rows["Received"] == Money.of(3000, "PLN")
    assert rows["Authorised, not collected"] == Money.of(2 * 4990 - 3000, "PLN")


# -- the timeline


def test_the_timeline_tells_a_paid_and_refunded_order_newest_first(shop: Shop, viewer: TestApp) -> None:
    stock = a_busy_day(shop)
    refund(shop, stock.paid, 2000)
    eventually(lambda: shop.again(stock.paid)[1][0].refunded.is_positive)
    told = timeline(look(viewer, stock.paid))
    expected = (
        rf"Test gateway confirmed {AMOUNT} refunded, \S+\. Refunded",
        rf"anna@shop\.example asked to refund {AMOUNT}\. Handle was broken",
        r"Status changed: payment from In progress to Paid; order from Waiting for payment to Confirmed; "
        r"fulfilment from On hold to Being prepared\. Paid",
        rf"Test gateway confirmed {AMOUNT} received, \S+\. Received",
        r"Test gateway sent a callback\. paid Applied",
        r"Shopper was sent on to Test gateway\.",
        rf"Shopper chose Test gateway for {AMOUNT}\.",
        rf"Shopper placed the order, {AMOUNT}\.",
    )
    places = [
        next((place for place, entry in enumerate(told) if re.fullmatch(pattern, entry)), None)
        for pattern in expected
    ]
    assert None not in places, (expected[places.index(None)], told)
    assert places == sorted(places, key=lambda place: place or 0)
    assert not [entry for entry in told if "was paid by" in entry]
    closed = timeline(look(viewer, stock.cancelled))
    assert [entry for entry in closed if "cancelled the order" in entry] == [
        "anna@shop.example cancelled the order. Asked for by telephone"
    ]
    other = timeline(look(viewer, stock.cash))
    assert timeline(look(viewer, stock.cash, "?order=asc")) == other[::-1]


def test_a_repeated_callback_tells_its_money_once(shop: Shop, viewer: TestApp) -> None:
    order, payment = shop.started("dummy")
    body = genuine(payment, "paid")
    for _time in range(2):
        deliver(shop.browser(), f"/callbacks/dummy/{payment.id}", body, signed(body))
    told = timeline(look(viewer, order))
    assert sum("confirmed" in entry and "received" in entry for entry in told) == 1
    assert sum("sent a callback" in entry for entry in told) == 1
    listed = table(viewer.get("/admin/callbacks"))
    assert sorted(row[2] for row in listed) == ["Applied", "Seen before"]


def test_the_same_answer_over_and_over_is_one_entry(shop: Shop, viewer: TestApp) -> None:
    order, payment = shop.started("payu")
    for _look in range(4):
        shop.use_cases.reconcile_payments.one(payment.id)
    asked = [entry for entry in timeline(look(viewer, order)) if "asked PayU" in entry]
    assert len(asked) == 1
    assert re.search(r"4 times the same answer, \S+.* to \S+.* NEW$", asked[0])


def test_a_return_and_a_cancellation_are_the_shoppers(shop: Shop, viewer: TestApp) -> None:
    order, payment = shop.started("dummy")
    shop.browser().get(f"/returns/dummy/{payment.token}")
    shop.use_cases.cancel_return.execute(CancelReturnRequest(order.key))
    told = timeline(look(viewer, order))
    assert any(entry.startswith("Shopper came back from Test gateway") for entry in told)
    assert any(entry.startswith("Shopper cancelled the order.") for entry in told)


def test_raw_messages_are_masked(shop: Shop, viewer: TestApp) -> None:
    order, payment = shop.started("dummy")
    tell(shop, payment, "paid")
    raw = shop.use_cases.reads.order_file(order.id).callbacks[0]
    page = look(viewer, order)
    assert "Raw message" in words_of(page)
    assert "POST /callbacks/dummy" in page.text
    proofs = [value for name, value in raw.headers.items() if "signature" in name]
    assert proofs
    assert not [value for value in proofs if value in page.text]


def test_every_day_has_a_heading(at_a_page: Flask) -> None:
    order = an_order()
    records = tuple(
        EventRecord(order.id, order.id, seq, "ShopperSent", {"payment_id": None}, NOW + timedelta(days=seq))
        for seq in range(3)
    )
    days = [entry.day for entry in entries_of(OrderFile(order, events=records), ACCOUNTS) if entry.day]
    assert [day.day for day in days] == [22, 21, 20]


def test_every_kind_of_event_has_a_sentence_of_its_own() -> None:
    kinds = {kind.__name__ for kind in events.Event.__subclasses__()}
    assert len(kinds) > 15
    assert {kind for kind in kinds if tell_by(kind) is None} == set()


def test_an_event_of_a_newer_version_is_shown_and_breaks_nothing(at_a_page: Flask) -> None:
    order = an_order()
    record = EventRecord(order.id, order.id, 1, "OrderTeleported", {"to": "Mars"}, NOW)
    told = Narrator(OrderFile(order), ACCOUNTS).tell(record)
    assert told is not None
    assert "OrderTeleported" in told.sentence
    strange = replace(record, name="PaymentStatusChanged", payload={"old": "new", "new": "melted"})
    _day, entry = entries_of(OrderFile(order, events=(strange,)), ACCOUNTS)
    assert "melted" in getattr(entry, "sentence", "")


def test_a_message_with_control_characters_stays_readable(at_a_page: Flask) -> None:
    order = an_order()
    raw = a_callback(b"a\x00b\x1b[31mc\r\nd", headers={}, order_id=order.id)
    entry = entries_of(OrderFile(order, callbacks=(raw,)), ACCOUNTS)[1]
    shown = getattr(entry, "raw", "")
    assert "a\ufffdb\ufffd[31mc\nd" in shown


# -- the rest of the page


def test_the_page_shows_lines_people_payments_and_the_customers_view(shop: Shop, viewer: TestApp) -> None:
    stock = a_busy_day(shop)
    page = look(viewer, stock.paid)
    text = words_of(page)
    for part in ("Blue mug MUG-BLUE", "Courier", "VAT inside", "Ada Nowak", "ada@example.com", "Złota 44"):
        assert part in text
    payment = shop.again(stock.paid)[1][0]
    row = next(row for row in table(page) if row[0].startswith(payment.reference))
    assert row[-1] == "Paid settled the order"
    assert f'href="/orders/{stock.paid.key}"' in page.text
    assert heading_tags(page)[:3] == ["Confirmed", "Paid", "Being prepared"]


def heading_tags(page: TestResponse) -> list[str]:
    return [plain(tag) for tag in re.findall(r'(?s)<span class="tag[^"]*">(.*?)</span>', page.text)]
