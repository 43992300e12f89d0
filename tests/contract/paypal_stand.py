"""PayPal as its tests see it: webhooks signed by code of their own, and an account at the sandbox."""

from __future__ import annotations

import base64
import functools
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from pytest_httpserver import HTTPServer

from adapters.testing.builders import a_brief, a_payment, a_refund, told_the_reference
from adapters.testing.harness import Claim
from application.ports.gateway import InboundMessage, PaymentGateway
from domain.money import Money
from domain.observation import Observation
from domain.payment import Payment
from domain.refund import Refund
from tests.contract.stand import HttpSandbox, account

WEBHOOK_ID = "8PT597110X687430L"
CERT_URL = "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1d93a270"
DEMO: dict[str, object] = {
    "adapter": "paypal",
    "client_id": "AYdemo-client",
    "client_secret": "EKdemo-secret",
    "webhook_id": WEBHOOK_ID,
}
V3_BODY = (
    b'{"id":"WH-2WR32451HC0233532-67976317FL4543714","event_version":"1.0","create_time":"2026-11-20T1'
    b'4:00:01.000Z","resource_type":"capture","resource_version":"2.0","event_type":"PAYMENT.CAPTURE.C'
    b'OMPLETED","summary":"Payment completed for $ 25.5 USD","resource":{"id":"3C679366HH908993F","sta'
    b'tus":"COMPLETED","amount":{"currency_code":"USD","value":"25.50"},"final_capture":true,"custom_i'
    b'd":"pay-1001","supplementary_data":{"related_ids":{"order_id":"5O190127TN364715T"}}}}'
)
V3_ID, V3_TIME = "9f1c0a10-c6a5-11ef-8d2e-0b3f2a6e5c11", "2026-11-20T14:00:02Z"
V3_TEXT = f"{V3_ID}|{V3_TIME}|8PT597110X687430L|618737857"
V3_SIGNATURE = (
    "L1K8MG8lujiEbwwX2IDacP2fJwXdgy96TBTWAPPOl67411810hn/qhQh7aBe7m83nCYpWZVefVn7Klx2Ig3t/PlJnO0/YteD0FN1"
    "Lh6v5U/yMIjmuWT6Kbt5f/5WZECdWWTlxvtUZNob0PYoR9rRy+pceR04QX2TJHYfvDkO0zpguBGqVsahU99FlWWL3zuTapwseX77"
    "ZLNdqRXZRT//da+ATOBU+xYQq7cVhxqZUTzok6knXQSLnBBOfH3ZQXpdh5dNsly/o3XNEDO94/fxzOBcXAepDBZaUX7g72yf4qTa"
    "XRH7uQBDSTrEfMkqahZL6iYP7zfxWa7fnYEKN0ddPw=="
)
V3_PEM = """\
-----BEGIN CERTIFICATE-----
MIIDCDCCAfCgAwIBAgIUejK1JiNof+ByQC+x7l9Ung5OiaswDQYJKoZIhvcNAQEL
BQAwPjE8MDoGA1UEAwwzbWVzc2FnZXZlcmlmaWNhdGlvbmNlcnRzLmV4YW1wbGUt
bWFkZS11cC5wYXlwYWwuY29tMB4XDTI0MDEwMTAwMDAwMFoXDTQ0MDEwMTAwMDAw
MFowPjE8MDoGA1UEAwwzbWVzc2FnZXZlcmlmaWNhdGlvbmNlcnRzLmV4YW1wbGUt
bWFkZS11cC5wYXlwYWwuY29tMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKC
AQEAsz1UZA2aNA5RVqCoK2BFhHbRYcmE2WQNcU2qRZFk9RmotX1nTeRFbBC+1l+b
1t3CXjbwcicPJLvA0BpxO6Z93w1NDrkk4BZvcbEnvaWgJwEvSgpOtYW+obf3mlnK
fVo8GnbeZu07V2usmjYHBuTk6eYfpL8+bzpH+Zh0S3dVa7wtTJjJtgV0SqJibREO
+ZxQymGTB2oiXs4b6NTGrA5OOoOk/Mf1Qt7LS1nWRU1LFkkCBpGgfXDjJUaJe3bp
7Co88RQ+Go2ffdvtevBMcmK64pcMGUkmn9lN0WX8Hk789lZnS4GBwF01EkE/VGPk
rfK5UdIadR9cNLNIbppv8obplQIDAQABMA0GCSqGSIb3DQEBCwUAA4IBAQCvMsNu
UclqI21YPHOZr13yvHG3TPQvjzMyRANXuxgsWl8qs122vaVRO2Vq4EpTh9f2fvam
vc4Sf+yCtzP9aUv/a2a1zEuVwSpmaOT6Fi67UCaXfchTDd8f2O4sRU7U4qTCIpsd
Lq8vlj8HzjscgEbPWF0IBfqNdvWPYKROR1N6FH3kMqidiVTLJcHPmMmBfyrmSjXH
KzQOEOI644nxb6YexdaQxf3I+52kNr4AToVB89N9++dgBfh8YaerZv94rN33hJXt
G1qrQWNNDOQQ2/hSU5EZPHQGQ5Zd2Rx49TEsKHP2VD4hyNV2d/AJSm/n25iBXYB5
YM1c5u8D7HvO6wyK
-----END CERTIFICATE-----
"""


