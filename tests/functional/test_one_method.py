"""A shop where only one method fits: it is named whole, with what happens next, and not asked about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.functional.hands import pay_forms
from tests.functional.world import a_shop


class Only:
    """Of the accounts of a shop the one that is on offer."""

    def __init__(self, known: Any) -> None:
        self._known = known

    def get(self, account: str) -> Any:
        return self._known.get(account)

    def all(self) -> tuple[Any, ...]:
        return (self._known.get("dummy"),)


def test_the_only_method_says_what_happens_next(database_path: Path, sandbox: str) -> None:
    with a_shop(f"sqlite:///{database_path}", sandbox, gateways=Only) as shop:
        order, browser = shop.order(), shop.browser()
        page = browser.get(f"/orders/{order.key}")
        assert "How do you want to pay?" in page
        assert "You go to Test gateway and come back" in page
        assert pay_forms(page)[0].submit().status_int == 303


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
def test_the_only_method_stands_in_one_line(
    database_path: Path, sandbox: str, chromium: Browser, width: int
) -> None:
    with (
        a_shop(f"sqlite:///{database_path}", sandbox, gateways=Only) as shop,
        chromium.new_context(viewport={"width": width, "height": 800}) as context,
    ):
        page = context.new_page()
        page.goto(f"{shop.url}/orders/{shop.order().key}")
        for part in ("strong", ".hint"):
            box = page.locator(f".choice.only > {part}").bounding_box(timeout=5000)
            assert box is not None
            assert box["width"] > 2 * box["height"], part
