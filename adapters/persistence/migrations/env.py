"""Alembic runs this: it migrates over the connection it is given, inside the caller's transaction."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

import adapters.persistence.shop_tables
import adapters.persistence.tables  # noqa: F401
from adapters.persistence.columns import Ident, Instant, Whole, Words, metadata


def plain_types(kind: str, item: Any, _: object) -> str | Literal[False]:
    """A migration names types of the database, never of today's code."""
    if kind == "type" and isinstance(item, Words):
        return "sa.String()"
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Ident):
        return "sa.Uuid()"
    if kind == "type" and isinstance(item, Whole):
        return "sa.BigInteger()"
    return False


context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, render_item=plain_types
)
context.run_migrations()
