"""``make bench``: every benchmark, as ratios measured in one run; writes ``bench.json``.

Each figure stands beside its bar, where it has one. A figure that misses its bar is named at the
end, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from tests.bench import (
    cascades,
    classification,
    columns,
    graphql,
    ingest,
    lineage,
    marquez,
    paging,
    projection,
    search,
    slope,
    slos,
    start,
    stored,
    sustained,
)
from tests.bench.bars import BARS

BENCHES: dict[str, Callable[[], dict[str, float]]] = {
    "start": start.measure,
    "ingest": ingest.measure,
    "projection": projection.measure,
    "slope": slope.measure,
    "stored": stored.measure,
    "lineage": lineage.measure,
    "columns": columns.measure,
    "marquez": marquez.measure,
    "graphql": graphql.measure,
    "search": search.measure,
    "slos": slos.measure,
    "cascades": cascades.measure,
    "classification": classification.measure,
    "paging": paging.measure,
    "sustained": sustained.measure,
}


def main() -> int:
    """Run the benchmarks that are named, or all; return 1 where a bar was missed."""
    asked = _options().names
    figures: dict[str, dict[str, float]] = {}
    missed: list[str] = []
    for name in asked or BENCHES:
        print(f"{name} …", file=sys.stderr, flush=True)
        figures[name] = BENCHES[name]()
        missed += _show(name, figures[name])
    Path("bench.json").write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    for line in missed:
        print(f"MISSED {line}", flush=True)
    return 1 if missed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    known = ", ".join(BENCHES)
    # Not by ``choices``, which argparse asks an empty list for, too.
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {known}; all unless said")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in BENCHES]:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {known}")
    return options


def _show(name: str, figures: dict[str, float]) -> list[str]:
    """Print figures with their bars; return a line for each bar that is missed."""
    bars = BARS.get(name, {})
    missed = [f"{name} {figure}: not measured" for figure in bars.keys() - figures.keys()]
    for figure, value in figures.items():
        bar = bars.get(figure)
        print(f"{name:<16}{figure:<40}{value:>14,.3f}  {bar or ''}".rstrip(), flush=True)
        if bar is not None and not bar.is_met(value):
            missed.append(f"{name} {figure}: {value:,.3f}, which should be {bar}")
    return missed


if __name__ == "__main__":
    sys.exit(main())
