"""The stage that compacts the journal behind the others, when they leave it the time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hub.store.compaction import Compactor

if TYPE_CHECKING:
    from hub.store.opening import Store

_PROJECT: Final = "project"


class Compact:
    """Packs the past of the journal more tightly."""

    name = "compact"

    def __init__(self, store: Store) -> None:
        self._compactor = Compactor(store.database, consumer=self.name, behind=_PROJECT)

    def step(self) -> bool:
        """Make one block of many; tell whether there were enough."""
        return self._compactor.compact()
