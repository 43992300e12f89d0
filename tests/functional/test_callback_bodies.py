"""Bodies nobody should send: never a failure of ours, never a move of money, whatever they are."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from typing import Any

import pytest
from webtest import TestApp

from domain.payment import Payment, PaymentStatus
from tests.functional.signed import genuine, signed
from tests.functional.test_callbacks import deliver
from tests.functional.world import Shop

MUTATIONS = 500
SLOW = 1.0


@pytest.fixture
def payment(shop: Shop) -> Payment:
    return shop.started("dummy")[1]


def _flip(body: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(body))
    return body[:at] + bytes([dice.randrange(256)]) + body[at + 1 :]


def _cut(body: bytes, dice: random.Random) -> bytes:
    return body[: dice.randrange(len(body))]


def _insert(body: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(body))
    odd = [
        b"\x00",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        "\u202e".encode(),
        "ż".encode("iso-8859-2"),
        b"\\ud800",
        b"{",
    ]
    return body[:at] + dice.choice(odd) * dice.randrange(1, 4) + body[at:]


def _value(body: bytes, dice: random.Random) -> bytes:
    told = json.loads(body)
    odd: list[Any] = [None, True, -1, 1e308, [], {}, "", "0", "-1", "1e3", "١٢", "\x00", "\ud800", "9" * 30]
    told[dice.choice(list(told))] = dice.choice(odd)
    return json.dumps(told).encode()


def _drop(body: bytes, dice: random.Random) -> bytes:
    told = json.loads(body)
    del told[dice.choice(list(told))]
    return json.dumps(told).encode()


CHANGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (_flip, _cut, _insert, _value, _drop)
KINDS = (
    "application/json",
    "application/json; charset=utf-16",
    "application/json; charset=no-such-charset",
    "application/x-www-form-urlencoded",
    "text/xml",
    "multipart/form-data; boundary=x",
    "",
    "\u00e9",
)


@pytest.mark.parametrize("proven", [True, False], ids=["signed", "unsigned"])
def test_no_mutation_of_a_message_breaks_the_shop(
    shop: Shop, browser: TestApp, payment: Payment, proven: bool
) -> None:
    dice = random.Random(20261120)
    body = genuine(payment, "declined")
    path = f"/callbacks/dummy/{payment.id}"
    answers = set()
    for number in range(MUTATIONS // 2):
        mutant = dice.choice(CHANGES)(body, dice)
        headers = signed(mutant if proven else body) | {"Content-Type": dice.choice(KINDS)}
        answer = deliver(browser, path, mutant, headers)
        answers.add(answer.status_int)
        assert answer.status_int < 500, (number, mutant, answer.text)
    assert answers <= ({200, 400, 403} if proven else {200, 403})
    assert 403 in answers
    assert shop.use_cases.reads.payment(payment.id)[1].status in (
        PaymentStatus.IN_PROGRESS,
        PaymentStatus.FAILED,
    )
    assert deliver(browser, path, body, signed(body)).status_int == 200


@pytest.mark.parametrize("account", ["dummy", "payu"])
@pytest.mark.parametrize(
    "bomb",
    [
        b"[" * 60_000,
        b'{"a":' * 12_000,
        b'{"amount": ' + b"9" * 5_000 + b"}",
        b'{"amount": NaN, "b": Infinity}',
        b'{"a":1,' * 1 + b",".join(b'"a":%d' % n for n in range(6_000)) + b"}",
        b"{" + b",".join(b'"k%d":1' % n for n in range(5_000)) + b"}",
        b"&".join(b"k%d=v" % n for n in range(8_000)),
        b"%00" * 20_000,
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>',
        b"\x00" * 60_000,
    ],
    ids=["brackets", "braces", "digits", "nan", "one key", "keys", "fields", "percent", "entity", "nul"],
)
def test_a_bomb_is_answered_quickly_and_changes_nothing(
    shop: Shop, browser: TestApp, account: str, bomb: bytes
) -> None:
    _, payment = shop.started("dummy")
    for headers in (signed(bomb), {"Content-Type": "application/x-www-form-urlencoded"}):
        began = time.monotonic()
        answer = deliver(browser, f"/callbacks/{account}", bomb, headers)
        assert time.monotonic() - began < SLOW
        assert answer.status_int in (200, 400, 403)
    body = genuine(payment, "paid")
    assert deliver(browser, "/callbacks/dummy", body, signed(body)).body == b"OK"


def test_an_absurd_number_of_query_parameters_is_not_read(browser: TestApp, payment: Payment) -> None:
    body = genuine(payment, "paid")
    query = "&".join(f"k{number}=v" for number in range(1_500))
    answer = deliver(browser, f"/callbacks/dummy?{query}", body, signed(body))
    assert answer.status_int == 200
