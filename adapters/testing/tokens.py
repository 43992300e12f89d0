"""What a gateway with access tokens promises when a token dies midway."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.testing.builders import a_brief
from adapters.testing.harness import WireHarness
from adapters.wire.exchange import recording
from application.errors import OutcomeUnknown


class TokenContract:
    """Subclass together with WireContract when calls carry an access token."""

    def test_a_dead_token_is_renewed_once_and_the_call_repeated(self, harness: WireHarness) -> None:
        harness.gateway.start(a_brief(harness.gateway))
        harness.sandbox.arm("unauthorized_once", "create")
        brief = a_brief(harness.gateway)
        with recording() as said:
            harness.gateway.start(brief)
        assert [exchange.status == 401 for exchange in said] == [True, False, False]
        assert harness.sandbox.session(brief.payment.reference)

    def test_a_second_refusal_is_unknown(self, harness: WireHarness) -> None:
        harness.sandbox.arm("unauthorized_always", "create")
        with recording() as said, pytest.raises(OutcomeUnknown):
            harness.gateway.start(a_brief(harness.gateway))
        assert [exchange.status for exchange in said].count(401) == 2

    def test_many_calls_fetch_one_token(self, harness: WireHarness) -> None:
        gateway = harness.gateway

        def start(_: int) -> list[str]:
            with recording() as said:
                gateway.start(a_brief(gateway))
            return [exchange.url for exchange in said]

        with ThreadPoolExecutor(6) as pool:
            asked = [url for urls in pool.map(start, range(6)) for url in urls]
        assert len(asked) == 7
