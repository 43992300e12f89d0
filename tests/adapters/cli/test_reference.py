"""The reference pages name everything there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from pydantic import BaseModel

from adapters.settings import BrandSettings, DatabaseSettings, DeliverySettings, Settings, VoucherSettings
from tests.adapters.cli.test_commands import ALL, callbank

REFERENCE = Path(__file__).resolve().parents[3] / "docs" / "reference"


@pytest.mark.parametrize(
    "part", [Settings, BrandSettings, DatabaseSettings, DeliverySettings, VoucherSettings], ids=str
)
def test_every_key_is_explained(part: type[BaseModel]) -> None:
    page = (REFERENCE / "configuration.md").read_text(encoding="utf-8")
    missing = [
        key
        for key in part.model_fields
        if not re.search(rf"`{key}( = [^`]*)?`|`\[{key}[.\]]|^## `\[{key}", page, re.MULTILINE)
    ]
    assert missing == []


def leaves() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for path in ALL:
        found: click.Command = callbank
        for name in path:
            assert isinstance(found, click.Group)
            below = found.get_command(click.Context(found), name)
            assert below is not None
            found = below
        if path and (not isinstance(found, click.Group) or path == ("sandbox",)):
            yield path, found


LEAVES = list(leaves())


@pytest.mark.parametrize(("path", "command"), LEAVES, ids=[" ".join(path) for path, _ in LEAVES])
def test_every_command_and_option_is_listed(path: tuple[str, ...], command: click.Command) -> None:
    page = (REFERENCE / "command-line.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    mine = [row for row in rows if f"`{' '.join(path)}" in row or (f"`{path[-1]}`" in row and path[0] in row)]
    assert mine, path
    options = {
        option
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.hidden
        for option in parameter.opts
    }
    for option in options - {"--json", "--help"}:
        assert any(option in row for row in mine), (path, option)
