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


def configure_logs(
    environment: str, *, secrets: Collection[str] = (), level: str = "INFO", stream: TextIO | None = None
) -> None:
    """Send everything logged in this process to ``stream`` (standard error), once per process."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    output = stream or sys.stderr
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if environment == "live"
        else structlog.dev.ConsoleRenderer(colors=output.isatty())
    )
    handler = logging.StreamHandler(output)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                Redaction(secrets),
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
