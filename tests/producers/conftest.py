"""A hub that nobody has told anything yet."""

from __future__ import annotations

import pytest

from hub.store.opening import Store
from tests.producers.telling import Told


@pytest.fixture
def hub(sqlite_store: Store) -> Told:
    """An embedded one."""
    return Told(sqlite_store)


@pytest.fixture
def any_hub(store: Store) -> Told:
    """One of each kind of database; the test runs once per kind."""
    return Told(store)
