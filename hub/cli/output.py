"""Giving results: JSON for programs, tables for people, texts into new files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from hub.domain.errors import InvalidInput


def print_json(value: object) -> None:
    """Print a value as one indented JSON document."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=2)
    print(text.decode())


def print_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows in aligned columns; an empty table says so."""
    cells = [[str("" if cell is None else cell) for cell in row] for row in rows]
    if not cells:
        print("nothing")
        return
    widths = [
        max(len(row[column]) for row in [list(header), *cells]) for column in range(len(header))
    ]
    for row in (header, *cells):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print(line.rstrip())


def write_new(path: Path, text: str) -> None:
    """Write a text into a file that is not there yet.

    Raises:
        InvalidInput: there is one already, or none can be made.

    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        message = f"{path} is there already, and is not written over"
        raise InvalidInput(message, fix="name another file") from None
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}") from error
