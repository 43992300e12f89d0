"""``python -m bench``: measure this machine, or its growth with ``--large``."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from adapters.container import configure_logs
from bench import large, report, run
from bench.databases import postgres, workspace
from bench.machine import Machine
from bench.peers import install
from bench.servers import ROOT, THREADS
from bench.stages import Sizes

QUICK = Sizes(callbacks=60, pages=40, views=60, rounds=1, warm=24)


@click.command()
@click.option(
    "--peers", is_flag=True, help="Measure django-getpaid and django-payments, too (installs them)."
)
@click.option(
    "--large",
    "orders",
    is_flag=False,
    flag_value=1_000_000,
    type=int,
    default=0,
    help="Only compare callbacks among ten thousand orders and among so many (a million).",
)
@click.option("--quick", is_flag=True, help="A few requests each: does everything work?")
@click.option(
    "--seconds", type=int, default=270, show_default=True, help="No further drive is begun after them."
)
@click.option(
    "--threads", type=int, default=THREADS, show_default=True, help="Of each web worker, on all sides."
)
@click.option("--json", "place", type=click.Path(path_type=Path), default=ROOT / "build" / "bench.json",
              show_default=False, help="Where the figures are kept (build/bench.json).")  # fmt: skip
def main(peers: bool, orders: int, quick: bool, seconds: int, threads: int, place: Path) -> None:
    """Start the real product on throw-away databases, load it, and print rates, costs and ratios."""
    console = Console(width=150, soft_wrap=False)
    configure_logs("live", level="CRITICAL")
    machine = Machine.this()
    with workspace() as folder, postgres(folder) as server:
        about = {
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "cores": machine.cores,
            "python": machine.python,
            "postgresql": server.version,
            "kernel": machine.kernel,
            "load before": round(machine.load, 1),
            "threads": threads,
        }
        console.print(", ".join(f"{name} {value}" for name, value in about.items()), highlight=False)
        sizes = QUICK if quick else Sizes()
        found = run.Run(console, folder, server, sizes, threads, time.monotonic() + seconds)
        if orders:
            large.compare(found, orders)
        else:
            _measure(found, install.install() if peers else None)
    about["load after"] = round(Machine.this().load, 1)
    report.show_drives(console, found.drives, found.trips)
    report.show_more(console, found.beside)
    missed = report.show_ratios(console, found.figures())
    report.write(place, about, found.drives, found.figures())
    console.print(f"load {about['load before']} before, {about['load after']} after; {missed} ratios missed")
    if found.faults:
        console.print("[bold]Effects are wrong:[/bold] " + "; ".join(found.faults))
        sys.exit(1)


def _measure(found: run.Run, peers: Path | None) -> None:
    with run.staged(found, peers) as (shop, small, jobs):
        run.warm_up(found, jobs)
        run.measure(found, jobs)
        run.check(found, shop, "PostgreSQL")
        run.check(found, small, "SQLite")
        run.relay(found, shop)
    run.count_trips(found)
    run.start_cold(found, peers)


if __name__ == "__main__":
    main()