@functools.cache
def key_of(name: str) -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


def certificate(
    name: str,
    issuer: str = "",
    *,
    common_name: str = "messageverificationcerts.paypal.com",
    is_root: bool = False,
    years: tuple[int, int] = (2024, 2044),
) -> str:
    """The PEM of a made-up certificate for the key ``name``, signed by the key ``issuer``, else by itself."""
    signer, known = issuer or name, lambda text: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
    key = key_of(name).public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(known(name if is_root else common_name))
        .issuer_name(known(signer))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(years[0], 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(years[1], 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )
    if is_root:
        usage = [False] * 5 + [True, True, False, False]
        builder = builder.add_extension(x509.KeyUsage(*usage), critical=True)
    else:
        above = x509.AuthorityKeyIdentifier.from_issuer_public_key(key_of(signer).public_key())
        builder = builder.add_extension(above, critical=False)
    return builder.sign(key_of(signer), SHA256()).public_bytes(Encoding.PEM).decode()


def webhook(
    body: bytes, webhook_id: str = WEBHOOK_ID, *, key: str = "leaf", cert_url: str = CERT_URL, **headers: str
) -> InboundMessage:
    """The message PayPal would send, signed with the key of that name."""
    text = f"{V3_ID}|{V3_TIME}|{webhook_id}|{zlib.crc32(body)}".encode("utf-8", "surrogatepass")
    told = {
        "paypal-transmission-id": V3_ID,
        "paypal-transmission-time": V3_TIME,
        "paypal-transmission-sig": base64.b64encode(key_of(key).sign(text, PKCS1v15(), SHA256())).decode(),
        "paypal-cert-url": cert_url,
        "paypal-auth-algo": "SHA256withRSA",
    }
    return InboundMessage("POST", body, {**told, **headers})


def event(payment: Payment, kind: str = "PAYMENT.CAPTURE.COMPLETED", **resource: Any) -> bytes:
    told = {"id": "3C679366HH908993F", "status": "COMPLETED", "custom_id": payment.reference, **resource}
    return json.dumps({"id": "WH-1", "event_type": kind, "resource": told}).encode()


def demo(environment: str = "test", **changes: object) -> PaymentGateway:
    """An account whose credentials are those of the sheet's examples."""
    return account({**DEMO, **changes}, environment)


@functools.cache
def pinned() -> str:
    return certificate("leaf")


@dataclass(slots=True)
class PaypalHarness:
    """PayPal in the sandbox, with deadlines short enough to wait for; its webhooks' certificate is pinned."""

    sandbox: HttpSandbox
    block: dict[str, object]
    timeout: float = 0.8
    pays_as: str = "authorized"
    tells_declines: bool = False
    secret_keys: tuple[str, ...] = ("webhook_id",)
    published: Mapping[str, str] = field(default_factory=lambda: {"webhook_id": "WEBHOOK_ID"})
    statuses: frozenset[str] = frozenset({"paid"})
    gateway: PaymentGateway = field(init=False)

    def __post_init__(self) -> None:
        self.gateway = self.build()

    @property
    def secrets(self) -> tuple[str, ...]:
        basic = f"{self.block['client_id']}:{self.block['client_secret']}".encode()
        return str(self.block["client_secret"]), base64.b64encode(basic).decode()

    def build(self, environment: str = "test", **changes: object) -> PaymentGateway:
        block = {**self.block, "certificates": pinned(), "timeout": self.timeout, **changes}
        return account({key: value for key, value in block.items() if value is not None}, environment)

    def callback(self, claim: Claim, *, secret: str | None = None) -> InboundMessage:
        money = claim.money
        amount = {"currency_code": money.currency.code, "value": str(money.decimal)}
        body = event(claim.payment, amount=amount)
        return self.signed(body, "WH-OF-ANOTHER-APP" if claim.foreign else secret)

    def signed(self, body: bytes, secret: str | None = None) -> InboundMessage:
        return webhook(body, str(self.block["webhook_id"]) if secret is None else secret)

    def every_one_byte_change(self, genuine: InboundMessage) -> Iterator[InboundMessage]:
        for place, byte in enumerate(genuine.body):
            changed = genuine.body[:place] + bytes([byte ^ 1]) + genuine.body[place + 1 :]
            yield replace(genuine, body=changed)
        for name in ("id", "time", "sig"):
            value = genuine.headers[f"paypal-transmission-{name}"]
            for place, digit in enumerate(value):
                other = "B" if digit != "B" else "C"
                yield self._with(genuine, name, value[:place] + other + value[place + 1 :])

    @staticmethod
    def _with(genuine: InboundMessage, name: str, value: str) -> InboundMessage:
        header = name if name.startswith("paypal-") else f"paypal-transmission-{name}"
        return replace(genuine, headers={**genuine.headers, header: value})

    def forgeries(self, genuine: InboundMessage) -> Iterator[InboundMessage]:
        for name in genuine.headers:
            for value in ("", "é" * 64, "\ud800"):
                if value or name != "paypal-cert-url":
                    yield self._with(genuine, name, value if name != "paypal-cert-url" else "")
            rest = {key: held for key, held in genuine.headers.items() if key != name}
            yield replace(genuine, headers=rest)
        signature = genuine.headers["paypal-transmission-sig"]
        for value in (f" {signature}", f"{signature}\n", signature.rstrip("="), f"{signature}AAAA"):
            yield self._with(genuine, "sig", value)
        yield self._with(genuine, "sig", f"{signature[:-3]}{chr(ord(signature[-3]) + 1)}==")
        text = f"{V3_ID}|{V3_TIME}|{self.block['webhook_id']}|{zlib.crc32(genuine.body)}".encode()
        weak = base64.b64encode(key_of("leaf").sign(text, PKCS1v15(), SHA1())).decode()  # noqa: S303
        for algorithm in ("SHA1withRSA", "SHA256withRSA", "sha256withrsa", "none"):
            yield self._with(self._with(genuine, "sig", weak), "paypal-auth-algo", algorithm)
        yield webhook(genuine.body, str(self.block["webhook_id"]), key="somebody else's")


def begun(gateway: PaymentGateway, money: Money | None = None) -> Payment:
    """A payment whose order stands at PayPal."""
    brief = a_brief(gateway, money)
    return told_the_reference(brief.payment, gateway.start(brief).gateway_reference)


ORDER, CAPTURE = "5O190127TN364715T", "3C679366HH908993F"
OAUTH = {"access_token": "A21AA-token", "token_type": "Bearer", "expires_in": 32400}


class Desk:
    """PayPal on a real socket, saying exactly what a test wants."""

    def __init__(self, server: HTTPServer) -> None:
        self.server = server
        server.expect_request("/v1/oauth2/token").respond_with_json(OAUTH)
        self.gateway: PaymentGateway = demo(base_url=server.url_for("").rstrip("/"), timeout=2)
        self.payment = told_the_reference(a_payment(self.gateway, Money.of(2550, "USD")), ORDER)

    def money(self, value: str = "25.50", code: str = "USD") -> dict[str, str]:
        return {"currency_code": code, "value": value}

    def capture(self, status: str = "COMPLETED", id: str = CAPTURE, **more: Any) -> dict[str, Any]:
        return {"id": id, "status": status, "amount": self.money(), **more}

    def order(self, status: str, *captures: dict[str, Any], **more: Any) -> dict[str, Any]:
        payments = {"captures": list(captures), "refunds": more.pop("refunds", [])}
        unit = {"custom_id": self.payment.reference, "amount": self.money(), "payments": payments}
        return {"id": ORDER, "status": status, "purchase_units": [{**unit, **more.pop("unit", {})}], **more}

    def answers(self, path: str, told: object, status: int = 200, method: str = "GET") -> None:
        self.server.expect_oneshot_request(path, method=method).respond_with_json(told, status=status)

    def looked(self, order: dict[str, Any], payment: Payment | None = None) -> Observation:
        self.answers(f"/v2/checkout/orders/{ORDER}", order)
        return self.gateway.look(payment or self.payment)

    def collected(self, told: object, status: int = 201) -> Observation:
        self.answers(f"/v2/checkout/orders/{ORDER}/capture", told, status, "POST")
        return self.gateway.collect(self.payment, "key")

    def refunded(self, told: object, status: int = 201, refund: Refund | None = None) -> Observation:
        held = replace(self.payment, capture_reference=CAPTURE)
        self.answers(f"/v2/payments/captures/{CAPTURE}/refund", told, status, "POST")
        return self.gateway.refund(held, refund or a_refund(held, 100))


def issue(name: str, **more: object) -> dict[str, object]:
    return {"name": "UNPROCESSABLE_ENTITY", "debug_id": "d3bu6", "details": [{"issue": name}], **more}
