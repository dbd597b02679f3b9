"""Journal entries: the only way in which a fact enters the hub."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class EntryKind(StrEnum):
    """What an entry's body is.

    EVENT: one OpenLineage event, as received but scrubbed of secrets. The others are JSON objects
    written by the hub's own code: CONTRACT a published contract, DEAD_LETTER a refused record,
    COMMAND what an operator asked for, DECISION what evaluate, route or the deliverer decided.
    ARCHIVED has no body: retention has moved the entry, whatever it was, to the archive.
    """

    # Enum's own is slow, and the kind of every entry is asked for.
    __hash__ = str.__hash__

    EVENT = "event"
    CONTRACT = "contract"
    DEAD_LETTER = "dead-letter"
    COMMAND = "command"
    DECISION = "decision"
    ARCHIVED = "archived"


class NewEntry(Struct, frozen=True):
    """An entry to be appended.

    ``bucket`` and ``digest`` form the dedup key (see ADR 1); an empty digest is never a repeat.
    ``at`` is an event's own time, in microseconds, where it has been looked at; 0 for none.
    """

    kind: EntryKind
    body: bytes
    bucket: int = 0
    digest: bytes = b""
    at: int | None = None


class Entry(Struct, frozen=True, gc=False):
    """An appended entry.

    ``recorded_at`` is the hub's clock, microseconds since the epoch. Entries that were recorded
    together form a block, which ends at the position ``block_end``: what the hub knew at a time is
    told apart block by block. One that ``overtakes`` need not wait behind a backlog (ADR 37).
    """

    position: int
    kind: EntryKind
    recorded_at: int
    body: bytes
    block_end: int
    overtakes: bool = False


class Appended(Struct, frozen=True):
    """Where an entry went; a repeat gets the position of its first arrival."""

    position: int
    is_repeat: bool
