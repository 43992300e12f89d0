"""What a gateway, or somebody who pretends to be one, is answered."""

from __future__ import annotations

import http.client
import io
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from webtest import TestApp, TestResponse
from werkzeug.test import EnvironBuilder, run_wsgi_app

from domain.order import OrderStatus
from domain.payment import Payment, PaymentStatus
from tests.functional.goods import blocks
from tests.functional.signed import OTHER_ACCOUNT_SECRET, genuine, signed
from tests.functional.world import Shop, a_shop, in_parallel, row_counts

REFUSED = b"Forbidden\n"


def deliver(
    browser: TestApp, path: str, body: bytes, headers: dict[str, str], method: str = "POST"
) -> TestResponse:
    browser.lint = False
    kind = headers.get("Content-Type", "application/json")
    return browser.request(
        path, method=method, body=body, headers=headers, content_type=kind, expect_errors=True
    )


@pytest.fixture
def paid_message(shop: Shop) -> tuple[Payment, str, bytes, dict[str, str]]:
    """A payment, and the genuine message that says it is paid, not delivered yet."""
    _, payment = shop.started("dummy")
    body = genuine(payment, "paid")
    return payment, f"/callbacks/dummy/{payment.id}", body, signed(body)


def test_a_genuine_message_is_answered_in_the_gateways_own_words(
    shop: Shop, browser: TestApp, paid_message: Any
) -> None:
    payment, path, body, headers = paid_message
    answer = deliver(browser, path, body, headers)
    assert (answer.status_int, answer.body) == (200, b"OK")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert shop.again(shop.use_cases.reads.payment(payment.id)[0])[0].status is OrderStatus.VALIDATED


def test_the_address_without_a_payment_serves_as_well(
    shop: Shop, browser: TestApp, paid_message: Any
) -> None:
    payment, _, body, headers = paid_message
    assert deliver(browser, "/callbacks/dummy", body, headers).status_int == 200
    assert shop.use_cases.reads.payment(payment.id)[1].status is PaymentStatus.PAID


def test_a_repeated_callback_moves_money_once(
    shop: Shop, browser: TestApp, paid_message: Any, database_path: Path
) -> None:
    payment, path, body, headers = paid_message
    first = deliver(browser, path, body, headers)
    after_one = row_counts(database_path)
    second = deliver(browser, path, body, headers)
    after_two = row_counts(database_path)
    assert (first.status_int, first.body) == (second.status_int, second.body)
    grown = {name for name, count in after_two.items() if count != after_one[name]}
    assert grown == {"callbacks"}
    order = shop.use_cases.reads.payment(payment.id)[0]
    file = shop.use_cases.reads.order_file(order.id)
    assert [event.name for event in file.events].count("OrderPaid") == 1


def test_twenty_copies_at_once_move_money_once(shop: Shop, paid_message: Any) -> None:
    payment, path, body, headers = paid_message
    answers = in_parallel(20, lambda _: deliver(shop.browser(), path, body, headers))
    assert {(answer.status_int, answer.body) for answer in answers} == {(200, b"OK")}
    order = shop.use_cases.reads.payment(payment.id)[0]
    file = shop.use_cases.reads.order_file(order.id)
    assert len(file.facts) == 1
    assert [event.name for event in file.events].count("OrderPaid") == 1


def _changed(headers: dict[str, str], **changes: str | None) -> dict[str, str]:
    merged = {**headers, **{name.replace("_", "-"): value for name, value in changes.items()}}
    return {name: value for name, value in merged.items() if value is not None}


