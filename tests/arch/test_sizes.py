"""Modules and functions stay small enough to be read whole."""

import ast
import math
from collections.abc import Iterator, Sequence

from tests.arch.sources import Source, sources

MODULE_CAP, MODULE_P90 = 600, 400
FUNCTION_CAP, FUNCTION_P90 = 80, 35
DUMPING_GROUNDS = {
    "common",
    "helper",
    "helpers",
    "manager",
    "managers",
    "misc",
    "service",
    "services",
    "util",
    "utils",
}


def lines(text: str) -> int:
    """Count the lines that are not blank."""
    return sum(1 for line in text.splitlines() if line.strip())


def functions(source: Source) -> Iterator[tuple[str, int]]:
    """Yield each function with its length; a docstring counts, decorators don't."""
    text = source.text.splitlines()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = "\n".join(text[node.lineno - 1 : node.end_lineno])
            yield f"{source}:{node.lineno} {node.name}", lines(body)


def p90(sizes: Sequence[int]) -> int:
    """Return the size that nine in ten stay within."""
    return sorted(sizes)[math.ceil(len(sizes) * 0.9) - 1]


def test_no_module_is_too_long() -> None:
    sizes = {str(source): lines(source.text) for source in sources()}

    assert {name: size for name, size in sizes.items() if size > MODULE_CAP} == {}
    assert p90([*sizes.values()]) <= MODULE_P90


def test_no_function_is_too_long() -> None:
    sizes = dict(item for source in sources() for item in functions(source))

    assert {name: size for name, size in sizes.items() if size > FUNCTION_CAP} == {}
    assert p90([*sizes.values(), 0]) <= FUNCTION_P90


def test_no_module_is_a_dumping_ground() -> None:
    found = [
        str(source)
        for source in sources()
        if DUMPING_GROUNDS & {part.strip("_") for part in source.name.split(".")}
    ]

    assert not found, f"name it by its purpose: {found}"
