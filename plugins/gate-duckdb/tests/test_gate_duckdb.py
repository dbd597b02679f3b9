from __future__ import annotations

from hub_gate_duckdb.gate import DuckDBGate

from hub.spi.gate import GateRunner
from hub.testing.conformance import GateConformance


class TestDuckDB(GateConformance):
    def gate(self) -> GateRunner:
        return DuckDBGate()
