"""Where a host takes part: queries and vetoes before money is asked for, facts after it moved.

Queries and vetoes run inside the use case, before the intent is committed; a handler raises ``Vetoed`` to
refuse. Facts are delivered at least once from the outbox, in order per order; a failing handler is called
again and undoes nothing. ``callback_refused`` alone is told in the process that refused.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from domain.money import Money
from domain.order import Order
from domain.payment import Payment

QUERIES = (
    "new_payment_query",
    "user_data_query",
    "order_additional_validation",
    "redirecting_to_payment_gateway",
)

FACTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "OrderPlaced": ("pre_transform", "post_transform", "order_placed"),
        "PaymentStarted": ("new_payment", "pre_sendbank"),
        "ShopperSent": ("post_sendbank",),
        "PaymentStatusChanged": ("payment_status_changed",),
        "CallbackAccepted": ("pre_callback", "callback_accepted", "post_callback"),
        "OrderPaid": ("order_paid",),
        "OrderStopped": ("pre_error", "post_error", "order_stopped"),
        "OrderCancelled": ("order_cancelled",),
        "OrderExpired": ("order_expired",),
        "ShopperReturned": ("pre_confirmation", "post_confirmation"),
        "RefundDone": ("refund_done",),
        "ReviewOpened": ("review_opened",),
        "FulfilmentChanged": ("fulfilment_changed",),
    }
)
"""The facts that an event of the outbox is told as; the pairs are the steps of Sonata ecommerce."""

NAMES = frozenset(QUERIES) | {name for names in FACTS.values() for name in names} | {"callback_refused"}


@dataclass(slots=True)
class PaymentQuery:
    """``new_payment_query``: a handler fills in what the host's order did not say."""

    source: object
    amount: Money | None = None
    description: str = ""


@dataclass(slots=True)
class UserData:
    """``user_data_query``: a handler fills in what it knows of the buyer."""

    source: object
    email: str = ""
    name: str = ""
    phone: str = ""
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """What a fact handler gets: the event's name, id, number and payload, and the aggregates as they are now.

    ``old_status`` and ``new_status`` are the words of a ``payment_status_changed``, else empty.
    """

    name: str
    event_id: str
    seq: int
    payload: Mapping[str, object]
    order: Order
    instance: Payment | None = None
    old_status: str = ""
    new_status: str = ""


Handler = Callable[..., object]


@dataclass(slots=True)
class Hooks:
    """A registry of plain handlers by name."""

    _handlers: dict[str, list[Handler]] = field(default_factory=lambda: defaultdict(list))

    def connect(self, name: str, handler: Handler) -> Handler:
        """Call ``handler`` for ``name`` from now on. Raises ValueError for a name that does not exist."""
        if name not in NAMES:
            raise ValueError(f"no hook is called {name!r}; there are {', '.join(sorted(NAMES))}")
        self._handlers[name].append(handler)
        return handler

    def wants(self, name: str) -> bool:
        return bool(self._handlers.get(name))

    def tell(self, name: str, *args: object, **kwargs: object) -> None:
        """Call every handler of ``name`` in order of connection; the first error stops and is passed on."""
        for handler in self._handlers.get(name, ()):
            handler(*args, **kwargs)
