"""The contract suite itself: it catches every defect we could think of, and only those."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.gateways.dummy.gateway import DummyGateway
from adapters.sandbox import credentials
from adapters.testing.callbacks import SignedCallbackContract
from adapters.testing.contract import GatewayContract
from adapters.testing.wires import WireContract
from domain.errors import CheckoutError
from tests.contract import broken_gateway
from tests.contract.broken_gateway import broken
from tests.contract.stand import HttpSandbox
from tests.contract.test_dummy import DummyHarness

pytest_plugins = ["pytester"]


class Suite(GatewayContract, SignedCallbackContract, WireContract):
    """Everything the test gateway is held to."""


CAUGHT: dict[str, tuple[str, dict[str, Any]]] = {
    "VerifiesNothing": ("test_changing_any_one_byte_is_refused", {}),
    "VerifiesOnlyWhatIsSigned": ("test_a_forgery_is_refused", {}),
    "BelievesAGuessedSecret": ("test_a_guessed_or_empty_secret_signs_nothing", {"secret": "secret"}),
    "TellsTheExpectedSignature": ("test_a_refusal_tells_nothing", {}),
    "CopiesTheAmountAsked": ("test_an_amount_is_reported_as_told_never_as_asked", {"minor": 4989}),
    "TakesAnybodysMessages": ("test_a_message_of_another_account_is_refused", {}),
    "TakesAnUnknownWordForSuccess": ("test_an_unknown_word_moves_nothing_and_is_kept", {}),
    "TakesAHoldForMoney": ("test_only_captured_money_is_paid", {}),
    "NamesEventsByTheHour": ("test_the_same_bytes_are_read_the_same_twice", {}),
    "BelievesTheQuery": ("test_what_stands_in_the_query_changes_nothing", {}),
    "AsksBeforeReading": ("test_a_genuine_payment_is_read_as_what_it_is", {}),
    "ScoldsDuplicates": ("test_a_duplicate_is_acknowledged_like_the_first", {}),
    "CollectsWithoutSayingSo": ("test_an_undeclared_operation_raises_before_any_io", {}),
    "SendsShoppersAnywhere": (
        "test_a_shopper_is_not_sent_to_a_foreign_page",
        {"location": "https://elsewhere.invalid/pay"},
    ),
    "TakesSilenceForARefusal": ("test_a_start_without_an_answer_is_unknown_in_time", {"kind": "hang"}),
    "AsksForARoundSum": ("test_exactly_what_is_owed_is_asked_for", {"code": "PLN"}),
    "OpensASessionPerClick": ("test_a_repeated_start_makes_one_session", {}),
    "RefundsWithAFreshKey": ("test_a_refund_that_can_be_looked_for_is_found", {}),
    "LooksAtWhatWasAsked": (
        "test_a_look_that_names_other_money_is_never_the_money_we_asked_for",
        {"kind": "wrong_amount"},
    ),
    "LogsItsSecret": ("test_no_secret_is_logged_or_recorded", {}),
}


@pytest.fixture
def harness(sandbox_url: str) -> Iterator[DummyHarness]:
    sandbox = HttpSandbox(sandbox_url, "dummy")
    yield DummyHarness(sandbox, dict(credentials(sandbox_url)["dummy"]))
    sandbox.clear()


def run(name: str, arguments: dict[str, Any], harness: DummyHarness, request: pytest.FixtureRequest) -> None:
    """One test of the suite, called by hand."""
    test = getattr(Suite(), name)
    wanted = inspect.signature(test).parameters
    fixtures = {fixture: request.getfixturevalue(fixture) for fixture in ("caplog",) if fixture in wanted}
    test(harness=harness, **arguments, **fixtures)


def test_every_defect_is_on_the_list() -> None:
    defects = {
        name
        for name, kind in vars(broken_gateway).items()
        if inspect.isclass(kind) and issubclass(kind, DummyGateway) and kind is not DummyGateway
    }
    assert defects == CAUGHT.keys()


@pytest.mark.parametrize("defect", CAUGHT)
def test_a_defect_is_caught_and_its_absence_is_not(
    defect: str, harness: DummyHarness, request: pytest.FixtureRequest
) -> None:
    name, arguments = CAUGHT[defect]
    run(name, arguments, harness, request)
    harness.sandbox.clear()
    assert isinstance(harness.gateway, DummyGateway)
    harness.gateway = broken(getattr(broken_gateway, defect), harness.gateway)
    with pytest.raises((AssertionError, pytest.fail.Exception, CheckoutError)):
        run(name, arguments, harness, request)


def test_a_third_party_runs_the_suite_as_a_plugin(pytester: pytest.Pytester, sandbox_url: str) -> None:
    pytester.makepyfile(
        f"""
        import pytest
        from adapters.sandbox import credentials
        from adapters.testing.callbacks import SignedCallbackContract
        from adapters.testing.contract import GatewayContract
        from tests.contract.broken_gateway import VerifiesNothing, broken
        from tests.contract.stand import HttpSandbox
        from tests.contract.test_dummy import DummyHarness

        URL = {sandbox_url!r}

        def harnessed():
            return DummyHarness(HttpSandbox(URL, "dummy"), dict(credentials(URL)["dummy"]))

        class TestHealthy(GatewayContract, SignedCallbackContract):
            @pytest.fixture
            def harness(self):
                return harnessed()

        class TestBroken(GatewayContract, SignedCallbackContract):
            @pytest.fixture
            def harness(self):
                harness = harnessed()
                harness.gateway = broken(VerifiesNothing, harness.gateway)
                return harness
        """
    )
    healthy = pytester.runpytest("-q", "-k", "TestHealthy", "-p", "no:cacheprovider")
    counted = healthy.parseoutcomes()
    assert counted["passed"] > 50
    assert counted.keys() <= {"passed", "deselected"}
    defective = pytester.runpytest("-q", "-k", "TestBroken", "-p", "no:cacheprovider").parseoutcomes()
    assert defective["failed"] > 10
