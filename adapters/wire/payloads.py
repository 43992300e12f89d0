"""Bytes to plain values, refusing everything a parser could be tricked with."""

from __future__ import annotations

import json
import re
import secrets
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode
from xml.parsers import expat

from application.errors import GatewayError, GatewayProtocolError

JSON_TYPE = "application/json"
FORM_TYPE = "application/x-www-form-urlencoded"
LARGEST_FORM = 200


@dataclass(frozen=True, slots=True)
class Content:
    """A body and its media type, exactly as they go out: sign ``data``."""

    data: bytes = b""
    media_type: str = ""


NO_CONTENT = Content()


def as_json(payload: Mapping[str, object]) -> Content:
    """The compact UTF-8 JSON of ``payload``, in its own order; a Decimal is a number, digit by digit."""
    mark = secrets.token_hex(8)

    def number(value: object) -> str:
        if not isinstance(value, Decimal) or not value.is_finite():
            raise TypeError(f"{type(value).__name__} is no JSON")
        return f"{mark}{value:f}"

    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=number)
    return Content(re.sub(rf'"{mark}([0-9.-]+)"', r"\1", text).encode(), JSON_TYPE)


def as_form(fields: Mapping[str, str] | Iterable[tuple[str, str]]) -> Content:
    """The fields as an HTML form in UTF-8, in their own order."""
    pairs = list(fields.items()) if isinstance(fields, Mapping) else list(fields)
    return Content(urlencode(pairs).encode("ascii"), FORM_TYPE)


def form_fields(
    raw: bytes, error: type[GatewayError] = GatewayProtocolError, charset: str = "utf-8"
) -> dict[str, str]:
    """The fields of a form, each once and as text. Raises ``error`` for everything else."""
    try:
        pairs = parse_qsl(
            raw.decode(charset),
            keep_blank_values=True,
            encoding=charset,
            errors="strict",
            max_num_fields=LARGEST_FORM,
        )
    except (ValueError, LookupError) as problem:
        raise error(f"{len(raw)} bytes that are no form") from problem
    if len(dict(pairs)) != len(pairs):
        raise error("a field stands twice")
    return dict(pairs)


def one_line(text: str) -> str:
    """One line without doubled blanks: browsers post line ends differently than they were signed."""
    return " ".join(text.split())


def basic_auth(user: str, password: str) -> dict[str, str]:
    """The header of HTTP Basic in UTF-8. Source: RFC 7617."""
    return {"Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}


def json_object(raw: bytes, error: type[GatewayError] = GatewayProtocolError) -> dict[str, Any]:
    """The JSON object in UTF-8 ``raw``; fractions become Decimal. Raises ``error`` for everything else.

    Else are: other encodings, other top levels, a key twice, NaN and Infinity, bottomless nesting, numbers of
    thousands of digits.
    """
    try:
        found = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_once, parse_float=Decimal, parse_constant=_refuse
        )
    except (ValueError, RecursionError, ArithmeticError) as problem:
        raise error(f"{len(raw)} bytes that are not JSON") from problem
    if not isinstance(found, dict):
        raise error("JSON that is not an object")
    return found


def xml_attributes(raw: bytes, root: str, error: type[GatewayError] = GatewayProtocolError) -> dict[str, str]:
    """The attributes of ``root``, the outermost element of ``raw``. Raises ``error`` for everything else.

    A document type is refused, so nothing is ever expanded or fetched.
    """
    opened: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: opened.append((name, attributes))
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(raw, True)
    except (expat.ExpatError, ValueError) as problem:
        raise error(f"{len(raw)} bytes that are not XML") from problem
    if opened[0][0] != root:
        raise error("XML of another kind")
    return opened[0][1]


def text_of(values: Mapping[str, Any], name: str) -> str:
    """The non-empty text under ``name``. Raises GatewayProtocolError."""
    value = values.get(name)
    if not isinstance(value, str) or not value:
        raise GatewayProtocolError(f"{name} is missing or no text")
    return value


def object_of(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The JSON object under ``name``. Raises GatewayProtocolError."""
    value = values.get(name)
    if not isinstance(value, dict):
        raise GatewayProtocolError(f"{name} is missing or no object")
    return value


def objects_of(values: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The JSON objects listed under ``name``. Raises GatewayProtocolError."""
    found = values.get(name)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise GatewayProtocolError(f"{name} is missing or no list of objects")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse(name: str, *_: object) -> object:
    """For constants of JSON and document types of XML."""
    raise ValueError(f"{name} is not taken")
