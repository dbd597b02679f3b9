"""Fixtures of the runtime's tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hub.domain.catalog import Step
from hub.store.opening import Store
from tests.runtime.mesh import Mesh

MakeMesh = Callable[..., Mesh]


@pytest.fixture
def make_mesh(tmp_path: Path, sqlite_store: Store) -> MakeMesh:
    """Make a mesh of steps; keyword arguments are contracts by id."""

    def make(*steps: Step, **contracts: str) -> Mesh:
        return Mesh(tmp_path, sqlite_store, *steps, **contracts)

    return make
