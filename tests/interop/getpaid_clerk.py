"""A shop of somebody else: python-getpaid-payu's client and processor, run by a newer Python than ours.

    python getpaid_clerk.py <address and keys as JSON>

Does what each line of standard input asks for and answers with one line; both are JSON. The first order
asked for is the one all else is about.
"""

from __future__ import annotations

import asyncio
import json
import sys
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from getpaid_core.exceptions import GetPaidException
from getpaid_payu.processor import PayUProcessor

ORDER = SimpleNamespace(
    get_items=lambda: [{"name": "Mug", "unit_price": Decimal("61.72"), "quantity": 2}],
    get_buyer_info=lambda: {"email": "ada@example.com", "first_name": "Ada"},
)


def processor_for(given: dict[str, Any]) -> PayUProcessor:
    """The processor at the given address; the package itself only knows PayU's own two."""
    payment = SimpleNamespace(
        id=given.pop("payment_id"),
        order=ORDER,
        amount_required=Decimal("123.44"),
        amount_locked=Decimal("123.44"),
        amount_paid=Decimal(0),
        currency="PLN",
        description="Order 1001",
        external_id=None,
    )
    PayUProcessor.sandbox_url = given.pop("base_url")
    return PayUProcessor(payment, config=given)


class Clerk:
    def __init__(self, processor: PayUProcessor) -> None:
        self.processor = processor

    async def order(self) -> dict[str, Any]:
        made = await self.processor.prepare_transaction(customer_ip="203.0.113.7")
        self.processor.payment.external_id = made.external_id
        return {"page": made.redirect_url, "order_id": made.external_id}

    async def hear(self, body: str, headers: dict[str, str]) -> dict[str, Any]:
        data = json.loads(body)
        await self.processor.verify_callback(data, headers, raw_body=body)
        return self._said(await self.processor.handle_callback(data, headers))

    async def look(self) -> dict[str, Any]:
        return self._said(await self.processor.fetch_payment_status())

    async def charge(self) -> dict[str, Any]:
        return {"success": (await self.processor.charge()).success}

    async def release(self) -> dict[str, Any]:
        return {"released": str(await self.processor.release_lock())}

    async def refund(self, amount: str | None = None) -> dict[str, Any]:
        begun = await self.processor.start_refund(Decimal(amount) if amount else None, description="Returned")
        return {"refund_id": begun.provider_data["refund_id"]}

    def _said(self, update: Any) -> dict[str, Any]:
        if update is None:
            return {"event": None}
        amounts = {name: getattr(update, f"{name}_amount") for name in ("paid", "locked", "refunded")}
        return {
            "event": str(update.payment_event),
            **{k: str(v) for k, v in amounts.items() if v is not None},
        }


async def main() -> None:
    async with processor_for(json.loads(sys.argv[1])) as processor:
        clerk = Clerk(processor)
        for line in sys.stdin:
            wish = json.loads(line)
            try:
                told = await getattr(clerk, wish.pop("do"))(**wish)
            except GetPaidException as refused:
                told = {"refused": str(refused)}
            print(json.dumps(told), flush=True)


asyncio.run(main())
