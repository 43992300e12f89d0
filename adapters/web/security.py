"""What every answer carries and every request must pass, whatever page it is for."""

from __future__ import annotations

import io
import re
import time
import uuid
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

import structlog
from flask import Flask, Response, current_app, g, request
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import MapAdapter, RequestRedirect

from adapters.web.resources import web_settings
from adapters.web.session_cookie import SessionCookie
from adapters.web.settings import WebSettings

log = structlog.get_logger("callbank.web")

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
CSRF_EXEMPT = frozenset({"callbacks", "returns"})
"""Blueprints whose proof is not a token: a gateway's signature, and a return that decides nothing."""

OPEN_ENDPOINTS = frozenset({"shop.index", "shop.product", "shop.terms", "shop.picture"})
"""Pages that say the same to everybody: may be indexed and named as a referrer. All others are private."""
PLAIN_BLUEPRINTS = frozenset({"preferences", "health"})

_CSP = (
    "default-src 'none'; style-src 'self'; script-src {scripts}; img-src 'self'; connect-src {scripts}; "
    "{frames}form-action {form_action}; base-uri 'none'; frame-ancestors 'none'"
)
_SOURCE = re.compile(r"https:|https?://[A-Za-z0-9.-]+(?::\d{1,5})?")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_LOOPBACK = ("localhost", "127.0.0.1")
_HALF_A_YEAR = 182 * 24 * 60 * 60
_DECODINGS = 5


Claim = Callable[[], bool]
"""Whether the request at hand is for one of our pages."""


def configure(app: Flask, settings: WebSettings) -> None:
    """Set Flask's own switches for an application that is ours alone."""
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=list(settings.secret_key_fallbacks),
        SESSION_COOKIE_NAME="callbank",
        SESSION_COOKIE_SECURE=settings.is_secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=settings.max_body,
        MAX_FORM_MEMORY_SIZE=settings.max_body,
        TRUSTED_HOSTS=trusted_hosts(settings),
        PREFERRED_URL_SCHEME=settings.address.scheme,
    )
    app.session_interface = SessionCookie()
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]


def trusted_hosts(settings: WebSettings) -> list[str]:
    """The host of ``base_url``; the names of this machine as well, in test only."""
    own = settings.address.hostname or ""
    return [own, *_LOOPBACK] if settings.is_test else [own]


def guard(app: Flask, is_ours: Claim) -> None:
    """Check tokens, sizes and origins before, set headers and write one log line after each request of ours.

    Flask-WTF's own referrer check stays off: our pages send no referrer, on purpose. The browser's word on
    where a request comes from (``Sec-Fetch-Site``, ``Origin``) is asked instead.
    """
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)
    app.config["WTF_CSRF_SSL_STRICT"] = False
    if "csrf" not in app.extensions:
        app.config["WTF_CSRF_CHECK_DEFAULT"] = False
        CSRFProtect(app)
    protect: CSRFProtect = app.extensions["csrf"]

    def before() -> None:
        g.callbank_started = time.monotonic()
        g.request_id = _request_id()
        if is_ours():
            refuse_large_bodies()
            check_token(protect)

    def after(answer: Response) -> Response:
        if is_ours():
            set_headers(answer)
            _log(answer)
        return answer

    app.before_request(before)
    app.after_request(after)


