"""What a PayU account needs: a point of sale with its keys, of the REST API or of the classic one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from adapters.wire.settings import Digits, GatewaySettings, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassicSettings(GatewaySettings):
    """One POS of the classic API: ``key1`` signs what we say, ``key2`` what PayU says.

    ``key2_previous`` is believed during a rotation. ``signing`` false leaves the form's signature away.
    ``capture`` says who confirms money that waits: we, as soon as we see it, or staff.
    """

    api: Literal["classic"] = "classic"
    pos_id: Digits
    pos_auth_key: Text = field(repr=False)
    key1: Text = field(repr=False)
    key2: Text = field(repr=False)
    key2_previous: str = field(default="", repr=False)
    signing: bool = True
    capture: Literal["auto", "manual"] = "auto"
    lang: Literal["pl", "en"] = "pl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(GatewaySettings):
    """One POS. ``client_id`` is normally the POS id; ``second_key_previous`` is believed during a rotation.

    ``capture`` says how the POS is set up in PayU's panel: ``manual`` when automatic collection is off.
    """

    VARIANTS: ClassVar[Mapping[str, type[GatewaySettings]]] = {"classic": ClassicSettings}
    # The public test points of sale (PayU, testing pages); the last pair works on the live host.
    PUBLISHED: ClassVar[frozenset[str]] = frozenset(
        {
            "b6ca15b0d1020e8094d9b5f8d163db54",
            "2ee86a66e5d97e3fadc400c9f19b065d",
            "87f410056e1ec5ff64f6bea777a0e694",
            "89e263df5657cccfe7d1d2a0f50b6e41",
            "0c017495773278c50c7b35434017b2ca",
            "c8d4b7ac61758704f38ed5564d8c0ae0",
            "13a980d4f851f3d9a1cfc792fb1f5e50",
            "12f071174cb7eb79d4aac5bc2f07563f",
        }
    )

    api: Literal["rest", "classic"] = "rest"
    pos_id: Digits
    client_id: str = ""
    client_secret: Text = field(repr=False)
    second_key: Text = field(repr=False)
    second_key_previous: str = field(default="", repr=False)
    accept_md5: bool = True
    capture: Literal["auto", "manual"] = "auto"
    lang: str = "pl"
