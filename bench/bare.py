"""The limit for a callback: its very transaction, replayed by the bare driver statement by statement.

The product decides once, in this process, while its writes are written down instead of sent. Two processes
with four connections each then send what was written down: BEGIN, the locking read, every write, COMMIT.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine.interfaces import DBAPICursor

from adapters.container import Application
from adapters.persistence.channel import Link, Write
from adapters.persistence.compiled import Row, Statement, Values, compile_once
from adapters.persistence.postgres import PostgresLink
from application.handle_callback import HandleCallbackRequest
from application.ports.gateway import InboundMessage
from bench.messages import Request
from bench.servers import ROOT

Script = list[tuple[str, list[Any]]]
PROCESSES, THREADS = 2, 4


@dataclass(slots=True)
class _Notes:
    scripts: list[Script]


@contextmanager
def _noting() -> Iterator[_Notes]:
    """Reads go through and are noted; writes are noted only."""
    notes = _Notes([])
    run, send = Link.run, PostgresLink.send

    def noted_run(link: Link, cursor: DBAPICursor, statement: Statement, values: Values) -> list[Row]:
        _note(link, statement, values)
        return run(link, cursor, statement, values)

    def noted_send(link: PostgresLink, cursor: DBAPICursor, writes: Sequence[Write]) -> None:
        for write in writes:
            _note(link, write.statement, write.values)

    def _note(link: Link, statement: Statement, values: Values) -> None:
        prepared = compile_once(statement, link.engine.dialect, frozenset(values))
        notes.scripts[-1].append((prepared.sql, prepared.arguments(values)))

    Link.run, PostgresLink.send = noted_run, noted_send  # type: ignore[method-assign,assignment]
    try:
        yield notes
    finally:
        Link.run, PostgresLink.send = run, send  # type: ignore[method-assign]


def scripts_of(application: Application, callbacks: Sequence[Request]) -> list[Script]:
    """What each callback reads and writes; the database is left as it is."""
    with _noting() as notes:
        for callback in callbacks:
            notes.scripts.append([])
            headers = {name.lower(): value for name, value in callback.headers.items()}
            message = InboundMessage("POST", callback.body, headers)
            application.use_cases.handle_callback.execute(HandleCallbackRequest("payu", message))
    return notes.scripts


def lean(script: Script) -> Script:
    """Only what nobody could leave out: order, payment, message and money."""
    kept = ("SELECT", "UPDATE orders", "UPDATE payments", "INSERT INTO callbacks", "INSERT INTO money_facts")
    return [(sql, arguments) for sql, arguments in script if sql.startswith(kept)]


def replay(conninfo: str, scripts: Sequence[Script], folder: Path) -> tuple[float, float]:
    """(transactions per second, microseconds of processor time of this side per transaction)."""
    shares = []
    for number in range(PROCESSES):
        place = folder / f"scripts-{number}.json"
        share = [[(sql, [_plain(cell) for cell in cells]) for sql, cells in script] for script in scripts]
        place.write_text(json.dumps(share[number::PROCESSES]), encoding="utf-8")
        shares.append(place)
    running = [
        subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "bench.bare", conninfo, str(place)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for place in shares
    ]
    for process in running:
        _line(process)
    began = time.perf_counter()
    for process in running:
        if process.stdin is not None:
            process.stdin.write("go\n")
            process.stdin.flush()
    spent = [float(_line(process)) for process in running]
    took = time.perf_counter() - began
    for process in running:
        process.communicate()
    return len(scripts) / took, sum(spent) / len(scripts) * 1_000_000


def _line(process: subprocess.Popen[str]) -> str:
    if process.stdout is None or not (line := process.stdout.readline()):
        raise RuntimeError("the bare driver gave up")
    return line


def _plain(cell: Any) -> Any:
    """A cell as JSON can hold it."""
    raw = cell.obj if isinstance(cell, psycopg.Binary) else cell
    return {"bytes": raw.hex()} if isinstance(raw, bytes) else raw


def _cell(plain: Any) -> Any:
    return bytes.fromhex(plain["bytes"]) if isinstance(plain, dict) else plain


def _send(connection: psycopg.Connection[Any], scripts: Sequence[Script]) -> None:
    for script in scripts:
        cursor = connection.cursor()
        cursor.execute("BEGIN")
        for sql, arguments in script:
            cursor.execute(sql.encode(), arguments)
            if sql.startswith("SELECT"):
                cursor.fetchall()
        cursor.execute("COMMIT")


def main(conninfo: str, place: str) -> None:
    """Read the scripts, say that all is ready, wait for the word, send, and tell the processor time."""
    told = json.loads(Path(place).read_text(encoding="utf-8"))
    scripts = [[(sql, [_cell(cell) for cell in cells]) for sql, cells in script] for script in told]
    lines = [
        psycopg.connect(conninfo, autocommit=True, cursor_factory=psycopg.RawCursor, prepare_threshold=0)
        for _ in range(THREADS)
    ]
    threads = [
        threading.Thread(target=_send, args=(line, scripts[number::THREADS]))
        for number, line in enumerate(lines)
    ]
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(time.process_time() - began, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
