"""The merchant's settings that use cases need, frozen when the application starts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """``base_url`` makes every link a gateway gets. ``default_account`` serves scripts that name none."""

    base_url: str
    environment: str
    guest_checkout: bool = False
    default_account: str = ""
    allowed_return_hosts: frozenset[str] = frozenset()
    default_locale: str = "en"

    def order_url(self, key: str) -> str:
        return f"{self.base_url}/orders/{key}"

    def redirect_url(self, key: str, payment_id: object) -> str:
        """Our intermediate page, which leads on to the gateway by GET or by form."""
        return f"{self.base_url}/orders/{key}/payments/{payment_id}/redirect"

    def callback_url(self, account: str, payment_id: object) -> str:
        return f"{self.base_url}/callbacks/{account}/{payment_id}"

    def return_url(self, account: str, token: str) -> str:
        return f"{self.base_url}/returns/{account}/{token}"
