"""Whether the load did what it should: counted in the database, never believed from statuses."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import create_engine, text

from adapters.container import Application

_COUNTS = {
    "callbacks": "SELECT count(*) FROM callbacks WHERE state = 'applied'",
    "distinct messages": "SELECT count(DISTINCT event_key) FROM callbacks WHERE state = 'applied'",
    "refused": "SELECT count(*) FROM callbacks WHERE state = 'refused'",
    "duplicates": "SELECT count(*) FROM callbacks WHERE state = 'duplicate'",
    "captures": "SELECT count(*) FROM money_facts WHERE kind = 'captured'",
    "paid payments": "SELECT count(*) FROM payments WHERE status = 'paid'",
    "paid orders": "SELECT count(*) FROM orders WHERE status = 'validated' AND paid_by IS NOT NULL",
    "told as paid": "SELECT count(*) FROM events WHERE name = 'OrderPaid'",
    "orders told as paid": "SELECT count(DISTINCT order_id) FROM events WHERE name = 'OrderPaid'",
}
ONCE_EACH = (
    "callbacks", "distinct messages", "captures", "paid payments", "paid orders", "told as paid",
    "orders told as paid",
)  # fmt: skip


@dataclass(slots=True)
class Sent:
    """What was sent and how it was answered: genuine ones with 200, forged ones with 403, copies with 200."""

    paid: int = 0
    forged: int = 0
    copies: int = 0


def counts(application: Application) -> Counter[str]:
    """What the database holds."""
    url = application.settings.database.url.replace("postgresql:", "postgresql+psycopg:")
    engine = create_engine(url)
    with engine.connect() as connection:
        found = Counter({name: int(connection.scalar(text(sql)) or 0) for name, sql in _COUNTS.items()})
    engine.dispose()
    return found


def faults(application: Application, sent: Sent) -> list[str]:
    """Every way in which the effects differ from what was sent, and every broken invariant."""
    held = counts(application)
    wrong = [f"{name}: {held[name]}, expected {sent.paid}" for name in ONCE_EACH if held[name] != sent.paid]
    wrong += [
        f"{name}: {held[name]}, expected {expected}"
        for name, expected in (("refused", sent.forged), ("duplicates", sent.copies))
        if held[name] != expected
    ]
    return wrong + [str(violation) for violation in application.database.checks.violations()[:5]]
