"""The pages of the documentation, and what stands in them: blocks, links, headings, table cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = (
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted(DOCS.rglob("*.md")),
)
_FENCE = re.compile(r"^([ ]*)```(\w*)[^\n]*\n(.*?)^\1```[ ]*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block; ``line`` is where its content begins."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def read(page: Path | str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: Path | str, language: str = "") -> list[Block]:
    """The fenced blocks of a page, indentation taken off; all of them or those of one language."""
    text = read(page)
    where = page if isinstance(page, str) else name(page)
    return [
        Block(where, text.count("\n", 0, found.start(3)) + 1, found[2], _outdented(found[3], len(found[1])))
        for found in _FENCE.finditer(text)
        if language in ("", found[2])
    ]


def prose(page: Path | str) -> str:
    """A page without its blocks."""
    return _FENCE.sub("", read(page))


def links(page: Path) -> Iterator[str]:
    """Where a page leads, as written; addresses of other sites left out."""
    for found in _LINK.finditer(prose(page)):
        if not re.match(r"[a-z]+:", found[1]):
            yield found[1]


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    made: set[str] = set()
    for heading in _HEADING.findall(prose(page)):
        words = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-")
        made.add(words if words not in made else f"{words}-1")
    return made


def coded(page: Path | str) -> set[str]:
    """Everything a page writes in code, outside its blocks."""
    return set(_CODE.findall(prose(page)))


def first_cells(page: Path | str) -> set[str]:
    """What the first cells of a page's table rows name in code."""
    rows = (line.split("|")[1] for line in prose(page).splitlines() if line.startswith("| `"))
    return {word for cell in rows for word in _CODE.findall(cell)}


def _outdented(text: str, indent: int) -> str:
    return "".join(line[indent:] if line[:indent].isspace() else line for line in text.splitlines(True))
