"""Run in the peers' environment: tables, then so many unpaid payments of each; their ids as JSON."""

from __future__ import annotations

import json
import os
import sys
from decimal import Decimal
from uuid import uuid4

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.peers.site")
django.setup()


def prepare(count: int) -> dict[str, list[str]]:
    """The ids of the new payments, by peer."""
    from django.core.management import call_command
    from getpaid.models import Payment
    from getpaid_core.enums import PaymentStatus

    from bench.peers.goods.models import Order, SimplePayment

    call_command("migrate", run_syncdb=True, verbosity=0)
    total = Decimal("64.89")
    orders = Order.objects.bulk_create(
        [Order(total=total, currency="PLN", email="ada@example.com") for _ in range(count)]
    )
    paid = Payment.objects.bulk_create(
        [
            Payment(
                order=order,
                backend="payu",
                amount_required=total,
                currency="PLN",
                status=PaymentStatus.PREPARED,
                description="Order",
            )
            for order in orders
        ]
    )
    simple = SimplePayment.objects.bulk_create(
        [
            SimplePayment(variant="dummy", currency="PLN", total=total, token=str(uuid4()))
            for _ in range(count)
        ]
    )
    return {
        "django-getpaid": [str(payment.pk) for payment in paid],
        "django-payments": [str(payment.token) for payment in simple],
    }


if __name__ == "__main__":
    json.dump(prepare(int(sys.argv[1])), sys.stdout)
