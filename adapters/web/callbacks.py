"""Server-to-server messages of gateways: no session, no cookie, no form token; the proof is inside."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import structlog
from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException

from adapters.web.inbound import inbound
from adapters.web.resources import use_cases
from application.errors import CallbackRefused, CallbackUnreadable, MethodNotAllowed
from application.handle_callback import HandleCallbackRequest

bp = Blueprint("callbacks", __name__)
log = structlog.get_logger("callbank.callbacks")

ANY_METHOD = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
ANSWERS: Mapping[type[Exception], HTTPStatus] = {
    CallbackRefused: HTTPStatus.FORBIDDEN,
    MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    CallbackUnreadable: HTTPStatus.BAD_REQUEST,
}
"""Whatever is not listed could not be stored: 503, so that the gateway sends it again."""


@bp.route("/callbacks/<account>", methods=ANY_METHOD, provide_automatic_options=False)
@bp.route("/callbacks/<account>/<payment_id>", methods=ANY_METHOD, provide_automatic_options=False)
def receive(account: str, payment_id: str = "") -> Response:
    """Answer in the gateway's own words, byte for byte."""
    message = inbound(payment_id)
    reply = use_cases().handle_callback.execute(HandleCallbackRequest(account, message))
    return Response(reply.body, reply.status, content_type=reply.content_type)


@bp.errorhandler(Exception)
def refuse(error: Exception) -> Response:
    """One line of text per status, the same bytes whatever the reason."""
    status = _status_of(error)
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        log.error("callback not stored", error=type(error).__name__, request_id=g.get("request_id", ""))
    answer = Response(f"{status.phrase}\n", status, mimetype="text/plain")
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        answer.headers["Allow"] = ", ".join(sorted(_declared()))
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        answer.headers["Retry-After"] = "5"
    return answer


def _status_of(error: Exception) -> HTTPStatus:
    if isinstance(error, HTTPException) and error.code:
        return HTTPStatus(error.code)
    known = (ANSWERS[kind] for kind in type(error).__mro__ if kind in ANSWERS)
    return next(known, HTTPStatus.SERVICE_UNAVAILABLE)


def _declared() -> frozenset[str]:
    """The methods this account's gateway uses; only asked for an account that has callbacks."""
    account = (request.view_args or {}).get("account", "")
    return use_cases().gateways.get(account).capabilities.callback_methods
