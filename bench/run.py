"""One run: everything started beside each other, measured in turn, and its effects counted at the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from rich.console import Console

from adapters.web.app import create_app
from bench import cold, effects, stages
from bench.databases import Server
from bench.drive import drive
from bench.jobs import Job, WrongAnswers
from bench.ratios import Sample, figures_of
from bench.servers import Web
from bench.shop import open_shop, settings
from bench.stages import Shop, Sizes, no_database, seconds_of
from bench.trips import counting, trips

FORGED = 60


@dataclass(slots=True)
class Run:
    """What a run knows: where it works, what it is measuring, and what it found."""

    console: Console
    folder: Path
    server: Server
    sizes: Sizes
    threads: int
    until: float
    drives: dict[tuple[str, int], list[Sample]] = field(default_factory=dict)
    trips: dict[str, float] = field(default_factory=dict)
    beside: dict[str, float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        """Progress, one line each."""
        self.console.print(f"[dim]{time.strftime('%H:%M:%S')}[/dim] {text}", highlight=False)

    def figures(self) -> dict[str, float]:
        """Every figure by name: medians at 8 connections, and single ones."""
        counted = {f"{job}.trips": value for job, value in self.trips.items()}
        return {**figures_of(self.drives, 8), **counted, **self.beside}


@contextmanager
def staged(run: Run, peers: Path | None) -> Iterator[tuple[Shop, Shop, list[Job]]]:
    """Start all servers, with everything they will be asked; answers both shops and the jobs."""
    database, sizes = seconds_of(run.server), run.sizes
    with ExitStack() as stack:
        run.say("preparing orders, baskets and their requests")
        callbacks = sizes.total(sizes.callbacks) + FORGED
        ours = stack.enter_context(
            stages.shop("shop", run.server.create("shop"), run.folder, callbacks, run.threads)
        )
        sqlite_url = f"sqlite:///{run.folder / 'shop.db'}"
        small = stack.enter_context(stages.shop("sqlite", sqlite_url, run.folder, callbacks, run.threads))
        address = stack.enter_context(stages.stub(run.folder))
        tested = stack.enter_context(
            stages.shop("tested", run.server.create("tested"), run.folder, 1, run.threads, address)
        )
        run.say("writing down what callbacks read and write, for the bare driver")
        alone = open_shop(run.folder / "bare.toml", settings(run.server.create("bare")))
        stack.callback(alone.close)
        yardstick, bare_flask = stack.enter_context(
            stages.yardstick_jobs(run.server.create("yardstick"), run.folder, sizes, run.threads, database)
        )
        jobs = [
            *stages.shop_jobs(ours, sizes, database),
            *stages.gateway_jobs(tested, sizes, database),
            *bare_flask,
            *stages.replay_jobs(alone, run.server, "bare", sizes, run.folder, database),
            stages.sqlite_job(small, sizes),
        ]
        webs = {"": ours.web, "yardstick ": yardstick}
        if peers is not None:
            webs["django-getpaid "], more = _peers(run, stack, peers, database)
            jobs += more
        yield ours, small, jobs
        for name, web in webs.items():
            run.beside[f"{name}memory.kib"] = web.worker_memory()


def _peers(run: Run, stack: ExitStack, python: Path, database: Callable[[], float]) -> tuple[Web, list[Job]]:
    run.say("preparing the peers")
    web, jobs = stack.enter_context(
        stages.peers(python, run.server.create("peers"), run.folder, run.sizes, run.threads, database)
    )
    sqlite_url = f"sqlite:///{run.folder / 'peers.db'}"
    _, small = stack.enter_context(
        stages.peers(python, sqlite_url, run.folder, run.sizes, run.threads, no_database, " on SQLite")
    )
    return web, [*jobs, *small]


def warm_up(run: Run, jobs: list[Job]) -> None:
    """Every connection prepares its statements; then the tables, filled by now, are analysed.

    A server that stumbles over its first requests is named here; in the rounds it ends the run.
    """
    for job in jobs:
        run.say(f"warming up: {job.name}")
        try:
            job.measure(8, run.sizes.warm)
        except WrongAnswers as stumbled:
            run.say(f"stumbled: {stumbled}")
    for name in ("shop", "tested", "bare", "yardstick"):
        with psycopg.connect(run.server.conninfo(name), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")


def measure(run: Run, jobs: list[Job]) -> None:
    """Round by round, job by job, so that a noisy minute falls on all of them."""
    for number in range(run.sizes.rounds):
        for job in jobs:
            for lines, count in job.counts.items():
                if time.monotonic() > run.until:
                    run.say("the time is over: the remaining drives are left out")
                    return
                sample = job.measure(lines, count)
                run.drives.setdefault((job.name, lines), []).append(sample)
                run.say(
                    f"round {number + 1}, {lines} connection{'s' if lines > 1 else ''}, {job.name}:"
                    f" {sample.rate:.0f}/s, {sample.cpu:.0f} us CPU"
                )


def check(run: Run, shop: Shop, where: str) -> None:
    """Forged and repeated callbacks on top; then everything is counted in the database."""
    forged = [attempt.callback("a second key of somebody else") for attempt in shop.fresh[:FORGED]]
    again = [attempt.callback() for attempt in shop.paid[:FORGED]]
    refused = drive(shop.web.address, forged, 2)
    repeated = drive(shop.web.address, again, 2)
    shop.sent.forged, shop.sent.copies = len(forged), len(again)
    if set(refused.statuses) - {403} or set(repeated.statuses) - {200}:
        run.faults.append(f"{where}: forged {dict(refused.statuses)}, repeated {dict(repeated.statuses)}")
    run.faults += [f"{where}: {fault}" for fault in effects.faults(shop.application, shop.sent)]
    run.say(
        f"{where}: {shop.sent.paid} callbacks saved once each, {len(forged)} forged ones refused,"
        f" {len(again)} copies without effect"
        + ("" if not run.faults else f" -- NOT SO: {'; '.join(run.faults)}")
    )


def count_trips(run: Run) -> None:
    """In this process, on a database of its own."""
    run.say("counting round trips")
    with counting() as counter:
        application = open_shop(run.folder / "trips.toml", settings(run.server.create("trips")))
        app = create_app(application.use_cases, application.web_settings())
        for job, requests in stages.one_of_each(application, app).items():
            run.trips[job] = trips(app, counter, requests)
        application.close()


def start_cold(run: Run, peers: Path | None) -> None:
    """The processor time of interpreters that start, import and build."""
    run.say("starting cold")
    env = {"CALLBANK_CONFIG": str(run.folder / "shop.toml")}
    run.beside["cold start.cpu"] = cold.cold_start(sys.executable, cold.OURS, env)
    env = {"BENCH_DATABASE": "postgresql://nowhere/none?host=/"}
    run.beside["yardstick cold start.cpu"] = cold.cold_start(sys.executable, cold.YARDSTICK, env)
    if peers is not None:
        run.beside["django-getpaid cold start.cpu"] = cold.cold_start(str(peers), cold.DJANGO, env)


def relay(run: Run, shop: Shop, batches: int = 10) -> None:
    """What the worker adds later: delivering an event to nobody, in this process."""
    deliver = shop.application.use_cases.relay_events
    deliver.execute(owner="bench", limit=50)
    seconds = seconds_of(run.server)
    database, own, done = seconds(), time.process_time(), 0
    for _ in range(batches):
        done += deliver.execute(owner="bench", limit=50).delivered
    if done:
        run.beside["delivering an event, worker us"] = (time.process_time() - own) / done * 1e6
        run.beside["delivering an event, database us"] = (seconds() - database) / done * 1e6
