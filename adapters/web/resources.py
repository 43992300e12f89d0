"""Where templates, assets and catalogues are, and how a view reaches what the application was built from."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from flask import current_app

from adapters.web.settings import WebSettings

if TYPE_CHECKING:
    from application.use_cases import UseCases

HERE = Path(__file__).resolve().parent
STATIC = HERE / "static"
TRANSLATIONS = HERE / "translations"


def templates() -> Path:
    """The folder of our templates: inside the package when installed, beside it in the repository."""
    inside = HERE / "templates"
    return inside if inside.is_dir() else HERE.parents[1] / "templates"


def use_cases() -> UseCases:
    """What the shop can do, as the composition root wired it."""
    return cast("UseCases", current_app.extensions["use_cases"])


def web_settings() -> WebSettings:
    return cast(WebSettings, current_app.extensions["web_settings"])


@lru_cache(maxsize=32)
def fingerprint(name: str) -> str:
    """A short digest of an asset, for addresses that may be cached for ever."""
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
