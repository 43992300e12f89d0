"""Where orders, money and messages are kept: SQLite or PostgreSQL."""

from adapters.persistence.database import Database

__all__ = ["Database"]
