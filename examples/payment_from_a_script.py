"""Ask for a payment from a plain script, with the very data that django-ok-payparts takes.

The settings come from ``callbank.toml`` and the environment; see ``examples/callbank.toml``. The account
to use may be given as an argument; it is PayParts otherwise.
"""

from __future__ import annotations

import sys

from adapters.container import build
from application.get_redirect_url import GetRedirectUrlRequest

data = {
    "order_id": "order-123",
    "amount": 400.00,
    "parts_count": 2,
    "merchant_type": "II",
    "products": [
        {"name": "Телевизор", "count": 2, "price": 100.00},
        {"name": "Микроволновка", "count": 1, "price": 200.00},
    ],
    "response_url": "http://shop.com/response",
    "redirect_url": "http://shop.com/redirect",
}


def main(account: str = "payparts") -> None:
    """Print where to send the shopper; asking again prints the same address."""
    with build() as callbank:
        callbank.require_ready()
        request = GetRedirectUrlRequest(source=data, account=account, currency="UAH")
        sent = callbank.use_cases.get_redirect_url.execute(request)
    for warning in sent.warnings:
        print(f"note: {warning}")
    print(f"order {sent.order.reference} over {sent.order.total}")
    print(sent.redirect_url)


if __name__ == "__main__":
    main(*sys.argv[1:2])
