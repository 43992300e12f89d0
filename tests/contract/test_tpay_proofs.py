"""What proves a Tpay notification: the sheet's examples, certificates near and far, md5 alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from adapters.gateways.tpay import Settings, build
from adapters.gateways.tpay.classic import TpayForm
from adapters.gateways.tpay.signature import form_sum, notice_sum
from adapters.sandbox import tpay_wire
from adapters.testing.builders import a_brief, a_payment
from adapters.testing.quiet import no_network
from adapters.wire.errors import SettingsError
from adapters.wire.http import Answer, HttpClient
from application.errors import GatewayProtocolError, GatewayUnreachable, InvalidSignature
from application.ports.gateway import InboundMessage, NeedsProof
from domain.money import Money
from domain.observation import Proof
from domain.payment import PaymentStatus
from domain.transaction import FactKind
from tests.contract.stand import account
from tests.contract.tpay_stand import SEAL, certificate, fields, sealed, sealing_key
from tests.contract.tpay_stand import notice_sum as own_sum

HERE = Path(__file__).parent / "tpay"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SHELF = "https://secure.tpay.com/x509/"
ADDRESS = f"{SHELF}notifications-jws.pem"
V3 = InboundMessage(
    "POST", (HERE / "body.txt").read_bytes().strip(), {SEAL: (HERE / "seal.txt").read_text().strip()}
)
LEAF, ROOT = ((HERE / f"{name}.pem").read_text() for name in ("signing", "root"))
PAID = Proof(FactKind.CAPTURED, "TR-1AB2-3CDE4X", Money.of(12345, "PLN"))


@dataclass
class Shelf(HttpClient):
    """Serves certificates by address, and remembers who asked."""

    holds: Mapping[str, str]
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__("acc", "https://secure.tpay.com", environment="live")

    def send(self, method: str, path: str, **_: object) -> Answer:  # type: ignore[override]
        self.asked.append(path)
        held = self.holds.get(path)
        if held == "":
            raise GatewayUnreachable("no connection")
        return Answer(404 if held is None else 200, {}, (held or "").encode())


def served(leaf: str = LEAF, root: str = ROOT) -> Shelf:
    return Shelf({ADDRESS: leaf, f"{SHELF}tpay-jws-root.pem": root})


@dataclass
class Clock:
    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at


def form(shelf: Shelf, clock: Clock | None = None, **changes: str) -> TpayForm:
    settings = Settings(merchant_id="12345", security_code="demoSecret9", **changes)  # type: ignore[arg-type]
    return TpayForm(settings, account="acc", environment="live", now=clock or Clock(), http=shelf)


@pytest.mark.parametrize(
    ("amount", "crc", "joined", "told"),
    [
        ("123.45", "ord-1001", False, "84a1fb52b777b4747a44e1ddb3b5c2ff"),
        ("100.00", "", False, "eaead657f7a8bffbce4c1ca9dafc9431"),
        ("123.45", "ord-1001", True, "7aa6efc13b840fbd6eddb1f5d7692cde"),
    ],
)
def test_the_sums_of_a_form_are_those_of_the_sheet(amount: str, crc: str, joined: bool, told: str) -> None:
    assert form_sum("12345", amount, crc, "demoSecret9", joined=joined) == told
    theirs = tpay_wire.old_form_sum if joined else tpay_wire.form_sum
    assert theirs("12345", amount, crc, "demoSecret9") == told


def test_a_form_carries_the_sum_over_what_is_posted() -> None:
    gateway = form(served())
    payment = replace(a_payment(gateway, Money.of(12345, "PLN")), reference="ord-1001")
    step = gateway.start(a_brief(gateway, payment=payment)).next_step
    posted = dict(step.fields)
    assert (step.url, posted["amount"], posted["crc"]) == ("https://secure.tpay.com/", "123.45", "ord-1001")
    assert posted["md5sum"] == "84a1fb52b777b4747a44e1ddb3b5c2ff"


def test_the_sum_of_a_notification_is_that_of_the_sheet() -> None:
    parts = ("12345", "TR-1AB2-3CDE4X", "123.45", "ord-1001", "demoSecret9")
    for ours in (notice_sum, tpay_wire.notice_sum):
        assert ours(*parts) == "626c3e0d4af1814faba119e58d3d94ff"


def test_a_stranger_s_address_is_refused_where_addresses_are_listed() -> None:
    block = {"adapter": "tpay", "merchant_id": "12345", "security_code": "demoSecret9"}
    gateway = account({**block, "allowed_ips": "195.149.229.109, 176.119.38.175"}, "live")
    assert [gateway.admits(each) for each in ("195.149.229.109", "203.0.113.9")] == [True, False]


@pytest.mark.parametrize("pinned", ["", ROOT])
def test_the_sealed_example_is_proved_by_a_fetch_and_then_at_once(pinned: str) -> None:
    shelf = served(root="" if pinned else ROOT)
    gateway = form(shelf, root_certificate=pinned)
    with no_network():
        assert gateway.read_callback(V3) == NeedsProof()
    (seen,) = gateway.prove(V3, {})
    assert (seen.status, seen.proof, seen.reference) == (PaymentStatus.PAID, PAID, "ord-1001")
    assert (seen.environment, seen.amount) == ("live", PAID.amount)
    assert gateway.read_callback(V3) == (seen,)
    assert len(shelf.asked) == (1 if pinned else 2)


def test_a_pinned_certificate_judges_at_once_and_is_never_fetched() -> None:
    shelf = served()
    (seen,) = form(shelf, certificate=LEAF).read_callback(V3)  # type: ignore[misc]
    assert seen.proof == PAID
    assert shelf.asked == []


@pytest.mark.parametrize("certificate", ["", LEAF])
def test_another_sum_under_the_same_seal_is_refused(certificate: str) -> None:
    bent = replace(V3, body=V3.body.replace(b"tr_paid=123.45", b"tr_paid=1.00"))
    assert bent != V3
    gateway = form(served(), certificate=certificate)
    if not certificate:
        gateway.prove(V3, {})
    for read in (gateway.read_callback, lambda message: gateway.prove(message, {})):
        with pytest.raises(InvalidSignature):
            read(bent)


def test_only_somebody_with_the_code_makes_us_fetch() -> None:
    shelf = served()
    for change in ({"tr_id": "TR-0000-0000X"}, {"id": "1"}, {"md5sum": ""}, {"tr_crc": "ord-1002"}):
        told = {**fields("ord-1001", PAID.amount), "md5sum": "626c3e0d4af1814faba119e58d3d94ff", **change}
        message = sealed(json.dumps(told).encode(), ADDRESS)
        with pytest.raises(InvalidSignature):
            form(shelf).read_callback(message)
        with pytest.raises(InvalidSignature):
            form(shelf).prove(message, {})
    assert shelf.asked == []


def test_a_certificate_of_another_root_or_out_of_date_proves_nothing() -> None:
    key = sealing_key()
    told = {**fields("ord-1001", PAID.amount), "md5sum": "626c3e0d4af1814faba119e58d3d94ff"}
    message = sealed(json.dumps(told).encode(), ADDRESS)
    own = certificate(key, "signing", key)
    namesake = certificate(key, "signing", generate_private_key(65537, 2048))
    for leaf, above in ((own, ROOT), (namesake, own), (LEAF, own), ("junk", ROOT)):
        with pytest.raises(GatewayProtocolError):
            form(served(leaf, above)).prove(message, {})
    with pytest.raises(InvalidSignature):
        form(served(certificate(key, "signing", key, days=-1), own)).prove(message, {})
    clock = Clock(datetime.now(UTC))
    (seen,) = form(served(own, own), clock).prove(message, {})
    assert seen.proof == PAID
    clock.at += timedelta(days=400)
    with pytest.raises(GatewayProtocolError):
        form(served(own, own), clock).prove(message, {})


def test_while_the_certificate_cannot_be_had_nobody_knows() -> None:
    with pytest.raises(GatewayUnreachable):
        form(served(leaf="")).prove(V3, {})
    with pytest.raises(GatewayProtocolError):
        form(Shelf({})).prove(V3, {})


def test_a_certificate_is_kept_for_two_hours() -> None:
    clock = Clock()
    gateway = form(served(), clock)
    gateway.prove(V3, {})
    clock.at += timedelta(hours=2)
    assert isinstance(gateway.read_callback(V3), tuple)
    clock.at += timedelta(seconds=1)
    assert gateway.read_callback(V3) == NeedsProof()


def test_a_kept_certificate_that_fails_is_fetched_once_more_but_not_each_second() -> None:
    clock, key = Clock(datetime.now(UTC)), sealing_key()
    told = {**fields("ord-1001", PAID.amount), "md5sum": "626c3e0d4af1814faba119e58d3d94ff"}
    message = sealed(json.dumps(told).encode(), ADDRESS)
    shelf = served()
    gateway = form(shelf, clock)
    gateway.prove(V3, {})
    with pytest.raises(InvalidSignature):
        gateway.read_callback(message)
    clock.at += timedelta(minutes=2)
    own = certificate(key, "signing", key)
    shelf.holds = {ADDRESS: own, f"{SHELF}tpay-jws-root.pem": own}
    assert gateway.read_callback(message) == NeedsProof()
    assert gateway.prove(message, {})[0].proof == PAID
    assert isinstance(gateway.read_callback(message), tuple)


@pytest.mark.parametrize(("word", "decides"), [("PAID", True), ("TRUE", False), ("FALSE", False)])
def test_a_question_whose_certificate_is_not_here_is_not_answered(word: str, decides: bool) -> None:
    told = {**fields("ord-1001", PAID.amount, word), "md5sum": "626c3e0d4af1814faba119e58d3d94ff"}
    message = sealed(json.dumps(told).encode(), ADDRESS)
    assert form(served()).read_callback(message) == NeedsProof(answer_decides=decides)


# -- md5 alone


def unsealed(**change: str) -> InboundMessage:
    told = fields("ord-1001", PAID.amount, **change)
    body = json.dumps({**told, "md5sum": own_sum(told, "demoSecret9")}).encode()
    return InboundMessage("POST", body)


def test_without_a_seal_nothing_is_believed_unless_the_account_says_so() -> None:
    for gateway in (form(served()), form(served(), certificate=LEAF)):
        with pytest.raises(InvalidSignature):
            gateway.read_callback(unsealed())
        with pytest.raises(InvalidSignature):
            gateway.prove(unsealed(), {})


def test_what_md5_alone_proves_is_never_more_than_a_reason_to_ask() -> None:
    block = {"adapter": "tpay", "merchant_id": "12345", "security_code": "demoSecret9", "require_jws": False}
    gateway = account({**block, "api": "openapi", "client_id": "a", "client_secret": "b"}, "live")
    with no_network():
        assert gateway.read_callback(unsealed()) == NeedsProof()
        (seen,) = gateway.prove(unsealed(), {})
    assert (seen.reference, seen.status, seen.proof, seen.refund) == ("ord-1001", None, None, None)
    forged = replace(unsealed(), body=unsealed().body.replace(b"123.45", b"123.46"))
    with pytest.raises(InvalidSignature):
        gateway.read_callback(forged)


def test_a_seal_that_is_there_must_hold_even_where_none_is_wanted() -> None:
    settings = Settings(merchant_id="12345", security_code="demoSecret9", require_jws=False, certificate=LEAF)
    gateway = TpayForm(settings, account="acc", environment="live", now=Clock())
    with pytest.raises(InvalidSignature):
        gateway.read_callback(sealed(unsealed().body, ADDRESS))


# -- settings


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"api": "openapi"}, "client_id"),
        ({"api": "openapi", "client_id": "a"}, "client_secret"),
        ({"api_key": "a"}, "api_password"),
        ({"require_jws": False}, "api_key"),
        ({"root_certificate": "junk"}, "root_certificate"),
        ({"certificate": "junk"}, "certificate"),
        ({"panel_url": "http://secure.tpay.com"}, "panel_url"),
        ({"panel_url": "https://secure.sandbox.tpay.com"}, "panel_url"),
        ({"base_url": "https://secure.sandbox.tpay.com"}, "base_url"),
        ({"merchant_id": "1a"}, "merchant_id"),
    ],
)
def test_what_is_wrong_with_a_block_stops_the_start(changes: dict[str, object], key: str) -> None:
    block = {"adapter": "tpay", "merchant_id": "12345", "security_code": "a-secret-of-its-own"}
    with pytest.raises(SettingsError, match=rf"gateways\.acc\.{key} "):
        account({**block, **changes}, "live")


def test_secrets_do_not_show_in_settings() -> None:
    secrets = dict.fromkeys(("security_code", "client_secret", "api_key", "api_password"), "canary")
    assert "canary" not in repr(Settings(merchant_id="1", **secrets))  # type: ignore[arg-type]
    assert build(Settings(merchant_id="1", security_code="x"), account="acc", environment="test")
