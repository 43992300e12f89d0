"""The one tree of errors.

CheckoutError
├── DomainError             a rule of money, orders or payments was about to be broken
│   ├── InvalidMoney, UnknownCurrency
│   ├── InvalidBasket       something in a basket cannot be sold like this
│   ├── InvalidOrder        an order cannot be made from what was given
│   └── InvalidTransition   a command of our own asked for a move that no table lists
├── ApplicationError        a use case cannot do what was asked (``application.errors``)
└── GatewayError            a gateway, or our talk with it, went wrong (``application.errors``)
"""

from __future__ import annotations


class CheckoutError(Exception):
    """Anything Callbank raises on purpose."""


class DomainError(CheckoutError):
    """A rule of the domain was about to be broken."""


class InvalidMoney(DomainError):
    """An amount that no currency can hold, or two amounts that cannot be put together."""


class UnknownCurrency(DomainError):
    """A code that is not an ISO 4217 currency with an exponent."""


class InvalidBasket(DomainError):
    """Something in a basket cannot be sold like this; ``field`` names it."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class InvalidOrder(DomainError):
    """An order cannot be made from what was given; ``field`` names the culprit."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class InvalidTransition(DomainError):
    """A command of our own asked for a move that the table of ``field`` does not list."""

    def __init__(self, field: str, old: str, new: str) -> None:
        super().__init__(f"{field} cannot move from {old} to {new}")
        self.field, self.old, self.new = field, old, new
