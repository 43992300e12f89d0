"""Every link leads somewhere, every page and picture is led to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs import pages

LARGEST_PICTURE = 100_000
ANY_PAGE = pytest.mark.parametrize("page", pages.PAGES, ids=pages.name)


def target_of(page: Path, link: str) -> tuple[Path, str]:
    path, _, anchor = link.partition("#")
    return (page.parent / path).resolve() if path else page, anchor


@ANY_PAGE
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    broken = []
    for link in pages.links(page):
        target, anchor = target_of(page, link)
        is_there = target.exists() and (target == pages.ROOT or pages.ROOT in target.parents)
        if not is_there or (anchor and anchor not in pages.anchors(target)):
            broken.append(link)
    assert not broken


def test_every_page_can_be_reached_from_the_readme() -> None:
    known: set[Path] = set()
    waiting = [pages.ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        known.add(page)
        targets = {target_of(page, link)[0] for link in pages.links(page)}
        waiting += [one for one in targets - known if one.suffix == ".md" and one.is_file()]
    assert {pages.name(page) for page in set(pages.PAGES) - known} == set()


def test_every_picture_is_shown_and_small() -> None:
    shown = {target_of(page, link)[0] for page in pages.PAGES for link in pages.links(page)}
    pictures = set((pages.DOCS / "images").iterdir())
    assert pictures
    assert {picture.name for picture in pictures - shown} == set()
    assert {picture.name for picture in pictures if picture.stat().st_size > LARGEST_PICTURE} == set()
