"""The way back from a gateway: it leads to the truth and decides nothing."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from webtest import TestApp

from adapters.web.returns import is_landing
from application.get_redirect_url import GetRedirectUrlRequest
from domain.payment import Payment, PaymentStatus
from tests.functional.hands import state_of, tell
from tests.functional.test_order_privacy import anonymous
from tests.functional.world import Shop, eventually, heading, row_counts, words_of


def back_of(shop: Shop, payment: Payment) -> str:
    return f"/returns/{payment.account}/{payment.token}"


def test_coming_back_leads_to_the_order_page(shop: Shop, browser: TestApp) -> None:
    order, payment = shop.started("dummy")
    answer = browser.get(back_of(shop, payment))
    assert (answer.status_int, answer.headers["Location"]) == (303, f"/orders/{order.key}")
    assert heading(answer.follow()) == "We are confirming your payment."
    assert not answer.headers.getall("Set-Cookie")


def test_a_return_before_the_callback_waits_and_the_callback_pays(shop: Shop, browser: TestApp) -> None:
    order, payment = shop.started("dummy")
    page = browser.get(back_of(shop, payment)).follow()
    assert 'data-state="waiting"' in page.text
    tell(shop, payment, "paid")
    assert heading(browser.get(f"/orders/{order.key}")) == "Paid. Thank you."


def test_a_return_whose_callback_was_lost_asks_once_and_finds_out(shop: Shop, browser: TestApp) -> None:
    order, payment = shop.started("dummy")
    shop.arm("dummy", "lost", on="callback")
    address = shop.press(payment, "paid").headers["Location"]
    assert state_of(shop, order) == "waiting"
    browser.get(address.removeprefix(shop.url))
    eventually(lambda: state_of(shop, order) == "paid")


def test_coming_back_again_leaves_no_further_trace(shop: Shop, browser: TestApp, database_path: Path) -> None:
    _, payment = shop.started("dummy")
    browser.get(back_of(shop, payment))
    eventually(lambda: shop.use_cases.reads.payment(payment.id)[1].looks == 1)
    before, looked = row_counts(database_path), len(_looks(shop))
    for _ in range(10):
        assert browser.get(back_of(shop, payment)).status_int == 303
    assert row_counts(database_path) == before
    assert len(_looks(shop)) == looked


def _looks(shop: Shop) -> list[object]:
    return [act for act in shop.ledger()["entries"] if "look" in str(act)]


@pytest.mark.parametrize(
    "query",
    [
        "status=success&amount=1&result=paid",
        "result=cancelled&result=paid&session=other",
        "session=ses_of_somebody_else&result=paid",
        "result=paid%00",
        "result=%FF%FE&%C3%28=1",
        "&".join(f"k{number}=v" for number in range(1_200)),
        "a" * 4_000,
        "=&==&&&%",
        "csrf_token=x&next=//evil.example&redirect_url=http://evil.example",
    ],
)
def test_forged_and_odd_parameters_decide_nothing(shop: Shop, browser: TestApp, query: str) -> None:
    order, payment = shop.started("dummy")
    answer = browser.get(f"{back_of(shop, payment)}?{query}")
    assert (answer.status_int, answer.headers["Location"]) == (303, f"/orders/{order.key}")
    assert shop.use_cases.reads.payment(payment.id)[1].status is PaymentStatus.IN_PROGRESS


def test_a_cross_site_post_without_cookies_is_led_to_a_page_to_get(shop: Shop) -> None:
    order, payment = shop.started("dummy")
    stranger = shop.browser()
    stranger.lint = False
    for body, kind in (
        ({"result": "paid"}, "application/x-www-form-urlencoded"),
        (b"\x00\xff", "application/octet-stream"),
        (b"{", "application/json"),
        (b"--x", "multipart/form-data; boundary=x"),
        (b"a=1", "application/x-www-form-urlencoded; charset=no-such"),
    ):
        answer = stranger.post(
            back_of(shop, payment),
            body,
            content_type=kind,
            headers={"Origin": "https://gateway.example", "Sec-Fetch-Site": "cross-site"},
        )
        assert (answer.status_int, answer.headers["Location"]) == (303, f"/orders/{order.key}")
    assert shop.use_cases.reads.payment(payment.id)[1].status is PaymentStatus.IN_PROGRESS


def test_looking_ahead_is_not_coming_back(shop: Shop, browser: TestApp) -> None:
    _, payment = shop.started("dummy")
    assert browser.head(back_of(shop, payment)).status_int == 303
    for name in ("Sec-Purpose", "Purpose"):
        browser.get(back_of(shop, payment), headers={name: "prefetch;prerender"})
    assert shop.use_cases.reads.payment(payment.id)[1].returned_at is None
    browser.get(back_of(shop, payment))
    assert shop.use_cases.reads.payment(payment.id)[1].returned_at is not None


def test_a_wrong_token_is_an_order_nobody_knows(shop: Shop) -> None:
    _, payment = shop.started("dummy")
    nobody = anonymous(shop.browser().get(f"/orders/{'x' * 32}", expect_errors=True).text)
    for path in (
        f"/returns/dummy/{payment.token[:-1]}",
        f"/returns/payu/{payment.token}",
        f"/returns/nobody/{payment.token}",
        f"/returns/dummy/{payment.id}",
        "/returns/dummy/%00",
        "/returns/dummy/x",
        "/returns/%27/x",
    ):
        answer = shop.browser().get(path, expect_errors=True)
        assert answer.status_int == 404, path
        assert anonymous(answer.text) == nobody, path


def test_guessing_tokens_is_slowed_down(shop: Shop) -> None:
    guesser = shop.browser()
    last = [guesser.get(f"/returns/dummy/{n:032}", expect_errors=True).status_int for n in range(60)]
    assert last[-1] == 429


def test_giving_up_at_the_gateway_leaves_the_order_open(shop: Shop, browser: TestApp) -> None:
    order, payment = shop.started("dummy")
    address = shop.press(payment, "cancelled").headers["Location"]
    page = browser.get(address.removeprefix(shop.url)).follow()
    assert heading(page) == "The payment was not completed."
    assert shop.again(order)[0].is_payable


class HostOrder:
    """A host's own order, as ``get_redirect_url`` takes it."""

    currency = "PLN"

    def __init__(self, reference: str, return_url: str) -> None:
        self.reference, self.return_url, self.total = reference, return_url, 40

    def __str__(self) -> str:
        return "A host's order"


