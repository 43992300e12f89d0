"""What may be shown of a message: no secret by name, and no secret by value wherever it hides."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from adapters.wire.payloads import json_object
from application.errors import GatewayProtocolError

HIDDEN: Final = "***"
LONGEST: Final = 8_000
_WORDS: Final = """
    access_token refresh_token id_token client_secret secret password passwd pass authorization signature sig
    sign hash md5sum md5 shasign hmac token apikey api_key key1 key2 second_key crc_key pin code_verifier
    pan cardnumber card_number cvv cvc cvn expiry
"""
SECRET_NAMES: Final = frozenset(_WORDS.split())
_CARD: Final = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){12,18}(?![0-9])")


class Scrubber:
    """Makes bodies and addresses fit to be kept: hides the values ``secrets`` and the fields ``names``."""

    def __init__(self, secrets: Collection[str] = (), names: Collection[str] = ()) -> None:
        self._secrets = sorted((secret for secret in secrets if len(secret) > 3), key=len, reverse=True)
        self._names = SECRET_NAMES | {name.lower() for name in names}

    def body(self, raw: bytes) -> str:
        """A body of JSON or form fields with its secrets hidden; of anything else only its beginning."""
        if not raw:
            return ""
        text = raw.decode("utf-8", "replace")
        try:
            text = json.dumps(self._json(json_object(raw)), ensure_ascii=False, default=str)
        except GatewayProtocolError:
            text = self._form(text) if _is_form(text) else text[:500]
        return self._values(text[:LONGEST])

    def text(self, text: str) -> str:
        """Any text with the known secrets and card-like digits in it hidden."""
        return self._values(text)

    def url(self, url: str) -> str:
        """An address with the secrets of its query hidden."""
        parts = urlsplit(url)
        query = self._form(parts.query) if parts.query else ""
        return self._values(urlunsplit(parts._replace(query=query)))

    def _json(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: HIDDEN if self._hides(name) else self._json(held) for name, held in value.items()}
        return [self._json(held) for held in value] if isinstance(value, list) else value

    def _form(self, text: str) -> str:
        pairs = parse_qsl(text, keep_blank_values=True)
        return urlencode([(name, HIDDEN if self._hides(name) else value) for name, value in pairs], safe="*")

    def _hides(self, name: str) -> bool:
        return name.lower() in self._names

    def _values(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return _CARD.sub(_masked, text)


def _is_form(text: str) -> bool:
    return bool(re.match(r"[\w.\[\]%-]+=", text)) and not re.search(r"\s", text)


def _masked(found: re.Match[str]) -> str:
    """Card-like digits (Luhn holds) keep their last four; other long numbers stay."""
    digits = [int(digit) for digit in found.group() if digit.isdigit()]
    doubled = sum(sum(divmod(digit * 2, 10)) for digit in digits[-2::-2])
    is_card = (sum(digits[-1::-2]) + doubled) % 10 == 0
    return f"{HIDDEN}{found.group()[-4:]}" if is_card else found.group()
