"""Certificates: expired, self-signed and wrong names are refused before a byte of ours is sent."""

from __future__ import annotations

import pytest
import requests

from adapters.wire import http
from adapters.wire.http import HttpClient
from application.errors import GatewayUnreachable
from tests.adapters.wire.sockets import TLS, answering, serving


def trusting(monkeypatch: pytest.MonkeyPatch, certificate: str) -> None:
    """Believe this certificate's signer, so that only what else is wrong with it is left."""

    class Trusting(http._NeverRedirected):
        def __init__(self) -> None:
            super().__init__()
            self.verify = str(TLS / f"{certificate}.pem")

    monkeypatch.setattr(http, "_NeverRedirected", Trusting)


def test_a_good_certificate_of_a_trusted_signer_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    trusting(monkeypatch, "good")
    with serving(answering(b"{}"), "good") as (url, asked):
        assert HttpClient("acc", url, environment="live").send("POST", "/").json() == {}
        assert asked


@pytest.mark.parametrize("certificate", ["expired", "wrong_name"])
def test_a_bad_certificate_of_a_trusted_signer_is_refused(
    monkeypatch: pytest.MonkeyPatch, certificate: str
) -> None:
    trusting(monkeypatch, certificate)
    with serving(answering(b"{}"), certificate) as (url, asked):
        with pytest.raises(GatewayUnreachable):
            HttpClient("acc", url, environment="live").send("POST", "/")
        assert not asked


def test_a_self_signed_certificate_is_refused() -> None:
    with serving(answering(b"{}"), "good") as (url, asked):
        with pytest.raises(GatewayUnreachable):
            HttpClient("acc", url, environment="test").send("POST", "/")
        assert not asked


def test_the_environment_cannot_switch_the_checks_off(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(TLS / "good.pem"))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    session = http._NeverRedirected()
    assert isinstance(session, requests.Session)
    with serving(answering(b"{}"), "good") as (url, asked):
        with pytest.raises(GatewayUnreachable):
            HttpClient("acc", url, environment="test").send("POST", "/")
        assert not asked
