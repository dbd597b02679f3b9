"""Publishing contracts: those of the files, once nothing is against it, and what is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from hub.domain.budgets import SECOND
from hub.domain.commands import entry_of
from hub.domain.errors import Conflict, Refused
from hub.flow.commands import contract_command
from hub.queries.budgets import check_publishing, freeze_objections
from hub.settings.contract_files import check_contract
from hub.settings.documents import parse_document

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.domain.catalog import Catalog
    from hub.domain.commands import PublishContract
    from hub.graph.index import LineageIndex
    from hub.store.opening import Store

_log = structlog.get_logger(__name__)

# How often what is frozen is tried again.
_AGAIN: Final = 60 * SECOND


class ContractFiles:
    """A stage: publishes the contracts of the files; those that are published change nothing.

    One that a spent budget freezes waits until something of it is left.
    """

    name = "contracts"

    def __init__(
        self,
        store: Store,
        catalog: Callable[[], Catalog],
        *,
        clock: Callable[[], int],
        index: LineageIndex,
    ) -> None:
        """Prepare the stage; ``catalog`` returns what is declared now, ``clock`` µs UTC."""
        self._store = store
        self._index = index
        self._catalog = catalog
        self._clock = clock
        self._published: Catalog | None = None
        self._again_at = 0
        # What is against publishing contracts of the catalog, by their ids.
        self.frozen: dict[str, list[str]] = {}

    def step(self) -> bool:
        """Publish what is declared anew, or may have come free."""
        catalog, now = self._catalog(), self._clock()
        is_new = catalog is not self._published
        if not is_new and (not self.frozen or now < self._again_at):
            return False
        waiting = [each for each in _commands(catalog) if is_new or each.contract_id in self.frozen]
        frozen = self._frozen(catalog, waiting, now)
        for contract in frozen.keys() - self.frozen.keys():
            _log.warning("contract_frozen", contract=contract, objections=frozen[contract])
        entries = [entry_of(each) for each in waiting if each.contract_id not in frozen]
        self._store.journal.append(entries, recorded_at=now)
        self._published, self.frozen, self._again_at = catalog, frozen, now + _AGAIN
        return bool(entries)

    def _frozen(
        self, catalog: Catalog, commands: list[PublishContract], now: int
    ) -> dict[str, list[str]]:
        with self._store.database.read() as connection:
            names = self._index.identities(connection).called
            return {
                command.contract_id: objections
                for command in commands
                if (objections := freeze_objections(connection, catalog, command, now, names))
            }


def contract_findings(
    store: Store, catalog: Catalog, text: str, *, name: str, now: int, index: LineageIndex
) -> list[str]:
    """Return what is wrong with a contract, given as its text, or against publishing it now.

    Raises:
        InvalidInput: the text is no YAML.

    """
    if findings := check_contract(parse_document(text, Path(name))):
        return [each.message for each in findings]
    command = contract_command(text, name=name)
    try:
        with store.database.read() as connection:
            names = index.identities(connection).called
            check_publishing(connection, catalog, command, now, names)
    except (Conflict, Refused) as error:
        return [error.message]
    return []


def _commands(catalog: Catalog) -> list[PublishContract]:
    return [
        contract_command(text, name=name, actor="catalog")
        for name, text in catalog.contracts.items()
    ]