def refuse_large_bodies() -> None:
    """Answer 413 before a byte is read, or after the one byte too many of a body of undeclared length.

    Werkzeug would hand such a body to a view cut off at the limit, without a word. A body within the limit is
    read here and given a length, so that every view sees the same whole body.
    """
    limit = web_settings().max_body
    request.max_content_length = limit
    if "CONTENT_LENGTH" in request.environ and "HTTP_TRANSFER_ENCODING" not in request.environ:
        if (request.content_length or 0) > limit:
            raise RequestEntityTooLarge
        return
    if not request.environ.get("wsgi.input_terminated"):
        return
    body = _read_up_to(limit + 1)
    if len(body) > limit:
        raise RequestEntityTooLarge
    request.environ.pop("HTTP_TRANSFER_ENCODING", None)
    request.environ.update({"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))})


def _read_up_to(most: int) -> bytes:
    """So many bytes of the body, or all of it when it is shorter."""
    body = bytearray()
    while len(body) < most and (more := request.environ["wsgi.input"].read(most - len(body))):
        body += more
    return bytes(body)


def check_token(protect: CSRFProtect) -> None:
    """Raises CSRFError for an unsafe request that is not provably one of our own pages' doing."""
    if request.method not in UNSAFE or request.blueprint in CSRF_EXEMPT or request.endpoint is None:
        return
    if is_foreign():
        raise CSRFError("The request comes from another site.")
    protect.protect()


def is_foreign() -> bool:
    """True when the browser itself says that another site made this request."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return True
    origin = request.headers.get("Origin", "null")
    own = (request.host, web_settings().address.netloc)
    return origin != "null" and urlsplit(origin).netloc not in own


def is_private() -> bool:
    """Every page is, unless it is listed as one that says the same to everybody."""
    return request.endpoint not in OPEN_ENDPOINTS and request.blueprint not in PLAIN_BLUEPRINTS


def set_headers(answer: Response) -> None:
    """Add what a browser, a cache and a search engine must be told; a view's own caching rules stay."""
    lent = [*filter(_SOURCE.fullmatch, g.get("script_origins", ()))]
    headers = answer.headers
    headers["Content-Security-Policy"] = _CSP.format(
        form_action=" ".join(["'self'", *filter(_SOURCE.fullmatch, g.get("form_action_origins", ()))]),
        scripts=" ".join(["'self'", *lent]),
        frames=f"frame-src {' '.join(lent)}; " if lent else "",
    )
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Permissions-Policy"] = "payment=(self), camera=(), microphone=(), geolocation=()"
    headers["X-Request-ID"] = g.get("request_id", "")
    if web_settings().is_secure:
        headers["Strict-Transport-Security"] = f"max-age={_HALF_A_YEAR}"
    if is_private():
        headers["Referrer-Policy"] = "no-referrer"
        headers["X-Robots-Tag"] = "noindex"
        headers["Cache-Control"] = "no-store"
        return
    headers["Referrer-Policy"] = "strict-origin"
    if "max-age" not in headers.get("Cache-Control", ""):
        headers["Cache-Control"] = "private, no-cache"
    if request.endpoint == "preferences.static" and answer.status_code == 200 and request.args.get("v"):
        headers["Cache-Control"] = "public, max-age=31536000, immutable"


def safe_next(url: str, default: str = "") -> str:
    """``url`` when it is the path of a page of ours that may be opened with GET, else ``default`` or home.

    Refuses whatever a browser could read as another host, however often it was encoded.
    """
    fallback = default or current_app.extensions["callbank_home"]()
    return url if is_own_path(url) else fallback


def is_own_path(url: str) -> bool:
    """True for the path of a page that a GET of this application answers."""
    return is_plain_path(url) and _leads_to_a_page(urlsplit(url).path)


def is_plain_path(url: str) -> bool:
    """True for what every browser reads as a path on the same host, before and after decoding."""
    decoded = url
    for _ in range(_DECODINGS):
        if not decoded.startswith("/") or decoded.startswith("//"):
            return False
        if "\\" in decoded or any(ord(letter) < 0x21 or ord(letter) == 0x7F for letter in decoded):
            return False
        decoded = unquote(decoded.partition("?")[0])
    return True


def _leads_to_a_page(path: str) -> bool:
    router: MapAdapter = current_app.create_url_adapter(request)  # type: ignore[assignment]
    root = request.root_path.rstrip("/")
    if root and not path.startswith(root + "/"):
        return False
    try:
        endpoint, _ = router.match(path[len(root) :], method="GET")
    except (HTTPException, RequestRedirect):
        return False
    blueprint = endpoint.rpartition(".")[0]
    return blueprint not in CSRF_EXEMPT and not endpoint.endswith("static")


def _request_id() -> str:
    """The caller's own id when it is a plain word, else a fresh one."""
    given = request.headers.get("X-Request-ID", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def _log(answer: Response) -> None:
    """One event per request. The route stands for the path, so no key, token or query ever reaches a log."""
    took = time.monotonic() - g.get("callbank_started", time.monotonic())
    log.info(
        "request",
        request_id=g.get("request_id", ""),
        method=request.method,
        route=request.url_rule.rule if request.url_rule else "-",
        status=answer.status_code,
        milliseconds=int(took * 1000),
    )
