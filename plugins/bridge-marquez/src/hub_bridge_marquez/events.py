"""The events that a Marquez keeps, in the order of their times, as the bytes that the hub is told.

What comes over REST has every member that Marquez knows, null where the producer said nothing; what
lies in its database has none of those, and its members in another order. Both are brought to one
form, so that an event is the same however it was read. Where nothing is to be left out, as from
another hub, the bytes are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Raw

from hub.domain.errors import DataError, TooLarge, Unreachable
from hub.domain.instants import format_instant
from hub.domain.openlineage.events import parse_time
from hub_bridge_marquez.catalogue import Broken, Catalogue

_PAGE: Final = 200
_MOST: Final = 100_000
# As far as the hub's own times go (years 1970 to 2199).
FIRST: Final = 0
LAST: Final = 7_258_118_399_999_999
_OBJECT: Final = msgspec.json.Decoder(dict[str, Raw])
_ARRAY: Final = msgspec.json.Decoder(list[Raw])


class Kept(NamedTuple):
    """An event of Marquez's, and when (µs UTC) Marquez has it; ``at`` is never after that."""

    at: int
    body: bytes


class Pageful(NamedTuple):
    """Some events, the oldest first; ``is_last`` says that none follow."""

    events: list[Kept]
    is_last: bool


# Returns events from an instant on, so many at most.
Read = Callable[[int, int], Pageful]


class Batch(NamedTuple):
    """Events to tell the hub of. What comes after them begins at ``then``.

    Whoever begins there anew gets so many ``again``.
    """

    events: list[bytes]
    then: int
    again: int


def batches(read: Read, start: int) -> Iterator[Batch]:
    """Yield all events from ``start`` on.

    Pages begin at a time, not at an offset: that costs the same wherever in the history it is, and
    nothing is missed where events arrive meanwhile. Only when a page ends within one instant is a
    larger one asked for.
    """
    limit, seam = _PAGE, set[bytes]()
    while True:
        page, is_last = read(start, limit)
        then = max((each.at for each in page), default=start)
        new = [each.body for each in page if each.body not in seam]
        seam = {each.body for each in page if each.at >= then}
        if new:
            yield Batch(new, then, len(seam))
        if is_last:
            return
        if then > start:
            start, limit = then, _PAGE
        elif limit < _MOST:
            limit *= 2
        else:
            message = f"more events are of {format_instant(start)} than can be read at once"
            raise DataError(message, fix="read them from the database: --from-database")


def over_rest(catalogue: Catalogue) -> Read:
    """Return what reads run events over REST, which lists no others."""

    def read(start: int, limit: int) -> Pageful:
        after, before = format_instant(start), format_instant(LAST)
        while True:
            try:
                page = catalogue.events(limit=limit, after=after, before=before)
            except (TooLarge, Broken, Unreachable):
                # Large events, many at a time, are more than a Marquez can show at once.
                if limit == 1:
                    raise
                limit = max(1, limit // 4)
                continue
            break
        bodies = [bytes(event) for event in page.events]
        found = [Kept(_time_of(body), settled(body)) for body in bodies]
        return Pageful(found, len(found) < limit)

    return read


def settled(body: bytes, *, is_sorted: bool = False) -> bytes:
    """Return an event without the nulls that Marquez adds, its members then in the order of names.

    With ``is_sorted`` they are put in that order whatever is left out. Numbers and texts stay as
    they are written.
    """
    if not is_sorted and b"null" not in body:
        return body
    try:
        said, has_changed = _without_nulls(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return body  # the hub will say what is wrong with it
    return said if has_changed or is_sorted else body


def _without_nulls(body: bytes) -> tuple[bytes, bool]:
    first = body[:1]
    if first == b"{":
        members = _OBJECT.decode(body)
        kept = {name: bytes(raw) for name, raw in members.items() if bytes(raw) != b"null"}
        inner = {name: _without_nulls(raw) for name, raw in kept.items()}
        has_changed = len(kept) < len(members) or any(changed for _, changed in inner.values())
        said: Any = {name: Raw(inner[name][0]) for name in sorted(inner)}
    elif first == b"[":
        elements = [_without_nulls(bytes(raw)) for raw in _ARRAY.decode(body)]
        has_changed = any(changed for _, changed in elements)
        said = [Raw(raw) for raw, _ in elements]
    else:
        return body, False
    return msgspec.json.encode(said), has_changed


def _time_of(body: bytes) -> int:
    try:
        told = msgspec.json.decode(body, type=_Timed)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return FIRST
    when = parse_time(told.event_time)
    return FIRST if when is None else when.at


class _Timed(msgspec.Struct, rename="camel"):
    event_time: str = ""
