"""The style guide in a real chromium: widths, themes, keyboard, script and accessibility."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

pytestmark = pytest.mark.browser
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COMPLAINTS: list[str] = []


@pytest.fixture
def tab(chromium: Browser) -> Iterator[Page]:
    with chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB") as context:
        yield opened(context)


def opened(context: BrowserContext) -> Page:
    """A page whose complaints are kept, to fail its test at the end."""
    page = context.new_page()
    page.on("pageerror", lambda error: COMPLAINTS.append(f"script: {error}"))
    page.on("console", lambda said: said.type == "error" and COMPLAINTS.append(f"console: {said.text}"))
    return page


@pytest.fixture(autouse=True)
def no_complaints() -> Iterator[None]:
    COMPLAINTS.clear()
    yield
    assert not COMPLAINTS


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("path", ["/styleguide", "/window"])
def test_no_page_scrolls_sideways_and_axe_finds_nothing(
    chromium: Browser, address: str, path: str, width: int, scheme: Any
) -> None:
    with chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme) as context:
        page = opened(context)
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
        assert not found.response["violations"], found.generate_report()


@pytest.mark.parametrize("path", ["/styleguide", "/nowhere"])
def test_pages_stay_whole_without_scripts(chromium: Browser, address: str, path: str) -> None:
    with chromium.new_context(java_script_enabled=False, viewport={"width": 360, "height": 800}) as context:
        page = context.new_page()
        page.goto(address + path)
        assert page.locator("h1").count() == 1
        page.screenshot()


def test_several_errors_put_the_focus_on_their_summary(tab: Page, address: str) -> None:
    tab.goto(address + "/styleguide")
    assert tab.evaluate("document.activeElement.id") == "summary"
    tab.get_by_role("link", name="Enter a town").click()
    assert tab.evaluate("document.activeElement.id") == "city"


def test_every_stop_of_the_keyboard_can_be_seen(tab: Page, address: str) -> None:
    tab.goto(address + "/styleguide")
    tab.evaluate("document.activeElement.blur()")
    seen = set()
    for _ in range(60):
        tab.keyboard.press("Tab")
        stop = tab.evaluate(
            """() => { const on = document.activeElement; if (on === document.body) return null;
            const ring = on.closest('.choice') && on.matches('.choice > input') ? on.closest('.choice') : on;
            const look = getComputedStyle(ring), box = on.getBoundingClientRect();
            return { what: on.outerHTML.slice(0, 90), style: look.outlineStyle, width: look.outlineWidth,
                     on: box.bottom > 0 && box.top < innerHeight } }"""
        )
        if stop is None:
            continue
        seen.add(stop["what"])
        assert stop["style"] == "solid", stop
        assert stop["width"] == "3px", stop
        assert stop["on"], stop
    assert len(seen) > 20


def test_arrows_choose_a_method_and_nothing_reloads(tab: Page, address: str) -> None:
    tab.goto(address + "/styleguide")
    tab.evaluate("window.sameVisit = true")
    more = tab.locator("#method-0 ~ .more")
    assert more.is_visible()
    tab.locator("#method-0").focus()
    tab.keyboard.press("ArrowDown")
    assert tab.locator("#method-1").is_checked()
    assert not more.is_visible()
    assert tab.evaluate("window.sameVisit") is True


def test_the_label_alone_names_a_method(tab: Page, address: str) -> None:
    tab.goto(address + "/styleguide")
    assert tab.get_by_role("radio", name="Bank transfer", exact=True).count() == 1
    assert tab.get_by_role("radio", name="Courier 4,99 zł", exact=True).count() == 1


def test_the_language_menu_works_with_the_keyboard_and_keeps_the_page(tab: Page, address: str) -> None:
    tab.goto(address + "/styleguide?kept=1")
    tab.locator(".menu > summary").focus()
    tab.keyboard.press("Enter")
    tab.get_by_role("button", name="Polski").press("Enter")
    tab.wait_for_url("**/styleguide?kept=1")
    assert tab.evaluate("document.documentElement.lang") == "pl"


def test_a_chosen_theme_wins_over_the_device(tab: Page, address: str) -> None:
    tab.goto(address + "/window")
    tab.locator(".menu > summary").click()
    tab.get_by_role("button", name="Dark").click()
    tab.wait_for_load_state()
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 23, 29)"


def test_a_second_press_within_five_seconds_sends_nothing(tab: Page, address: str) -> None:
    tab.goto(address + "/moving?auto=off")
    before = tab.request.get(address + "/arrived").json()["sent"]
    for _ in range(3):
        tab.locator("#pay").click()
    assert tab.locator("#said").text_content() == "Sending"
    tab.wait_for_timeout(300)
    assert tab.request.get(address + "/arrived").json()["sent"] == before + 1


def test_a_waiting_page_asks_and_shows_the_news(tab: Page, address: str) -> None:
    tab.goto(address + "/moving")
    tab.locator("#country").focus()
    expect(tab.locator("#live")).to_have_text("Paid. Thank you.", timeout=15_000)
    assert tab.evaluate("document.activeElement.id") == "country", "a page in use is not reloaded"


def test_a_waiting_page_that_was_stopped_asks_nothing(tab: Page, address: str) -> None:
    tab.goto(address + "/moving?auto=off")
    before = tab.request.get(address + "/arrived").json()["asked"]
    tab.wait_for_timeout(3_000)
    assert tab.request.get(address + "/arrived").json()["asked"] == before


def test_the_way_to_a_gateway_is_taken_once_and_never_again_after_back(tab: Page, address: str) -> None:
    tab.goto(address + "/window")
    tab.goto(address + "/leave")
    tab.wait_for_url("**/gateway")
    sent = tab.request.get(address + "/arrived").json()["sent"]
    tab.go_back()
    tab.goto(address + "/leave")
    tab.wait_for_timeout(500)
    assert tab.url.endswith("/leave")
    assert tab.get_by_role("button", name="Continue to PayU").is_visible()
    assert tab.request.get(address + "/arrived").json()["sent"] == sent


def test_a_copied_value_is_announced_and_fields_change_in_place(chromium: Browser, address: str) -> None:
    with chromium.new_context(permissions=["clipboard-read", "clipboard-write"]) as context:
        page = opened(context)
        page.goto(address + "/moving?auto=off")
        page.get_by_role("button", name="Copy Title").click()
        assert page.evaluate("navigator.clipboard.readText()") == "261120-000042"
        expect(page.locator("#said")).to_have_text("Copied: Title")
        page.locator("#country").fill("BR")
        page.evaluate("window.sameVisit = true")
        page.get_by_role("button", name="Update fields").click()
        expect(page.locator("#address-fields")).to_have_text("Fields for BR")
        expect(page.locator("#said")).to_have_text("Fields changed")
        assert page.evaluate("window.sameVisit") is True
        assert page.get_by_role("button", name="Print").is_visible()


def test_print_hides_buttons_and_opens_details(tab: Page, address: str) -> None:
    tab.goto(address + "/styleguide")
    tab.emulate_media(media="print")
    assert not tab.locator(".button").first.is_visible()
    assert not tab.locator(".menu").is_visible()
    assert tab.locator(".lines .name").first.is_visible()


def test_reduced_motion_moves_nothing_and_forced_colours_keep_the_choice(
    chromium: Browser, address: str
) -> None:
    with chromium.new_context(reduced_motion="reduce", forced_colors="active") as context:
        page = opened(context)
        page.goto(address + "/styleguide")
        style = "getComputedStyle(document.querySelector('%s')).%s"
        assert page.evaluate(style % (".button", "transitionDuration")) == "0s"
        assert page.evaluate(style % (".choice:has(input:checked)", "outlineStyle")) == "solid"
        assert page.evaluate(style % (".tag", "borderTopStyle")) == "solid"


@pytest.mark.parametrize("width", [320, 640])
def test_wide_text_spacing_cuts_nothing(chromium: Browser, address: str, width: int) -> None:
    with chromium.new_context(viewport={"width": width, "height": 800}, bypass_csp=True) as context:
        page = opened(context)
        page.goto(address + "/styleguide")
        page.add_style_tag(
            content="*{line-height:1.5!important;letter-spacing:.12em!important;"
            "word-spacing:.16em!important}p{margin-bottom:2em!important}"
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= width
