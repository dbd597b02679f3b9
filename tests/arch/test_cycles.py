"""No module reaches itself through its imports, in the hub and in every plugin."""

from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.arch.sources import Source, imported_modules, parse, sources


def order(modules: Iterable[Source]) -> list[str]:
    """Sort the modules by their imports, late ones too; raises CycleError where that can't be."""
    by_name = {source.name: source for source in modules}
    graph = {
        name: {target for it, _ in imported_modules(source) if (target := _known(it, by_name))}
        - {name}
        for name, source in by_name.items()
    }
    return list(TopologicalSorter(graph).static_order())


def _known(dotted: str, by_name: dict[str, Source]) -> str | None:
    """Take `package.module.name` back to the module that defines the name."""
    if dotted in by_name:
        return dotted
    module = dotted.rpartition(".")[0]
    return module if module in by_name else None


def test_there_is_no_import_cycle() -> None:
    order(sources())


def test_the_rule_finds_a_cycle_hidden_in_a_function() -> None:
    one = parse("import two", "one")
    two = parse("def late():\n    from three import it", "two")
    three = parse("from one import that", "three")

    with pytest.raises(CycleError):
        order([one, two, three])
