"""``callbank serve``: the web on granian's threads, and the worker as one sibling process."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
from datetime import timedelta
from typing import Final

import click
import structlog

from adapters.cli.shop import Command, Misconfigured, Refused, Shop, pass_shop
from adapters.cli.work import GRACE, leave_with

log = structlog.get_logger("callbank.serve")

RESTART_AFTER: Final = timedelta(seconds=2)


class Sibling:
    """The worker beside the web: started again when it dies, ended when the web ends."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper = threading.Thread(target=self._keep, name="worker keeper", daemon=True)

    def start(self) -> None:
        self._keeper.start()

    def stop(self) -> None:
        """Let it finish what it holds; after the grace time it is cut off, and its leases run out."""
        self._stopping.set()
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(GRACE.total_seconds())
        except subprocess.TimeoutExpired:
            process.kill()

    def _keep(self) -> None:
        command = [sys.executable, "-m", "adapters.cli", "worker", "--parent", str(os.getpid())]
        while not self._stopping.is_set():
            self._process = subprocess.Popen(command, start_new_session=True)  # noqa: S603 - our own program
            if self._stopping.is_set():
                self._process.terminate()
            code = self._process.wait()
            if not self._stopping.is_set():
                log.error("the worker ended; it is started again", exit_code=code)
                self._stopping.wait(RESTART_AFTER.total_seconds())


@click.command(cls=Command)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Web processes.")
@click.option("--threads", type=click.IntRange(1, 256), default=8, show_default=True, help="In each of them.")
@click.option("--no-worker", is_flag=True, help="Only the web: `callbank worker` runs elsewhere.")
@click.option("--upgrade", is_flag=True, help="Bring the tables up first.")
@click.option("--parent", type=int, hidden=True, help="Leave when this process is gone.")
@pass_shop
def serve(
    shop: Shop,
    host: str,
    port: int,
    workers: int,
    threads: int,
    no_worker: bool,
    upgrade: bool,
    parent: int | None,
) -> None:
    """Serve pages and callbacks, with the worker beside it; SIGTERM lets both finish."""
    _require_free(host, port)
    is_empty = _prepare(shop, upgrade)
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    # A forked child would inherit our locks, and our signal handlers until it has set its own.
    multiprocessing.set_start_method("spawn", force=True)
    server = Granian(
        "adapters.cli.web_process:app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=int(GRACE.total_seconds()),
        log_level=LogLevels.error,
    )
    sibling = None if no_worker else Sibling()
    if sibling is not None:
        server.on_startup(sibling.start)
    if parent is not None:
        leave_with(parent, lambda: os.kill(os.getpid(), signal.SIGTERM))
    _greet(host, port, is_empty=is_empty)
    try:
        server.serve()
    except (OSError, RuntimeError) as error:
        raise Refused(f"cannot serve on {host} port {port}: {error}") from error
    finally:
        if sibling is not None:
            sibling.stop()


def _require_free(host: str, port: int) -> None:
    """The web shares its port among its processes, so it would share one with another program, too.

    Raises Misconfigured when somebody listens there.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, _, _, address = found[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Misconfigured(f"port {port} is taken; choose another with --port") from error
        raise Misconfigured(f"cannot serve on {host} port {port}: {error.strerror}") from error


def _greet(host: str, port: int, *, is_empty: bool) -> None:
    click.echo(f"Serving http://{f'[{host}]' if ':' in host else host}:{port}")
    if is_empty:
        click.echo("Nothing is on sale yet: put your products into a file and `callbank products load` it")


def _prepare(shop: Shop, upgrade: bool) -> bool:
    """Everything that can be wrong is said here, once, before any process is started.

    Whether there is a shop with nothing to sell.
    """
    if upgrade:
        shop.unchecked.database.upgrade()
    application = shop.application
    sells = application.web_settings().shop_enabled
    is_empty = sells and not any(one.enabled for one in application.database.catalogue.products())
    application.close()
    return is_empty
