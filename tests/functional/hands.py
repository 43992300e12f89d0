"""What functional tests of an order do over and over."""

from __future__ import annotations

from typing import Any

from webtest import TestResponse

from application.get_redirect_url import GetRedirectUrlRequest, Shopper
from domain.order import Order
from domain.payment import Payment
from tests.functional.goods import blocks
from tests.functional.signed import genuine, signed
from tests.functional.test_callbacks import deliver
from tests.functional.world import BROWSER_IP, Shop, as_json

NOTHING = "Nothing was charged."


def page_of(shop: Shop, order: Order, query: str = "") -> TestResponse:
    return shop.browser().get(f"/orders/{order.key}{query}")


def state_of(shop: Shop, order: Order) -> str:
    return str(as_json(shop.browser().get(f"/orders/{order.key}/status"))["state"])


def tell(shop: Shop, payment: Payment, status: str, **changes: str) -> None:
    """Deliver a genuine message of the test gateway."""
    body = genuine(payment, status, **changes)
    answer = deliver(shop.browser(), f"/callbacks/dummy/{payment.id}", body, signed(body))
    assert answer.status_int == 200


def send(shop: Shop, order: Order, account: str) -> Payment:
    """Send the shopper of ``order`` to ``account``."""
    request = GetRedirectUrlRequest(order.id, account=account, shopper=Shopper(BROWSER_IP, "Browser/1"))
    return shop.use_cases.get_redirect_url.execute(request).payment


def pay_forms(page: TestResponse) -> list[Any]:
    """The forms of a page that start a payment, each once."""
    forms = {id(form): form for form in page.forms.values() if form.action.endswith("/pay")}
    return list(forms.values())


def nobody_home(sandbox: str) -> dict[str, dict[str, object]]:
    """The usual gateways, but nothing listens where the test gateway should be."""
    known = blocks(sandbox)
    return {**known, "dummy": {**known["dummy"], "base_url": "http://127.0.0.1:9/dummy"}}
