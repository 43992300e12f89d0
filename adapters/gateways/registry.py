"""From settings blocks to gateway accounts; adapters are found by entry point, ours and others' alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from importlib.metadata import entry_points
from types import ModuleType
from typing import Final

from adapters.wire.errors import SettingsError, did_you_mean
from adapters.wire.links import is_secure
from adapters.wire.settings import ENVIRONMENTS, read_settings
from application.errors import UnknownAccount
from application.ports.gateway import Gateways, PaymentGateway

GROUP: Final = "callbank.gateways"
_UNPLACED: Final = 1_000_000
"""Where accounts stand that could not be built: behind the others."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """The configured accounts in the merchant's order."""

    _accounts: tuple[PaymentGateway, ...]

    def get(self, account: str) -> PaymentGateway:
        """Raises UnknownAccount."""
        for gateway in self._accounts:
            if gateway.account == account:
                return gateway
        raise UnknownAccount(f"there is no gateway account {account[:40]!r}")

    def all(self) -> tuple[PaymentGateway, ...]:
        return self._accounts


def load(blocks: Mapping[str, Mapping[str, object]], *, environment: str, base_url: str) -> Gateways:
    """The account of every block ``[gateways.<account>]``, ordered by ``order``, then as written.

    ``environment`` is test or live; ``base_url`` is the shop's own, https in live, as gateways demand of the
    links we give them. Raises SettingsError naming the key at fault.
    """
    _require_sound(environment, base_url)
    placed = [_built(account, block, environment) for account, block in blocks.items()]
    return Accounts(tuple(gateway for _, gateway in sorted(placed, key=lambda pair: pair[0])))


@dataclass(frozen=True, slots=True)
class Examined:
    """One block on its own: the account it makes, or ``problem`` saying which key is at fault."""

    account: str
    code: str
    gateway: PaymentGateway | None = None
    problem: str = ""


def examine(
    blocks: Mapping[str, Mapping[str, object]], *, environment: str, base_url: str
) -> tuple[Examined, ...]:
    """Every block by itself, so that a bad one does not hide the others; in the merchant's order.

    Raises SettingsError for what is wrong outside the blocks, as ``load`` does.
    """
    _require_sound(environment, base_url)
    placed: list[tuple[int, Examined]] = []
    for account, block in blocks.items():
        code = str(block.get("adapter", account))
        try:
            order, gateway = _built(account, block, environment)
            placed.append((order, Examined(account, gateway.code, gateway)))
        except SettingsError as error:
            placed.append((_UNPLACED, Examined(account, code, problem=str(error))))
    return tuple(one for _, one in sorted(placed, key=lambda pair: pair[0]))


def required_keys(code: str) -> tuple[str, ...]:
    """What a block must say for this adapter. Raises SettingsError when it cannot be loaded."""
    kind = _adapter(code, code, named=False).Settings
    return tuple(
        item.name
        for item in fields(kind)
        if item.default is MISSING and item.default_factory is MISSING and item.init
    )


def installed() -> tuple[str, ...]:
    """The codes of all adapters that can be configured here."""
    return tuple(sorted(point.name for point in entry_points(group=GROUP)))


def _require_sound(environment: str, base_url: str) -> None:
    if environment not in ENVIRONMENTS:
        raise SettingsError("environment", f"is one of {' and '.join(ENVIRONMENTS)}")
    if environment == "live" and not is_secure(base_url, environment):
        raise SettingsError("base_url", "is not https, which gateways demand in live")


def _built(account: str, block: Mapping[str, object], environment: str) -> tuple[int, PaymentGateway]:
    keys = dict(block)
    code = keys.pop("adapter", account)
    module = _adapter(account, str(code), named="adapter" in block)
    settings = read_settings(module.Settings, account, keys, environment)
    gateway: PaymentGateway = module.build(settings, account=account, environment=environment)
    return getattr(settings, "order", 100), gateway


def _adapter(account: str, code: str, *, named: bool) -> ModuleType:
    found = entry_points(group=GROUP, name=code)
    if not found:
        key = f"gateways.{account}.adapter" if named else f"gateways.{account}"
        meant = did_you_mean(code, installed())
        words = f"names no gateway: there is no {code[:40]!r}; there are {', '.join(installed())}"
        own = "" if named else ' (an account of another name says which it uses: adapter = "...")'
        raise SettingsError(key, f"{words}{meant}{own}")
    try:
        module = next(iter(found)).load()
    except ImportError as error:
        why = f"cannot be used, its adapter does not load: {error}"
        raise SettingsError(f"gateways.{account}", why) from error
    if not isinstance(module, ModuleType):
        raise SettingsError(f"gateways.{account}.adapter", "names an entry point that is no module")
    return module
