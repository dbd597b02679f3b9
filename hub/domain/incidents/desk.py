"""The desk: all that a decision about incidents may look at, at one instant."""

from __future__ import annotations

from msgspec import Struct, field

from hub.domain.catalog import Catalog
from hub.domain.duty.silences import Silences
from hub.domain.incidents.book import IncidentBook
from hub.domain.incidents.causes import Lineage


class Desk(Struct, frozen=True):
    """The book, what is declared, lineage, the clock's value, and what is silenced."""

    book: IncidentBook
    catalog: Catalog
    lineage: Lineage
    now: int
    silences: Silences = field(default_factory=Silences)
