"""The second wall: who is not among an account's addresses is answered like anybody who proves nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from webtest import TestResponse

from application.callbacks import CallbackState
from domain.payment import Payment, PaymentStatus
from tests.functional.goods import blocks
from tests.functional.signed import genuine, signed
from tests.functional.test_callbacks import REFUSED, deliver
from tests.functional.world import Shop, a_shop

GATEWAY, STRANGER = "203.0.113.9", "198.51.100.9"
Guarded = Callable[..., AbstractContextManager[Shop]]


@pytest.fixture
def guarded(database_path: Path, sandbox: str) -> Guarded:
    """A shop whose test gateway is heard from these networks only."""

    @contextmanager
    def opened(*networks: str, **settings: Any) -> Iterator[Shop]:
        def with_list(sandbox: str) -> dict[str, dict[str, object]]:
            known = blocks(sandbox)
            return {**known, "dummy": {**known["dummy"], "allowed_ips": list(networks)}}

        with a_shop(f"sqlite:///{database_path}", sandbox, blocks_of=with_list, **settings) as shop:
            yield shop

    return opened


def say_paid(shop: Shop, payment: Payment, ip: str, **headers: str) -> TestResponse:
    body = genuine(payment, "paid")
    return deliver(shop.browser(ip=ip), f"/callbacks/dummy/{payment.id}", body, {**signed(body), **headers})


def status_of(shop: Shop, payment: Payment) -> PaymentStatus:
    return shop.use_cases.reads.payment(payment.id)[1].status


def test_a_genuine_message_from_elsewhere_is_refused_like_a_forged_one(guarded: Guarded) -> None:
    with guarded("203.0.113.0/24") as shop:
        _, payment = shop.started("dummy")
        refused = say_paid(shop, payment, STRANGER)
        forged = deliver(shop.browser(ip=GATEWAY), f"/callbacks/dummy/{payment.id}", b"{}", {})
        assert (refused.status_int, refused.body) == (403, REFUSED)
        assert (forged.status_int, forged.body) == (403, REFUSED)
        assert set(refused.headers) == set(forged.headers)
        assert status_of(shop, payment) is PaymentStatus.IN_PROGRESS
        notes = [(one.state, one.note) for one in shop.use_cases.reads.callbacks(account="dummy")]
        assert notes == [
            (CallbackState.REFUSED, "not authenticated"),
            (CallbackState.REFUSED, "not from an allowed address"),
        ]


def test_the_list_opens_the_door_but_proves_nothing(guarded: Guarded) -> None:
    with guarded("203.0.113.0/24") as shop:
        _, payment = shop.started("dummy")
        body = genuine(payment, "paid")
        forged = signed(body, secret="somebody else's secret")
        answer = deliver(shop.browser(ip=GATEWAY), f"/callbacks/dummy/{payment.id}", body, forged)
        assert answer.status_int == 403
        assert say_paid(shop, payment, GATEWAY).status_int == 200
        assert status_of(shop, payment) is PaymentStatus.PAID


@pytest.mark.parametrize("listed", [GATEWAY, "203.0.113.0/24", "::ffff:203.0.113.9", "2001:db8::/32"])
def test_an_address_is_compared_as_an_address(guarded: Guarded, listed: str) -> None:
    with guarded("192.0.2.1", listed if ":ffff" not in listed else GATEWAY) as shop:
        _, payment = shop.started("dummy")
        ip = {"2001:db8::/32": "2001:db8::7", "::ffff:203.0.113.9": listed}.get(listed, GATEWAY)
        assert say_paid(shop, payment, ip).status_int == 200


@pytest.mark.parametrize("claimed", ["", "not-an-address", "203.0.113.9.evil.example"])
def test_an_address_that_is_none_is_not_on_the_list(guarded: Guarded, claimed: str) -> None:
    with guarded(GATEWAY) as shop:
        assert shop.use_cases.gateways.get("dummy").admits(claimed) is False
        assert shop.use_cases.gateways.get("payu").admits(claimed) is True


def test_a_claimed_address_counts_only_behind_a_trusted_proxy(guarded: Guarded) -> None:
    with guarded(GATEWAY) as shop:
        _, payment = shop.started("dummy")
        assert say_paid(shop, payment, STRANGER, **{"X-Forwarded-For": GATEWAY}).status_int == 403
    with guarded(GATEWAY, trusted_proxies=1) as shop:
        _, payment = shop.started("dummy")
        claimed = f"{GATEWAY}, {STRANGER}"
        assert say_paid(shop, payment, "10.0.0.1", **{"X-Forwarded-For": claimed}).status_int == 403
        assert say_paid(shop, payment, "10.0.0.1", **{"X-Forwarded-For": GATEWAY}).status_int == 200


def test_a_refused_message_is_judged_again_only_from_an_allowed_address(guarded: Guarded) -> None:
    with guarded(GATEWAY) as shop:
        _, payment = shop.started("dummy")
        say_paid(shop, payment, STRANGER)
        (kept,) = shop.use_cases.reads.callbacks(account="dummy")
        shop.use_cases.judge_callbacks.replay(kept.id)
        assert status_of(shop, payment) is PaymentStatus.IN_PROGRESS
    with guarded(GATEWAY, STRANGER) as shop:
        shop.use_cases.judge_callbacks.replay(kept.id)
        assert status_of(shop, payment) is PaymentStatus.PAID
