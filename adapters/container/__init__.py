"""The composition root: ``build()`` wires everything, for pages, workers, commands and scripts."""

from __future__ import annotations

from adapters.container.application import Application, build, web_settings_of
from adapters.container.logs import configure_logs
from adapters.settings import Settings, load_settings

__all__ = ["Application", "Settings", "build", "configure_logs", "load_settings", "web_settings_of"]
