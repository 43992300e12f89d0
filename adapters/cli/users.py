"""``callbank users``: accounts for people."""

from __future__ import annotations

import secrets
import sys

import click

from adapters.cli.shop import Group, Shop, as_json, pass_shop
from adapters.cli.show import print_json
from application.accounts import Registration

ROLES = ("customer", "staff", "admin")


@click.group(cls=Group)
def users() -> None:
    """Who may sign in."""


@users.command("create")
@click.option("--email", required=True)
@click.option("--name", default="")
@click.option("--role", type=click.Choice(ROLES), default="customer", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@as_json
@pass_shop
def create(shop: Shop, email: str, name: str, role: str, password_stdin: bool, as_json: bool) -> None:
    """Make an account. A password is asked for on a terminal, else made up and printed this once."""
    made_up = ""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    elif sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = made_up = secrets.token_urlsafe(12)
    user = shop.use_cases.register.execute(Registration(email, password, name, role))
    if as_json:
        print_json(
            {"id": user.id, "email": user.email, "role": user.role}
            | ({"password": made_up} if made_up else {})
        )
        return
    click.echo(f"{user.role} {user.email} may sign in" + (f" with the password {made_up}" if made_up else ""))
