"""What is wrong with a setting, in one line: its key, never its value, and the key that was meant."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel, ValidationError

from adapters.settings.model import Settings
from adapters.wire.errors import SettingsError, did_you_mean

PREFIX: Final = "CALLBANK_"
FILE: Final = "callbank.toml"


def complaint(error: ValidationError, *, has_file: bool = True) -> SettingsError:
    """The first thing that is wrong; an unknown key first, for it may be the missing one misspelt."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    first = next((one for one in found if one["type"] == "extra_forbidden"), found[0])
    path = tuple(str(part) for part in first["loc"])
    key = ".".join(path) or "?"
    match first["type"]:
        case "missing" if not has_file:
            words = f"is missing: there is no {FILE} here and --config names none"
            return SettingsError(key, f"{words} (or set {_variable(key)})")
        case "missing":
            return SettingsError(key, f"is missing ({FILE} or {_variable(key)})")
        case "extra_forbidden":
            known = _part(path[:-1]).model_fields if path else ()
            return SettingsError(key, f"is no setting of Callbank{did_you_mean(path[-1], known)}")
        case "string_too_short" | "too_short":
            return SettingsError(key, "is empty or too short")
        case _:
            return SettingsError(key, f"is not valid: {first['msg'].removeprefix('Value error, ')}")


def refuse_text(kind: type[BaseModel], content: Mapping[str, object], path: str = "") -> None:
    """A file and a program say true and 5 themselves; only the environment has nothing but text."""
    for key, value in content.items():
        field = kind.model_fields.get(key)
        if field is None:
            continue
        if field.annotation is bool and not isinstance(value, bool):
            raise SettingsError(f"{path}{key}", "is true or false, without quotes")
        if field.annotation is int and type(value) is not int:
            raise SettingsError(f"{path}{key}", "is a whole number, without quotes")
        inner = _inner(field.annotation)
        if inner is None or not isinstance(value, Mapping):
            continue
        blocks = value if _is_named(field.annotation) else {"": value}
        for name, block in blocks.items():
            if isinstance(block, Mapping):
                refuse_text(inner, block, f"{path}{key}.{name}".rstrip(".") + ".")


def refuse_unknown_variables() -> None:
    """Raises SettingsError for a variable that begins with our prefix and is nothing of ours."""
    known = {*Settings.model_fields, "config"}
    for name in os.environ:
        key = name.removeprefix(PREFIX).lower()
        if name.startswith(PREFIX) and key.partition("__")[0] not in known:
            raise SettingsError(name, f"is no setting of Callbank{_meant(key)}")


def _meant(key: str) -> str:
    """The nearest variable; what sections hold stands behind two underscores."""
    names = []
    for name, field in Settings.model_fields.items():
        inner = _inner(field.annotation)
        if not _is_named(field.annotation):
            names += [name] if inner is None else [f"{name}__{part}" for part in inner.model_fields]
        elif key.startswith(f"{name}_"):
            return f"; did you mean {_variable(name)}__<NAME>__<KEY>, with two underscores each time?"
    return did_you_mean(key.upper(), [name.upper() for name in names], PREFIX)


def _variable(key: str) -> str:
    return PREFIX + key.upper().replace(".", "__")


def _part(path: tuple[str, ...]) -> type[BaseModel]:
    """The section that a path leads into; a name below ``delivery`` or ``vouchers`` is any name."""
    kind: type[BaseModel] = Settings
    for step in path:
        field = kind.model_fields.get(step)
        kind = (_inner(field.annotation) if field else None) or kind
    return kind


def _is_named(annotation: Any) -> bool:
    """Whether the blocks of this section have names of the merchant's choice."""
    return get_origin(annotation) is dict


def _inner(annotation: Any) -> type[BaseModel] | None:
    """The section an annotation is, or holds by name; none for a plain value."""
    held = (annotation, *get_args(annotation))
    return next((one for one in held if isinstance(one, type) and issubclass(one, BaseModel)), None)
