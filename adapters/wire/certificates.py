"""Certificates that gateways sign their messages with: pinned, or fetched once and led back to a root."""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from adapters.wire.http import HttpClient
from adapters.wire.signing import REFUSED
from application.errors import GatewayProtocolError, InvalidSignature

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_KEPT: Final = 16
_PEM: Final = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_FRESH: Final = timedelta(minutes=1)


def certificates_of(pem: str | bytes) -> tuple[Certificate, ...]:
    """Every certificate in ``pem``. Raises ValueError when there is none, or one that cannot be read."""
    from cryptography.x509 import load_pem_x509_certificates

    return tuple(load_pem_x509_certificates(pem.encode() if isinstance(pem, str) else pem))


class Certificates:
    """What one account believes messages to be signed with.

    ``pinned`` are the signing certificates themselves: then none is ever fetched. ``roots``: where the chain
    of a fetched one must end; empty: at a public root, as for https. ``subject``: how its common name ends.
    ``chained`` false believes whatever the host serves: for stand-ins outside live only. ``root_url``: where
    the gateway's own root stands, which signs the others itself. ``lasts``: how long a fetched one is kept;
    None: while the process runs. All texts are PEM; bad ones raise ValueError.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        pinned: str = "",
        roots: str = "",
        subject: str = "",
        chained: bool = True,
        root_url: str = "",
        lasts: timedelta | None = None,
    ) -> None:
        self._http, self._subject, self._chained = http, subject, chained or bool(roots)
        self._pinned = certificates_of(pinned) if pinned else ()
        self._roots = certificates_of(roots) if roots else ()
        self._root_url, self._lasts = root_url, lasts
        self._fetched: dict[str, tuple[Certificate, datetime]] = {}

    def known(self, url: str, at: datetime | None = None) -> tuple[Certificate, ...]:
        """What may have signed a message that names ``url``; empty: it has to be fetched first.

        Raises InvalidSignature for an address that is not the gateway's.
        """
        if self._pinned:
            return self._pinned
        if not self._http.speaks_to(url):
            raise InvalidSignature(REFUSED)
        found = self._fetched.get(url)
        if found is None or (at and self._lasts and at > found[1] + self._lasts):
            return ()
        return found[:1]

    def forget(self, url: str, at: datetime) -> bool:
        """Whether a copy was dropped that is not fresh any more: what stands there now may be another."""
        found = self._fetched.get(url)
        if found is None or at < found[1] + _FRESH:
            return False
        self._fetched.pop(url, None)
        return True

    def fetch(self, url: str, at: datetime) -> tuple[Certificate, ...]:
        """The certificate at ``url``, once it is believed at this time; it is kept.

        Raises InvalidSignature when there is none or it is not to be believed, and what a call raises.
        """
        if known := self.known(url, at):
            return known
        leaf, *others = self._standing_at(url)
        if self._root_url:
            _require_issued(leaf, self._roots or self._standing_at(self._root_url), at)
        elif self._chained:
            self._require_chain(leaf, others, at)
        if len(self._fetched) >= _KEPT:
            self._fetched.clear()
        self._fetched[url] = leaf, at
        return (leaf,)

    def _standing_at(self, url: str) -> tuple[Certificate, ...]:
        answer = self._http.send("GET", url, safe=True)
        if not answer.is_success:
            raise InvalidSignature(REFUSED)
        try:
            return certificates_of(answer.body)
        except ValueError as error:
            raise GatewayProtocolError("no certificate stands where the message says") from error

    def _require_chain(self, leaf: Certificate, others: list[Certificate], at: datetime) -> None:
        from cryptography.x509.oid import NameOID
        from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError

        roots = self._roots or _public_roots()
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


def _require_issued(leaf: Certificate, roots: Sequence[Certificate], at: datetime) -> None:
    """Raise InvalidSignature unless one of ``roots``, in date at this time, signed ``leaf`` itself."""
    from cryptography.exceptions import InvalidSignature as Wrong

    for root in roots:
        if root.not_valid_before_utc <= at <= root.not_valid_after_utc:
            try:
                return leaf.verify_directly_issued_by(root)
            except (Wrong, TypeError, ValueError):
                continue
    raise InvalidSignature(REFUSED)


@functools.cache
def _public_roots() -> tuple[Certificate, ...]:
    """What https trusts. One that cannot be read vouches for nobody."""
    from cryptography.utils import CryptographyDeprecationWarning

    found: list[Certificate] = []
    with open(DEFAULT_CA_BUNDLE_PATH, "rb") as public, warnings.catch_warnings():
        warnings.simplefilter("error", CryptographyDeprecationWarning)
        for pem in _PEM.findall(public.read()):
            with suppress(ValueError, CryptographyDeprecationWarning):
                found += certificates_of(pem)
    return tuple(found)


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
