"""A cron job: ask every gateway about what is open, end what is overdue, then hold every invariant.

Exit code 1 when something needs a person: an open question about money, or a broken invariant.
"""

from __future__ import annotations

import sys

from adapters.container import Application, build


def reconcile(callbank: Application) -> int:
    """Ask until nothing is due any more; answers how many payments moved."""
    moved = 0
    while True:
        told = callbank.use_cases.reconcile_payments.execute(owner="nightly")
        moved += told.moved
        if not told.asked and not told.refunds:
            return moved


def main() -> int:
    with build() as callbank:
        callbank.require_ready()
        judged = callbank.use_cases.judge_callbacks.execute(owner="nightly", limit=1000)
        moved = reconcile(callbank)
        expired = callbank.use_cases.expire_orders.execute(limit=1000)
        questions = callbank.use_cases.reads.reviews()
        violations = callbank.database.checks.violations()
    print(f"callbacks judged: {judged.done}, payments moved: {moved}, orders expired: {len(expired.orders)}")
    for question in questions:
        print(f"question: {question.kind.value}: {question.detail}")
    for violation in violations:
        print(f"violation: {violation}")
    return 1 if questions or violations else 0


if __name__ == "__main__":
    sys.exit(main())
