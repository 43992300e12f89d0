"""The sandbox application: every player on its stage, a front page, and the ledger as JSON."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from flask import Flask, Response, jsonify, render_template
from flask.typing import ResponseReturnValue

from adapters.sandbox.amounts import shown
from adapters.sandbox.backstage import Backstage, menu_words
from adapters.sandbox.dotpay import Dotpay
from adapters.sandbox.dummy import Dummy
from adapters.sandbox.faults import FaultMenu
from adapters.sandbox.ledger import Ledger
from adapters.sandbox.moip import Moip
from adapters.sandbox.notify import Notifier
from adapters.sandbox.ogone import Ogone
from adapters.sandbox.paymill import Paymill
from adapters.sandbox.paypal import PayPal
from adapters.sandbox.payparts import PayParts
from adapters.sandbox.payu import PayU
from adapters.sandbox.player import Player
from adapters.sandbox.przelewy24 import Przelewy24
from adapters.sandbox.stage import Props, Stage
from adapters.sandbox.stripe import Stripe
from adapters.sandbox.tpay import Tpay
from adapters.sandbox.webpay import Webpay

PLAYERS: Final[tuple[type[Player], ...]] = (
    Dummy,
    PayU,
    Dotpay,
    Moip,
    Ogone,
    Paymill,
    PayParts,
    PayPal,
    Przelewy24,
    Stripe,
    Tpay,
    Webpay,
)
RETRY_DELAYS: Final = (0.5, 2, 5)
_SHOWN: Final = 25
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
)


def create_sandbox(
    *,
    environment: str = "test",
    clock: Callable[[], float] = time.time,
    base_url: str | None = None,
    retry_delays: Sequence[float] = RETRY_DELAYS,
    players: Sequence[type[Player]] = PLAYERS,
) -> Flask:
    """An application that plays each gateway below `/<code>/`.

    `clock` answers seconds since the epoch. `base_url` is the sandbox's own address as shops and browsers
    reach it; without one it is read from each request. Refused callbacks are repeated after `retry_delays`,
    in seconds.
    Raises: RuntimeError in a live environment.
    """
    if environment.strip().lower() in {"live", "production"}:
        raise RuntimeError(f"the sandbox plays gateways and never runs when environment is {environment!r}")
    app = Flask(__name__)
    ledger = Ledger(clock)
    notifier = Notifier(ledger, clock, retry_delays)
    props = Props(ledger, FaultMenu(), notifier, clock, base_url)
    stages = [Stage(player, props) for player in players]
    for stage in stages:
        app.register_blueprint(stage.player.routes(), url_prefix=f"/{stage.code}")
        app.register_blueprint(Backstage(stage).routes(), url_prefix=f"/{stage.code}")
    _add_front(app, ledger, props.menu, stages)
    app.extensions["callbank_sandbox_closing"] = notifier.closing
    return app


def credentials(base_url: str) -> dict[str, dict[str, object]]:
    """The settings block for each gateway of a sandbox that runs at `base_url`."""
    root = base_url.rstrip("/")
    return {player.code: player.credentials(root) for player in PLAYERS}


def _add_front(app: Flask, ledger: Ledger, menu: FaultMenu, stages: Sequence[Stage]) -> None:
    app.jinja_env.filters["shown"] = shown

    @app.get("/")
    def front() -> ResponseReturnValue:
        return render_template(
            "sandbox/front.html", gateways=[_listed(stage) for stage in stages], **menu_words()
        )

    @app.get("/ledger.json")
    def ledger_json() -> ResponseReturnValue:
        return jsonify(ledger.as_json())

    @app.after_request
    def guarded(answer: Response) -> Response:
        answer.headers["Content-Security-Policy"] = _POLICY
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer


def _listed(stage: Stage) -> dict[str, Any]:
    ledger = stage.ledger
    sessions = ledger.sessions(stage.code)
    return {
        "player": stage.player,
        "count": len(sessions),
        "faults": stage.props.menu.listed(stage.code),
        "sessions": [(session, ledger.messages(session.id)) for session in sessions[:_SHOWN]],
    }
