from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench import drive as driving
from bench.drive import Broken, drive
from bench.messages import SECOND_KEY, Request, form, get, payu_callback

SEEN: Counter[str] = Counter()


class Echo(BaseHTTPRequestHandler):
    """Keeps its connections, as a real server does; a request that breaks off ends the line."""

    protocol_version = "HTTP/1.1"
    timeout = 1

    def do_GET(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        SEEN[f"{self.command} {self.path} {sent.decode()}"] += 1
        number = self.path.rpartition("/")[2]
        body = number.encode() * (40_000 if number == "7" else 1)
        self.send_response(403 if number == "3" else 200)
        if number != "endless":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A line that the driver drops is what some tests are about."""


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    server = Server(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield "127.0.0.1", server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def _forget() -> None:
    SEEN.clear()


def on(
    address: tuple[str, int], requests: list[Request], connections: int = 3, seconds: float = 5
) -> Counter[int]:
    host = f"{address[0]}:{address[1]}"
    named = [Request(one.method, one.path, one.headers, one.body, host) for one in requests]
    driven = drive(address, named, connections, most_seconds=seconds)
    assert driven.answered == driven.statuses.total() == SEEN.total()
    assert driven.seconds > 0
    return driven.statuses


def test_every_request_is_sent_once_and_every_status_counted(address: tuple[str, int]) -> None:
    requests = [get(f"/echo/{number}") for number in range(14)]
    requests += [form(f"/echo/{number}", {"number": str(number)}) for number in range(6)]
    assert on(address, requests) == {200: 18, 403: 2}
    assert set(SEEN.values()) == {1}
    assert len(SEEN) == 20


def test_an_answer_in_many_pieces_is_read_to_its_end(address: tuple[str, int]) -> None:
    assert on(address, [get("/echo/7"), get("/echo/8"), get("/echo/7")], 1) == {200: 3}


def test_more_connections_than_requests_leave_some_idle(address: tuple[str, int]) -> None:
    assert on(address, [get("/echo/1")], 4) == {200: 1}


def test_after_its_time_no_further_request_is_begun(address: tuple[str, int]) -> None:
    assert on(address, [get("/echo/1")] * 50, 2, seconds=0) == {200: 2}


def test_an_answer_without_a_length_is_not_guessed(address: tuple[str, int]) -> None:
    with pytest.raises(Broken):
        drive(address, [get("/echo/endless")], 1)


def test_a_server_that_falls_silent_ends_the_drive(
    address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driving, "PATIENCE", 0.2)
    half = Request("POST", "/echo/1", {"Content-Length": "9"})
    with pytest.raises(Broken, match="no answer"):
        drive(address, [half], 1)


def test_percentiles_are_of_the_slowest_share(address: tuple[str, int]) -> None:
    driven = drive(address, [get("/echo/1")] * 20, 2)
    driven.microseconds = list(range(1000, 101_000, 1000))
    assert (driven.percentile(0.5), driven.percentile(0.99)) == (51.0, 100.0)


def test_a_prepared_callback_is_believed_by_the_gateway_it_is_for() -> None:
    from adapters.gateways.payu.signature import require_genuine
    from application.errors import InvalidSignature

    made = payu_callback("/callbacks/payu", reference="R", order_id="O", minor=6489, currency="PLN")
    headers = {name.lower(): value for name, value in made.headers.items()}
    require_genuine(made.body, headers, [SECOND_KEY], accept_md5=False)
    with pytest.raises(InvalidSignature):
        require_genuine(made.body + b" ", headers, [SECOND_KEY], accept_md5=False)
    assert made.raw().endswith(b"\r\n\r\n" + made.body)
