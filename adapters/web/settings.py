"""What the web adapter is told when it is built."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from adapters.web.contrast import Brand

LANGUAGES = ("en", "es", "pl", "uk", "pt_BR")


@dataclass(frozen=True, slots=True)
class WebSettings:
    """The part of the configuration that pages need.

    ``base_url`` is where the shop is reached from outside, without a trailing slash. ``region`` (ISO 3166-1
    alpha-2) refines the formats of amounts and dates; ``timezone`` is an IANA name, empty: the region's own
    where it has one, else UTC. ``max_body`` counts bytes. Raises ValueError naming the key of a bad value.
    """

    base_url: str
    secret_key: str = field(repr=False)
    environment: Literal["test", "live"] = "test"
    trusted_proxies: int = 0
    guest_checkout: bool = False
    sends_mail: bool = False
    region: str = ""
    timezone: str = ""
    secret_key_fallbacks: tuple[str, ...] = field(default=(), repr=False)
    brand_name: str = "Shop"
    brand_contact: str = ""
    brand_accent: str | None = None
    brand_logo: str = ""
    demo: bool = False
    shop_enabled: bool = True
    sandbox_origin: str = ""
    languages: tuple[str, ...] = LANGUAGES
    currencies: tuple[str, ...] = ()
    max_body: int = 65_536
    allowed_return_hosts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        host = self.address.hostname or ""
        if self.address.scheme not in ("http", "https") or not host or ":" in host:
            raise ValueError("base_url: an address like https://shop.example")
        if not self.secret_key:
            raise ValueError("secret_key: must not be empty")
        if self.trusted_proxies < 0:
            raise ValueError("trusted_proxies: a number of hops, 0 or more")
        unknown = set(self.languages) - set(LANGUAGES)
        if unknown or not self.languages:
            raise ValueError(f"languages: one or more of {', '.join(LANGUAGES)}")
        if self.brand_accent is not None:
            Brand.of(self.brand_accent)

    @property
    def address(self) -> SplitResult:
        return urlsplit(self.base_url)

    @property
    def is_secure(self) -> bool:
        return self.address.scheme == "https"

    @property
    def is_test(self) -> bool:
        return self.environment == "test"

    @property
    def brand(self) -> Brand | None:
        return Brand.of(self.brand_accent) if self.brand_accent else None
