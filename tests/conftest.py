"""Fixtures for every test."""

from tests.chromium import chromium
from tests.postgres import _postgres_database, postgres_server, postgres_url

__all__ = ["_postgres_database", "chromium", "postgres_server", "postgres_url"]