def test_everything_unproven_is_refused_with_the_same_bytes(
    shop: Shop, browser: TestApp, paid_message: Any, database_path: Path
) -> None:
    payment, path, body, headers = paid_message
    before = row_counts(database_path)
    stale = str(int(time.time()) - 301)
    attempts = {
        "unknown account": ("/callbacks/nobody", body, headers),
        "account without callbacks": ("/callbacks/bank_transfer", body, headers),
        "proof of another account": (path, body, signed(body, secret=OTHER_ACCOUNT_SECRET)),
        "delivered at another account": ("/callbacks/payu", body, headers),
        "one byte changed": (path, body.replace(b"paid", b"PAID"), headers),
        "signature missing": (path, body, _changed(headers, X_Dummy_Signature=None)),
        "signature empty": (path, body, _changed(headers, X_Dummy_Signature="")),
        "signature not ASCII": (path, body, _changed(headers, X_Dummy_Signature="\u00e9" * 64)),
        "empty key": (path, body, signed(body, secret="")),
        "too old": (path, body, signed(body, at=stale)),
        "no body": (path, b"", headers),
        "not JSON, unsigned": (path, b"\xff\x00<html>", headers),
    }
    answers = {name: deliver(browser, *attempt) for name, attempt in attempts.items()}
    said = {name: (answer.status_int, answer.body) for name, answer in answers.items()}
    assert {name: one for name, one in said.items() if one != (403, REFUSED)} == {}
    kept = [sorted(set(answer.headers) - {"X-Request-ID"}) for answer in answers.values()]
    assert all(names == kept[0] for names in kept)
    grown = {name for name, count in row_counts(database_path).items() if count != before[name]}
    assert grown <= {"callbacks"}
    assert shop.use_cases.reads.payment(payment.id)[1].status is PaymentStatus.IN_PROGRESS


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_an_undeclared_method_is_refused_before_anything_is_read(
    shop: Shop, browser: TestApp, paid_message: Any, method: str
) -> None:
    payment, path, body, headers = paid_message
    answer = deliver(browser, f"{path}?status=paid&amount=1", body, headers, method=method)
    assert answer.status_int == 405
    assert answer.headers["Allow"] == "POST"
    assert shop.use_cases.reads.payment(payment.id)[1].status is PaymentStatus.IN_PROGRESS


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
def test_an_unknown_account_is_not_told_apart_by_its_methods(browser: TestApp, method: str) -> None:
    for account in ("nobody", "bank_transfer"):
        answer = deliver(browser, f"/callbacks/{account}", b"", {}, method=method)
        assert answer.status_int == 403
        assert answer.body in (REFUSED, b"")


def test_a_proven_message_that_cannot_be_read_is_kept(shop: Shop, browser: TestApp) -> None:
    body = b'{"event_id": "evt_1", "account": "dummy", "type": '
    answer = deliver(browser, "/callbacks/dummy", body, signed(body))
    assert (answer.status_int, answer.body) == (400, b"Bad Request\n")
    stored = shop.use_cases.reads.callbacks(account="dummy", limit=1)[0]
    assert (stored.state, stored.body) == ("unreadable", body)


def test_a_proof_is_checked_over_the_bytes_as_they_came(shop: Shop, browser: TestApp) -> None:
    """Proven each time (not 403), though none of them can be read; and kept byte for byte."""
    for body in (b' {"a": 1}\n\x00', b"\x00", '{"a": "ż"'.encode("iso-8859-2")):
        assert deliver(browser, "/callbacks/dummy", body, signed(body)).status_int == 400, body
        assert shop.use_cases.reads.callbacks(account="dummy", limit=1)[0].body == body


def test_an_unknown_kind_is_acknowledged_and_moves_nothing(
    shop: Shop, browser: TestApp, paid_message: Any
) -> None:
    payment, path, *_ = paid_message
    body = genuine(payment, "paid", type="payment.sneezed")
    assert deliver(browser, path, body, signed(body)).body == b"OK"
    assert shop.use_cases.reads.payment(payment.id)[1].status is PaymentStatus.IN_PROGRESS


def test_a_message_for_an_order_nobody_knows_is_acknowledged(shop: Shop, browser: TestApp) -> None:
    _, payment = shop.started("dummy")
    body = genuine(payment, "paid", reference="0" * 26)
    assert deliver(browser, "/callbacks/dummy", body, signed(body)).body == b"OK"
    assert shop.use_cases.reads.callbacks(account="dummy", limit=1)[0].state == "pending"


def test_neither_session_nor_cookie_nor_form_token_is_involved(
    shop: Shop, browser: TestApp, paid_message: Any
) -> None:
    _, path, body, headers = paid_message
    foreign = {**headers, "Origin": "https://gateway.example", "Sec-Fetch-Site": "cross-site"}
    answers = [
        deliver(browser, path, body, foreign),
        deliver(browser, path, body, {}),
        deliver(browser, path, body, headers, method="PUT"),
        deliver(browser, path, b"x" * 70_000, headers),
    ]
    assert [answer.status_int for answer in answers] == [200, 403, 405, 413]
    assert not any(answer.headers.getall("Set-Cookie") for answer in answers)


def test_a_declared_body_over_the_cap_is_refused_unread(shop: Shop) -> None:
    """Only the head is sent: an answer proves that nobody waited for the rest."""
    with closing(http.client.HTTPConnection(urlsplit(shop.url).netloc, timeout=5)) as link:
        link.putrequest("POST", "/callbacks/dummy")
        link.putheader("Content-Length", str(2**30))
        link.endheaders()
        answer = link.getresponse()
        assert (answer.status, answer.read()) == (413, b"Request Entity Too Large\n")


