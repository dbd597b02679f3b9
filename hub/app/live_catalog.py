"""The catalog and rules of a running hub: read again on request, kept when new ones are broken."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from hub.domain.catalog import Catalog
from hub.domain.errors import InvalidInput
from hub.domain.failures.written_rules import WrittenRule
from hub.settings import Loaded, load_catalog
from hub.settings.revision import revision_of
from hub.settings.rule_files import load_rules

_log = structlog.get_logger(__name__)


class LiveCatalog:
    """Call it for the catalog in force."""

    def __init__(self, loaded: Loaded) -> None:
        """Read the catalog's files.

        Raises:
            InvalidInput: as ``load_catalog``.

        """
        self._loaded = loaded
        self._catalog = load_catalog(loaded)
        self._rules = load_rules(loaded.folder)
        self._revision = self._revised()
        self.refusal: str | None = None

    def __call__(self) -> Catalog:
        """Return the catalog in force."""
        return self._catalog

    def rules(self) -> tuple[WrittenRule, ...]:
        """Return the written rules in force, those that judge first in front."""
        return self._rules

    def revision(self) -> str:
        """Return which revision of the files is in force here."""
        return self._revision

    def _revised(self) -> str:
        return revision_of(self._catalog, self._rules, self._loaded.settings.runs)

    def reload(self, refuse: Callable[[Catalog], None] = lambda _catalog: None) -> None:
        """Read the files again; should they be wrong, say so and keep what is in force.

        ``refuse`` raises ``InvalidInput`` where they are for a reason that no file shows.
        """
        try:
            catalog, rules = load_catalog(self._loaded), load_rules(self._loaded.folder)
            refuse(catalog)
        except InvalidInput as error:
            self.refusal = error.message
            _log.error("catalog_refused", findings=error.message.splitlines())
        else:
            self.refusal = None
            self._catalog, self._rules = catalog, rules
            self._revision = self._revised()
            products = len(self._catalog.products)
            _log.info("catalog_reloaded", products=products, revision=self._revision)
