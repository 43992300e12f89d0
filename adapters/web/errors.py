"""What a person reads when something went wrong: the one table from exceptions to HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from flask import Flask, Response, current_app, g, jsonify, make_response, render_template, request
from flask_babel import lazy_gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.wrappers import Response as AnyResponse

from adapters.web.security import Claim, is_foreign
from application import accounts
from application import errors as app_errors
from domain import errors as rules

log = structlog.get_logger("callbank.web")

RETRY_SECONDS = 15
_NEVER_REPEATED = ("csrf_token", "password", "secret", "code", "card")


@dataclass(frozen=True, slots=True)
class Page:
    """A public sentence: what happened, whether money is concerned, what to do now."""

    status: int
    title: object
    text: object
    again: bool = False
    """Whether the same request may be sent once more by a button."""
    shows_detail: bool = False
    """Whether the exception's own text is meant for the reader."""


_GO_BACK = _("Go back and change what is named here.")
_NOT_FOUND = Page(
    404,
    _("This page does not exist"),
    _("The address may be incomplete. Check it, or go back to the shop."),
)
_OTHER_KIND = Page(
    405, _("This address takes another kind of request"), _("Open the page again from the shop.")
)
_BUSY = Page(
    503,
    _("This does not work for a moment"),
    _("Nothing was lost and nothing was charged twice. Try again in a few seconds."),
    again=True,
)
_GATEWAY_DOWN = Page(
    503,
    _("The payment service is not answering"),
    _("Your order is saved. Try again in a few minutes or pay another way."),
    again=True,
)

TABLE: Mapping[type[Exception], Page] = {
    app_errors.InvalidRequest: Page(
        400,
        _("Something is missing or wrong"),
        _GO_BACK,
        shows_detail=True,
    ),
    rules.InvalidBasket: Page(
        400,
        _("This cannot be bought like this"),
        _("Go back to the basket and change it."),
        shows_detail=True,
    ),
    rules.InvalidOrder: Page(
        400,
        _("Something is missing or wrong"),
        _GO_BACK,
        shows_detail=True,
    ),
    rules.InvalidMoney: Page(
        400, _("This is not an amount"), _("Enter digits with a decimal point, for example 49.90.")
    ),
    rules.UnknownCurrency: Page(400, _("This is not a currency"), _("Choose one of the shop's currencies.")),
    CSRFError: Page(
        400,
        _("This page was open for too long"),
        _("What you entered is still here. Press the button to send it."),
        again=True,
    ),
    app_errors.CallbackUnreadable: Page(400, _("The message cannot be read"), ""),
    app_errors.CallbackRefused: Page(403, _("The message was refused"), ""),
    accounts.SignInRefused: Page(
        403, _("This e-mail and password do not fit together"), _("Check both and try again.")
    ),
    app_errors.NotFound: _NOT_FOUND,
    app_errors.UnknownAccount: _NOT_FOUND,
    app_errors.MethodNotAllowed: _OTHER_KIND,
    app_errors.AlreadyPaid: Page(
        409, _("This order is already paid"), _("Nothing more is due. The order page has the receipt.")
    ),
    app_errors.NotPayable: Page(
        409,
        _("This order cannot be paid now"),
        _("It is closed, or a payment is being collected at this moment. The order page says which."),
    ),
    app_errors.NotCancellable: Page(
        409,
        _("This cannot be cancelled for a moment"),
        _("A payment is being collected, or the order is already on its way. The order page says which."),
    ),
    app_errors.TotalChanged: Page(
        409, _("The total has changed"), _("Nothing was charged. Check the new total before you pay.")
    ),
    app_errors.OutOfStock: Page(
        409, _("Not enough is left"), _("Nothing was charged. Change the quantity in your basket.")
    ),
    app_errors.MethodNotOffered: Page(
        409,
        _("This payment method does not take this order"),
        _("Nothing was charged. Choose another method."),
    ),
    app_errors.Vetoed: Page(409, _("This order cannot be paid like this"), "", shows_detail=True),
    app_errors.KeyReused: Page(
        409, _("This was already used for something else"), _("Begin again from the shop.")
    ),
    app_errors.UnsupportedOperation: Page(
        409, _("This payment method cannot do that"), _("Nothing was changed.")
    ),
    app_errors.ConcurrentUpdate: Page(
        409,
        _("This changed while you were looking at it"),
        _("Nothing was done. Open the page again to see how it is now."),
    ),
    rules.InvalidTransition: Page(
        409,
        _("This changed while you were looking at it"),
        _("Nothing was done. Open the page again to see how it is now."),
    ),
    app_errors.StorageUnavailable: _BUSY,
    app_errors.GatewayError: _GATEWAY_DOWN,
}

HTTP: Mapping[int, Page] = {
    400: Page(400, _("This request cannot be understood"), _("Go back and try again.")),
    401: Page(401, _("Sign in first"), _("This page is for people who are signed in.")),
    403: Page(403, _("This page is not open to you"), _("Sign in with an account that may see it.")),
    404: _NOT_FOUND,
    405: _OTHER_KIND,
    409: Page(
        409, _("This changed while you were looking at it"), _("Open the page again to see how it is now.")
    ),
    410: Page(410, _("This link has run out"), _("Ask the shop for a new one.")),
    413: Page(413, _("That was too much at once"), _("Nothing was stored. Send less and try again.")),
    429: Page(429, _("Too many tries in a short time"), _("Wait a minute, then try again.")),
    500: Page(
        500,
        _("Something broke on our side"),
        _("Before you pay again, look at your order page: it says what we know about the money."),
    ),
    503: _BUSY,
}


