"""Looks at a page as it stands: axe, width, console. SCREENSHOTS=<folder> also keeps it as a picture."""

from __future__ import annotations

import os
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import Look

LOOKS = [Look(width, theme) for width in (360, 1280) for theme in ("light", "dark")]
PICTURES = os.environ.get("SCREENSHOTS")


class Inspector:
    """The eyes of somebody who needs every page to work."""

    def __init__(self, page: Page, look: Look) -> None:
        self.page, self.look = page, look
        self.found: list[str] = []
        page.on("console", lambda said: self.found.append(said.text) if said.type == "error" else None)

    def inspect(self, name: str, *, refused: bool = False) -> None:
        """``refused``: the page answers with an error status, which the console repeats."""
        self.page.wait_for_load_state()
        if PICTURES:
            file = Path(PICTURES) / f"{name}-{self.look.width}-{self.look.theme}.png"
            self.page.screenshot(path=file, full_page=True)
        width = self.page.evaluate("document.documentElement.scrollWidth")
        assert width <= self.look.width, f"{name} scrolls sideways: {width} px"
        findings = Axe().run(self.page).response["violations"]
        assert not findings, (name, [(one["id"], one["nodes"][0]["html"][:200]) for one in findings])
        assert len(self.page.get_by_role("heading", level=1).all()) == 1, name
        said = [text for text in self.found if not (refused and "status of 4" in text)]
        assert not said, (name, said)
        self.found.clear()
