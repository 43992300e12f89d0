"""Digests, amounts, items, addresses, payloads and scrubbing: the pure half of the wire."""

from __future__ import annotations

import hashlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.testing.builders import a_line
from adapters.wire.amounts import from_decimal, from_digits, to_decimal, to_digits
from adapters.wire.errors import unclear_is_unknown
from adapters.wire.items import items
from adapters.wire.links import is_loopback, is_secure, join, next_page, origin
from adapters.wire.payloads import as_form, as_json, basic_auth, form_fields, json_object
from adapters.wire.scrub import Scrubber
from adapters.wire.signing import current_and_previous, digest, hmac_digest, require_match
from application.errors import GatewayProtocolError, GatewayRejected, InvalidSignature, OutcomeUnknown
from domain.currencies import EXPONENTS
from domain.money import Money

CODES = st.sampled_from(sorted(EXPONENTS))


def test_digests_are_lower_case_hex_over_the_joined_bytes() -> None:
    assert digest("md5", b"a", b"b") == hashlib.md5(b"ab", usedforsecurity=False).hexdigest()
    assert hmac_digest("sha256", "k", b"a", b"b") == hmac_digest("sha256", "k", b"ab")
    with pytest.raises(ValueError, match="empty"):
        hmac_digest("sha256", "", b"a")


@pytest.mark.parametrize("given_", ["", None, "x", "é", "\ud800", "AB"])
def test_what_does_not_match_is_refused(given_: str | None) -> None:
    with pytest.raises(InvalidSignature):
        require_match(given_, ["ab", ""])


def test_one_of_two_digests_is_enough_while_a_key_is_rotated() -> None:
    require_match("cd", ["ab", "cd"])
    assert current_and_previous("a", "") == ("a",)
    assert current_and_previous("a", "b") == ("a", "b")


@given(st.integers(0, 10**15), CODES)
def test_an_amount_comes_back_from_the_wire_unchanged(minor: int, code: str) -> None:
    money = Money.of(minor, code)
    assert from_digits(to_digits(money), code) == money
    assert from_decimal(to_decimal(money), code) == money


@pytest.mark.parametrize(
    ("minor", "code", "places", "digits", "text"),
    [
        (4990, "PLN", 2, "4990", "49.90"),
        (150000, "HUF", 2, "150000", "1500.00"),
        (1500, "JPY", 2, "150000", "1500.00"),
        (5, "PLN", 2, "5", "0.05"),
        (1230, "KWD", 2, "123", "1.23"),
    ],
)
def test_a_gateway_may_count_in_hundredths_whatever_the_currency(
    minor: int, code: str, places: int, digits: str, text: str
) -> None:
    money = Money.of(minor, code)
    assert (to_digits(money, places), to_decimal(money, places)) == (digits, text)
    assert from_digits(digits, code, places) == money


def test_an_amount_finer_than_the_gateway_counts_is_not_sent() -> None:
    with pytest.raises(GatewayRejected):
        to_digits(Money.of(1, "KWD"), 2)


@pytest.mark.parametrize(
    "value", ["", " 1", "1 ", "+1", "-1", "1.0", "1e3", "٣", "0x1", "NaN", None, 1.5, True, [], "9" * 19, -1]
)
def test_an_amount_that_is_no_whole_number_is_unreadable(value: object) -> None:
    with pytest.raises(GatewayProtocolError):
        from_digits(value, "PLN")


@pytest.mark.parametrize("value", ["", ".5", "5.", "1,5", "-1.00", "1e3", "49.901", "1.2.3", 49.9, None])
def test_a_text_that_is_no_decimal_of_the_currency_is_unreadable(value: object) -> None:
    with pytest.raises(GatewayProtocolError):
        from_decimal(value, "PLN")


@pytest.mark.parametrize(("text", "minor"), [("49.9", 4990), ("49", 4900), ("49.900", 4990), ("0.05", 5)])
def test_a_decimal_may_have_fewer_or_surplus_places(text: str, minor: int) -> None:
    assert from_decimal(text, "PLN") == Money.of(minor, "PLN")


@pytest.mark.parametrize("code", ["pln", "", "XXX", None, 985, "PLN "])
def test_a_currency_that_is_none_is_unreadable(code: object) -> None:
    with pytest.raises(GatewayProtocolError):
        from_digits("1", code)


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(1, 999)), min_size=1, max_size=8))
def test_items_add_up_to_the_lines_whatever_the_quantities(pairs: list[tuple[int, int]]) -> None:
    lines = [a_line(Money.of(gross, "PLN"), quantity=quantity) for gross, quantity in pairs]
    for with_free in (True, False):
        found = items(lines, with_free=with_free)
        assert sum(item.unit.minor * item.quantity for item in found) == sum(gross for gross, _ in pairs)
    assert all(item.unit.is_positive for item in found)


def test_three_for_ten_are_two_prices() -> None:
    found = items([a_line(Money.of(1000, "PLN"), quantity=3, name="x" * 300)], longest_name=10)
    assert [(item.unit.minor, item.quantity, item.name) for item in found] == [
        (333, 2, "x" * 10),
        (334, 1, "x" * 10),
    ]


def test_a_prefix_in_the_base_stays() -> None:
    assert (
        join("http://127.0.0.1:9000/payu/", "/api/v2_1/orders")
        == "http://127.0.0.1:9000/payu/api/v2_1/orders"
    )
    assert origin("https://secure.payu.com/pl/x?y") == "https://secure.payu.com"
    assert origin("http://[::1]:8000/x") == "http://[::1]:8000"


