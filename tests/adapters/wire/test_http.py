"""The HTTP client: deadlines, bulkhead, redirects, and which failure means what."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from adapters.wire import http
from adapters.wire.exchange import recording
from adapters.wire.http import HttpClient
from adapters.wire.payloads import as_form, as_json
from adapters.wire.scrub import Scrubber
from application.errors import GatewayError, GatewayUnavailable, GatewayUnreachable, OutcomeUnknown
from tests.adapters.wire.sockets import answering, sending, serving

OK = answering(b'{"a":1}')


def client(url: str, **changes: Any) -> HttpClient:
    return HttpClient("acc", url, environment="test", **{"total": 0.6, **changes})


def test_an_answer_is_handed_over_as_it_came() -> None:
    with serving(answering(b'{"a":1}', "201 Created", "X-Thing: 7")) as (url, asked):
        answer = client(f"{url}/prefix").send(
            "POST", "/x", headers={"X-Mine": "1"}, content=as_json({"b": "\u0142"})
        )
    assert (answer.status, answer.body, answer.json()) == (201, b'{"a":1}', {"a": 1})
    assert answer.headers["x-thing"] == "7"
    assert asked[0].startswith(b"POST /prefix/x HTTP/1.1\r\n")
    assert asked[0].endswith('{"b":"\u0142"}'.encode())


@pytest.mark.parametrize("status", ["400 Bad Request", "401 Unauthorized", "404 Not Found", "422 No"])
def test_a_refusal_is_the_adapters_to_read(status: str) -> None:
    with serving(answering(b"no", status)) as (url, _):
        assert client(url).send("POST", "/").body == b"no"


@pytest.mark.parametrize("status", ["500 Oh", "502 Bad", "503 Busy", "504 Late", "408 Slow"])
def test_a_server_error_is_unknown_and_a_writing_call_is_made_once(status: str) -> None:
    with serving(answering(b"", status)) as (url, asked):
        with pytest.raises(OutcomeUnknown):
            client(url).send("POST", "/")
        assert len(asked) == 1


def test_a_read_is_repeated_a_bounded_number_of_times() -> None:
    with serving(answering(b"", "500 Oh")) as (url, asked):
        with pytest.raises(OutcomeUnknown):
            client(url).send("GET", "/", safe=True)
        assert len(asked) == 3


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not http at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n" + b"x" * 2_000_000,
    ],
    ids=["nothing", "noise", "short", "torn chunk", "no last chunk", "endless"],
)
def test_half_an_answer_is_unknown(raw: bytes) -> None:
    with serving(sending(raw)) as (url, _), pytest.raises(OutcomeUnknown):
        client(url).send("POST", "/")


def test_a_compressed_answer_is_not_unpacked() -> None:
    with serving(answering(b"\x1f\x8b\x08", "200 OK", "Content-Encoding: gzip")) as (url, asked):
        assert client(url).send("GET", "/").body == b"\x1f\x8b\x08"
    assert b"accept-encoding: identity" in asked[0].lower()


def drip(line: socket.socket) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    for _ in range(100):
        line.sendall(b" ")
        time.sleep(0.05)


def drip_headers(line: socket.socket) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(60):
        line.sendall(f"X-{number}: 1\r\n".encode())
        time.sleep(0.05)


@pytest.mark.parametrize("behave", [lambda line: time.sleep(2), drip, drip_headers])
@pytest.mark.parametrize("safe", [True, False])
def test_the_deadline_is_total(behave: Any, safe: bool) -> None:
    with serving(behave) as (url, asked):
        began = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            client(url, total=0.3).send("GET", "/", safe=safe)
        assert time.monotonic() - began < 0.6
        assert len(asked) == 1


def test_calls_of_one_operation_share_its_deadline() -> None:
    slow = lambda line: (time.sleep(0.6), OK(line))[1]  # noqa: E731
    with serving(slow) as (url, asked):
        caller, began = client(url, total=1.0), time.monotonic()
        with caller.operation():
            caller.send("POST", "/1")
            with pytest.raises(OutcomeUnknown):
                caller.send("POST", "/2")
            with pytest.raises(GatewayUnavailable):
                caller.send("POST", "/3")
        assert time.monotonic() - began < 1.5
        assert len(asked) == 2
        assert caller.send("POST", "/4").status == 200


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "https://nosuchhost.invalid"])
def test_without_a_connection_nothing_was_sent(url: str) -> None:
    with pytest.raises(GatewayUnreachable):
        client(url).send("POST", "/")


def test_a_connect_time_out_means_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(socket.socket, "connect", never)
    with pytest.raises(GatewayUnreachable):
        client("http://127.0.0.1:1").send("POST", "/")


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 Again", "308 For ever"])
@pytest.mark.parametrize("wanted", [True, False])
def test_a_redirect_is_data_or_unknown_but_never_followed(status: str, wanted: bool) -> None:
    with serving(OK) as (elsewhere, heard):
        redirect = answering(b'{"to":1}', status, f"Location: {elsewhere}/trap")
        with serving(redirect) as (url, _):
            caller = client(url)
            if wanted:
                answer = caller.send("POST", "/", redirects=True)
                assert (answer.headers["location"], answer.json()) == (f"{elsewhere}/trap", {"to": 1})
            else:
                with pytest.raises(OutcomeUnknown):
                    caller.send("POST", "/")
        assert not heard


@pytest.mark.parametrize("url", ["https://elsewhere.invalid/x", "http://127.0.0.1:2/x", "file:///etc/passwd"])
def test_only_the_accounts_own_hosts_are_spoken_to(url: str) -> None:
    with serving(OK) as (base, _), pytest.raises(GatewayUnavailable):
        client(base).send("GET", url)


@pytest.mark.parametrize(
    ("url", "environment"),
    [
        ("http://gateway.example", "test"),
        ("http://127.0.0.1:9", "live"),
        ("ftp://127.0.0.1", "test"),
        ("", "test"),
    ],
)
def test_plain_http_is_for_this_machine_outside_live(url: str, environment: str) -> None:
    with pytest.raises(ValueError, match="https"):
        HttpClient("acc", url, environment=environment)


def test_a_full_pool_turns_away_at_once_and_recovers() -> None:
    release = threading.Event()

    def hold(line: socket.socket) -> None:
        release.wait(3)
        OK(line)

    with serving(hold) as (url, asked), ThreadPoolExecutor(2) as callers:
        caller = client(url, workers=2, total=3)
        waiting = [callers.submit(caller.send, "POST", "/") for _ in range(2)]
        while len(asked) < 2:
            time.sleep(0.01)
        began = time.monotonic()
        with pytest.raises(GatewayUnavailable):
            caller.send("POST", "/")
        assert time.monotonic() - began < 0.1
        release.set()
        assert [call.result().status for call in waiting] == [200, 200]
        assert caller.send("POST", "/").status == 200


def test_one_sick_gateway_does_not_stop_another() -> None:
    with serving(lambda line: time.sleep(1)) as (sick, _), serving(OK) as (well, _):
        slow, quick = client(sick, workers=1, total=0.2), client(well, workers=1, total=0.2)
        with pytest.raises(OutcomeUnknown):
            slow.send("POST", "/")
        assert quick.send("POST", "/").status == 200


def throttled(*answers: bytes) -> Any:
    left = list(answers)
    return lambda line: line.sendall(left.pop(0) if len(left) > 1 else left[0])


LATER = b"HTTP/1.1 429 Slow down\r\nRetry-After: %d\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
NOW = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


def test_a_throttled_read_waits_as_told_within_the_deadline() -> None:
    with serving(throttled(LATER % 1, NOW)) as (url, asked):
        began = time.monotonic()
        assert client(url, total=3).send("GET", "/", safe=True).status == 200
        assert time.monotonic() - began >= 1
        assert len(asked) == 2


def test_a_longer_wait_is_for_later_and_nobody_storms() -> None:
    with serving(throttled(LATER % 60)) as (url, asked):
        caller = client(url)
        with pytest.raises(GatewayUnreachable):
            caller.send("GET", "/", safe=True)
        for _ in range(5):
            with pytest.raises(GatewayUnavailable):
                caller.send("POST", "/")
        assert len(asked) == 1


def test_a_throttled_write_is_not_repeated_by_us() -> None:
    with serving(throttled(LATER % 1, NOW)) as (url, asked):
        with pytest.raises(GatewayUnreachable):
            client(url, total=3).send("POST", "/")
        assert len(asked) == 1


def test_after_many_failures_the_gateway_is_left_alone_and_probed_later() -> None:
    now = [0.0]
    breaker = http.Breaker(failures=3, pause=20, clock=lambda: now[0])
    with serving(throttled(*[answer(500)] * 3, NOW)) as (url, asked):
        caller = client(url, breaker=breaker)
        for _ in range(3):
            with pytest.raises(OutcomeUnknown):
                caller.send("POST", "/")
        assert breaker.down_since is not None
        for _ in range(5):
            with pytest.raises(GatewayUnavailable):
                caller.send("POST", "/")
        assert len(asked) == 3
        now[0] = 20.0
        assert caller.send("POST", "/").status == 200
        assert breaker.down_since is None


def answer(status: int) -> bytes:
    return b"HTTP/1.1 %d X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status


def test_a_refusal_counts_as_being_alive() -> None:
    breaker = http.Breaker(failures=2)
    with serving(throttled(answer(500), answer(404), answer(500), answer(200))) as (url, _):
        caller = client(url, breaker=breaker)
        for _ in range(4):
            try:
                caller.send("POST", "/")
            except OutcomeUnknown:
                continue
    assert breaker.down_since is None


def test_every_exchange_is_recorded_without_its_secrets(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    scrubber = Scrubber(["canary-value"], ["pesel"])
    told = b'{"access_token":"canary-token","echo":"canary-value","ok":true}'
    with serving(answering(told)) as (url, _), recording() as said:
        client(url, scrubber=scrubber).send(
            "POST",
            "/oauth?token=canary-query&page=2",
            headers={"Authorization": "Bearer canary-header"},
            content=as_form({"client_secret": "canary-form", "pesel": "canary-named", "amount": "4990"}),
        )
        with pytest.raises(GatewayError):
            client("http://127.0.0.1:1", scrubber=scrubber).send("POST", "/x")
    good, bad = said
    assert (good.method, good.status, good.problem) == ("POST", 200, "")
    assert "page=2" in good.url
    assert "amount=4990" in good.request
    assert '"ok": true' in good.answer
    assert bad.status is None
    assert bad.problem.startswith("GatewayUnreachable")
    assert "canary" not in repr(said)
    assert "canary" not in " ".join(str(vars(record)) for record in caplog.records)
    logged = [record for record in caplog.records if record.message == "gateway exchange"]
    assert [vars(record)["path"] for record in logged] == ["/oauth", "/x"]


def test_recording_is_over_when_its_block_is() -> None:
    with serving(OK) as (url, _):
        with recording() as outer:
            with recording() as inner:
                client(url).send("GET", "/inner")
            client(url).send("GET", "/outer")
        client(url).send("GET", "/nobody")
    assert [len(inner), len(outer)] == [1, 1]


def test_only_one_call_at_a_time_probes_a_gateway_that_was_down() -> None:
    now = [0.0]
    breaker = http.Breaker(failures=1, pause=20, clock=lambda: now[0])
    breaker.failed()
    since = breaker.down_since
    now[0] = 20.0
    breaker.require_closed()
    with pytest.raises(GatewayUnavailable):
        breaker.require_closed()
    breaker.failed()
    assert breaker.down_since == since
    now[0] = 39.0
    with pytest.raises(GatewayUnavailable):
        breaker.require_closed()


def test_a_gateway_cannot_send_us_away_for_ever() -> None:
    now = [0.0]
    breaker = http.Breaker(clock=lambda: now[0])
    breaker.told_to_wait(1e9)
    now[0] = 600.0
    breaker.require_closed()
