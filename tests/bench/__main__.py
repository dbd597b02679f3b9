"""``make bench``: every benchmark, as ratios measured in one run; writes ``bench.json``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from tests.bench import graphql, ingest, lineage, projection

BENCHES: dict[str, Callable[[], dict[str, float]]] = {
    "ingest": ingest.measure,
    "projection": projection.measure,
    "lineage": lineage.measure,
    "graphql": graphql.measure,
}


def main() -> None:
    """Run the benchmarks that are named, or all."""
    figures: dict[str, dict[str, float]] = {}
    for name in sys.argv[1:] or BENCHES:
        print(f"{name} …", file=sys.stderr, flush=True)
        figures[name] = BENCHES[name]()
        for figure, value in figures[name].items():
            print(f"{name:<12}{figure:<40}{value:>14,.3f}", flush=True)
    Path("bench.json").write_text(json.dumps(figures, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
