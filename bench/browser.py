"""A shopper's last press as bytes: session cookie and form token, as our own pages hand them out."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask, session
from flask_wtf.csrf import generate_csrf

from bench.messages import Request, form
from domain.basket import Basket
from domain.money import Money


def checkouts(app: Flask, baskets: Sequence[Basket], total: Money, host: str) -> list[Request]:
    """The POST of the last checkout page, one for each basket."""
    with app.test_request_context("/checkout/review", base_url=f"https://{host}"):
        token = generate_csrf()
        known = {**session, "_permanent": True}
        signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        cookies = [signer.dumps({**known, "basket_id": str(basket.id)}) for basket in baskets]
    return [
        form(
            "/checkout/review",
            {
                "version": str(basket.version),
                "expected_total": str(total),
                "terms": "y",
                "csrf_token": token,
            },
            host=host,
            Cookie=f"callbank={cookie}",
        )
        for basket, cookie in zip(baskets, cookies, strict=True)
    ]
