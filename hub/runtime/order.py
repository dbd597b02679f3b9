"""Which steps a run comprises, and in which order: each after those that make what it reads."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter

from hub.domain.catalog import Catalog, Step
from hub.domain.errors import InvalidInput, NotFound


def steps_of(catalog: Catalog, targets: Iterable[str]) -> list[Step]:
    """Return the steps that targets (``PRODUCT`` or ``PRODUCT.STEP``) name, in order.

    Raises:
        NotFound: a target names nothing that is declared.
        InvalidInput: steps wait for one another in a circle.

    """
    chosen: dict[str, Step] = {}
    for target in targets:
        chosen |= {step.job_name: step for step in _named(catalog, target)}
    makers: dict[str, list[str]] = {}
    for step in chosen.values():
        makers.setdefault(step.writes, []).append(step.job_name)
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for name, step in chosen.items():
        sorter.add(name, *(maker for read in step.reads for maker in makers.get(read, ())))
    try:
        return [chosen[name] for name in sorter.static_order()]
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        message = f"steps wait for one another: {circle}"
        raise InvalidInput(message, fix="let one of them read something else") from error


def _named(catalog: Catalog, target: str) -> list[Step]:
    product, _, name = target.partition(".")
    declared = catalog.products.get(product)
    steps = list(declared.steps) if declared else []
    found = [step for step in steps if not name or step.name == name]
    if not found:
        known = [*catalog.products, *(step.job_name for step in catalog.steps)]
        close = get_close_matches(target, known, n=1)
        hint = f"did you mean {close[0]}?" if close else "`hub products` lists what there is"
        raise NotFound(f"{target} is no product and no step", fix=hint)
    return found
