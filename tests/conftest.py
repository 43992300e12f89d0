"""Fixtures for every test."""

from tests.postgres import _postgres_database, postgres_server, postgres_url

__all__ = ["_postgres_database", "postgres_server", "postgres_url"]