@pytest.fixture
def landings(shop: Shop) -> dict[str, str]:
    """Where the way back ends, by the address a host gave."""
    found = {}
    addresses = ("/thanks", "https://host.example/thanks?order=7", "")
    for number, address in enumerate(addresses):
        source = HostOrder(f"H-{number}", address)
        sent = shop.use_cases.get_redirect_url.execute(GetRedirectUrlRequest(source=source, account="dummy"))
        answer = shop.browser().get(back_of(shop, sent.payment))
        own = f"/orders/{sent.order.key}"
        found[address] = answer.headers["Location"].replace(own, "ORDER")
    return found


def test_the_way_back_of_a_hosts_order_ends_on_the_hosts_page(landings: dict[str, str]) -> None:
    assert landings == {
        "/thanks": "/thanks",
        "https://host.example/thanks?order=7": "https://host.example/thanks?order=7",
        "": "ORDER",
    }


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "https://evil.example/",
        "https://host.example@evil.example/",
        "https://evil.example\\@host.example/",
        "https:\\\\host.example",
        "javascript:alert(1)",
        "http://host.example.evil.example/",
        "https://host.example/\r\nSet-Cookie: a=b",
    ],
)
def test_a_landing_elsewhere_is_never_used(shop: Shop, address: str) -> None:
    with shop.app.test_request_context("/"):
        assert not is_landing(address)
        assert is_landing("https://host.example/thanks")
        assert is_landing("/thanks")


def test_the_addresses_given_to_a_gateway_come_from_the_configuration(shop: Shop) -> None:
    _, payment = shop.started("dummy")
    session = next(one for one in shop.ledger()["sessions"] if one["reference"] == payment.reference)
    assert urlsplit(session["return_url"]).path == back_of(shop, payment)
    assert session["return_url"].startswith(f"{shop.url}/")
    assert session["callback_url"] == f"{shop.url}/callbacks/dummy/{payment.id}"


def test_the_page_after_the_way_back_can_be_bookmarked(shop: Shop, browser: TestApp) -> None:
    _, payment = shop.started("dummy")
    shop.press(payment, "paid")
    page = browser.get(back_of(shop, payment)).follow()
    again = shop.browser().get(urlsplit(page.request.url).path)
    assert "Paid. Thank you." in words_of(again)
