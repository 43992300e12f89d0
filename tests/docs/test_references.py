"""What the code knows, the reference says: commands, keys, routes, hooks, errors, questions; and no more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from importlib.metadata import entry_points
from pathlib import Path

import click
import pytest
from pydantic import BaseModel

from adapters.cli.root import callbank
from adapters.container import build
from adapters.settings import Settings
from adapters.web.app import create_app
from adapters.web.errors import TABLE
from adapters.web.signals import namespace
from adapters.wire.settings import GatewaySettings
from application import errors
from application.hooks import NAMES
from domain.review import ReviewKind
from tests.docs import pages

REFERENCE = "docs/reference"


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by its words."""
    context = click.Context(group)
    for word in group.list_commands(context):
        found = group.get_command(context, word)
        assert found is not None
        here = (*path, word)
        if isinstance(found, click.Group):
            if found.invoke_without_command:
                yield " ".join(here), found
            yield from commands(found, here)
        else:
            yield " ".join(here), found


COMMANDS = dict(commands(callbank))
GATEWAYS = sorted(entry_points(group="callbank.gateways"), key=lambda point: point.name)


def rows_of(command: str, page: str) -> list[str]:
    """The table rows for a command; one row may name several of a group: ``orders ship``, ``deliver``."""
    group, _, last = command.rpartition(" ")
    cells = [line.replace("\\|", "/").split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    said = re.compile(rf"`{command}(`| [^a-z])")
    also = re.compile(rf"^ `{group} .*`{last}`") if group else None
    return [cell for cell in cells if said.search(cell) or (also and also.search(cell))]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_its_options_are_on_the_page(command: str) -> None:
    [row] = rows_of(command, pages.read(f"{REFERENCE}/command-line.md"))
    shown = [item for item in COMMANDS[command].params if not getattr(item, "hidden", False)]
    options = {item.opts[0] for item in shown if isinstance(item, click.Option)}
    assert {option for option in options - {"--json", "--help"} if option not in row} == set()


def test_the_page_names_no_command_that_is_gone() -> None:
    words = [word.split(" [")[0] for word in pages.first_cells(f"{REFERENCE}/command-line.md")]
    roots = {command.split()[0] for command in COMMANDS}
    told = {" ".join(w for w in word.split() if w.islower() and w.isalpha()) for word in words}
    assert {one for one in told if one and one.split()[0] in roots and one not in COMMANDS} == set()


def keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for key, item in model.model_fields.items():
        kind = item.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from keys(kind, f"{key}.")
        else:
            yield prefix + key


def sections(page: str) -> Mapping[str, str]:
    """The parts of the page of configuration by their heading."""
    parts = pages.prose(page).split("\n## ")
    return {part.splitlines()[0].strip("` "): part for part in parts[1:]}


def test_every_configuration_key_is_on_the_page() -> None:
    parts = sections(f"{REFERENCE}/configuration.md")
    missing = []
    for key in keys(Settings):
        section, _, name = key.rpartition(".")
        if name in ("gateways", "delivery", "vouchers"):
            assert any(heading.startswith(f"[{name}.") for heading in parts), name
            continue
        where = parts[f"[{section}]"] if section else parts["Keys at the top"]
        if f"| `{name}`" not in where:
            missing.append(key)
    assert missing == []


@pytest.mark.parametrize("section", ["delivery", "vouchers"])
def test_the_keys_of_every_named_block_are_on_the_page(section: str) -> None:
    parts = sections(f"{REFERENCE}/configuration.md")
    [text] = [part for heading, part in parts.items() if heading.startswith(f"[{section}.")]
    kind = Settings.model_fields[section].annotation.__args__[1]  # type: ignore[union-attr]
    assert {key for key in kind.model_fields if f"`{key}" not in text} == set()


def test_the_common_keys_of_gateways_are_on_the_page() -> None:
    parts = sections(f"{REFERENCE}/configuration.md")
    [text] = [part for heading, part in parts.items() if heading.startswith("[gateways.")]
    assert {item.name for item in fields(GatewaySettings) if f"`{item.name}`" not in text} == set()


@pytest.mark.parametrize("point", GATEWAYS, ids=lambda point: str(point.name))
def test_every_gateway_has_a_page_with_its_keys(point: object) -> None:
    code, module = point.name, point.load()  # type: ignore[attr-defined]
    told = pages.coded(f"docs/gateways/{code}.md")
    common = {item.name for item in fields(GatewaySettings)}
    own = {item.name for item in fields(module.Settings)} - common
    assert own - told == set()
    linked = set(pages.links(pages.DOCS / "index.md"))
    assert f"gateways/{code}.md" in linked


def routes() -> dict[str, set[str]]:
    content = {"base_url": "http://127.0.0.1:8000", "secret_key": "a secret key for the tests only"}
    with build(content) as application:
        app = create_app(application.use_cases, application.web_settings())
    found: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        path = str(rule.rule).replace("<uuid:", "<").replace("<path:", "<")
        found.setdefault(path, set()).update((rule.methods or set()) - {"HEAD", "OPTIONS"})
    return found


def test_the_page_of_routes_is_what_is_served() -> None:
    told = {}
    for line in pages.prose(f"{REFERENCE}/routes.md").splitlines():
        if line.startswith("| `/"):
            path, methods = line.split("|")[1:3]
            told[path.strip(" `")] = methods.strip()
    served = routes()
    assert set(served) - set(told) == set()
    assert set(told) - set(served) == set()
    exact = {path: ", ".join(sorted(methods)) for path, methods in served.items()}
    wrong = {path for path, said in told.items() if said not in ("the gateway's", exact[path])}
    assert wrong == set()


def test_the_page_of_hooks_is_what_can_be_listened_to() -> None:
    assert pages.first_cells(f"{REFERENCE}/hooks-and-signals.md") == NAMES
    assert set(namespace) == NAMES


def test_every_error_with_an_answer_is_on_the_page() -> None:
    told = pages.coded(f"{REFERENCE}/errors-and-http.md")
    answered = {kind.__name__ for kind in TABLE} - {"CSRFError"}
    callbacks = {"CallbackUnreadable", "CallbackRefused", "MethodNotAllowed"}
    assert answered - callbacks - told == set()
    below = {
        kind.__name__
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.GatewayError)
    }
    assert below - told == set()


@pytest.mark.parametrize(
    "kind", [kind for kind in TABLE if kind.__module__.startswith(("domain", "application"))]
)
def test_an_error_is_answered_as_its_page_says(kind: type[Exception]) -> None:
    rows = [
        line.split("|")
        for line in pages.prose(f"{REFERENCE}/errors-and-http.md").splitlines()
        if f"`{kind.__name__}`" in line and line.count("|") == 4
    ]
    answers = {cells[2].strip()[:3] for cells in rows if cells[2].strip()[:1].isdigit()}
    assert answers <= {str(TABLE[kind].status)}


def test_every_kind_of_question_is_explained() -> None:
    told = pages.first_cells("docs/explanation/money-and-settlement.md")
    assert {kind.value for kind in ReviewKind} == told


def test_every_decision_has_a_number_of_its_own() -> None:
    numbers = [page.name[:4] for page in sorted((pages.DOCS / "decisions").glob("*.md"))]
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
    for page in sorted((pages.DOCS / "decisions").glob("*.md")):
        assert title_of(page).startswith(f"# {int(page.name[:4])}. ")


def title_of(page: Path) -> str:
    return pages.read(page).splitlines()[0]
