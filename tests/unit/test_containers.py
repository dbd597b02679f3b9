"""What the projection remembers of facets, however much is said."""

from __future__ import annotations

from itertools import combinations, islice

from hub.domain.names import DatasetName
from hub.store.projection.containers import Containers


def test_lists_of_datasets_that_never_come_again_are_forgotten() -> None:
    containers = Containers()
    names = [DatasetName("lake", f"d{number}") for number in range(20)]
    for some in islice(combinations(names, 6), 38_000):
        assert [each.dataset for each in containers.bare(some).named] == list(some)

    assert len(containers._uses) < 35_000
