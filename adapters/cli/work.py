"""``callbank worker``: judges, asks, expires and delivers, each on a lane of its own: none stops another."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import click
import structlog

from adapters.cli.shop import Command, Shop, as_json, pass_shop
from adapters.cli.show import print_json
from application.errors import StorageUnavailable
from application.use_cases import UseCases

log = structlog.get_logger("callbank.worker")

GRACE: Final = timedelta(seconds=30)
BEAT: Final = timedelta(seconds=10)
LONGEST_PAUSE: Final = timedelta(seconds=30)
ROUNDS: Final = 1000


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do again and again; ``run`` answers how much it did, after nothing it pauses."""

    name: str
    run: Callable[[], int]
    pause: timedelta


def jobs_of(use_cases: UseCases, owner: str) -> tuple[Job, ...]:
    """The worker's jobs. Those that call gateways claim few rows at a time, so that they can stop soon."""

    def judge() -> int:
        return use_cases.judge_callbacks.execute(owner=owner, limit=20).done

    def reconcile() -> int:
        told = use_cases.reconcile_payments.execute(owner=owner, limit=5)
        return told.asked + told.refunds

    def expire() -> int:
        return len(use_cases.expire_orders.execute(limit=20).orders)

    def relay() -> int:
        return use_cases.relay_events.execute(owner=owner, limit=50).delivered

    return (
        Job("judge", judge, timedelta(seconds=0.5)),
        Job("reconcile", reconcile, timedelta(seconds=2)),
        Job("expire", expire, timedelta(seconds=15)),
        Job("relay", relay, timedelta(seconds=0.5)),
    )


def new_owner() -> str:
    """The name under which a worker holds its leases: host, process, and chance."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


class Lanes:
    """Runs each job in a thread of its own until told to stop; what a job holds then is finished first."""

    def __init__(self, jobs: tuple[Job, ...], beat: Callable[[], None]) -> None:
        def beat_once() -> int:
            beat()
            return 0

        self._jobs = (*jobs, Job("heartbeat", beat_once, BEAT))
        self._stop = threading.Event()

    def stop(self) -> None:
        self._stop.set()

    def run(self) -> bool:
        """Until ``stop``; true when every job ended in time. What is cut off comes again after its lease."""
        threads = [
            threading.Thread(target=self._lane, args=(job,), name=job.name, daemon=True) for job in self._jobs
        ]
        for thread in threads:
            thread.start()
        self._stop.wait()
        until = time.monotonic() + GRACE.total_seconds()
        for thread in threads:
            thread.join(max(0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    def _lane(self, job: Job) -> None:
        failures = 0
        while not self._stop.is_set():
            try:
                done, failures = job.run(), 0
            except StorageUnavailable as error:
                done, failures = 0, failures + 1
                log.error("job waits for the database", job=job.name, reason=str(error))
            except Exception:
                done, failures = 0, failures + 1
                log.exception("job failed", job=job.name)
            if not done:
                pause = max(job.pause, min(timedelta(seconds=1) * (1 << min(failures, 5)), LONGEST_PAUSE))
                self._stop.wait((pause if failures else job.pause).total_seconds())


def drain(use_cases: UseCases, owner: str) -> Mapping[str, int]:
    """Every job again and again until none finds anything; how much each did."""
    jobs = jobs_of(use_cases, owner)
    done = dict.fromkeys((job.name for job in jobs), 0)
    for _ in range(ROUNDS):
        now = {job.name: job.run() for job in jobs}
        for name, count in now.items():
            done[name] += count
        if not any(now.values()):
            break
    return done


def leave_with(parent: int, stop: Callable[[], None]) -> None:
    """Call ``stop`` once process ``parent`` is gone: nobody else would."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        stop()

    threading.Thread(target=watch, name="parent watch", daemon=True).start()


@click.command(cls=Command)
@click.option("--once", is_flag=True, help="Do what is due, then leave.")
@click.option("--parent", type=int, hidden=True, help="Leave when this process is gone.")
@as_json
@pass_shop
def worker(shop: Shop, once: bool, parent: int | None, as_json: bool) -> None:
    """Judge callbacks, ask gateways, expire orders and deliver events until told to stop.

    Any number of workers on any number of hosts may run; SIGTERM lets each finish what it holds.
    """
    use_cases, owner = shop.use_cases, new_owner()

    def beat() -> None:
        use_cases.work.heartbeat(owner, use_cases.clock.now())

    if once:
        beat()
        done = drain(use_cases, owner)
        if as_json:
            print_json(done)
        else:
            click.echo(", ".join(f"{name} {count}" for name, count in done.items()))
        return
    lanes = Lanes(jobs_of(use_cases, owner), beat)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: lanes.stop())
    if parent is not None:
        leave_with(parent, lanes.stop)
    log.info("worker started", owner=owner)
    finished = lanes.run()
    log.info("worker stopped", owner=owner, finished=finished)
