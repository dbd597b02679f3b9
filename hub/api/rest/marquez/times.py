"""Instants as Java writes them: as many digits after the second as are needed."""

from __future__ import annotations

from typing import overload

from hub.domain.instants import format_instant


@overload
def written(at: int) -> str: ...
@overload
def written(at: None) -> None: ...
@overload
def written(at: int | None) -> str | None: ...


def written(at: int | None) -> str | None:
    """Return an instant as text; None stays None."""
    if at is None:
        return None
    text = format_instant(at)
    if at % 1_000_000 == 0:
        return text.removesuffix(".000000Z") + "Z"
    return text.removesuffix("000Z") + "Z" if at % 1_000 == 0 else text
