"""What a question about nobody's payment proves of an account, and which senders it hears."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.wire.account import NO_REFERENCE, NOT_FOUND, ConfiguredAccount, Profile
from adapters.wire.errors import SettingsError
from adapters.wire.http import HttpClient
from adapters.wire.settings import GatewaySettings, read_settings
from application.errors import GatewayRejected, GatewayUnavailable, OutcomeUnknown, UnsupportedOperation
from application.ports.gateway import Capabilities, Operation, Temperament
from domain.observation import Observation, Source
from domain.payment import Payment
from tests.adapters.wire.sockets import answering, serving

LOOKS = Capabilities(temperament=Temperament.GO_AND_LOOK, operations=frozenset({Operation.LOOK}))
MUTE = Capabilities(temperament=Temperament.SIGNED_CALLBACK)


class Account(ConfiguredAccount):
    """Answers every look in one way, and remembers what it was asked about."""

    def __init__(
        self,
        answer: str | Exception,
        *,
        capabilities: Capabilities = LOOKS,
        currencies: frozenset[str] = frozenset(),
    ) -> None:
        profile = Profile(
            account="shop",
            code="some",
            label="Some",
            environment="test",
            capabilities=capabilities,
            currencies=currencies,
        )
        super().__init__(profile)
        self.answer, self.asked = answer, list[Payment]()

    def look(self, payment: Payment) -> Observation:
        self.asked.append(payment)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self._seen(payment.reference, Source.LOOK, self.answer)


def test_not_found_proves_who_asks() -> None:
    account = Account(NOT_FOUND)
    assert account.check() == "Asked about a payment that nobody made: not found."
    (asked,) = account.asked
    assert (asked.amount.minor, asked.account, asked.environment) == (1, "shop", "test")
    assert asked.gateway_reference == asked.reference
    assert len(asked.reference) == 26


def test_each_question_is_about_another_nobody() -> None:
    account = Account(NOT_FOUND)
    account.check()
    account.check()
    assert len({asked.reference for asked in account.asked}) == 2


@pytest.mark.parametrize(
    ("currencies", "asked"),
    [((), "EUR"), (("CLP",), "CLP"), (("UAH", "PLN"), "PLN"), (("JPY", "BRL"), "BRL")],
)
def test_the_question_is_in_a_currency_the_account_takes(currencies: tuple[str, ...], asked: str) -> None:
    account = Account(NOT_FOUND, currencies=frozenset(currencies))
    account.check()
    assert account.asked[0].amount.currency.code == asked


def test_a_gateway_that_cannot_be_asked_by_our_reference_proves_nothing() -> None:
    assert Account(NO_REFERENCE).check() == ""
    assert Account(GatewayUnavailable("never told", code=NO_REFERENCE)).check() == ""
    assert Account(UnsupportedOperation("nothing to ask with", code="api_user")).check() == ""
    silent = Account(NOT_FOUND, capabilities=MUTE)
    assert silent.check() == ""
    assert silent.asked == []


def test_another_refusal_is_told_as_what_it_is() -> None:
    told = Account(GatewayRejected("no such thing", code="422")).check()
    assert told == "It answers (422), which proves the address but not the credentials."


@pytest.mark.parametrize(
    "error",
    [
        GatewayRejected("no", code="401"),
        GatewayRejected("no", code="403"),
        GatewayRejected("no"),
        GatewayUnavailable("no token", code="401"),
        OutcomeUnknown("garbage"),
    ],
)
def test_wrong_credentials_and_silence_are_never_called_proved(error: Exception) -> None:
    with pytest.raises(type(error)):
        Account(error).check()


# --- the clock of an answer


@pytest.mark.parametrize(
    ("header", "known"),
    [
        (("Date: Tue, 01 Jan 2030 00:00:00 GMT",), True),
        (("Date: yesterday",), False),
        (("Date: Tue, 01 Jan 2030 00:00:00 -0000",), False),
        ((), False),
    ],
)
def test_the_date_of_an_answer_tells_the_gateways_clock(header: tuple[str, ...], known: bool) -> None:
    with serving(answering(b"{}", "200 OK", *header)) as (url, _):
        client = HttpClient("shop", url, environment="test")
        assert client.clock_skew is None
        client.send("GET", "/")
    assert (client.clock_skew is not None) is known
    assert client.clock_skew is None or client.clock_skew.days > 300


# --- who is heard


def settings(value: object) -> GatewaySettings:
    return read_settings(GatewaySettings, "shop", {"allowed_ips": value}, "test")


def hears(*networks: str) -> Callable[[str], bool]:
    block = settings(list(networks))
    profile = Profile.of(block, MUTE, account="shop", code="some", label="Some", environment="test")
    return ConfiguredAccount(profile).admits


def test_without_a_list_everybody_is_heard() -> None:
    assert all(hears()(remote) for remote in ("203.0.113.9", "2001:db8::1", "", "nobody"))


def test_a_list_is_read_from_a_text_too() -> None:
    assert [str(one) for one in settings("203.0.113.7, 2001:db8::/32").allowed_ips] == [
        "203.0.113.7/32",
        "2001:db8::/32",
    ]


@pytest.mark.parametrize(
    ("remote", "heard"),
    [
        ("203.0.113.0", True),
        ("203.0.113.255", True),
        ("203.0.114.0", False),
        ("2001:db8:ffff::1", True),
        ("2001:db9::1", False),
        ("::ffff:203.0.113.9", True),
        ("::ffff:203.0.114.9", False),
        ("203.0.113.9:443", False),
        (" 203.0.113.9", False),
        ("", False),
    ],
)
def test_a_sender_is_heard_when_its_address_is_in_a_network(remote: str, heard: bool) -> None:
    assert hears("203.0.113.0/24", "2001:db8::/32")(remote) is heard


@pytest.mark.parametrize("value", ["203.0.113.7/24", "203.0.113", "everybody", ["::g"], [None], 7.5])
def test_a_network_that_is_none_stops_the_start_by_its_key(value: object) -> None:
    with pytest.raises(SettingsError) as stopped:
        settings(value)
    assert stopped.value.key == "gateways.shop.allowed_ips"
    assert "203.0.113.7/24" not in str(stopped.value)
