"""A request as the use cases want it: raw bytes first, nothing merged, nothing believed."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from flask import request

from application.get_redirect_url import Shopper
from application.messages import MAX_FIELDS, form_of
from application.ports.gateway import InboundMessage

_ID = re.compile(r"[0-9a-f-]{1,64}")
_LONGEST_AGENT = 255


def inbound(payment_id: str = "", *, method: str = "") -> InboundMessage:
    """The request in hand. Raises RequestEntityTooLarge without reading past the cap.

    ``payment_id`` is kept when it looks like one; ``method`` overrides what the browser said.
    """
    body = request.get_data(cache=False)
    return InboundMessage(
        method=method or request.method,
        body=body,
        headers={name.lower(): value for name, value in request.headers},
        query=_query(),
        form=form_of(body, request.headers.get("Content-Type", "")),
        remote=request.remote_addr or "",
        payment_id=payment_id if _ID.fullmatch(payment_id) else "",
    )


def shopper() -> Shopper:
    """Who is being sent to pay, as far as the connection tells."""
    return Shopper(request.remote_addr or "", (request.user_agent.string or "")[:_LONGEST_AGENT])


def _query() -> tuple[tuple[str, str], ...]:
    """Order and repetitions kept; an absurd number of parameters counts as none."""
    text = request.query_string.decode("utf-8", "replace")
    try:
        return tuple(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError:
        return ()