def init_app(app: Flask, is_ours: Claim) -> None:
    """Answer every error of our pages in the shop's look; the host's own pages keep the host's handlers."""

    def known(error: Exception) -> AnyResponse:
        if not is_ours():
            raise error
        return answer(page_of(error), error)

    def http(error: HTTPException) -> AnyResponse | HTTPException:
        if isinstance(error, SecurityError):
            return Response("This host is not served here.\n", 400, mimetype="text/plain")
        if not is_ours():
            return error
        if error.code is None or error.code < HTTPStatus.BAD_REQUEST:
            return error
        return answer(page_of(error), error)

    app.register_error_handler(rules.CheckoutError, known)
    if HTTPException not in app.error_handler_spec[None][None]:
        app.register_error_handler(HTTPException, http)


def page_of(error: Exception) -> Page:
    """The page for an exception: of its own class, else of the nearest class above it."""
    for kind in type(error).__mro__:
        if kind in TABLE:
            return TABLE[kind]
    code = error.code if isinstance(error, HTTPException) and error.code else 500
    return HTTP.get(code) or HTTP[400 if code < HTTPStatus.INTERNAL_SERVER_ERROR else 500]


def answer(page: Page, error: Exception) -> AnyResponse:
    """The page as HTML, as problem+json (RFC 9457) or, for a gateway, as a line of text."""
    if page.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        cause = getattr(error, "original_exception", None) or error
        log.error("failed", request_id=g.get("request_id", ""), error=type(cause).__name__)
    reply = _body(page, error)
    reply.status_code = page.status
    if isinstance(error, HTTPException):
        for name, value in error.get_headers():
            if name in ("Allow", "Retry-After", "WWW-Authenticate"):
                reply.headers[name] = value
    if page.status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        reply.headers.setdefault("Retry-After", str(getattr(error, "retry_after", None) or RETRY_SECONDS))
    return reply


def _body(page: Page, error: Exception) -> AnyResponse:
    if request.blueprint == "callbacks":
        return Response(f"{HTTPStatus(page.status).phrase}\n", mimetype="text/plain")
    if _wants_json():
        return _problem(page, error)
    try:
        return make_response(render_template("errors/error.html", **_shown(page, error)))
    except Exception:
        # A page that cannot be drawn (its header reads the basket, say) must not hide the first error.
        current_app.logger.exception("error page failed")
        return Response(f"{page.title}\n{page.text}\n", mimetype="text/plain")


def _shown(page: Page, error: Exception) -> dict[str, object]:
    code = "" if page.status == HTTPStatus.NOT_FOUND else g.get("request_id", "")[:12]
    return {
        "page": page,
        "details": details(page, error),
        "repeat": _repeatable(error) if page.again else None,
        "can_repeat_link": page.again and request.method in ("GET", "HEAD"),
        "code": code,
    }


def details(page: Page, error: Exception) -> list[str]:
    """Sentences of the exception that are meant for the reader."""
    if isinstance(error, app_errors.TotalChanged):
        return [str(_("It was %(seen)s, it is %(current)s now.", seen=error.seen, current=error.current))]
    if isinstance(error, app_errors.OutOfStock):
        return [str(_("%(name)s: %(left)s left.", name=error.name, left=error.available))]
    if not page.shows_detail:
        return []
    if isinstance(error, app_errors.InvalidRequest):
        return [f"{name}: {sentence}" for name, sentence in error.fields.items()]
    return [str(error)] if str(error) else []


def _repeatable(error: Exception) -> list[tuple[str, str]] | None:
    """The fields of a form that may be offered again; never those of a form that came from elsewhere."""
    if request.method != "POST" or (isinstance(error, CSRFError) and is_foreign()):
        return None
    fields = request.form.items(multi=True)
    return [(name, value) for name, value in fields if not any(w in name.lower() for w in _NEVER_REPEATED)]


def _wants_json() -> bool:
    accepted = request.accept_mimetypes
    json = max(accepted["application/json"], accepted["application/problem+json"])
    return json > accepted["text/html"]


def _problem(page: Page, error: Exception) -> Response:
    problem: dict[str, object] = {
        "type": "about:blank",
        "title": str(page.title),
        "status": page.status,
        "detail": " ".join([str(page.text), *details(page, error)]).strip(),
    }
    if page.status != HTTPStatus.NOT_FOUND:
        problem["request_id"] = g.get("request_id", "")
    if isinstance(error, app_errors.InvalidRequest):
        problem["fields"] = error.fields
    reply = jsonify(problem)
    reply.content_type = "application/problem+json"
    return reply


def not_found() -> AnyResponse:
    """The answer to a wrong key, the same bytes whatever the reason."""
    return answer(_NOT_FOUND, app_errors.NotFound())
