"""Who may see an order, what seeing it does (nothing), and how little a guesser gets."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import event

from tests.functional.world import Shop, as_json, row_counts


def test_reading_an_order_changes_nothing(shop: Shop, database_path: Path) -> None:
    order, payment = shop.started("dummy")
    before, counts = shop.again(order), row_counts(database_path)
    browser = shop.browser()
    for _ in range(10):
        for path in ("", "/status", "/cancel", f"/payments/{payment.id}/redirect", "?auto=off", "?choose=1"):
            browser.get(f"/orders/{order.key}{path}")
            browser.head(f"/orders/{order.key}{path}")
    assert shop.again(order) == before
    assert row_counts(database_path) == counts


def test_the_status_is_one_query_and_small(shop: Shop) -> None:
    order, _ = shop.started("dummy")
    asked = listen(shop)
    told = as_json(shop.browser().get(f"/orders/{order.key}/status"))
    assert set(told) == {"state", "changed_at", "text", "url"}
    assert told["text"] == "We are confirming your payment."
    assert told["url"] == f"/orders/{order.key}"
    assert len(asked) == 1, asked


def test_a_wrong_key_is_an_order_nobody_knows(shop: Shop) -> None:
    order, _ = shop.started("dummy")
    wrong = [
        order.reference,
        str(order.id),
        order.key[:-1],
        order.key + "A",
        "x" * 32,
        "%00",
        "%C5%BC" * 20,
        "'--",
    ]
    pages = set()
    for key in wrong:
        answer = shop.browser().get(f"/orders/{key}", expect_errors=True)
        assert answer.status_int == 404, key
        pages.add(anonymous(answer.text))
    assert len(pages) == 1


def test_what_is_not_shaped_like_a_key_is_not_even_looked_up(shop: Shop) -> None:
    order, payment = shop.started("dummy")
    asked = listen(shop)
    for odd in ("%00" * 20, "short", "%27%20OR%201=1--" * 3, f"{order.key}%00", "k" * 65):
        assert shop.browser().get(f"/orders/{odd}", expect_errors=True).status_int == 404
        assert shop.browser().get(f"/returns/dummy/{odd}", expect_errors=True).status_int == 404
    assert asked == []
    shop.browser().get(f"/orders/{'k' * 32}", expect_errors=True)
    assert len(asked) == 1
    assert payment.token not in asked[0]


def listen(shop: Shop) -> list[str]:
    """Every statement that reaches the database from now on."""
    asked: list[str] = []
    engine = shop.database._link.engine
    event.listen(engine, "checkout", lambda link, *_: link.set_trace_callback(asked.append))
    return asked


def anonymous(text: str) -> str:
    """A page without what differs from one request to the next by design: form tokens and its own address."""
    text = re.sub(r'name="csrf_token" value="[^"]*"', "", text)
    return re.sub(r'name="next" value="[^"]*"', "", text)


def test_a_guesser_is_slowed_down_before_getting_far(shop: Shop) -> None:
    order, _ = shop.started("dummy")
    guesser, buyer = shop.browser(), shop.browser()
    statuses = [guesser.get(f"/orders/{number:032}", expect_errors=True).status_int for number in range(300)]
    assert statuses.count(404) < 50
    assert statuses[-1] == 429
    assert guesser.get(f"/orders/{order.key}", expect_errors=True).status_int == 429
    assert buyer.get(f"/orders/{order.key}").status_int == 200


def test_nothing_is_cached_and_nobody_is_told_the_address(shop: Shop) -> None:
    order, payment = shop.started("dummy")
    for path in ("", "/status", "/cancel", f"/payments/{payment.id}/redirect"):
        headers = shop.browser().get(f"/orders/{order.key}{path}").headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Robots-Tag"] == "noindex"
