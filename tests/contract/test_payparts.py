"""PayParts against the contract suite, and what is particular to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.testing.builders import a_payment
from adapters.testing.callbacks import SignedCallbackContract
from adapters.testing.contract import GatewayContract
from adapters.testing.harness import Claim
from adapters.testing.wires import WireContract
from application.errors import (
    GatewayProtocolError,
    InvalidSignature,
)
from application.ports.gateway import PaymentGateway
from domain.money import Money
from domain.observation import Proof
from domain.payment import PaymentStatus
from domain.transaction import FactKind
from tests.contract.payparts_bank import (
    DEMO,
    OURS,
    PayPartsHarness,
    a_store,
    posted,
    signature,
)
from tests.contract.stand import account


@pytest.fixture
def harness(sandbox_url: str) -> Iterator[PayPartsHarness]:
    with a_store(sandbox_url) as store:
        yield store


class TestPayparts(GatewayContract, SignedCallbackContract, WireContract):
    """The contract."""


CALLBACK = {
    **OURS,
    "paymentState": "SUCCESS",
    "message": "Договор 12345",
    "signature": "IDxW6tjt41YhHiVqpRGbOcOn/jk=",
}


@pytest.fixture
def demo() -> PaymentGateway:
    return account(DEMO)


def test_example_3_is_a_genuine_message_about_an_order_we_never_made(demo: PaymentGateway) -> None:
    (seen,) = demo.read_callback(posted(CALLBACK))
    assert (seen.reference, seen.word) == ("ORDER-1001", "SUCCESS")
    assert (seen.status, seen.proof, seen.amount) == (None, None, None)


@pytest.mark.parametrize(
    "change", [{"message": "Договор 12346"}, {"paymentState": "FAIL"}, {"message": None}]
)
def test_example_3_changed_is_refused(demo: PaymentGateway, change: dict[str, str]) -> None:
    with pytest.raises(InvalidSignature):
        demo.read_callback(posted({**CALLBACK, **change}))


@pytest.mark.parametrize("extra", [{"status": "new"}, {"info": {"amount": 1}}, {"amount": 1}])
def test_what_is_not_signed_changes_nothing(demo: PaymentGateway, extra: dict[str, object]) -> None:
    assert demo.read_callback(posted({**CALLBACK, **extra})) == demo.read_callback(posted(CALLBACK))


def test_the_amount_of_a_payment_is_the_one_in_its_signed_order_id(harness: PayPartsHarness) -> None:
    payment = a_payment(harness.gateway, Money.of(400_00, "UAH"))
    (seen,) = harness.gateway.read_callback(harness.callback(Claim(payment)))
    assert seen.gateway_reference == f"{payment.reference}-40000"
    assert len(seen.gateway_reference) <= 50
    assert seen.proof == Proof(FactKind.CAPTURED, seen.gateway_reference, payment.amount)


@pytest.mark.parametrize("message", ["", None])
def test_a_message_without_a_text_proves_itself(demo: PaymentGateway, message: str | None) -> None:
    told = {**OURS, "paymentState": "CANCELED"}
    signed = signature("pw-3f1c9a77d2", *told.values())
    (seen,) = demo.read_callback(posted({**told, "message": message, "signature": signed}))
    assert seen.word == "CANCELED"


def test_a_genuine_message_without_a_state_is_unreadable(demo: PaymentGateway) -> None:
    with pytest.raises(GatewayProtocolError):
        demo.read_callback(posted({**OURS, "signature": signature("pw-3f1c9a77d2", *OURS.values())}))


STATES = {
    **dict.fromkeys(("CREATED", "CLIENT_WAIT", "OTP_WAITING", "PP_CREATION"), PaymentStatus.IN_PROGRESS),
    "LOCKED": PaymentStatus.AUTHORIZED,
    "SUCCESS": PaymentStatus.PAID,
    "CANCELED": PaymentStatus.CANCELLED,
    "FAIL": PaymentStatus.FAILED,
    "REJECTED": PaymentStatus.FAILED,
    **dict.fromkeys(("WAIT_CONFIRM", "PROCESSING", "RETURNED", "TIMEOUT", "CLIENT_CANCEL", "CANCELLED")),
}


@pytest.mark.parametrize(("word", "status"), STATES.items())
def test_every_state_has_its_meaning(harness: PayPartsHarness, word: str, status: PaymentStatus) -> None:
    claim = Claim(a_payment(harness.gateway), word=word)
    (seen,) = harness.gateway.read_callback(harness.callback(claim))
    assert seen.status is status
    assert (seen.proof is not None) == (word == "SUCCESS")
    failed = status in (PaymentStatus.FAILED, PaymentStatus.CANCELLED)
    assert seen.failure == ("Договор 12345" if failed else "")
