"""Reading the project's own Markdown: tables, headings and fenced blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A fenced block of code, and where it stands."""

    page: str
    line: int
    language: str
    text: str


def pages() -> list[Path]:
    """Return the README and every page of docs/."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def read(page: str) -> str:
    """Return a page, named from the repository's root."""
    return (ROOT / page).read_text("utf-8")


def blocks(language: str) -> list[Block]:
    """Return every block of a language on every page."""
    return [each for page in pages() for each in _blocks(page) if each.language == language]


def rows(page: str, heading: str | None = None) -> list[list[str]]:
    """Return the cells of the tables of a page, or of one section of it; no header rows."""
    text = read(page) if heading is None else section(page, heading)
    found = []
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        lines = [re.split(r"(?<!\\)\|", line)[1:-1] for line in table.splitlines()]
        found += [[cell.strip() for cell in cells] for cells in lines[2:]]
    return found


def section(page: str, heading: str) -> str:
    """Return what stands below a heading, up to the next one."""
    return re.split(r"^#+ .*$", read(page).split(f"# {heading}\n", 1)[1], flags=re.MULTILINE)[0]


def code(cell: str) -> str:
    """Return the first `code` of a cell."""
    found = re.search(r"`([^`]+)`", cell)
    return found[1] if found else ""


def headings(page: Path) -> Iterator[str]:
    """Yield the anchors of a page, as they are linked to."""
    for title in re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _blocks(page: Path) -> Iterator[Block]:
    text = page.read_text("utf-8")
    for found in _FENCE.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        yield Block(str(page.relative_to(ROOT)), line, found[1], found[2])
