"""hub/domain takes the time, ids and everything from outside as arguments."""

import ast
from collections.abc import Iterator

import pytest

from tests.arch.sources import Source, hub_sources, imported_names, parse

IMPURE_MODULES = {
    "asyncio",
    "io",
    "logging",
    "multiprocessing",
    "os",
    "random",
    "secrets",
    "shutil",
    "socket",
    "subprocess",
    "tempfile",
    "threading",
    "time",
    "urllib.request",
}
IMPURE_NAMES = {"uuid.getnode", "uuid.uuid1", "uuid.uuid4", "sys.argv", "sys.stdin", "sys.stdout"}
IMPURE_BUILTINS = {"breakpoint", "input", "open", "print"}
CLOCKS = {"now", "today", "utcnow"}
FILES = {"exists", "open", "read_bytes", "read_text", "write_bytes", "write_text"}


def impurities(source: Source) -> Iterator[str]:
    """Yield each use of a clock, an id, the environment, IO or a log."""
    names = imported_names(source)
    for bound in names.values():
        for module in IMPURE_MODULES:
            if f"{bound}.".startswith(f"{module}."):
                yield f"imports {bound}"
    for node in ast.walk(source.tree):
        dotted = _dotted(node, names)
        if dotted in IMPURE_NAMES:
            yield f"line {_line(node)}: {dotted}"
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in IMPURE_BUILTINS - names.keys():
            yield f"line {node.lineno}: {node.func.id}()"
        if isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS | FILES:
            yield f"line {node.lineno}: .{node.func.attr}()"


def _dotted(node: ast.AST, names: dict[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute) and (base := _dotted(node.value, names)):
        return f"{base}.{node.attr}"
    return None


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 0)


def test_the_domain_is_pure() -> None:
    found = [
        f"{source}: {what}" for source in hub_sources("hub.domain") for what in impurities(source)
    ]

    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "text",
    [
        "from datetime import UTC, datetime\nat = datetime.now(UTC)",
        "import datetime as dt\nat = dt.datetime.utcnow()",
        "from datetime import date\non = date.today()",
        "import time\nat = time.time()",
        "from time import time as t",
        "from uuid import uuid4\nrun = uuid4()",
        "import uuid\nmake = uuid.uuid4",
        "import os\nhome = os.environ['HOME']",
        "from os import environ",
        "text = open('x').read()",
        "from pathlib import Path\ntext = Path('x').read_text()",
        "import logging",
        "print('x')",
        "import random",
        "def late():\n    from random import choice\n    return choice",
    ],
)
def test_the_rule_finds_what_is_impure(text: str) -> None:
    assert list(impurities(parse(text)))


@pytest.mark.parametrize(
    "text",
    [
        "from uuid import UUID, uuid5\nrun = uuid5(UUID(int=0), 'x')",
        "from datetime import datetime\ndef late(now: datetime) -> bool:\n    return True",
        "class Door:\n    def shut(self) -> None: ...\nDoor().shut()",
    ],
)
def test_the_rule_lets_pure_code_be(text: str) -> None:
    assert not list(impurities(parse(text)))
