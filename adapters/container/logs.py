"""Logs: one JSON object per line in live, readable lines in test; no secret and no card number in either."""

from __future__ import annotations

import logging
import sys
from collections.abc import Collection
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from adapters.wire.scrub import HIDDEN, SECRET_NAMES, Scrubber

QUIET = ("urllib3", "werkzeug", "alembic")


class Redaction:
    """Hides fields by their name, and known secrets and card-like digits wherever they stand."""

    def __init__(self, secrets: Collection[str]) -> None:
        self._scrubber = Scrubber(secrets)

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        return {name: self._shown(name, value) for name, value in event.items()}

    def _shown(self, name: str, value: object) -> object:
        if name.lower() in SECRET_NAMES:
            return HIDDEN
        if isinstance(value, bool | int | None):
            return value
        if isinstance(value, dict):
            return {key: self._shown(str(key), held) for key, held in value.items()}
        if isinstance(value, list | tuple):
            return [self._shown(name, held) for held in value]
        return self._scrubber.text(str(value))


class NamedLogger(structlog.WriteLogger):
    """Writes finished lines; ``name`` says which part of the program speaks."""

    def __init__(self, file: TextIO, name: str) -> None:
        super().__init__(file)
        self.name = name


def configure_logs(
    environment: str, *, secrets: Collection[str] = (), level: str = "INFO", stream: TextIO | None = None
) -> None:
    """Send everything logged in this process to ``stream`` (standard error), once per process.

    What we say ourselves is written without the detour over ``logging``, which costs more than the line.
    """
    output = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if environment == "live"
        else structlog.dev.ConsoleRenderer(colors=output.isatty())
    )
    written: list[Processor] = [structlog.processors.format_exc_info, Redaction(secrets), renderer]
    _configure_others(shared, written, level, output)
    structlog.configure(
        processors=[*shared, *written],
        logger_factory=lambda name="callbank": NamedLogger(output, name),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )


def _configure_others(shared: list[Processor], written: list[Processor], level: str, output: TextIO) -> None:
    """What libraries and the core tell ``logging`` looks the same."""
    handler = logging.StreamHandler(output)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *written],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
