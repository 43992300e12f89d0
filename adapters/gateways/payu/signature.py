"""Whether a PayU notification is genuine. Source: PayU REST API 2.1, verifying the signature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from adapters.wire.signing import REFUSED, digest, require_match
from application.errors import InvalidSignature

HEADERS: Final = ("openpayu-signature", "x-openpayu-signature")
ALGORITHMS: Final[Mapping[str, str]] = {
    "MD5": "md5",
    "SHA": "sha256",
    "SHA-256": "sha256",
    "SHA256": "sha256",
    "SHA-1": "sha1",
    "SHA1": "sha1",
    "SHA-384": "sha384",
    "SHA384": "sha384",
    "SHA-512": "sha512",
    "SHA512": "sha512",
}


def require_genuine(
    body: bytes, headers: Mapping[str, str], second_keys: Sequence[str], *, accept_md5: bool
) -> None:
    """Raise InvalidSignature unless a signature header holds hash(body + second key) in lower-case hex."""
    header = next((headers[name] for name in HEADERS if headers.get(name)), "")
    parts = _parts(header)
    algorithm = ALGORITHMS.get(parts.get("algorithm", "").upper())
    if algorithm is None or (algorithm == "md5" and not accept_md5):
        raise InvalidSignature(REFUSED)
    require_match(
        parts.get("signature"), [digest(algorithm, body, key.encode()) for key in second_keys if key]
    )


def _parts(header: str) -> dict[str, str]:
    """The ``name=value`` parts of the header, in any order; nothing when a name stands twice."""
    pairs = [part.partition("=") for part in header.split(";")]
    parts = {name.strip(): value.strip() for name, _, value in pairs}
    return parts if len(parts) == len(pairs) else {}
