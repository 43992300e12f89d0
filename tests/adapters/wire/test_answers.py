"""What adapters share about refusals, keys of the other environment, and the way back of who gave up."""

from __future__ import annotations

import pytest

from adapters.wire.account import ConfiguredAccount, Profile
from adapters.wire.errors import SettingsError, success_of
from adapters.wire.http import Answer
from adapters.wire.links import GIVEN_UP, adding
from adapters.wire.settings import require_own
from application.errors import GatewayError, GatewayRejected, GatewayUnavailable, OutcomeUnknown
from application.ports.gateway import Capabilities, InboundMessage, Temperament


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (401, b"{}", GatewayUnavailable, "401"),
        (403, b"named", GatewayUnavailable, "403"),
        (404, b"", GatewayRejected, "404"),
        (422, b"named", GatewayRejected, "named"),
        (200, b"<html>", OutcomeUnknown, ""),
        (200, b"[]", OutcomeUnknown, ""),
    ],
)
def test_an_answer_that_is_no_success_says_what_may_be_done_next(
    status: int, body: bytes, kind: type[GatewayError], code: str
) -> None:
    with pytest.raises(kind) as refused:
        success_of(Answer(status, {}, body), "Any", lambda said: said.decode())
    assert refused.value.code == code


def test_a_success_is_its_json() -> None:
    assert success_of(Answer(201, {}, b'{"id": "1"}'), "Any") == {"id": "1"}


def test_a_key_of_the_other_environment_is_named_and_not_shown() -> None:
    require_own("acc", "api_key", "test", "test")
    with pytest.raises(SettingsError, match=r"gateways\.acc\.api_key is a test key, refused in live"):
        require_own("acc", "api_key", "test", "live")


@pytest.mark.parametrize(
    ("url", "whole"),
    [("https://a.test/r", "https://a.test/r?x=1"), ("https://a.test/r?y=2", "https://a.test/r?y=2&x=1")],
)
def test_a_query_goes_behind_whatever_an_address_asks_already(url: str, whole: str) -> None:
    assert adding(url, "x=1") == whole


def test_the_way_back_of_who_gave_up_is_told_from_the_others() -> None:
    profile = Profile(
        account="acc",
        code="any",
        label="Any",
        environment="test",
        capabilities=Capabilities(Temperament.GO_AND_LOOK),
    )
    back = adding("https://shop.test/returns/acc/1", GIVEN_UP).partition("?")[2].split("=")
    account = ConfiguredAccount(profile)
    assert account.read_return(InboundMessage("GET", b"", query=((back[0], back[1]),))).aborted
    assert not account.read_return(InboundMessage("GET", b"", query=(("status", "paid"),))).aborted
