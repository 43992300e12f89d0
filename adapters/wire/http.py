"""Outgoing HTTP: a total deadline, a bulkhead, no redirects, errors split by what may be done next.

Connecting failed (refused, no such host, certificate, connect time-out), or 429: GatewayUnreachable, nothing
was done. Pool full, breaker open, no time left: GatewayUnavailable, nothing was tried. Anything after sending
began, 5xx, 408, a redirect nobody expected: OutcomeUnknown. Other answers are the adapter's to read.
"""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

import requests
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError

from adapters.wire.breaker import Breaker
from adapters.wire.exchange import Exchange, tell
from adapters.wire.links import is_secure, join, origin
from adapters.wire.payloads import NO_CONTENT, Content, json_object
from adapters.wire.scrub import Scrubber
from application.errors import GatewayError, GatewayUnavailable, GatewayUnreachable, OutcomeUnknown

CONNECT: Final = 2.0
TOTAL: Final = 10.0
WORKERS: Final = 8
LARGEST_ANSWER: Final = 1_048_576
TRIES_OF_A_READ: Final = 3
_CHUNK: Final = 65_536
# It writes whole paths at DEBUG, and some gateways want a key in theirs.
logging.getLogger("urllib3").setLevel(logging.WARNING)
_until: ContextVar[float | None] = ContextVar("until", default=None)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        return self.status < 400

    def json(self) -> dict[str, Any]:
        """The body as a JSON object. Raises OutcomeUnknown when it is none."""
        return json_object(self.body, OutcomeUnknown)


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    content: Content = field(repr=False)
    redirects: bool


class HttpClient:
    """Speaks for one account to the host of ``base_url`` and to ``allow_hosts``. Times are in seconds."""

    def __init__(
        self,
        account: str,
        base_url: str,
        *,
        environment: str,
        connect: float = CONNECT,
        total: float = TOTAL,
        workers: int = WORKERS,
        allow_hosts: Collection[str] = (),
        scrubber: Scrubber | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        if not is_secure(base_url, environment):
            raise ValueError("a gateway is spoken to over https, or on this machine outside live")
        self._account, self._base, self._environment = account, base_url, environment
        self._origins = {origin(base_url)} | {f"https://{host}" for host in allow_hosts}
        self._connect, self._total, self._workers = connect, total, workers
        self._scrub = scrubber or Scrubber()
        self._places = threading.BoundedSemaphore(workers)
        self._pool: ThreadPoolExecutor | None = None
        self._pool_lock = threading.Lock()
        self._sessions = threading.local()
        self.breaker = breaker or Breaker()
        self.clock_skew: timedelta | None = None
        """How far the clock of the last answer was ahead of ours; None: none told a time."""

    @contextmanager
    def operation(self) -> Iterator[None]:
        """Calls inside share one deadline; an outer block keeps its own."""
        if _until.get() is not None:
            yield
            return
        token = _until.set(time.monotonic() + self._total)
        try:
            yield
        finally:
            _until.reset(token)

    def speaks_to(self, url: str) -> bool:
        """Whether this absolute address is one of the hosts that belong to the account's gateway."""
        return is_secure(url, self._environment) and origin(url) in self._origins

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: Content = NO_CONTENT,
        safe: bool = False,
        redirects: bool = False,
    ) -> Answer:
        """Say it and wait for the answer: 2xx, 4xx, and 3xx if ``redirects``; those are never followed.

        ``path`` hangs below the base, or is an absolute address of an allowed host. ``safe``: it only reads,
        so it is repeated a few times, waiting as a 429 says, while time is left.
        """
        url = path if "://" in path else join(self._base, path)
        sent = {"Accept-Encoding": "identity", **(headers or {})}
        if content.media_type:
            sent["Content-Type"] = content.media_type
        if not self.speaks_to(url):
            raise GatewayUnavailable("not an address of this account's gateway", code="host")
        call = _Call(method, url, sent, content, redirects)
        with self.operation():
            for pause in (0.05, 0.2):
                try:
                    return self._try(call)
                except (GatewayUnreachable, OutcomeUnknown) as error:
                    wait = max(pause, getattr(error, "retry_after", 0.0))
                    if not safe or time.monotonic() + wait >= self._deadline():
                        raise
                    time.sleep(wait)
            return self._try(call)

    def _deadline(self) -> float:
        return _until.get() or 0.0

    def _try(self, call: _Call) -> Answer:
        self.breaker.require_closed()
        began, answer, problem = time.monotonic(), None, ""
        try:
            answer = self._bounded(call)
            return self._judged(call, answer)
        except GatewayError as error:
            problem = f"{type(error).__name__}: {error}"
            raise
        finally:
            tell(
                Exchange(
                    account=self._account,
                    method=call.method,
                    url=self._scrub.url(call.url),
                    request=self._scrub.body(call.content.data),
                    answer=self._scrub.body(answer.body) if answer else "",
                    status=answer.status if answer else None,
                    milliseconds=round((time.monotonic() - began) * 1000),
                    problem=problem,
                )
            )

    def _judged(self, call: _Call, answer: Answer) -> Answer:
        status = answer.status
        self.clock_skew = _skew(answer.headers.get("date", "")) or self.clock_skew
        if status == 429:
            throttled = _Throttled(answer.headers.get("retry-after", ""))
            self.breaker.told_to_wait(throttled.retry_after)
            raise throttled
        if status >= 500 or status == 408:
            self.breaker.failed()
            raise OutcomeUnknown(f"the gateway answered {status}", code=str(status))
        self.breaker.succeeded()
        if 300 <= status < 400 and not call.redirects:
            raise OutcomeUnknown("the gateway answered with a redirect", code=str(status))
        return answer

    def _bounded(self, call: _Call) -> Answer:
        """Run the call in the account's own pool and give up on it at the deadline."""
        until = self._deadline()
        left = until - time.monotonic()
        if left <= 0:
            raise GatewayUnavailable("no time was left to ask", code="deadline")
        if not self._places.acquire(blocking=False):
            raise GatewayUnavailable("too many calls to this gateway are waiting", code="busy")
        try:
            future = self._executor().submit(copy_context().run, self._speak, call, until)
        except RuntimeError as stopping:
            self._places.release()
            raise GatewayUnavailable("the process is stopping", code="stopping") from stopping
        future.add_done_callback(lambda _: self._places.release())
        try:
            return future.result(timeout=left)
        except TimeoutError as late:
            self.breaker.failed()
            raise OutcomeUnknown("no answer within the deadline", code="timeout") from late
        except GatewayError:
            self.breaker.failed()
            raise

    def _executor(self) -> ThreadPoolExecutor:
        with self._pool_lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix=f"gateway-{self._account}")
            return self._pool

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._sessions, "session", None)
        if session is None:
            session = self._sessions.session = _NeverRedirected()
            session.trust_env = False
        return session

    def _speak(self, call: _Call, until: float) -> Answer:
        left = max(until - time.monotonic(), 0.01)
        try:
            with self._session().request(
                call.method,
                call.url,
                data=call.content.data or None,
                headers=dict(call.headers),
                timeout=(min(self._connect, left), left),
                allow_redirects=False,
                stream=True,
            ) as response:
                named = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status_code, named, _read(response, until))
        except (requests.RequestException, HTTPError, OSError) as error:
            if _never_sent(error):
                raise GatewayUnreachable("no connection to the gateway", code="connect") from error
            raise OutcomeUnknown("the connection broke before a whole answer came", code="broken") from error


