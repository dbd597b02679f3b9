"""The environment is read in one place, so that every value's origin can be told."""

import ast
from collections.abc import Iterator

import pytest

from tests.arch.sources import Source, imported_names, parse, sources

READERS = {"environ", "environb", "getenv", "getenvb", "putenv"}


def readings(source: Source) -> Iterator[int]:
    """Yield the lines that read the environment."""
    names = imported_names(source)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if names.get(node.value.id) == "os" and node.attr in READERS:
                yield node.lineno
        elif isinstance(node, ast.Name) and names.get(node.id) in {f"os.{it}" for it in READERS}:
            yield node.lineno


def test_only_the_settings_read_the_environment() -> None:
    found = [
        f"{source}:{line}"
        for source in sources()
        if not f"{source.name}.".startswith("hub.settings.")
        for line in readings(source)
    ]

    assert not found, f"read it in hub/settings and pass the value down: {found}"


@pytest.mark.parametrize(
    "text",
    [
        "import os\nx = os.environ['X']",
        "import os as o\no.getenv('X')",
        "from os import environ as e\ne",
    ],
)
def test_the_rule_finds_readings(text: str) -> None:
    assert list(readings(parse(text)))
