"""Expressions from files and requests are RE2's; Python's could take for ever on what is sent."""

import ast
from collections.abc import Iterator

import pytest

from tests.arch.sources import Source, imported_names, parse, sources

RE2_IS_IN = "hub.domain.expressions"
# Compiles our own tables late, an expression when it is first tried.
COMPILES_LATE = "hub.domain.failures.phrases"
TAKES_ONE = {
    "compile",
    "search",
    "match",
    "fullmatch",
    "split",
    "findall",
    "finditer",
    "sub",
    "subn",
}


def computed(source: Source) -> Iterator[int]:
    """Yield the lines that make an expression of Python's from what they are handed."""
    names = imported_names(source)
    handed = {
        inner
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for inner in ast.walk(node)
    }
    for node in handed:
        if not isinstance(node, ast.Call) or isinstance(
            node.args[:1] and node.args[0], ast.Constant
        ):
            continue
        called = node.func
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
            if names.get(called.value.id) == "re" and called.attr in TAKES_ONE:
                yield node.lineno
        elif isinstance(called, ast.Name) and names.get(called.id) in {
            f"re.{it}" for it in TAKES_ONE
        }:
            yield node.lineno


def test_only_what_is_written_in_the_code_is_an_expression_of_pythons() -> None:
    found = [
        f"{source}:{line}"
        for source in sources()
        if source.name != COMPILES_LATE
        for line in computed(source)
    ]

    assert not found, f"have {RE2_IS_IN} read it: {found}"


def test_re2_is_asked_in_one_place() -> None:
    found = [str(source) for source in sources() if "re2" in imported_names(source).values()]

    assert found == ["hub/domain/expressions.py"]


@pytest.mark.parametrize(
    "text",
    [
        "import re\ndef f(a):\n    return re.compile(a)",
        "import re\nf = lambda a, b: re.search(a, b)",
        "from re import sub\ndef f(a):\n    return sub(f'{a}+', '', 'b')",
    ],
)
def test_the_rule_finds_computed_expressions(text: str) -> None:
    assert list(computed(parse(text)))


def test_the_rule_lets_literal_ones_be() -> None:
    text = "import re\nX = re.compile('a' 'b')\ndef f(a):\n    return re.sub('a', '', a)"
    assert not list(computed(parse(text)))
