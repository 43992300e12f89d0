"""The shopper's way back from a gateway: recorded, believed in nothing, led to the order page."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from adapters.web.guesses import KEY, count_wrong_key, refuse_guessers
from adapters.web.inbound import inbound
from adapters.web.resources import use_cases, web_settings
from application.errors import PaymentNotFound, UnknownAccount

bp = Blueprint("returns", __name__)


@bp.route("/returns/<account>/<token>", methods=("GET", "POST"))
def arrive(account: str, token: str) -> AnyResponse:
    """Lead to the order page, or to the page its host chose; a wrong token is a page nobody knows."""
    refuse_guessers()
    message = inbound(method="HEAD" if _only_looks_ahead() else "")
    try:
        if not KEY.fullmatch(token):
            raise PaymentNotFound
        returned = use_cases().confirm_return.execute(account, token, message)
    except (PaymentNotFound, UnknownAccount):
        count_wrong_key()
        raise
    landing = returned.landing if is_landing(returned.landing) else ""
    return redirect(landing or url_for("orders.page", key=returned.order_key), 303)


def is_landing(url: str) -> bool:
    """Whether a host's page may end the way back: a path of this site, or an address on an allowed host."""
    if not url or "\\" in url or any(ord(letter) < 0x21 or ord(letter) == 0x7F for letter in url):
        return False
    if url.startswith("/"):
        return not url.startswith("//")
    parts = urlsplit(url)
    allowed = parts.hostname in web_settings().allowed_return_hosts
    return parts.scheme in ("http", "https") and allowed and "@" not in parts.netloc


def _only_looks_ahead() -> bool:
    """A browser that fetches a page in advance has not come back yet."""
    purpose = f"{request.headers.get('Sec-Purpose', '')} {request.headers.get('Purpose', '')}"
    return "prefetch" in purpose.lower()
