"""Whether a PayU notification is genuine. Source: PayU REST API 2.1, verifying the signature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from adapters.wire.signing import REFUSED, digest, require_match
from application.errors import InvalidSignature

HEADERS: Final = ("openpayu-signature", "x-openpayu-signature")
_SIZED: Final = {f"SHA{dash}{size}": f"sha{size}" for dash in ("", "-") for size in (1, 256, 384, 512)}
ALGORITHMS: Final[Mapping[str, str]] = {"MD5": "md5", "SHA": "sha256", **_SIZED}


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
