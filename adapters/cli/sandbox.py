"""``callbank sandbox``: the gateways played on this machine, and the settings that point at them."""

from __future__ import annotations

import signal
import threading

import click

from adapters.cli.shop import Command, Group, Misconfigured, Refused, Shop, as_json, pass_shop
from adapters.cli.show import print_json
from adapters.cli.toml import to_toml


@click.group(cls=Group, invoke_without_command=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=9000, show_default=True, help="0: a free one.")
@click.pass_context
@pass_shop
def sandbox(shop: Shop, ctx: click.Context, host: str, port: int) -> None:
    """Play every gateway on this machine: real protocols, no money. Refuses to run in live."""
    if ctx.invoked_subcommand is not None:
        return
    from adapters.sandbox import create_sandbox, serve_in_thread
    from adapters.settings import environment_of

    environment = environment_of()
    try:
        app = create_sandbox(environment=environment)
    except RuntimeError as error:
        raise Misconfigured(f"environment is {environment}: {error}") from error
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    try:
        url, stop = serve_in_thread(app, host, port)
    except (OSError, SystemExit) as error:
        raise Refused(f"cannot serve on {host} port {port}") from error
    click.echo(f"sandbox gateways at {url}; settings: callbank sandbox credentials --url {url}")
    stopped.wait()
    stop()


@sandbox.command(cls=Command)
@click.option("--url", default="http://127.0.0.1:9000", show_default=True, help="Where the sandbox runs.")
@as_json
def credentials(url: str, as_json: bool) -> None:
    """Print the settings block of each gateway, as TOML or JSON."""
    from adapters.sandbox import credentials as blocks

    if as_json:
        print_json(blocks(url))
    else:
        click.echo(to_toml({"gateways": blocks(url)}), nl=False)
