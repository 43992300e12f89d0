"""Nothing a stranger wrote is ever markup: canaries in every field, every page of the back office read."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from typing import Any
from uuid import uuid4

import pytest
from webtest import TestApp

from application.callbacks import CallbackState
from domain.basket import Address, Buyer
from domain.events import StaffActed
from domain.money import Money
from domain.order import ClosedBy, Order, OrderStatus
from domain.payment import NextStep, Payment, PaymentStatus
from domain.refund import RefundStatus
from domain.review import ReviewItem, ReviewKind
from domain.transaction import FactKind, TransactionKind, TransactionState
from tests.builders import (
    a_callback,
    a_fact,
    a_payment,
    a_refund,
    a_review,
    a_transaction,
    an_order,
    an_order_line,
)
from tests.functional.office import links, somebody
from tests.functional.world import Shop

CANARY = "<img src=x onerror=alert(1)>\"'</pre></title><script>{{7*7}}%(x)s"
"""Breaks out of text, attributes, titles and raw blocks; run as a template it would show 49."""
ESCAPED = "&lt;img src=x onerror=alert(1)&gt;"


ON_THE_ORDER = [
    "viewer",
    "reference",
    "email",
    "buyer",
    "phone",
    "line",
    "sku",
    "voucher",
    "source",
    "source-reference",
    "close-reason",
    "a-name",
    "a-street",
    "a-city",
    "a-postcode",
    "a-region",
    "b-name",
    "payment-account",
    "payment-reference",
    "gateway-reference",
    "refund-by",
    "refund-reason",
    "refund-done",
    "staff",
    "staff-reason",
    "act",
    "word",
    "Why",
    "request",
    "answer",
    "parameter",
    "note",
    "agent",
    "method",
]
ON_THE_REVIEWS = [
    "review-detail",
    "review-account",
    "review-gateway-id",
    "decision",
    "decided-by",
    "decided-reason",
]


def canary(name: str) -> str:
    """The canary with a name in front, so that a page tells which field it shows."""
    return f"{name}:{CANARY}"


def poisoned_order() -> Order:
    address = Address(
        *(canary(name) for name in ("a-name", "a-street", "a-city")),
        country="PL",
        postcode=canary("a-postcode"),
        region=canary("a-region"),
        extra=canary("a-extra"),
        district=canary("a-district"),
    )
    line = replace(an_order_line(), sku=canary("sku"), name=canary("line"))
    return an_order(
        line,
        reference=canary("reference"),
        buyer=Buyer(canary("email"), canary("buyer"), canary("phone")),
        delivery_address=address,
        billing_address=replace(address, name=canary("b-name")),
        voucher=canary("voucher"),
        source=canary("source"),
        source_reference=canary("source-reference"),
        locale=canary("locale"),
        description=canary("description"),
        account=canary("account"),
        options={canary("option"): canary("chosen")},
        close_reason=canary("close-reason"),
        status=OrderStatus.CANCELLED,
        closed_by=ClosedBy.STAFF,
        return_url=canary("return-url"),
    )


def poisoned_payment(order: Order) -> Payment:
    half = Money.of(2000, "PLN")
    return a_payment(
        order,
        account=canary("payment-account"),
        gateway=canary("gateway"),
        reference=canary("payment-reference"),
        gateway_reference=canary("gateway-reference"),
        capture_reference=canary("capture-reference"),
        status=PaymentStatus.FAILED,
        failure=canary("failure"),
        captured=half,
        refunded=Money.of(500, "PLN"),
        intent=canary("intent"),
        extra={canary("extra"): canary("extra-value")},
        next_step=NextStep.redirect(canary("next")),
    )


def fill(shop: Shop) -> Order:
    """One order whose every text is a canary, with every kind of record hanging on it."""
    order = poisoned_order()
    payment = poisoned_payment(order)
    now = shop.clock.now()
    body = f'{{"{canary("key")}": 1, "word": "{CANARY}"}}'.encode()
    shared: dict[str, Any] = {"order_id": order.id, "payment_id": payment.id, "received_at": now}
    with shop.database.units() as uow:
        uow.add_order(order)
        uow.add_payment(payment)
        for kind in TransactionKind:
            uow.add_transaction(poisoned_exchange(payment, kind))
        for fact in FactKind:
            uow.add_fact(
                a_fact(payment, canary(fact.value), kind=fact, account=canary("fact-account"), at=now)
            )
        for status in RefundStatus:
            uow.add_refund(
                a_refund(
                    payment,
                    "1.00 PLN",
                    status=status,
                    by=canary("refund-by"),
                    reason=canary("refund-reason"),
                    gateway_id=canary(f"refund-{status.value}"),
                )
            )
        for item in (poisoned_review(order.id), replace(poisoned_review(order.id), **_decided(now))):
            uow.add_review(item)
        for state in CallbackState:
            uow.add_callback(
                a_callback(
                    body,
                    account=canary("callback-account"),
                    headers={canary("header"): canary("value"), "user-agent": canary("agent")},
                    query=((canary("q"), canary("query")),),
                    remote=canary("remote"),
                    note=canary("note"),
                    state=state,
                    event_key=canary(state.value),
                    digest=canary("digest"),
                    method=canary("method"),
                    **shared,
                )
            )
        uow.add_event(StaffActed(order.id, canary("act"), canary("staff"), canary("staff-reason")))
        uow.commit()
    return order


def poisoned_exchange(payment: Payment, kind: TransactionKind) -> Any:
    return a_transaction(
        payment,
        kind=kind,
        state=TransactionState.KO,
        message=f"{canary('word')}: {canary('why')}",
        parameters={canary("parameter"): canary("parameter-value")},
        request=canary("request"),
        answer=canary("answer"),
    )


def poisoned_review(order_id: Any) -> ReviewItem:
    return a_review(
        order_id,
        kind=ReviewKind.ORPHAN,
        account=canary("review-account"),
        detail=canary("review-detail"),
        gateway_id=canary("review-gateway-id"),
    )


def _decided(now: Any) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "decision": canary("decision"),
        "decided_by": canary("decided-by"),
        "decided_reason": canary("decided-reason"),
        "decided_at": now,
    }


@pytest.fixture
def viewer(shop: Shop) -> TestApp:
    return somebody(shop, "viewer", name=canary("viewer"))


def crawl(viewer: TestApp, *starts: str) -> dict[str, str]:
    """Every page of the back office that can be reached, by address."""
    seen: dict[str, str] = {}
    waiting = list(starts)
    while waiting:
        url = waiting.pop()
        if url not in seen:
            page = viewer.get(url, status="*")
            assert page.status_int in (200, 303, 404), f"{page.status_int} at {url}"
            seen[url] = page.text
            waiting += sorted(links(page))
    return seen


def test_no_canary_is_ever_markup_on_any_page(shop: Shop, viewer: TestApp) -> None:
    fill(shop)
    typed = "/admin/orders?q=%3Cimg+src%3Dx+onerror%3Dalert%281%29%3E%22%27"
    broken = "/admin/payments?status=%22%3E%3Cscript%3E&account=%22%3E%3Cscript%3E"
    pages = crawl(viewer, "/admin/", typed, broken, "/admin/styleguide", "/admin/reviews?view=all")
    assert len(pages) > 30
    for url, text in pages.items():
        assert "<img src=x" not in text, url
        assert "<script>" not in text, url
        assert 'onerror=alert(1)>"' not in text, url
        assert "49%(x)s" not in text, url
        opened = re.findall(r"<[a-z][^>]*>", text)
        assert not [tag for tag in opened if re.search(r"\son[a-z]+\s*=", tag) and "&" not in tag], url


def test_what_staff_must_read_is_shown_as_it_was_written(shop: Shop, viewer: TestApp) -> None:
    order = fill(shop)
    page = viewer.get(f"/admin/orders/{order.id}").text
    for name in ON_THE_ORDER:
        assert f"{name}:{ESCAPED}" in page, name
    reviews = viewer.get("/admin/reviews?view=all").text
    for name in ON_THE_REVIEWS:
        assert f"{name}:{ESCAPED}" in reviews, name
    callback = shop.use_cases.reads.callbacks(limit=1)[0]
    message = viewer.get(f"/admin/callbacks/{callback.id}").text
    for name in ("callback-account", "note", "digest", "remote", "agent", "query", "key"):
        assert f"{name}:{ESCAPED}" in message, name


def test_every_text_of_an_order_has_its_canary() -> None:
    """A field that is added later must be poisoned as well."""
    order = poisoned_order()
    plain = {
        name
        for part in (order, poisoned_payment(order), order.buyer, order.delivery_address, order.lines[0])
        for name in texts_without_canary(part)
    }
    ours = {"key", "environment", "source_digest", "country", "idempotency_key", "token"}
    assert plain <= ours


def texts_without_canary(part: Any) -> set[str]:
    assert is_dataclass(part)
    texts = {field.name: getattr(part, field.name) for field in fields(part)}
    return {name for name, value in texts.items() if type(value) is str and CANARY not in value}
