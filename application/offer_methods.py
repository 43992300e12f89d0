"""Which ways to pay fit an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from application.errors import MethodNotOffered
from application.ports.gateway import Gateways, MethodOption, PaymentGateway, Temperament
from domain.money import Money
from domain.quote import OrderLine

NOTHING_TO_PAY = "nothing"
"""The internal account of orders whose total is zero: no gateway hears of them."""


@dataclass(frozen=True, slots=True)
class Method:
    """A way to pay as the shopper chooses it. ``reason`` says why it does not fit (for staff), else empty.

    ``options``: what is to be chosen beside a method that fits. ``bank_plans``: the gateway's page may offer
    instalments.
    """

    account: str
    code: str
    label: str
    hint: str
    is_online: bool
    reason: str = ""
    options: tuple[MethodOption, ...] = ()
    bank_plans: bool = False

    @property
    def fits(self) -> bool:
        return not self.reason


def _why_not(gateway: PaymentGateway, amount: Money, country: str, lines: Sequence[OrderLine]) -> str:
    if not gateway.offer:
        return "not on offer"
    if gateway.currencies and amount.currency.code not in gateway.currencies:
        return f"does not take {amount.currency.code}"
    return gateway.accepts(amount, country, lines)


def _method(gateway: PaymentGateway, amount: Money, reason: str) -> Method:
    return Method(
        account=gateway.account,
        code=gateway.code,
        label=gateway.label,
        hint=gateway.hint,
        is_online=gateway.capabilities.temperament is not Temperament.DIRECT,
        reason=reason,
        options=() if reason else gateway.options(amount),
        bank_plans=gateway.capabilities.bank_plans,
    )


class OfferMethodsUseCase:
    """Answer every configured account with whether it takes this amount, country and these lines."""

    def __init__(self, *, gateways: Gateways) -> None:
        self._gateways = gateways

    def execute(self, amount: Money, country: str, lines: Sequence[OrderLine]) -> tuple[Method, ...]:
        """In the merchant's order; retired accounts are left out. Reads settings only, no I/O."""
        offered = (gateway for gateway in self._gateways.all() if gateway.offer)
        return tuple(
            _method(gateway, amount, _why_not(gateway, amount, country, lines)) for gateway in offered
        )

    def only_currency(self, account: str) -> str:
        """The code of the one currency this account takes; empty when it takes several, or is unknown."""
        known = [gateway.currencies for gateway in self._gateways.all() if gateway.account == account]
        return next(iter(known[0])) if known and len(known[0]) == 1 else ""

    def require(
        self, account: str, amount: Money, country: str, lines: Sequence[OrderLine]
    ) -> PaymentGateway:
        """The gateway of ``account``. Raises UnknownAccount, MethodNotOffered with the reason."""
        gateway = self._gateways.get(account)
        if reason := _why_not(gateway, amount, country, lines):
            raise MethodNotOffered(f"{gateway.label}: {reason}")
        return gateway