class _NeverRedirected(requests.Session):
    """Follows nothing, and leaves the body of a redirect to be read within our own limits."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class _Throttled(GatewayUnreachable):
    """Refused before anything was done; may be repeated after ``retry_after`` seconds."""

    def __init__(self, header: str) -> None:
        super().__init__("the gateway asks for fewer calls", code="429")
        self.retry_after = min(int(header), 600) if header.isascii() and header.isdigit() else 1


def _skew(date: str) -> timedelta | None:
    """What ``Date`` (RFC 9110, section 6.6.1; whole seconds) says beyond our own clock."""
    try:
        return parsedate_to_datetime(date) - datetime.now(UTC)
    except (ValueError, TypeError):
        return None


def _read(response: requests.Response, until: float) -> bytes:
    """The whole body, as it trickles in, within the deadline and the cap."""
    parts, size = [], 0
    while part := response.raw.read1(_CHUNK, decode_content=False):
        parts.append(part)
        size += len(part)
        if size > LARGEST_ANSWER:
            raise OutcomeUnknown("the answer is larger than any we know", code="size")
        if time.monotonic() > until:
            raise OutcomeUnknown("no whole answer within the deadline", code="timeout")
    return b"".join(parts)


def _never_sent(error: Exception) -> bool:
    """Whether the connection was not even made, or its certificate was not believed."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    reason: object = error.args[0] if error.args else None
    if isinstance(reason, MaxRetryError):
        reason = reason.reason
    if isinstance(error, requests.exceptions.SSLError):
        return "CERTIFICATE_VERIFY_FAILED" in str(reason) or isinstance(reason, ssl.SSLCertVerificationError)
    return isinstance(reason, NewConnectionError)
