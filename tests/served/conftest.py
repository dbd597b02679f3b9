"""Fixtures for tests against a hub that is a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from hub.testing.receiving import Answer
from tests.served.places import Place


@pytest.fixture
def make() -> Iterator[Callable[..., Place]]:
    made: list[Place] = []

    def place(rules: Callable[..., Answer]) -> Place:
        made.append(Place(rules))
        return made[-1]

    yield place
    for each in made:
        each.server.close()
