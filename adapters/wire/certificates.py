"""Certificates that gateways sign their messages with: pinned, or fetched once and led back to a root."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from adapters.wire.http import HttpClient
from adapters.wire.signing import REFUSED
from application.errors import GatewayProtocolError, InvalidSignature

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_KEPT: Final = 16


def certificates_of(pem: str | bytes) -> tuple[Certificate, ...]:
    """Every certificate in ``pem``. Raises ValueError when there is none, or one that cannot be read."""
    from cryptography.x509 import load_pem_x509_certificates

    return tuple(load_pem_x509_certificates(pem.encode() if isinstance(pem, str) else pem))


class Certificates:
    """What one account believes messages to be signed with.

    ``pinned`` are the signing certificates themselves: then none is ever fetched. ``roots``: where the chain
    of a fetched one must end; empty: at a public root, as for https. ``subject``: how its common name ends.
    ``chained`` false believes whatever the host serves: for stand-ins outside live only. All texts are PEM;
    bad ones raise ValueError.
    """

    def __init__(
        self, http: HttpClient, *, pinned: str = "", roots: str = "", subject: str = "", chained: bool = True
    ) -> None:
        self._http, self._subject, self._chained = http, subject, chained or bool(roots)
        self._pinned = certificates_of(pinned) if pinned else ()
        self._roots = certificates_of(roots) if roots else ()
        self._fetched: dict[str, Certificate] = {}

    def known(self, url: str) -> tuple[Certificate, ...]:
        """What may have signed a message that names ``url``; empty: it has to be fetched first.

        Raises InvalidSignature for an address that is not the gateway's.
        """
        if self._pinned:
            return self._pinned
        if not self._http.speaks_to(url):
            raise InvalidSignature(REFUSED)
        found = self._fetched.get(url)
        return (found,) if found else ()

    def fetch(self, url: str, at: datetime) -> tuple[Certificate, ...]:
        """The certificate at ``url``, once it is believed at this time; it is kept.

        Raises InvalidSignature when there is none or it is not to be believed, and what a call raises.
        """
        if known := self.known(url):
            return known
        answer = self._http.send("GET", url, safe=True)
        if not answer.is_success:
            raise InvalidSignature(REFUSED)
        try:
            leaf, *others = certificates_of(answer.body)
        except ValueError as error:
            raise GatewayProtocolError("no certificate stands where the message says") from error
        if self._chained:
            self._require_chain(leaf, others, at)
        if len(self._fetched) >= _KEPT:
            self._fetched.clear()
        self._fetched[url] = leaf
        return (leaf,)

    def _require_chain(self, leaf: Certificate, others: list[Certificate], at: datetime) -> None:
        from cryptography.x509.oid import NameOID
        from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError

        roots = self._roots
        if not roots:
            with open(DEFAULT_CA_BUNDLE_PATH, "rb") as public:
                roots = certificates_of(public.read())
        verifier = (
            PolicyBuilder()
            .store(Store(list(roots)))
            .time(at)
            .extension_policies(
                ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=ExtensionPolicy.permit_all()
            )
            .build_client_verifier()
        )
        try:
            verifier.verify(leaf, others)
        except VerificationError as error:
            raise InvalidSignature(REFUSED) from error
        names = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        if not all(str(name.value).endswith(self._subject) for name in names) or not names:
            raise InvalidSignature(REFUSED)


def require_rsa_signed(
    signature: bytes, signed: bytes, certificates: Sequence[Certificate], at: datetime
) -> None:
    """Raise InvalidSignature unless one of them, in date at this time, signed it (PKCS #1 v1.5, SHA-256)."""
    from cryptography.exceptions import InvalidSignature as Wrong
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA256

    for certificate in certificates:
        key = certificate.public_key()
        in_date = certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc
        if in_date and isinstance(key, RSAPublicKey):
            try:
                return key.verify(signature, signed, PKCS1v15(), SHA256())
            except Wrong:
                continue
    raise InvalidSignature(REFUSED)
