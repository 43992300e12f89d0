"""The back office from outside: who gets in, what the lists show, and that looking changes nothing."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import replace
from uuid import uuid4

import pytest
from structlog.testing import capture_logs
from webtest import TestApp

from adapters.web.words import WORDS
from application.accounts import Registration
from application.callbacks import CallbackState
from application.errors import OutcomeUnknown
from application.overview import OrderView
from domain.basket import Buyer
from domain.payment import PaymentStatus
from tests.functional.office import (
    Stock,
    a_busy_day,
    a_stored_callback,
    counted,
    links,
    plain,
    refund,
    somebody,
    table,
)
from tests.functional.shopper import fill
from tests.functional.world import Shop, eventually, heading, title, words_of

LISTS = ("/admin/", "/admin/orders", "/admin/payments", "/admin/callbacks", "/admin/reviews")


@pytest.fixture
def viewer(shop: Shop) -> TestApp:
    return somebody(shop, "viewer")


def every_page(shop: Shop, stock: Stock) -> list[str]:
    """An address of every route of the back office, ids taken from what is there."""
    callback = shop.use_cases.reads.callbacks(limit=1)[0].id
    ids = {"order_id": stock.paid.id, "callback_id": callback}
    rules = [rule for rule in shop.app.url_map.iter_rules() if rule.endpoint.startswith("admin.")]
    built = [rule.build({name: ids[name] for name in rule.arguments}) for rule in rules]
    return [path[1] for path in built if path]


@pytest.mark.parametrize("role", ["viewer", "staff", "admin"])
def test_staff_sees_every_page(shop: Shop, role: str) -> None:
    pages = every_page(shop, a_busy_day(shop))
    browser = somebody(shop, role)
    assert len(pages) >= 8
    assert [browser.get(page).status_int for page in pages] == [200] * len(pages)


def test_nobody_is_sent_to_sign_in_and_comes_back(shop: Shop) -> None:
    pages = every_page(shop, a_busy_day(shop))
    for page in pages:
        answer = shop.browser().get(page, status=303)
        assert answer.location.endswith(f"/account/sign-in?next={page}")
    back = somebody_signs_in(shop, shop.browser(), "/admin/orders?view=paid")
    assert back.endswith("/admin/orders?view=paid")


def somebody_signs_in(shop: Shop, browser: TestApp, wanted: str) -> str:
    shop.use_cases.register.execute(Registration("vera@shop.example", "a long enough one", role="viewer"))
    page = browser.get(wanted).follow()
    answer = fill(page, email="vera@shop.example", password="a long enough one").submit(status=303)
    return str(answer.location)


def test_a_customer_is_told_the_role_and_nothing_else(shop: Shop) -> None:
    stock = a_busy_day(shop)
    browser = somebody(shop, "customer")
    for page in every_page(shop, stock):
        answer = browser.get(page, status=403)
        assert "It takes the role viewer; your account has the role customer." in words_of(answer)
        assert "/admin" not in answer.text.replace(f'value="{page}"', "")
        assert stock.paid.reference not in answer.text


def test_a_refused_customer_leaves_a_line_in_the_log(shop: Shop) -> None:
    browser = somebody(shop, "customer")
    with capture_logs() as lines:
        browser.get("/admin/orders", status=403)
    denied = [line for line in lines if line["event"] == "denied"]
    assert [(line["role"], line["route"]) for line in denied] == [("customer", "admin.orders")]


def test_a_role_taken_away_closes_the_door_at_once(shop: Shop) -> None:
    browser = somebody(shop, "viewer")
    browser.get("/admin/", status=200)
    with sqlite3.connect(shop.database.reads._link.engine.url.database or "") as database:
        database.execute("UPDATE users SET role = 'customer'")
    browser.get("/admin/", status=403)


def test_every_route_only_reads(shop: Shop, viewer: TestApp) -> None:
    for rule in shop.app.url_map.iter_rules():
        if rule.endpoint.startswith("admin."):
            assert (rule.methods or set()) <= {"GET", "HEAD", "OPTIONS"}, rule.endpoint


def test_looking_at_everything_writes_nothing(shop: Shop, viewer: TestApp) -> None:
    stock = a_busy_day(shop)
    before = [shop.use_cases.reads.order_file(order.id) for order in stock.all]
    for page in every_page(shop, stock):
        viewer.get(page, status=200)
    assert [shop.use_cases.reads.order_file(order.id) for order in stock.all] == before


def test_every_page_is_private_titled_test_and_has_one_heading(shop: Shop, viewer: TestApp) -> None:
    for page in every_page(shop, a_busy_day(shop)):
        answer = viewer.get(page)
        assert heading(answer)
        assert title(answer).startswith("[TEST] ")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex"


def test_an_unknown_id_is_not_found(shop: Shop, viewer: TestApp) -> None:
    for page in ("orders", "callbacks"):
        viewer.get(f"/admin/{page}/{uuid4()}", status=404)
        viewer.get(f"/admin/{page}/7", status=404)


# -- the front page


def test_each_number_leads_to_a_list_as_long(shop: Shop, viewer: TestApp) -> None:
    a_busy_day(shop)
    a_stored_callback(shop, state=CallbackState.REFUSED, received_at=shop.clock.now())
    a_stored_callback(shop, state=CallbackState.PENDING, received_at=shop.clock.now())
    shop.arm("dummy", "act_then_hang", on="create")
    with pytest.raises(OutcomeUnknown):
        shop.started("dummy")
    home = viewer.get("/admin/")
    tiles = dict(_tiles(home.text))
    assert {label: number for label, (number, _url) in tiles.items()} == {
        "question needs a decision": 1,
        "order in error": 1,
        "payment with unknown outcome": 1,
        "callback not judged yet": 1,
        "callback failed in 24 hours": 1,
    }
    for number, url in tiles.values():
        assert len(table(viewer.get(url))) == number


def _tiles(text: str) -> list[tuple[str, tuple[int, str]]]:
    found = re.findall(r'<li class="tile[^"]*"><b>(\d+)</b><a href="([^"]+)">([^<]+)</a>', text)
    return [(label, (int(number), url.replace("&amp;", "&"))) for number, url, label in found]


def test_an_old_failure_no_longer_asks_for_attention(shop: Shop, viewer: TestApp) -> None:
    a_stored_callback(shop, state=CallbackState.REFUSED, received_at=shop.clock.now())
    shop.clock.advance(hours=25)
    text = words_of(viewer.get("/admin/"))
    assert "0 callbacks failed in 24 hours" in text
    assert "Nothing needs you" in text


def test_money_of_today_is_summed_by_currency_and_never_across(shop: Shop, viewer: TestApp) -> None:
    stock = a_busy_day(shop)
    refund(shop, stock.paid, 2000)
    eventually(lambda: shop.again(stock.paid)[1][0].refunded.is_positive)
    assert _money(viewer) == [["PLN", "PLN 159.69", "2", "PLN 20.00", "PLN 0.00"]]
    shop.clock.advance(days=2)
    assert _money(viewer) == []
    assert "No money has moved today" in words_of(viewer.get("/admin/"))


def _money(viewer: TestApp) -> list[list[str]]:
    return [row for row in table(viewer.get("/admin/")) if row[0] in ("PLN", "EUR")]


def test_the_gateways_say_what_they_are_and_when_they_last_called(shop: Shop, viewer: TestApp) -> None:
    a_busy_day(shop)
    shop.clock.advance(hours=3)
    rows = {row[0].split()[0]: row[1:] for row in table(viewer.get("/admin/")) if row[-2:]}
    assert rows["dummy"][:3] == ["dummy", "test", "Offered"]
    assert rows["dummy"][3].startswith("3 hours ago")
    assert rows["payu"][3] == "never"
    assert rows["bank_transfer"][3] == "sends none"
    assert rows["pass"][2] == "Not offered"


def test_empty_lists_say_why_and_what_would_fill_them(viewer: TestApp) -> None:
    expected = {
        "/admin/": "No money has moved today",
        "/admin/orders": "No order was placed yet",
        "/admin/orders?view=error": "No order is in error",
        "/admin/orders?q=zebra": "Nothing matches zebra here",
        "/admin/payments": "No payment was begun yet",
        "/admin/payments?status=unknown": "No payment is like this",
        "/admin/callbacks": "No gateway has called yet",
        "/admin/callbacks?state=failing": "No callback failed",
        "/admin/reviews": "Nothing needs you",
        "/admin/reviews?view=all": "No question was ever asked",
    }
    for page, words in expected.items():
        assert words in words_of(viewer.get(page)), page


# -- lists


def test_every_order_is_in_all_and_in_exactly_one_other_view(shop: Shop, viewer: TestApp) -> None:
    stock = a_busy_day(shop)
    seen = {
        view: {row[0] for row in table(viewer.get("/admin/orders", {"view": view.value}))}
        for view in OrderView
    }
    assert seen[OrderView.PAID] == {stock.paid.reference}
    assert seen[OrderView.ERROR] == {stock.error.reference}
    assert seen[OrderView.CLOSED] == {stock.cancelled.reference}
    assert seen[OrderView.ALL] == {order.reference for order in stock.all}
    others = [seen[view] for view in OrderView if view is not OrderView.ALL]
    assert sum(map(len, others)) == len(set().union(*others)) == len(stock.all)


def test_a_row_says_who_how_much_and_how_it_stands(shop: Shop, viewer: TestApp) -> None:
    stock = a_busy_day(shop)
    rows = {row[0]: row for row in table(viewer.get("/admin/orders"))}
    row = rows[stock.paid.reference]
    assert row[2:] == ["Ada Nowak", "PLN 104.79", "Confirmed", "Paid", "Being prepared", "Test gateway"]
    assert rows[stock.transfer.reference][4:] == [
        "Waiting for payment",
        "In progress",
        "On hold",
        "Bank transfer",
    ]


def test_payments_are_filtered_by_status_and_account(shop: Shop, viewer: TestApp) -> None:
    a_busy_day(shop)
    assert len(table(viewer.get("/admin/payments"))) == 5
    for status in PaymentStatus:
        rows = table(viewer.get("/admin/payments", {"status": status.value}))
        assert len({row[-1] for row in rows}) <= 1
    paid = table(viewer.get("/admin/payments?status=paid"))
    assert [row[-1] for row in paid] == ["Paid"]
    page = viewer.get("/admin/payments")
    form = next(form for form in page.forms.values() if "account" in form.fields)
    form["account"] = "bank_transfer"
    assert [row[3] for row in table(form.submit())] == ["Bank transfer"]


def test_callbacks_are_filtered_by_state(shop: Shop, viewer: TestApp) -> None:
    a_busy_day(shop)
    for state in CallbackState:
        a_stored_callback(shop, state=state, account="payu", note=state.value)
    for state in CallbackState:
        rows = table(viewer.get("/admin/callbacks", {"state": state.value, "account": "payu"}))
        assert [row[4] for row in rows] == [state.value]
    failing = table(viewer.get("/admin/callbacks?state=failing"))
    assert {row[4] for row in failing} == {"refused", "unreadable", "orphan", "poison"}


def test_a_callback_shows_its_verdict_its_rule_and_no_secret(shop: Shop, viewer: TestApp) -> None:
    a_stored_callback(
        shop,
        body=b'{"order": {"id": 7}, "card": "4111 1111 1111 1111", "token": "tok_secret"}',
        headers={"content-type": "application/json", "openpayu-signature": "signature=f00dcafe"},
        query=(("sign", "f00dcafe"), ("order", "7")),
        state=CallbackState.REFUSED,
        code=11,
        note="not authenticated",
    )
    page = viewer.get(table_link(viewer, "/admin/callbacks"))
    text = words_of(page)
    for told in ("Not authenticated", "Its origin could not be proved", "11 WRONG_REQUEST", "192.0.2.7"):
        assert told in text
    for kept in ('"id": 7', "openpayu-signature: ***", "? order = 7", "? sign = ***", "***1111"):
        assert kept in plain(page.text), kept
    for hidden in ("f00dcafe", "4111 1111", "tok_secret"):
        assert hidden not in page.text


def table_link(viewer: TestApp, page: str) -> str:
    """The address behind the first row of a list."""
    return min(url for url in links(viewer.get(page), f"{page}/"))


def test_reviews_name_the_order_and_keep_what_was_decided(shop: Shop, viewer: TestApp) -> None:
    stock = a_busy_day(shop)
    (row,) = table(viewer.get("/admin/reviews"))
    assert row[0] == "Another amount than asked"
    assert row[4] == stock.error.reference
    assert row[6] == "Open"
    with shop.database.units() as uow:
        item = uow.lock_review(shop.use_cases.reads.reviews()[0].id)
        decided = replace(
            item, decision="keep", decided_by="Anna K.", decided_reason="fits", decided_at=shop.clock.now()
        )
        uow.save_review(decided)
        uow.commit()
    assert table(viewer.get("/admin/reviews")) == []
    (row,) = table(viewer.get("/admin/reviews?view=all"))
    assert row[6].startswith("Anna K. decided: keep")


def test_pages_follow_each_other_without_gap_or_repetition(shop: Shop, viewer: TestApp) -> None:
    for _number in range(53):
        a_stored_callback(shop, received_at=shop.clock.now(), note=uuid4().hex)
    first = viewer.get("/admin/callbacks?account=shop-payu")
    second = first.click("Older")
    assert (len(table(first)), len(table(second))) == (50, 3)
    notes = [row[4] for row in (*table(first), *table(second))]
    assert len(set(notes)) == 53
    assert "account=shop-payu" in second.request.url
    assert table(second.click("Newest")) == table(first)
    assert "Older" not in second.text


@pytest.mark.parametrize("mark", ["x", "9-7", "-1-" + "0" * 32, "9" * 17 + "-" + "f" * 32, "9" * 30, "%00"])
def test_a_broken_page_mark_never_breaks_a_page(viewer: TestApp, mark: str) -> None:
    for page in ("orders", "payments", "callbacks"):
        viewer.get(f"/admin/{page}", {"before": mark}, status=200)


def test_a_filter_that_does_not_exist_is_named(viewer: TestApp) -> None:
    for page in ("/admin/orders?view=zebra", "/admin/payments?status=zebra", "/admin/callbacks?state=zebra"):
        text = words_of(viewer.get(page))
        assert "There is no filter called zebra, so everything is shown." in text


def test_links_take_nothing_from_the_address_but_filters(shop: Shop, viewer: TestApp) -> None:
    a_busy_day(shop)
    page = viewer.get(
        "/admin/payments?_scheme=javascript&_external=1&_anchor=x&endpoint=y&status=paid", status=200
    )
    found = links(page, "")
    assert all(url.startswith("/") for url in found if url)
    assert not [url for url in found if "javascript" in url or "endpoint" in url or "_anchor" in url]
    assert "/admin/payments?status=failed" in found


# -- search


def test_the_exact_reference_or_key_opens_the_order(shop: Shop, viewer: TestApp) -> None:
    stock = a_busy_day(shop)
    payment = shop.again(stock.paid)[1][0]
    for typed in (stock.paid.reference, stock.paid.key, f" {payment.reference} ", payment.gateway_reference):
        answer = viewer.get("/admin/orders", {"q": typed}, status=303)
        assert answer.location.endswith(f"/admin/orders/{stock.paid.id}"), typed


@pytest.mark.parametrize(
    ("typed", "found", "why"),
    [
        ("zofia_", {"Zofia_Ęcka"}, "matches the name"),
        ("ęcka", {"Zofia_Ęcka"}, "matches the name"),
        ("ZOFIA@", {"Zofia_Ęcka"}, "matches the e-mail"),
        ("100%", {"Ewa 100%"}, "matches the name"),
        ("%", {"Ewa 100%"}, "matches the name"),
        ("_", {"Zofia_Ęcka"}, "matches the name"),
        ("Z%a", set(), ""),
        ("Zofia Ęcka", set(), ""),
        ('O"Neil', {'O"Neil \\ Sons'}, "matches the name"),
        ("\\ Sons", {'O"Neil \\ Sons'}, "matches the name"),
        ("!", set(), ""),
        ("600100", {"Ewa 100%"}, "matches the phone number"),
    ],
)
def test_search_finds_parts_and_has_no_wildcards(
    shop: Shop, viewer: TestApp, typed: str, found: set[str], why: str
) -> None:
    shop.order(buyer=Buyer("zofia@example.com", "Zofia_Ęcka"))
    shop.order(buyer=Buyer("ewa@example.com", "Ewa 100%", "+48600100200"))
    shop.order(buyer=Buyer("sons@example.com", 'O"Neil \\ Sons'))
    page = viewer.get("/admin/orders", {"q": typed}, status=200)
    rows = table(page)
    assert {row[2] for row in rows} == found
    assert all(why in row[0] for row in rows)


ATTACKS = (
    "' OR '1'='1",
    "'; DROP TABLE orders; --",
    '" OR ""="',
    "1) UNION SELECT 1,2,3 --",
    "%' ESCAPE '!' OR 1=1 --",
    "\\",
    "\x00",
    "🦓" * 60,
    "x" * 5000,
    "{{'q'*9}}",
    "$1 ? %s %(id)s :b_text",
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_parameter_reaches_the_database_as_sql(shop: Shop, viewer: TestApp, attack: str) -> None:
    order = shop.order()
    before = shop.again(order)
    for page, name in (
        ("orders", "q"),
        ("orders", "view"),
        ("orders", "before"),
        ("payments", "status"),
        ("payments", "account"),
        ("callbacks", "state"),
        ("callbacks", "account"),
        ("reviews", "view"),
    ):
        answer = viewer.get(f"/admin/{page}", {name: attack}, status=200)
        assert "qqqqqqqqq" not in answer.text
    assert viewer.get("/admin/orders", {"q": attack}).text.count(order.reference) == 0
    assert shop.again(order) == before


# -- cost


def test_longer_lists_cost_no_more_statements(shop: Shop, viewer: TestApp) -> None:
    pages = (*LISTS, "/admin/orders?q=ada", "/admin/callbacks?state=failing")

    def cost() -> dict[str, int]:
        return {page: counted(shop, lambda: viewer.get(page, status=200)) for page in pages}  # noqa: B023

    a_busy_day(shop)
    few = cost()
    for _round in range(2):
        a_busy_day(shop)
    assert cost() == few
    assert max(few.values()) <= 8


def test_a_longer_story_costs_no_more_statements(shop: Shop, viewer: TestApp) -> None:
    order, payment = shop.started("dummy")
    few = counted(shop, lambda: viewer.get(f"/admin/orders/{order.id}"))
    for _look in range(5):
        shop.use_cases.reconcile_payments.one(payment.id)
    assert counted(shop, lambda: viewer.get(f"/admin/orders/{order.id}")) == few <= 12


def test_the_style_guide_shows_every_status_word_once(viewer: TestApp) -> None:
    page = viewer.get("/admin/styleguide")
    for kind in WORDS:
        for status in kind:
            assert page.text.count(f'id="{kind.__name__}-{status.value}"') == 1
