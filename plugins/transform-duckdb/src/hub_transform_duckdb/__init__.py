"""Registers the DuckDB transform. The engine loads when a transform is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub.spi.hookspecs import hookimpl
from hub.spi.transform import Transform

hub_api_version = 1


@hookimpl
def hub_transforms() -> Mapping[str, Callable[[], Transform]]:
    return {"duckdb": _duckdb}


def _duckdb() -> Transform:
    from hub_transform_duckdb.transform import DuckDBTransform

    return DuckDBTransform()
