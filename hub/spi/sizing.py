"""Making a page fit: what remains of it where the whole would be too much for a receiver."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from hub.domain.errors import InvalidInput

# What remains of a text and of a list.
_TEXT_KEPT: Final = 500
_ITEMS_KEPT: Final = 12

# From the page's fields, and the names of those that were cut, to what is sent.
Encoder: TypeAlias = Callable[[Mapping[str, Any], tuple[str, ...]], bytes]


def fitted(name: str, body: Mapping[str, Any], limit: int, encode: Encoder) -> bytes:
    """Return a page encoded in ``limit`` bytes at most, its long fields cut where they must be.

    Raises:
        InvalidInput: it is too large even so; ``name`` is the notification's id.

    """
    encoded = encode(body, ())
    if len(encoded) <= limit:
        return encoded
    kept = {field: shortened(value) for field, value in body.items()}
    cut = tuple(field for field, value in body.items() if kept[field] != value)
    encoded = encode(kept, cut)
    if len(encoded) > limit:
        message = f"the page of {name} is {len(encoded)} bytes even when cut"
        raise InvalidInput(message, fix="read it with `hub explain`, and report this as a defect")
    return encoded


def shortened(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return JSON in which every text and list is a short one."""
    if isinstance(value, str):
        return value if len(value) <= _TEXT_KEPT else value[: _TEXT_KEPT - 1] + "…"
    if isinstance(value, list):
        return [shortened(item) for item in value[:_ITEMS_KEPT]]
    if isinstance(value, dict):
        return {name: shortened(inner) for name, inner in value.items()}
    return value
