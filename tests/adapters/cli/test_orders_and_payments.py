"""What staff and scripts do from the command line ends in the same rows as what pages do."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from adapters.cli.orders import goods_said
from domain.order import Fulfilment, StockHold
from tests.adapters.cli.stand import STAFF, Stand, one
from tests.builders import an_order


def test_a_paid_order_shows_everything_as_text_and_as_json(stand: Stand) -> None:
    sent = stand.paid()
    shown = stand.json("orders", "show", sent.order.reference)
    assert shown["order"]["status"] == "validated"
    assert shown["order"]["payment_status"] == "paid"
    assert shown["order"]["codes"] == {"order": 2, "payment": 2}
    assert shown["payments"][0]["captured"] == {"amount": "49.90", "minor": 4990, "currency": "PLN"}
    assert [fact["kind"] for fact in shown["money_facts"]] == ["captured"]
    assert "OrderPaid" in [event["name"] for event in shown["events"]]
    assert [callback["state"] for callback in shown["callbacks"]] == ["applied"]
    assert shown["history"]
    assert shown["review_items"] == []
    assert shown["stock_moves"] == []

    text = stand.run("orders", "show", sent.order.reference)
    for word in ("validated (2)", "paid (2)", "49.90 PLN", "OrderPaid", "captured", "History", "Stock moves"):
        assert word in text


def test_no_output_shows_a_key_a_token_or_a_secret(stand: Stand) -> None:
    sent = stand.paid()
    order, payment = stand.application.use_cases.reads.payment(sent.payment.id)
    secrets = [order.key, payment.token, payment.idempotency_key, *stand.application.settings.secrets()]
    callback = str(stand.application.use_cases.reads.callbacks()[0].id)
    for command in (
        ("orders", "list"),
        ("orders", "show", order.reference),
        ("payments", "list"),
        ("payments", "show", payment.reference),
        ("callbacks", "list"),
        ("callbacks", "show", callback),
        ("events", "list"),
        ("gateways", "list"),
        ("gateways", "urls"),
    ):
        for output in (stand.run(*command), stand.run(*command, "--json")):
            assert not [secret for secret in secrets if secret in output], command


def test_lists_are_tables_for_people_and_json_for_machines(stand: Stand) -> None:
    first, second = stand.paid("order-1"), stand.start("order-2")
    assert [row["reference"] for row in stand.json("orders", "list")] == [
        second.order.reference,
        first.order.reference,
    ]
    assert [row["status"] for row in stand.json("orders", "list", "--status", "pending")] == ["pending"]
    found = stand.json("orders", "list", "--search", "order-1")
    assert [row["reference"] for row in found] == [first.order.reference]
    table = stand.run("orders", "list")
    assert first.order.reference in table
    assert "49.90 PLN" in table
    paid = stand.json("payments", "list", "--status", "paid", "--account", "dummy")
    assert [row["reference"] for row in paid] == [first.payment.reference]
    assert stand.run("orders", "list", "--status", "error") == "Orders: none\n"


def test_an_order_and_a_payment_are_found_by_reference_and_by_id(stand: Stand) -> None:
    sent = stand.start()
    by_id = stand.json("orders", "show", str(sent.order.id))
    assert by_id == stand.json("orders", "show", sent.order.reference)
    payment = stand.json("payments", "show", str(sent.payment.id))
    assert payment == stand.json("payments", "show", sent.payment.reference.lower())
    assert payment["order"] == sent.order.reference


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("orders", "show", "nobodys"), "callbank: there is no order 'nobodys'"),
        (("payments", "show", "nobodys"), "callbank: there is no payment 'nobodys'"),
        (("callbacks", "show", "nobodys"), "callbank: callback: 'nobodys' is no id"),
        (
            ("callbacks", "show", "01900000-0000-7000-8000-000000000000"),
            "callbank: there is no callback 01900000-0000-7000-8000-000000000000",
        ),
    ],
)
def test_what_does_not_exist_is_named_in_one_line(stand: Stand, command: tuple[str, ...], said: str) -> None:
    assert stand.refused(*command) == said


def test_a_part_is_refunded_once_however_often_the_command_is_repeated(stand: Stand) -> None:
    payment = stand.paid().payment.reference
    command = ("payments", "refund", payment, "--amount", "9.90", *STAFF)
    assert stand.run(*command) == "refund of 9.90 PLN: done\n"
    assert stand.run(*command) == "refund of 9.90 PLN: done\n"
    assert stand.json("payments", "show", payment)["refunded"]["amount"] == "9.90"
    again = stand.json(*command, "--key", "another")
    assert (again["status"], again["key"]) == ("done", "another")
    assert stand.json("payments", "show", payment)["refunded"]["amount"] == "19.80"
    assert stand.json("payments", "refund", payment, *STAFF)["amount"]["amount"] == "30.10"
    assert stand.json("check")["violations"] == []


@pytest.mark.parametrize(
    ("amount", "said"),
    [("50.00", "amount: at most 49.90 PLN"), ("1.999", "amount: "), ("-1", "amount: "), ("1e1", "amount: ")],
)
def test_a_wrong_amount_is_refused_by_the_name_of_its_field(stand: Stand, amount: str, said: str) -> None:
    payment = stand.paid().payment.reference
    error = stand.refused("payments", "refund", payment, f"--amount={amount}", *STAFF)
    assert error.startswith(f"callbank: {said}")
    assert stand.json("payments", "show", payment)["refunded"]["minor"] == 0


@pytest.mark.parametrize(
    "command",
    [
        ("orders", "cancel", "x"),
        ("orders", "ship", "x"),
        ("payments", "refund", "x"),
        ("payments", "capture", "x"),
        ("payments", "void", "x"),
        ("payments", "confirm", "x", "--amount", "1", "--receipt", "r"),
    ],
)
def test_staff_says_who_and_why(stand: Stand, command: tuple[str, ...]) -> None:
    missing = stand.result(*command)
    assert missing.exit_code == 2
    assert "--by" in missing.stderr
    reason = stand.result(*command, "--by", "ada")
    assert reason.exit_code == 2
    assert "--reason" in reason.stderr


def test_a_transfer_is_confirmed_in_parts_and_each_receipt_once(stand: Stand) -> None:
    payment = stand.start(account="bank_transfer").payment.reference
    command = ("payments", "confirm", payment, "--receipt", "line 7", "--amount", "20.00", *STAFF)
    assert stand.json(*command)["status"] == "partially_paid"
    assert stand.json(*command)["verdict"] == "duplicate"
    other = ("payments", "confirm", payment, "--receipt", "line 7", "--amount", "29.90", *STAFF)
    assert stand.refused(*other) == (
        "callbank: receipt 'line 7' was booked with 20.00 PLN before; name another one"
    )
    rest = ("payments", "confirm", payment, "--receipt", "line 9", "--amount", "29.90", *STAFF)
    assert "is paid, captured 49.90 PLN" in stand.run(*rest)
    assert stand.json("check")["violations"] == []


def test_a_receipt_is_shown_as_it_was_typed(stand: Stand) -> None:
    sent = stand.start(account="bank_transfer")
    stand.run(
        "payments", "confirm", sent.payment.reference, "--receipt", "line 7", "--amount", "20.00", *STAFF
    )
    shown = stand.run("orders", "show", sent.order.reference)
    assert shown.count("line 7") == 2
    assert f"{sent.payment.id}:" not in shown


def test_a_payment_is_found_by_its_order_when_only_one_fits(stand: Stand) -> None:
    card = stand.start()
    transfer = stand.start(account="bank_transfer")
    order = card.order.reference
    assert transfer.order.reference == order
    command = ("payments", "confirm", order, "--receipt", "line 7", "--amount", "49.90", *STAFF)
    assert f"payment {transfer.payment.reference} is paid" in stand.run(*command)
    assert stand.run("payments", "refund", order, "--amount", "1.00", *STAFF) == "refund of 1.00 PLN: done\n"
    many = stand.refused("payments", "show", order)
    assert many.startswith(f"callbank: order {order} has 2 payments, name one of them: ")
    assert f"{card.payment.reference} (dummy, " in many
    assert f"{transfer.payment.reference} (bank_transfer, paid)" in many
    alone = stand.start("order-2").order.reference
    assert stand.json("payments", "show", alone)["order"] == alone


def test_what_can_be_done_about_a_question_is_told_beneath_it(stand: Stand) -> None:
    assert stand.run("reviews", "list") == "Review items: none\n"
    payment = stand.start(account="bank_transfer").payment.reference
    command = ("payments", "confirm", payment, "--receipt", "line 7", "--amount", "60.00", *STAFF)
    stand.run(*command)
    said = stand.run("reviews", "list")
    assert "surplus" in said
    assert "in the gateway's own panel" in said.splitlines()[-1]


def test_goods_travel_from_shipped_to_completed_and_only_forward(stand: Stand) -> None:
    order = stand.paid().order.reference
    assert "fulfilment" in stand.refused("orders", "deliver", order, *STAFF)
    assert stand.json("orders", "ship", order, *STAFF)["fulfilment"] == "shipped"
    assert stand.json("orders", "deliver", order, *STAFF)["fulfilment"] == "delivered"
    assert "completed" in stand.run("orders", "complete", order, *STAFF)
    acts = [
        event["payload"]["act"]
        for event in stand.json("orders", "show", order)["events"]
        if event["name"] == "StaffActed"
    ]
    assert acts == ["shipped", "delivered", "completed"]


def test_unpaid_goods_are_not_shipped(stand: Stand) -> None:
    order = stand.start().order.reference
    assert "nothing was paid" in stand.refused("orders", "ship", order, *STAFF)


def test_an_order_is_cancelled_with_a_name_and_a_reason(stand: Stand) -> None:
    order = stand.start().order.reference
    assert stand.json("orders", "cancel", order, *STAFF)["status"] == "cancelled"
    shown = stand.json("orders", "show", order)["order"]
    assert (shown["closed_by"], shown["close_reason"]) == ("staff", "a test")
    other = stand.start("order-3").order.reference
    said = stand.run("orders", "cancel", other, *STAFF)
    assert said == f"order {other} is cancelled, its goods will not be sent\n"
    paid = stand.paid("order-2").order.reference
    assert "refund" in stand.refused("orders", "cancel", paid, *STAFF)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"fulfilment": Fulfilment.FAILED, "stock": StockHold.RELEASED}, "its goods are free again"),
        ({"fulfilment": Fulfilment.FAILED, "stock": StockHold.NONE}, "its goods will not be sent"),
        ({"fulfilment": Fulfilment.SHIPPED}, "its fulfilment shipped"),
    ],
)
def test_what_became_of_the_goods_is_said_in_words(changes: dict[str, Any], said: str) -> None:
    assert goods_said(replace(an_order(), **changes)) == said


def test_an_authorised_payment_is_captured_or_let_go(stand: Stand) -> None:
    taken, dropped = _authorised(stand, "order-1"), _authorised(stand, "order-2")
    assert stand.json("payments", "capture", taken, *STAFF)["status"] == "paid"
    assert stand.json("payments", "void", dropped, *STAFF)["status"] == "cancelled"
    assert "is paid" in stand.refused("payments", "void", taken, *STAFF)
    assert stand.json("check")["violations"] == []


def _authorised(stand: Stand, number: str) -> str:
    sent = stand.start(number, account="manual")
    stand.press(sent, "authorized")
    stand.eventually(lambda: stand.status(sent) == "authorized")
    return sent.payment.reference


def test_reconciling_settles_what_no_callback_told(stand: Stand) -> None:
    stand.arm("lost", on="callback", times=1)
    sent = stand.start()
    stand.press(sent)
    assert stand.status(sent) == "in_progress"
    told = stand.run("payments", "reconcile", sent.payment.reference)
    assert "is paid" in told
    # A look tells of one movement of money: after the capture another one follows, for what left since.
    assert stand.run("payments", "reconcile") == "asked about 1 payments (0 moved) and 0 refunds\n"
    assert stand.run("payments", "reconcile") == "asked about 0 payments (0 moved) and 0 refunds\n"


def test_a_gateway_that_gives_no_answer_is_a_failure_in_one_line(stand: Stand) -> None:
    sent = stand.start()
    stand.arm("status_5xx", on="look", times=9)
    said = stand.refused("payments", "reconcile", sent.payment.reference)
    assert "gave no answer" in said
    assert stand.status(sent) == "in_progress"


def test_a_stored_callback_is_shown_scrubbed_and_replayed_without_moving_money_twice(stand: Stand) -> None:
    sent = stand.paid()
    row = stand.json("callbacks", "list", "--state", "applied")[0]
    shown = stand.json("callbacks", "show", row["id"])
    assert json.loads(shown["body"])["reference"] == sent.payment.reference
    assert shown["headers"]["x-dummy-signature"] == "***"
    assert "x-dummy-signature=***" in stand.run("callbacks", "show", row["id"])
    replayed = stand.json("callbacks", "replay", row["id"])
    assert replayed["id"] == row["id"]
    assert stand.json("payments", "show", sent.payment.reference)["captured"]["minor"] == 4990
    assert stand.json("check")["violations"] == []


def test_a_replay_that_cannot_be_judged_fails_with_the_reason(stand: Stand) -> None:
    stand.paid()
    (row,) = stand.json("callbacks", "list")
    stand.sql("UPDATE callbacks SET account = 'gone', state = 'pending', event_key = NULL, judged_at = NULL")
    said = stand.refused("callbacks", "replay", row["id"])
    assert said == f"callbank: callback {row['id']} could not be judged: account unknown"


def test_waiting_callbacks_are_judged_by_command(stand: Stand) -> None:
    sent = stand.paid()
    stand.sql("UPDATE callbacks SET state = 'pending', judged_at = NULL, event_key = NULL")
    assert stand.json("callbacks", "judge") == {"done": 1, "later": 0}
    assert stand.run("callbacks", "judge") == "0 judged, 0 put off\n"
    assert stand.status(sent) == "paid"


def test_words_from_outside_cannot_steer_a_terminal(stand: Stand) -> None:
    sent = stand.start(description="red \x1b[31m alert \x07 [bold]x[/bold]")
    text = stand.run("orders", "show", sent.order.reference) + stand.run("orders", "list")
    assert "\x1b" not in text
    assert "\x07" not in text


def test_markup_in_a_name_is_printed_as_it_is(stand: Stand) -> None:
    product = {"name": "[red]mug[/red] \x1b[31m", "count": 1, "price": "49.90"}
    sent = stand.start(products=[product]).order
    text = stand.run("orders", "show", sent.reference)
    assert "[red]mug[/red] \ufffd[31m" in text


def test_a_refund_is_one_line_that_says_what_became_of_it(stand: Stand) -> None:
    said = stand.run("payments", "refund", stand.paid().payment.reference, *STAFF)
    assert one(r"refund of ([\d.]+ PLN): done", said) == "49.90 PLN"
