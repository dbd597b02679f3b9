"""The mesh, told to one of each kind of store."""

from __future__ import annotations

import pytest

from hub.store.opening import Store
from tests.api.lineage.mesh import EDGES, catalog, run
from tests.producers.telling import Told


@pytest.fixture
def mesh(store: Store) -> Told:
    """Every job has run once, one after another; the test runs once per kind of store."""
    return _told(store)


@pytest.fixture
def sqlite_mesh(sqlite_store: Store) -> Told:
    """The same in an embedded store."""
    return _told(sqlite_store)


def _told(store: Store) -> Told:
    told = Told(store, catalog())
    told.tell(*(run(job, number) for number, job in enumerate(EDGES, 1)))
    return told
