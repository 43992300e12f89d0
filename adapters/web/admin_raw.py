"""Messages as staff may read them: secrets hidden by name, card numbers cut to four digits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl

from adapters.wire.scrub import HIDDEN, SECRET_NAMES, Scrubber
from application.callbacks import RawCallback
from application.handle_callback import KEPT_HEADERS
from domain.transaction import Transaction

_SCRUBBER = Scrubber()
_BYTES_SHOWN = 8_000
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def message_text(raw: RawCallback) -> str:
    """Request line, headers and body, as they came but for what is hidden."""
    line = f"{raw.method} /callbacks/{raw.account}"
    lines = [line, *_headers(raw.headers), *_pairs(raw.query, "? "), "", body_text(raw.body)]
    return _readable("\n".join(lines).rstrip())


def exchange_text(transaction: Transaction) -> str:
    """What was asked and answered; empty when nothing of it was kept."""
    parts = (
        "\n".join(_pairs(transaction.parameters.items())),
        f"> {transaction.request}" if transaction.request else "",
        f"< {transaction.answer}" if transaction.answer else "",
    )
    return _readable("\n\n".join(_SCRUBBER.text(part) for part in parts if part))


def body_text(body: bytes) -> str:
    """A body with one field or member per line; at most 8,000 characters of it."""
    shown = _SCRUBBER.body(body)
    try:
        return json.dumps(json.loads(shown), ensure_ascii=False, indent=2)
    except ValueError:
        pairs = parse_qsl(shown, keep_blank_values=True) if "=" in shown[:200] and " " not in shown else []
        return "\n".join(_pairs(pairs)) if pairs else shown[:_BYTES_SHOWN]


def _headers(headers: Mapping[str, str]) -> list[str]:
    """A header that is not among the harmless ones is a proof: only its name is shown."""
    return [
        f"{name}: {_SCRUBBER.text(value) if name in KEPT_HEADERS else HIDDEN}"
        for name, value in headers.items()
    ]


def _pairs(pairs: Iterable[tuple[str, str]], sign: str = "") -> list[str]:
    return [
        f"{sign}{name} = {HIDDEN if name.lower() in SECRET_NAMES else _SCRUBBER.text(value)}"
        for name, value in pairs
    ]


def _readable(text: str) -> str:
    """What no page may hold becomes U+FFFD."""
    return _CONTROL.sub("\ufffd", text.replace("\r\n", "\n"))
