"""Code speaks the words of docs/glossary.md, and none that the page bans."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.arch.sources import ROOT, Source, parse, sources

GLOSSARY = ROOT / "docs" / "glossary.md"
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def banned() -> dict[str, str]:
    """Read the page's table `| Not | But |`: the banned word, and what to say."""
    section = GLOSSARY.read_text(encoding="utf-8").partition("## Words we avoid")[2]
    rows = (line.strip("| ").split("|") for line in section.splitlines() if line.startswith("| `"))
    return {
        word: cells[1].strip() for cells in rows for word in re.findall(r"`([a-z]+)`", cells[0])
    }


def words(identifier: str) -> list[str]:
    """Split snake_case and CamelCase; a plural counts as its singular too."""
    found = [word.lower() for word in WORD.findall(identifier)]
    return found + [word[:-1] for word in found if word.endswith("s")]


def defined(source: Source) -> Iterator[tuple[str, int]]:
    """Yield each name that the module gives: what it merely uses may be someone else's."""
    yield source.name, 1
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.id if isinstance(node, ast.Name) else node.attr, node.lineno


def violations(source: Source, avoid: dict[str, str]) -> Iterator[str]:
    """Yield what to call each thing that has a banned name."""
    for identifier, line in defined(source):
        for word in words(identifier):
            if word in avoid:
                yield f"{source}:{line} {identifier}: say {avoid[word]}, not {word}"


def test_the_glossary_bans_words() -> None:
    assert banned()["asset"] == "dataset"


def test_no_identifier_has_a_banned_name() -> None:
    avoid = banned()
    found = [what for source in sources() for what in violations(source, avoid)]

    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "text",
    [
        "class DataAsset: ...",
        "def list_assets(): ...",
        "def f(*, asset_id): ...",
        "asset: int = 0",
        "for asset in (): ...",
    ],
)
def test_the_rule_finds_banned_names(text: str) -> None:
    assert list(violations(parse(text), banned()))


def test_a_product_of_that_name_is_no_violation() -> None:
    assert not list(violations(parse("def notify_alertmanager(): ..."), banned()))
