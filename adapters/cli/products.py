"""``callbank products``: what is on sale."""

from __future__ import annotations

from pathlib import Path

import click

from adapters.cli.goods import read_products
from adapters.cli.shop import Group, Shop, as_json, pass_shop
from adapters.cli.show import plain, print_json, print_table


@click.group(cls=Group)
def products() -> None:
    """What the shop sells."""


@products.command("load")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--recount", is_flag=True, help="Take what is left from FILE, for counted goods, too.")
@as_json
@pass_shop
def load(shop: Shop, file: Path, recount: bool, as_json: bool) -> None:
    """Put the products of FILE (TOML or JSON) on sale, or change them; all of them or none.

    May be repeated. Products that FILE does not name stay as they are.
    """
    wanted = read_products(file)
    shop.application.database.catalogue.load_products(wanted, recount=recount)
    if as_json:
        print_json({"loaded": [product.sku for product in wanted]})
    else:
        click.echo(f"{len(wanted)} products loaded" if len(wanted) > 1 else f"{wanted[0].sku} loaded")


@products.command("list")
@as_json
@pass_shop
def list_products(shop: Shop, as_json: bool) -> None:
    """List the products by name, with what is left of those that are counted."""
    found = shop.application.database.catalogue.products()
    if as_json:
        print_json(plain(found))
        return
    print_table(
        "Products",
        ["sku", "name", "prices", "TAX RATE", "AVAILABLE", "on sale"],
        [
            (
                one.sku,
                one.name,
                tuple(one.prices.values()),
                one.tax_rate,
                "not counted" if one.available is None else str(one.available),
                one.enabled,
            )
            for one in found
        ],
    )
