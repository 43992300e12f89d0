"""The played Stripe by itself: what it refuses, and what an idempotency key is good for."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from adapters.sandbox import stripe_wire as wire
from adapters.sandbox.stripe import KEY
from tests.sandbox.stand import SHORT, Stand

GOOD = {
    "mode": "payment",
    "success_url": "https://shop.test/ok?s={CHECKOUT_SESSION_ID}",
    "line_items[0][quantity]": "1",
    "line_items[0][price_data][currency]": "eur",
    "line_items[0][price_data][unit_amount]": "1250",
    "line_items[0][price_data][product_data][name]": "Tee",
}


def call(
    stand: Stand, path: str = "/checkout/sessions", key: str = "", secret: str = KEY, **fields: str
) -> requests.Response:
    """A POST with bearer authentication."""
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": key}
    return requests.post(f"{stand.url}/stripe/v1{path}", data=fields, headers=headers, timeout=SHORT)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"mode": "subscription"}, "mode"),
        ({"success_url": "shop"}, "success_url"),
        ({"locale": "xx"}, "locale"),
        ({"expires_at": "1"}, "expires_at"),
        ({"client_reference_id": "x" * 201}, "client_reference_id"),
        ({"line_items[0][quantity]": "0"}, "line_items[0][quantity]"),
        ({"line_items[0][price_data][currency]": "EUR"}, "line_items[0][price_data][currency]"),
        ({"line_items[0][price_data][unit_amount]": "12.5"}, "line_items[0][price_data][unit_amount]"),
        ({"line_items[0][price_data][currency]": "isk"}, "line_items"),
        ({"line_items[0][price_data][unit_amount]": "100000000"}, "line_items"),
        ({"payment_intent_data[capture_method]": "never"}, "payment_intent_data"),
        ({"metadata[k]": "x" * 501}, "metadata"),
        ({"sneeze": "1"}, "sneeze"),
    ],
)
def test_the_sandbox_refuses_what_stripe_refuses(stand: Stand, change: dict[str, str], param: str) -> None:
    assert call(stand, **GOOD).status_code == 200
    refused = call(stand, **{**GOOD, **change})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, param)


def test_one_key_opens_one_session_however_often_and_at_once(stand: Stand) -> None:
    gate = threading.Barrier(6)

    def press(_: int) -> requests.Response:
        gate.wait()
        return call(stand, key="one", **GOOD)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(press, range(6)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len({answer.json()["id"] for answer in answers if answer.ok}) == 1
    again = call(stand, key="one", **GOOD)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert call(stand, key="one", secret="sk_test_other", **GOOD).json()["id"] != again.json()["id"]


def test_a_key_with_other_parameters_or_too_late_for_them_is_an_error(stand: Stand) -> None:
    assert call(stand, key="two", **GOOD).ok
    changed = call(stand, key="two", **GOOD | {"locale": "pl"})
    assert (changed.status_code, changed.json()["error"]["type"]) == (400, "idempotency_error")


def test_a_refused_request_does_not_use_up_its_key(stand: Stand) -> None:
    assert call(stand, key="three", **GOOD | {"mode": "setup"}).status_code == 400
    assert call(stand, key="three", **GOOD).ok


@pytest.mark.parametrize("secret", ["", "sk_live_1", "pk_test_1", "whsec_1"])
def test_only_secret_test_keys_open_it(stand: Stand, secret: str) -> None:
    refused = call(stand, secret=secret, **GOOD)
    assert (refused.status_code, refused.json()["error"]["type"]) == (401, "invalid_request_error")


def test_the_key_may_come_as_a_user_name(stand: Stand) -> None:
    answer = requests.post(
        f"{stand.url}/stripe/v1/checkout/sessions", data=GOOD, auth=(KEY, ""), timeout=SHORT
    )
    assert answer.ok


def test_a_session_of_another_key_does_not_exist(stand: Stand) -> None:
    made = call(stand, **GOOD).json()
    assert call(stand, f"/checkout/sessions/{made['id']}/expire", secret="sk_test_other").status_code == 404
    ended = call(stand, f"/checkout/sessions/{made['id']}/expire").json()
    assert (ended["status"], ended["url"]) == ("expired", None)
    assert call(stand, f"/checkout/sessions/{made['id']}/expire").status_code == 400


def test_json_is_not_spoken(stand: Stand) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    answer = requests.post(
        f"{stand.url}/stripe/v1/checkout/sessions", json=GOOD, headers=headers, timeout=SHORT
    )
    assert answer.status_code == 400


def test_what_is_sold_is_listed(stand: Stand) -> None:
    made = call(stand, **GOOD).json()
    address = f"{stand.url}/stripe/v1/checkout/sessions/{made['id']}/line_items"
    listed = requests.get(address, auth=(KEY, ""), timeout=SHORT).json()["data"]
    assert [(line["description"], line["amount_total"]) for line in listed] == [("Tee", 1250)]


@pytest.mark.parametrize(("currency", "places"), [("JPY", 0), ("MGA", 0), ("EUR", 2), ("ISK", 2), ("KWD", 3)])
def test_units_are_stripes_own(currency: str, places: int) -> None:
    assert wire.places_of(currency) == places
