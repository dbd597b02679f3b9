"""The catalog of a running hub: read again on request, kept when the new one is broken."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from hub.domain.catalog import Catalog
from hub.domain.errors import InvalidInput
from hub.settings import Loaded, load_catalog

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
        self.refusal: str | None = None

    def __call__(self) -> Catalog:
        """Return the catalog in force."""
        return self._catalog

    def reload(self, refuse: Callable[[Catalog], None] = lambda _catalog: None) -> None:
        """Read the files again; should they be wrong, say so and keep what is in force.

        ``refuse`` raises ``InvalidInput`` where they are for a reason that no file shows.
        """
        try:
            catalog = load_catalog(self._loaded)
            refuse(catalog)
            self._catalog = catalog
        except InvalidInput as error:
            self.refusal = error.message
            _log.error("catalog_refused", findings=error.message.splitlines())
        else:
            self.refusal = None
            _log.info("catalog_reloaded", products=len(self._catalog.products))
