"""Write docs/reference/statuses.md from the tables of moves in ``domain``; a test compares them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from domain import order, payment, refund
from domain.moves import Moves
from domain.payment import CODES, PaymentStatus
from domain.transaction import TransactionStatus

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "statuses.md"

HEAD = """# Statuses

This page is generated from the tables in `domain/` by `python -m tools.generate_statuses`.
Whatever is not listed is not a legal move: evidence that asks for it leaves a trace and changes nothing, a
command that asks for it is refused.
"""

NOTES = {
    "payment.status": "What is known about the money of one attempt. Refunded, partly refunded and charged "
    "back are derived from money facts.",
    "order.status": "A `cancelled` by the deadline can still be overtaken by late money; a `cancelled` by "
    "staff is final. `stopped` is the buyer's own word.",
    "order.fulfilment": "The last three are the merchant's moves. `shipped` needs money, or a promise whose "
    "method ships before money.",
    "order.stock": "Each hold ends exactly once.",
    "refund.status": "`unknown` keeps the amount reserved until the gateway was asked.",
}


def _diagram(table: Moves[StrEnum]) -> str:
    lines = ["```mermaid", "stateDiagram-v2", "    direction LR"]
    lines += [f"    {old} --> {new}" for old in table for new in type(old) if new in table[old]]
    return "\n".join([*lines, "```"])


def _table(table: Moves[StrEnum]) -> str:
    rows = ["| From | To |", "|---|---|"]
    for old in table:
        moves = ", ".join(f"`{new}`" for new in type(old) if new in table[old])
        rows.append(f"| `{old}` | {moves or 'nothing'} |")
    return "\n".join(rows)


def page() -> str:
    """The whole page as text."""
    tables: dict[str, Moves[StrEnum]] = {
        "payment.status": payment.MOVES,
        "order.status": order.MOVES,
        "order.fulfilment": order.FULFILMENT_MOVES,
        "order.stock": order.STOCK_MOVES,
        "refund.status": refund.MOVES,
    }  # type: ignore[dict-item]
    parts = [HEAD]
    for name, table in tables.items():
        parts.append(f"## {name}\n\n{NOTES[name]}\n\n{_diagram(table)}\n\n{_table(table)}\n")
    codes = ["| Word | Code | Name |", "|---|---|---|"]
    for status in PaymentStatus:
        code = CODES[status]
        codes.append(f"| `{status}` | {int(code)} | {code.name} |")
    failed = TransactionStatus.ERROR_VALIDATION
    codes.append(f"| `paid`, but our receipt to the gateway failed | {int(failed)} | {failed.name} |")
    parts.append(
        "## order.payment_status\n\nComputed, never set: the first of `paid`, `partially_paid`, "
        "`authorized`, `unknown`, `in_progress` that any payment of the order has, else the newest one. The "
        "codes are those of Sonata ecommerce.\n\n" + "\n".join(codes) + "\n"
    )
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
