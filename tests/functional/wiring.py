"""The real composition root with a movable clock, quick password hashes and a test's own couriers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from dependency_injector import providers

from adapters.container.wiring import Container
from adapters.persistence import Database
from adapters.settings import settings_of
from adapters.web.settings import WebSettings
from application.ports.ambient import Clock, Ids
from application.ports.gateway import Gateways
from application.ports.shop import Deliveries
from application.use_cases import UseCases


class PlainHasher:
    """Quick, so that tests are; the real one has tests of its own."""

    def hash(self, password: str) -> str:
        return f"hash of {password}"

    def verify(self, known_hash: str, password: str) -> bool:
        return known_hash == self.hash(password)


def wire(
    database: Database,
    gateways: Gateways,
    *,
    clock: Clock,
    ids: Ids,
    askers: ThreadPoolExecutor,
    settings: WebSettings,
    deliveries: Deliveries,
) -> UseCases:
    """Everything the web is given."""
    configured = settings_of(
        {
            "base_url": settings.base_url,
            "environment": settings.environment,
            "guest_checkout": settings.guest_checkout,
            "allowed_return_hosts": settings.allowed_return_hosts,
        }
    )
    container = Container(
        settings=providers.Object(configured),
        clock=providers.Object(clock),
        ids=providers.Object(ids),
        database=providers.Object(database),
        gateways=providers.Object(gateways),
        deliveries=providers.Object(deliveries),
        hasher=providers.Object(PlainHasher()),
        askers=providers.Object(askers),
    )
    use_cases: UseCases = container.use_cases()
    return use_cases
