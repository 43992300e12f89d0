"""Whether the database, its tables and a worker are there to do the work."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from adapters.persistence import Database
from application.errors import StorageUnavailable
from application.ports.ambient import Clock

SILENT: Final = timedelta(seconds=60)
"""After so long without a sign of life no worker is believed to run."""


class HealthChecks:
    """Answers checks by name, each ``ok`` or what is wrong in a few words; asks the database only."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._is_current = False

    def __call__(self) -> Mapping[str, str]:
        try:
            self._database.ping()
        except StorageUnavailable:
            return {"database": "does not answer", "migrations": "not known", "worker": "not known"}
        try:
            migrations = self._migrations()
            worker = self._worker() if migrations == "ok" else "not known"
        except StorageUnavailable:
            return {"database": "does not answer", "migrations": "not known", "worker": "not known"}
        return {"database": "ok", "migrations": migrations, "worker": worker}

    def _migrations(self) -> str:
        """Tables never go back while a process runs: once they were right, nobody asks again."""
        self._is_current = self._is_current or self._database.is_current()
        return "ok" if self._is_current else "not at head"

    def _worker(self) -> str:
        last = self._database.checks.last_heartbeat()
        if last is None:
            return "none has run yet"
        silence = self._clock.now() - last
        return "ok" if silence <= SILENT else f"silent for {int(silence.total_seconds())} s"
