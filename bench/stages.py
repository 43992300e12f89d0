"""Shops, yardstick and peers on their servers, and the jobs each of them is put to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask
from sqlalchemy import create_engine

from adapters.container import Application
from adapters.web.app import create_app
from bench import bare, browser, servers, yardstick
from bench.databases import Server
from bench.effects import Sent
from bench.jobs import HttpJob, Job, ReplayJob, cycle, once
from bench.machine import cpu_seconds
from bench.messages import HOST, Request, form, get, payu_callback
from bench.servers import Web, free_port, granian, running
from bench.shop import Attempt, Maker, open_shop, settings

TEST_HOST = "127.0.0.1:8000"
MINOR = 6489


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many requests a drive of 8 connections has, how many rounds there are, and how many to warm up."""

    callbacks: int = 1000
    pages: int = 300
    views: int = 1200
    rounds: int = 3
    warm: int = 160

    def counts(self, eight: int) -> dict[int, int]:
        """Requests by number of connections; one connection gets a sixth."""
        return {8: eight, 1: max(20, eight // 6)}

    def total(self, eight: int) -> int:
        """How many are used up by all rounds and the warm-up."""
        return self.rounds * sum(self.counts(eight).values()) + self.warm


@dataclass(slots=True)
class Shop:
    """A running shop of ours, with what was paid in it so far."""

    application: Application
    web: Web
    maker: Maker
    fresh: list[Attempt]
    paid: list[Attempt] = field(default_factory=list)
    arrived: int = 0
    sent: Sent = field(default_factory=Sent)
    _out: list[Attempt] = field(default_factory=list)

    def take_callbacks(self, count: int) -> list[Request]:
        self._out = self.fresh[:count]
        return [attempt.callback() for attempt in self._out]

    def callbacks_sent(self, answered: int) -> None:
        """Those are paid now; the rest may still be sent."""
        self.paid += self._out[:answered]
        self.sent.paid += answered
        del self.fresh[:answered]

    def take_returns(self, count: int) -> list[Request]:
        """The shopper comes back after the callback, each once."""
        back = self.paid[self.arrived : self.arrived + count]
        self.arrived += len(back)
        return [get(f"/returns/payu/{attempt.token}") for attempt in back]

    def take_pages(self, suffix: str = "") -> Callable[[int], list[Request]]:
        def take(count: int) -> list[Request]:
            newest = self.paid[-count:]
            pages = [get(f"/orders/{attempt.order_key}{suffix}") for attempt in newest]
            return [pages[number % len(pages)] for number in range(count)]

        return take


@contextmanager
def shop(name: str, url: str, folder: Path, attempts: int, threads: int, gateway: str = "") -> Iterator[Shop]:
    """A shop with so many orders on their way, served as ``callbank serve`` does.

    ``gateway`` is the address of a test gateway; a shop that has one is no live shop.
    """
    config = folder / f"{name}.toml"
    content = settings(url, "test" if gateway else "live", gateway)
    application = open_shop(config, content)
    maker = Maker(application)
    fresh = maker.attempts(attempts)
    application.database.dispose()
    port = free_port()
    try:
        command = servers.product(config, port, threads)
        with running(name, command, port, folder / f"{name}.log") as web:
            yield Shop(application, web, maker, fresh)
    finally:
        application.close()


def shop_jobs(shop: Shop, sizes: Sizes, database: Callable[[], float]) -> list[Job]:
    """The four hot jobs; the order page is what a shopper sees at the end of the way back."""
    take, sent = shop.take_callbacks, shop.callbacks_sent
    counts = sizes.counts
    app = create_app(shop.application.use_cases, shop.application.web_settings())
    baskets = shop.maker.baskets(sizes.total(sizes.pages), "transfer")
    orders = browser.checkouts(app, baskets, shop.maker.total, HOST)
    return [
        HttpJob("callback", shop.web, 200, counts(sizes.callbacks), take, database, sent),
        HttpJob("return", shop.web, 303, counts(sizes.pages), shop.take_returns, database),
        HttpJob("order page", shop.web, 200, counts(sizes.pages // 2), shop.take_pages(), database),
        HttpJob("status", shop.web, 200, counts(sizes.views), shop.take_pages("/status"), database),
        HttpJob("checkout", shop.web, 303, counts(sizes.pages), once(orders), database),
    ]  # fmt: skip


def gateway_jobs(shop: Shop, sizes: Sizes, database: Callable[[], float]) -> list[Job]:
    """A checkout that calls a gateway, which answers at once."""
    app = create_app(shop.application.use_cases, shop.application.web_settings())
    baskets = shop.maker.baskets(sizes.total(sizes.pages // 2), "dummy")
    orders = browser.checkouts(app, baskets, shop.maker.total, TEST_HOST)
    counts = sizes.counts(sizes.pages // 2)
    return [HttpJob("checkout with a gateway call", shop.web, 303, counts, once(orders), database)]


def replay_jobs(
    application: Application,
    server: Server,
    name: str,
    sizes: Sizes,
    folder: Path,
    database: Callable[[], float],
) -> list[Job]:
    """The bare driver on a database of its own: all rows of a callback, and the four nobody can leave out."""
    total = sizes.rounds * sizes.callbacks + sizes.warm
    attempts = Maker(application).attempts(2 * total)
    scripts = bare.scripts_of(application, [attempt.callback() for attempt in attempts])
    application.database.dispose()
    full, lean = scripts[:total], [bare.lean(script) for script in scripts[total:]]

    def replaying(items: list[bare.Script]) -> Callable[[int], tuple[float, float]]:
        def replay(count: int) -> tuple[float, float]:
            batch = items[:count]
            del items[:count]
            return bare.replay(server.conninfo(name), batch, folder)

        return replay

    counts = {8: sizes.callbacks}
    return [
        ReplayJob("bare", counts, replaying(full), database),
        ReplayJob("bare, four rows", counts, replaying(lean), database),
    ]


def sqlite_job(shop: Shop, sizes: Sizes) -> Job:
    """The callback on the embedded default."""
    take, sent = shop.take_callbacks, shop.callbacks_sent
    return HttpJob(
        "callback on SQLite", shop.web, 200, sizes.counts(sizes.callbacks), take, no_database, sent
    )


def one_of_each(application: Application, app: Flask) -> dict[str, list[Request]]:
    """Requests to count round trips with: the first two of each only prepare statements."""
    maker = Maker(application)
    attempts = maker.attempts(12)
    pages = attempts[:6]
    return {
        "callback": [attempt.callback() for attempt in attempts],
        "callback, repeated": [attempt.callback() for attempt in attempts[:6]],
        "callback, forged": [attempt.callback("somebody else's key") for attempt in pages],
        "return": [get(f"/returns/payu/{attempt.token}") for attempt in pages],
        "order page": [get(f"/orders/{attempt.order_key}") for attempt in pages],
        "status": [get(f"/orders/{attempt.order_key}/status") for attempt in pages],
        "checkout": browser.checkouts(app, maker.baskets(6, "transfer"), maker.total, HOST),
    }


@contextmanager
def yardstick_jobs(
    url: str, folder: Path, sizes: Sizes, threads: int, database: Callable[[], float]
) -> Iterator[tuple[Web, list[Job]]]:
    """Flask and SQLAlchemy Core alone, on the same server."""
    references = [f"R{number}" for number in range(sizes.total(sizes.callbacks))]
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    yardstick.fill(engine, references, MINOR)
    engine.dispose()
    callbacks = [
        payu_callback(f"/callbacks/{one}", reference=one, order_id=f"O{one}", minor=MINOR, currency="PLN")
        for one in references
    ]
    port = free_port()
    command = [*granian(sys.executable, "bench.yardstick:create_app", port, threads), "--factory"]
    with running("yardstick", command, port, folder / "yardstick.log", {"BENCH_DATABASE": url}) as web:
        yield (
            web,
            [
                HttpJob(
                    "yardstick callback", web, 200, sizes.counts(sizes.callbacks), once(callbacks), database
                ),
                HttpJob(
                    "no-op view", web, 200, sizes.counts(2 * sizes.views), cycle([get("/noop")]), database
                ),
            ],
        )


@contextmanager
def stub(folder: Path) -> Iterator[str]:
    """The other side of the test gateway; answers its address."""
    port = free_port()
    with running("gateway", granian(sys.executable, "bench.stub:app", port, 4), port, folder / "gateway.log"):
        yield f"http://127.0.0.1:{port}/dummy"


@contextmanager
def peers(
    python: Path,
    url: str,
    folder: Path,
    sizes: Sizes,
    threads: int,
    database: Callable[[], float],
    suffix: str = "",
) -> Iterator[tuple[Web, list[Job]]]:
    """django-getpaid with PayU and django-payments, each through its own callback view."""
    env = {"BENCH_DATABASE": url}
    told = subprocess.run(  # noqa: S603 - our own program
        [str(python), "-m", "bench.peers.prepare", str(sizes.total(sizes.callbacks))],
        cwd=servers.ROOT,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=True,
    )
    ids: dict[str, list[str]] = json.loads(told.stdout)
    callbacks = {
        "django-getpaid": [
            payu_callback(
                f"/getpaid/callback/{one}/", reference=one, order_id=f"O{one}", minor=MINOR, currency="PLN"
            )
            for one in ids["django-getpaid"]
        ],
        "django-payments": [
            get(f"/payments/process/{one}/?verification_result=confirmed") for one in ids["django-payments"]
        ],
    }
    port = free_port()
    command = granian(str(python), "bench.peers.wsgi:application", port, threads)
    with ExitStack() as stack:
        web = stack.enter_context(
            running(f"peers{suffix}", command, port, folder / f"peers{suffix}.log", env)
        )
        jobs: list[Job] = [
            HttpJob(
                f"{name} callback{suffix}",
                web,
                status,
                sizes.counts(sizes.callbacks),
                once(requests),
                database,
            )
            for (name, requests), status in zip(callbacks.items(), (200, 302), strict=True)
        ]
        if not suffix:
            jobs += _peer_checkouts(web, sizes, database)
        yield web, jobs


def _peer_checkouts(web: Web, sizes: Sizes, database: Callable[[], float]) -> list[Job]:
    token = "a" * 32
    headers = {"Cookie": f"csrftoken={token}"}
    fields = {"email": "ada@example.com", "csrfmiddlewaretoken": token}
    counts = sizes.counts(sizes.pages)
    return [
        HttpJob(f"{name} checkout", web, 303, counts, cycle([form(path, fields, **headers)]), database)
        for name, path in (("django-getpaid", "/checkout/getpaid"), ("django-payments", "/checkout/payments"))
    ]


def no_database() -> float:
    """SQLite works inside the web processes."""
    return 0.0


def seconds_of(server: Server) -> Callable[[], float]:
    """The processor time of a database server so far."""
    return lambda: cpu_seconds(server.pid)
