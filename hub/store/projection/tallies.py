"""How many runs of each producer there are, and how many of them have which fault.

Counted as runs change, so that to ask is to read a few rows. See
``hub.domain.openlineage.conformance``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from hub.domain.openlineage.conformance import KEPT_FAULTS
from hub.store import dialect

RUNS: Final = "RUNS"
ENDED: Final = "ENDED"

_ADD: Final = (
    "INSERT INTO producer_tally (producer_id, kind, runs) VALUES (?, ?, ?)"
    " ON CONFLICT (producer_id, kind) DO UPDATE SET runs = producer_tally.runs + excluded.runs"
)
_CODES: Final = tuple((1 << place, fault.code) for place, fault in enumerate(KEPT_FAULTS))


class Counted(Struct, frozen=True, gc=False):
    """What a run counts for; ``number`` is 1, or -1 where that is to be taken away."""

    producer_id: int | None
    has_ended: bool
    faults: int
    number: int


def tally(connection: Connection, counted: Iterable[Counted]) -> None:
    """Count runs in, or out."""
    alike: Counter[tuple[int, bool, int]] = Counter()
    for each in counted:
        if each.producer_id is not None:
            alike[each.producer_id, each.has_ended, each.faults] += each.number
    sums: Counter[tuple[int, str]] = Counter()
    for (producer_id, has_ended, faults), number in alike.items():
        sums[producer_id, RUNS] += number
        if has_ended:
            sums[producer_id, ENDED] += number
        for bit, code in _CODES:
            if faults & bit:
                sums[producer_id, code] += number
    rows = [(*key, number) for key, number in sorted(sums.items()) if number]
    if rows:
        connection.exec_driver_sql(dialect.driver_sql(connection, _ADD), rows)
