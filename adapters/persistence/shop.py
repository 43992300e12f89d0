"""The shop's goods: what is on sale today, and how many are left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, bindparam, delete, insert, select, update

from adapters.persistence.channel import Link, Transaction, Write
from adapters.persistence.compiled import Row, Values
from adapters.persistence.packing import pack, unpack
from adapters.persistence.shop_tables import products, stock, vouchers
from domain.basket import Product
from domain.money import Money
from domain.quote import Voucher

_all: Select[Any] = select(*products.columns, stock.c.available).join_from(
    products, stock, stock.c.sku == products.c.sku, isouter=True
)
ALL = _all.order_by(products.c.name, products.c.sku)
BY_SKU = _all.where(products.c.sku == bindparam("b_sku"))
LOCK = select(products.c.sku).where(products.c.sku == bindparam("b_sku")).with_for_update()
INSERT = insert(products)
UPDATE = update(products).where(products.c.sku == bindparam("b_sku"))
LEFT = select(stock.c.available).where(stock.c.sku == bindparam("b_sku")).with_for_update()
COUNT = insert(stock)
RECOUNT = update(stock).where(stock.c.sku == bindparam("b_sku"))
UNCOUNT = delete(stock).where(stock.c.sku == bindparam("b_sku"))
VOUCHER = select(*vouchers.columns).where(vouchers.c.code == bindparam("b_code"))
CHANGE_VOUCHER = update(vouchers).where(vouchers.c.code == bindparam("b_code"))
ADD_VOUCHER = insert(vouchers)


class SqlCatalogue:
    """See ``application.ports.shop.Catalogue``; also what fills it."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def find(self, sku: str) -> Product | None:
        """The product with what is left of it; None when it vanished."""
        rows = self._link.rows(BY_SKU, {"b_sku": sku})
        return _from_row(rows[0]) if rows else None

    def products(self) -> Sequence[Product]:
        """By name."""
        return [_from_row(row) for row in self._link.rows(ALL, {})]

    def voucher(self, code: str) -> Voucher | None:
        rows = self._link.rows(VOUCHER, {"b_code": code})
        return _voucher(rows[0]) if rows else None

    def save_product(self, product: Product) -> None:
        """Put it on sale as it is, ``available`` included. Raises ConcurrentUpdate."""
        self._save([product], recount=True)

    def load_products(
        self, wanted: Iterable[Product], vouchers: Iterable[Voucher] = (), *, recount: bool = False
    ) -> None:
        """Seed the shop; may be repeated: what is left of counted goods is kept, unless ``recount``."""
        self._save(wanted, recount=recount, vouchers=vouchers)

    def _save(self, wanted: Iterable[Product], *, recount: bool, vouchers: Iterable[Voucher] = ()) -> None:
        transaction = Transaction(self._link, None)
        try:
            planned: list[Write] = []
            for product in sorted(wanted, key=lambda one: one.sku):
                planned += _product_writes(transaction, product, recount=recount)
            for voucher in vouchers:
                key, row = {"b_code": voucher.code}, _voucher_row(voucher)
                known = transaction.read(VOUCHER, key)
                planned.append(Write(CHANGE_VOUCHER, key | row) if known else Write(ADD_VOUCHER, row))
            transaction.commit(planned)
        finally:
            transaction.close()


def _product_writes(transaction: Transaction, product: Product, *, recount: bool) -> list[Write]:
    key = {"b_sku": product.sku}
    known = transaction.read(LOCK, key)
    counted = transaction.read(LEFT, key)
    planned = [Write(UPDATE, key | _cells(product)) if known else Write(INSERT, _to_row(product))]
    if product.available is None:
        return [*planned, Write(UNCOUNT, key)] if recount else planned
    if not counted:
        planned.append(Write(COUNT, {"sku": product.sku, "available": product.available}))
    elif recount:
        planned.append(Write(RECOUNT, {**key, "available": product.available}))
    return planned


def _cells(product: Product) -> dict[str, Any]:
    return {
        "name": product.name,
        "description": product.description,
        "tax_rate": str(product.tax_rate),
        "needs_delivery": product.needs_delivery,
        "enabled": product.enabled,
        "prices": pack({code: price.minor for code, price in product.prices.items()}),
    }


def _to_row(product: Product) -> Values:
    return {"sku": product.sku, **_cells(product)}


def _from_row(row: Row) -> Product:
    sku, name, description, tax_rate, needs_delivery, enabled, prices, available = row
    return Product(
        sku=sku,
        name=name,
        prices={code: Money.of(minor, code) for code, minor in unpack(prices).items()},
        tax_rate=Decimal(tax_rate),
        available=available,
        description=description,
        needs_delivery=needs_delivery,
        enabled=enabled,
    )


def _voucher_row(voucher: Voucher) -> dict[str, Any]:
    return {
        "code": voucher.code,
        "percent": None if voucher.percent is None else str(voucher.percent),
        "currency": voucher.amount.currency.code if voucher.amount else None,
        "amount": voucher.amount.minor if voucher.amount else None,
    }


def _voucher(row: Row) -> Voucher:
    code, percent, currency, amount = row
    return Voucher(
        code,
        None if percent is None else Decimal(percent),
        None if amount is None else Money.of(amount, currency),
    )