class Endless(io.RawIOBase):
    """A body without an end; counts what was read of it."""

    def __init__(self) -> None:
        self.taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.taken += len(buffer)
        return len(buffer)


def test_a_body_of_undeclared_length_is_cut_off_at_the_cap(shop: Shop) -> None:
    body = Endless()
    environ = EnvironBuilder("/callbacks/dummy", shop.url, method="POST").get_environ()
    environ.pop("CONTENT_LENGTH", None)
    environ |= {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": body, "wsgi.input_terminated": True}
    pieces, status, _ = run_wsgi_app(shop.app, environ)
    assert (status, b"".join(pieces)) == ("413 REQUEST ENTITY TOO LARGE", b"Request Entity Too Large\n")
    assert body.taken <= 2 * shop.settings.max_body


@pytest.fixture
def impatient_shop(database_path: Path, sandbox: str) -> Iterator[Shop]:
    patience = timedelta(milliseconds=100)
    with a_shop(f"sqlite:///{database_path}", sandbox, busy_timeout=patience) as running:
        yield running


def test_what_cannot_be_stored_is_sent_again(impatient_shop: Shop, database_path: Path) -> None:
    shop = impatient_shop
    _, payment = shop.started("dummy")
    body = genuine(payment, "paid")
    path, headers = f"/callbacks/dummy/{payment.id}", signed(body)
    writer = sqlite3.connect(database_path, isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    try:
        refused = deliver(shop.browser(), path, body, headers)
    finally:
        writer.close()
    assert (refused.status_int, refused.body) == (503, b"Service Unavailable\n")
    assert refused.headers["Retry-After"]
    assert deliver(shop.browser(), path, body, headers).body == b"OK"
    assert shop.use_cases.reads.payment(payment.id)[1].status is PaymentStatus.PAID


class Broken:
    """An account list that fails in a way nobody thought of."""

    def get(self, account: str) -> Any:
        raise ZeroDivisionError

    def all(self) -> tuple[Any, ...]:
        return ()


def test_a_bug_of_ours_before_storing_makes_the_gateway_send_again(database_path: Path, sandbox: str) -> None:
    with a_shop(f"sqlite:///{database_path}", sandbox, gateways=lambda _: Broken()) as shop:
        answer = deliver(shop.browser(), "/callbacks/dummy", b"{}", {})
    assert answer.status_int == 503
    assert b"ZeroDivision" not in answer.body


def test_posted_values_win_over_those_in_the_address(shop: Shop, browser: TestApp, paid_message: Any) -> None:
    payment, path, *_ = paid_message
    body = genuine(payment, "declined")
    honest = deliver(browser, f"{path}?status=paid&amount=1&result=paid", body, signed(body))
    assert honest.body == b"OK"
    assert shop.use_cases.reads.payment(payment.id)[1].status is PaymentStatus.FAILED


def test_odd_ids_in_the_address_are_only_hints(shop: Shop, browser: TestApp, paid_message: Any) -> None:
    payment, _, body, headers = paid_message
    for hint in ("%00", "x" * 300, "%F0%9F%A6%84", "..%5C..%5Cetc", "%27%3B--"):
        assert deliver(browser, f"/callbacks/dummy/{hint}", body, headers).status_int == 200, hint
        assert shop.use_cases.reads.callbacks(limit=1)[0].payment_hint == ""
    assert shop.use_cases.reads.payment(payment.id)[1].status is PaymentStatus.PAID


def test_two_accounts_of_one_gateway_do_not_speak_for_each_other(database_path: Path, sandbox: str) -> None:
    def two(url: str) -> dict[str, dict[str, object]]:
        known = blocks(url)
        twin = {**known["dummy"], "adapter": "dummy", "secret": OTHER_ACCOUNT_SECRET, "offer": False}
        return {**known, "dummy_b": twin}

    with a_shop(f"sqlite:///{database_path}", sandbox, blocks_of=two) as shop:
        order, payment = shop.started("dummy")
        body = genuine(payment, "paid", account="dummy_b")
        headers = signed(body, secret=OTHER_ACCOUNT_SECRET)
        answer = deliver(shop.browser(), f"/callbacks/dummy_b/{payment.id}", body, headers)
        assert answer.body == b"OK"
        assert shop.again(order)[0].paid_by is None
        assert shop.use_cases.reads.payment(payment.id)[1].status is PaymentStatus.IN_PROGRESS
