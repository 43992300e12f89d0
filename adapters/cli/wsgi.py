"""From settings to a Flask application, for WSGI servers and for ``flask --app wsgi``."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

import click

from adapters.cli.root import COMMANDS, command
from adapters.cli.shop import MISCONFIGURED, Shop
from domain.errors import CheckoutError

if TYPE_CHECKING:
    from flask import Flask


def application() -> Flask:
    """The application; for ``flask`` with our commands.

    What stops the start is one line on standard error, exit code 2. Everything made here lives as long as the
    process: no garbage is looked for meanwhile, nor among it later.
    """
    gc.disable()
    try:
        return _application()
    except CheckoutError as error:
        print(f"callbank: {' '.join(str(error).split())}", file=sys.stderr)
        raise SystemExit(MISCONFIGURED) from error
    finally:
        gc.freeze()
        gc.enable()


def _application() -> Flask:
    from adapters.web.app import create_app

    shop = Shop()
    built = shop.unchecked if _is_for_a_command() else shop.application
    app = create_app(built.use_cases, built.web_settings())
    for name in COMMANDS if click.get_current_context(silent=True) else ():
        app.cli.add_command(command(name))
    return app


def _is_for_a_command() -> bool:
    """``flask db upgrade`` must not be refused because the tables are old; ``flask run`` must."""
    context = click.get_current_context(silent=True)
    return context is not None and context.info_name != "run"