PAGES = ("https://pay.example", "https://*.payu.com", "http://127.0.0.1:9000")


@pytest.mark.parametrize(
    "url",
    [
        "https://pay.example/x?y=1#z",
        "https://merch-prod.snd.payu.com/pay/?orderId=1",
        "http://127.0.0.1:9000/payu/pay/1",
    ],
)
def test_a_page_of_the_gateway_is_trusted(url: str) -> None:
    assert next_page(url, PAGES, "test") == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "/pay",
        "//pay.example/x",
        "http://pay.example/x",
        "https://pay.example.evil.example/",
        "https://evil.example/https://pay.example",
        "https://pay.example@evil.example/",
        "https://pay.example:8443/",
        "https://payu.com.evil.example/",
        "https://evilpayu.com/",
        "https://x.payu.com:444/",
        "https:\\\\pay.example/x",
        "https://pay.example\\@evil.example/",
        "https://pay.example/\r\nX: 1",
        " https://pay.example/",
        "https://pay.example/\u202e",
        "javascript:alert(1)//https://pay.example",
        "http://127.0.0.1:9001/x",
        "https://pay.example:99999/",
        "https://[::1/",
    ],
)
def test_a_foreign_page_is_an_unknown_outcome(url: object) -> None:
    with pytest.raises(OutcomeUnknown):
        next_page(url, PAGES, "test")


def test_in_live_this_machine_is_no_gateway() -> None:
    with pytest.raises(OutcomeUnknown):
        next_page("http://127.0.0.1:9000/x", PAGES, "live")
    assert is_secure("http://localhost:1/", "test")
    assert not is_secure("http://localhost:1/", "live")
    assert is_loopback("http://127.8.9.1")
    assert not is_loopback("http://127.0.0.1.evil.example")


def test_json_goes_out_compact_in_its_own_order_and_comes_back_exact() -> None:
    content = as_json({"b": "ł", "a": [1, {"c": None}]})
    assert content.data == '{"b":"ł","a":[1,{"c":null}]}'.encode()
    assert json_object(b'{"a":0.1}') == {"a": Decimal("0.1")}
    assert as_form([("b", "ł"), ("a", "1 2"), ("b", "")]).data == b"b=%C5%82&a=1+2&b="


def test_a_decimal_is_written_with_its_own_decimals_and_nothing_else_becomes_a_number() -> None:
    values = {"a": Decimal("834.20"), "b": [Decimal("1E+2")], "c": "834.20", "d": Decimal("-0.01")}
    assert as_json(values).data == b'{"a":834.20,"b":[100],"c":"834.20","d":-0.01}'


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), object()])
def test_what_is_no_json_is_not_written(value: object) -> None:
    with pytest.raises(TypeError):
        as_json({"a": value})


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"a":1,"a":2}', b'{"a":NaN}', b"\xff{}", b'{"a":' * 50_000])
def test_json_that_could_be_read_two_ways_is_refused(raw: bytes) -> None:
    with pytest.raises(GatewayProtocolError):
        json_object(raw)
    with pytest.raises(OutcomeUnknown):
        json_object(raw, OutcomeUnknown)


def test_an_answer_without_sense_is_an_unknown_outcome() -> None:
    for error in (GatewayProtocolError("x"), InvalidSignature("x")):
        with pytest.raises(OutcomeUnknown), unclear_is_unknown():
            raise error


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b'{"a":{"Password":"p","b":[{"cvv":"1"}]}}', '{"a": {"Password": "***", "b": [{"cvv": "***"}]}}'),
        (b"client_secret=s&x=1", "client_secret=***&x=1"),
        (b"<h1>canary-value</h1>", "<h1>***</h1>"),
        (b'{"echo":"xcanary-valuex"}', '{"echo": "x***x"}'),
        (b'{"card":"4111 1111 1111 1111"}', '{"card": "***1111"}'),
        (b'{"id":"4111111111111112"}', '{"id": "4111111111111112"}'),
        (b"", ""),
        (b"\xff\xfe", "\ufffd\ufffd"),
    ],
)
def test_bodies_are_kept_without_their_secrets(raw: bytes, shown: str) -> None:
    assert Scrubber(["canary-value"]).body(raw) == shown


def test_a_huge_body_is_kept_in_part() -> None:
    assert len(Scrubber().body(b'{"a":"' + b"x" * 100_000 + b'"}')) <= 8_000


def test_form_fields_come_back_as_text_and_only_once_each() -> None:
    fields = {"opis": "Za\u017c\u00f3\u0142\u0107 & co", "empty": "", "plus": "a+b c"}
    assert form_fields(as_form(fields).data) == fields
    assert form_fields("opis=Za\u017c\u00f3\u0142\u0107".encode()) == {"opis": "Za\u017c\u00f3\u0142\u0107"}
    for raw in (b"a=1&a=1", b"a=%ff", b"\xff=1", b"&".join(b"k%d=1" % n for n in range(5_000))):
        with pytest.raises(GatewayProtocolError):
            form_fields(raw)


def test_basic_credentials_are_the_example_of_the_rfc() -> None:
    assert basic_auth("Aladdin", "open sesame") == {"Authorization": "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}
    assert basic_auth("test", "123\u00a3") == {"Authorization": "Basic dGVzdDoxMjPCow=="}
