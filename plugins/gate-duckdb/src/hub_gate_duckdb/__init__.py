"""Registers the gate that runs in DuckDB. The engine loads when a gate is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub.spi.gate import GateRunner
from hub.spi.hookspecs import hookimpl

hub_api_version = 1


@hookimpl
def hub_gates() -> Mapping[str, Callable[[], GateRunner]]:
    return {"duckdb": _duckdb}


def _duckdb() -> GateRunner:
    from hub_gate_duckdb.gate import DuckDBGate

    return DuckDBGate()
