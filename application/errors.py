"""What use cases and gateways raise, below the root in ``domain.errors``.

CheckoutError
├── DomainError                 (domain.errors)
├── ApplicationError
│   ├── NotFound                OrderNotFound, PaymentNotFound, BasketNotFound,
│   │                           CallbackNotFound, ReviewNotFound
│   ├── UnknownAccount          no gateway account of that name
│   ├── InvalidRequest          what was asked is malformed; ``fields`` says where
│   ├── Vetoed                  a query of the host refused the payment
│   ├── NotPayable              the order cannot be paid now
│   │   └── AlreadyPaid
│   ├── NotCancellable          the order cannot be cancelled now
│   ├── TotalChanged            the shopper saw another total
│   ├── OutOfStock              fewer goods are left than were asked for
│   ├── MethodNotOffered        the account does not take this order
│   ├── KeyReused               an idempotency key or host reference came back with another content
│   ├── MethodNotAllowed        the gateway does not declare this HTTP method for its callbacks
│   ├── CallbackRefused         a message that proves nothing (uniform)
│   ├── CallbackUnreadable      authenticated, but not readable
│   ├── ConcurrentUpdate        somebody else wrote first: read again, decide again
│   └── StorageUnavailable      the database cannot be read or written now
└── GatewayError                split by what the caller may do next
    ├── GatewayUnreachable      nothing was sent: may be repeated
    ├── OutcomeUnknown          sent, no usable answer: look first, never blind again
    ├── GatewayRejected         final refusal, with the gateway's code
    ├── GatewayUnavailable      the account is known to be down: not tried
    ├── InvalidSignature        a message or an answer that does not prove itself
    ├── GatewayProtocolError    authenticated, but not what the protocol says
    └── UnsupportedOperation    the adapter does not declare this power
"""

from __future__ import annotations

from collections.abc import Mapping

from domain.errors import CheckoutError


class ApplicationError(CheckoutError):
    """A use case cannot do what was asked."""


class NotFound(ApplicationError):
    """There is no such thing, or not for this caller."""


class OrderNotFound(NotFound):
    """No order under this key, id or reference."""


class PaymentNotFound(NotFound):
    """No payment under this id, reference or token."""


class BasketNotFound(NotFound):
    """No basket under this id."""


class CallbackNotFound(NotFound):
    """No stored callback under this id."""


class ReviewNotFound(NotFound):
    """No review item under this id."""


class UnknownAccount(ApplicationError):
    """No gateway account of that name is configured."""


class InvalidRequest(ApplicationError):
    """What was asked is malformed; ``fields`` maps each culprit to a sentence."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {text}" for name, text in fields.items()))
        self.fields = dict(fields)


class Vetoed(ApplicationError):
    """A query of the host refused the payment; the text is for the shopper."""


class NotPayable(ApplicationError):
    """The order cannot be paid now."""


class AlreadyPaid(NotPayable):
    """The order is paid already."""


class NotCancellable(ApplicationError):
    """The order cannot be cancelled now."""


class TotalChanged(ApplicationError):
    """The total is not the one the shopper saw; ``seen`` and ``current`` are texts like ``49.90 PLN``."""

    def __init__(self, seen: str, current: str) -> None:
        super().__init__(f"the total is {current} now, it was {seen}")
        self.seen, self.current = seen, current


class OutOfStock(ApplicationError):
    """Fewer goods are left than were asked for; ``sku`` names them, ``available`` how many are left."""

    def __init__(self, sku: str, name: str, available: int) -> None:
        super().__init__(f"only {available} left of {name}")
        self.sku, self.name, self.available = sku, name, available


class MethodNotOffered(ApplicationError):
    """The account does not take this order: currency, amount, country, basket or not on offer."""


class KeyReused(ApplicationError):
    """An idempotency key or a host's reference came back with another content."""


class MethodNotAllowed(ApplicationError):
    """The gateway does not declare this HTTP method for its callbacks."""


class CallbackRefused(ApplicationError):
    """A message that proves nothing. Always answered with the same bytes."""


class CallbackUnreadable(ApplicationError):
    """An authenticated message that does not say what its protocol demands."""


class ConcurrentUpdate(ApplicationError):
    """Somebody else wrote first: begin again with fresh reads."""


class StorageUnavailable(ApplicationError):
    """The database cannot be read or written now; nothing was half-written."""


class GatewayError(CheckoutError):
    """A gateway, or our talk with it, went wrong; ``code`` is the gateway's own word, never a secret."""

    def __init__(self, message: str = "", *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class GatewayUnreachable(GatewayError):
    """Nothing was sent; the call may be repeated as it is."""


class OutcomeUnknown(GatewayError):
    """Sent, but no usable answer came: look first, never repeat blindly."""


class GatewayRejected(GatewayError):
    """A final refusal."""


class GatewayUnavailable(GatewayError):
    """The account is known to be down; nothing was tried."""


class InvalidSignature(GatewayError):
    """A message or an answer that does not prove itself."""


class GatewayProtocolError(GatewayError):
    """An authenticated message or answer that is not what the protocol says."""


class UnsupportedOperation(GatewayError):
    """The adapter does not declare this power; raised before any I/O."""
