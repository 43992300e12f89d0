"""What every account with a wire says alike: whose answer it is, what money it proves, where messages go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import pytest

from adapters.testing.builders import a_payment, a_refund
from adapters.wire.account import LOOK_AFTER, NOT_FOUND
from adapters.wire.errors import SettingsError
from adapters.wire.hosted import REFUNDS, HostedAccount, by_word
from adapters.wire.settings import GatewaySettings
from application import errors
from application.ports import gateway as port
from domain.money import Money
from domain.observation import Observation, RefundNews, Source
from domain.payment import PaymentStatus
from domain.refund import RefundStatus
from domain.settlement import Verdict
from domain.transaction import FactKind
from tests.adapters.wire.sockets import answering, serving

MUG = Money.of(4990, "EUR")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(GatewaySettings):
    key: str = "k"

    def require_sound(self, account: str, environment: str) -> None:
        if not self.key:
            raise SettingsError(f"gateways.{account}.key", "is missing")


class Account(HostedAccount):
    CODE, LABEL, CURRENCIES = "some", "Some", frozenset({"EUR"})
    CAPABILITIES = port.Capabilities(
        temperament=port.Temperament.GO_AND_LOOK,
        operations=REFUNDS | {port.Operation.LOOK},
        look_after=LOOK_AFTER,
    )
    BASES: ClassVar[Mapping[str, str]] = {"test": "https://test.invalid", "live": "https://live.invalid"}
    PANEL = ("Field", "A note.")
    GAVE_UP = ("failed", "result=no")
    REPLY = port.Reply(b"[accepted]")
    _settings: Settings


def account(base_url: str = "", key: str = "k") -> Account:
    return Account(Settings(base_url=base_url, key=key), account="shop", environment="test")


def test_words_are_turned_round_to_what_they_mean() -> None:
    assert by_word({1: "a b", 2: "\n  c\n"}) == {"a": 1, "b": 1, "c": 2}


def test_settings_that_are_not_sound_stop_the_account() -> None:
    with pytest.raises(SettingsError, match=r"gateways\.shop\.key is missing"):
        account(key="")


def test_the_panel_s_field_gets_our_address() -> None:
    address = "https://shop.example/callbacks/shop"
    assert account().panel_urls("https://shop.example/") == (port.PanelUrl("Field", address, "A note."),)


@pytest.mark.parametrize(
    ("carried", "aborted"),
    [
        ({}, False),
        ({"failed": "1"}, True),
        ({"failed": ""}, False),
        ({"result": "no"}, True),
        ({"result": "yes"}, False),
        ({"cancelled": "1"}, False),
    ],
)
def test_only_its_own_marks_say_that_somebody_gave_up(carried: dict[str, str], aborted: bool) -> None:
    hint = account().read_return(port.InboundMessage("GET", b"", query=tuple(carried.items())))
    assert (hint.aborted, hint.parameters) == (aborted, carried)


def test_a_question_may_be_repeated_and_a_wish_is_sent_once() -> None:
    refused = answering(b"{}", "500 Oops")
    for method, tries in (("GET", 3), ("POST", 1)):
        with serving(refused) as (url, heard), pytest.raises(errors.OutcomeUnknown):
            account(url)._json(method, "x", {})
        assert len(heard) == tries


def test_an_answer_about_another_payment_is_unknown() -> None:
    told = {"id": "1", "amount": "2"}
    account()._require_about(told, id="1", amount="2")
    for other in ({"id": "2"}, {"id": "1", "amount": "3"}, {"missing": "1"}):
        with pytest.raises(errors.OutcomeUnknown, match="Some answered about another payment"):
            account()._require_about(told, **other)


def test_a_refusal_that_says_there_is_none_is_a_look_that_found_nothing() -> None:
    gateway = account()
    payment = a_payment(gateway)

    def refuse(code: str) -> Observation:
        raise errors.GatewayRejected("no", code=code)

    assert gateway._unless_unheard(payment, lambda: refuse("404"), "404", "E1").word == NOT_FOUND
    with pytest.raises(errors.GatewayRejected):
        gateway._unless_unheard(payment, lambda: refuse("403"), "404", "E1")


def test_money_is_proved_by_paid_alone_and_under_the_gateway_s_id() -> None:
    gateway = account()
    for status in (None, *PaymentStatus):
        if status is not PaymentStatus.PARTIALLY_PAID:
            seen = gateway._money_seen("ref", Source.LOOK, "word", status, MUG, "id1")
            assert (seen.status, seen.amount, seen.gateway_reference) == (status, MUG, "id1")
            assert bool(seen.proof) is (status is PaymentStatus.PAID)
    seen = gateway._money_seen(
        "ref", Source.LOOK, "word", PaymentStatus.PAID, MUG, "id1", gateway_reference="own", event_id="e"
    )
    assert seen.proof is not None
    assert (seen.proof.kind, seen.proof.gateway_id, seen.proof.amount) == (FactKind.CAPTURED, "id1", MUG)
    assert (seen.gateway_reference, seen.event_id) == ("own", "e")


def test_news_of_a_refund_prove_money_once_it_is_done() -> None:
    gateway = account()
    for status in RefundStatus:
        news = RefundNews(status, MUG, "r1")
        seen = gateway._news_seen("ref", "word", news, "id1", event_id="e")
        assert (seen.source, seen.refund, seen.gateway_reference) == (Source.CALLBACK, news, "id1")
        assert bool(seen.proof) is (status is RefundStatus.DONE)
    assert gateway._news_seen("ref", "word", None, "id1").refund is None


def test_our_refund_is_the_one_with_its_id_else_what_nobody_else_accounts_for() -> None:
    gateway = account()
    payment = replace(a_payment(gateway), amount=MUG)
    refund, ten = a_refund(payment, 1000), Money.of(1000, "EUR")
    first, second = RefundNews(RefundStatus.DONE, ten, "a"), RefundNews(RefundStatus.SENT, ten, "b")
    assert gateway._mine_among(payment, replace(refund, gateway_id="a"), [first, second]) == first
    assert gateway._mine_among(payment, replace(refund, gateway_id="c"), [first, second]) is None
    assert gateway._mine_among(payment, refund, [second]) == second
    assert gateway._mine_among(payment, refund, []) is None
    assert gateway._mine_among(replace(payment, refunded=ten), refund, [first]) is None
    assert gateway._mine_among(payment, refund, [replace(first, status=RefundStatus.REFUSED)]) is None
    with pytest.raises(errors.OutcomeUnknown):
        gateway._mine_among(replace(payment, reserved=ten + ten), refund, [first])
    odd = replace(second, status=RefundStatus.UNKNOWN)
    with pytest.raises(errors.OutcomeUnknown):
        gateway._refund_among(payment, refund, [odd])
    assert gateway._refund_among(payment, refund, []).word == NOT_FOUND


def test_every_message_is_acknowledged_in_the_gateway_s_own_words() -> None:
    assert {account().acknowledge(verdict) for verdict in Verdict} == {port.Reply(b"[accepted]")}
