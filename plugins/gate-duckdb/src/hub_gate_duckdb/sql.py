"""The names that SQL over a batch uses, and texts safely inside it.

Library metrics use a view whose columns are named by their place, so that no field's name can
mean anything in SQL; a rule of type ``sql`` uses one with the fields' own names.
"""

from __future__ import annotations

import re

from hub_gate_duckdb.errors import Unevaluable

ROWS = "batch"
FIELDS = "batch_by_place"
# The column of FIELDS that numbers its rows.
ROW = "row"

_PLACEHOLDER = r"(?P<quote>\"?)\$?\{(?P<name>object|table|property|column)\}(?P=quote)"
# A text, a placeholder (perhaps in double quotes of its own), or what may hold a stray quote.
_PARTS = re.compile(
    rf"(?P<text>'(?:[^']|'')*')|{_PLACEHOLDER}"
    r"|(?P<other>\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/)",
    re.DOTALL,
)
_INSIDE = re.compile(_PLACEHOLDER)
_OBJECT = ("object", "table")


def column(place: int) -> str:
    """Return the name of a field in ``FIELDS``."""
    return f"c{place}"


def text(value: str) -> str:
    """Return a text as SQL has it."""
    return "'" + value.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return a name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def filled(query: str, field: str | None) -> str:
    """Return a rule's query with the batch for ``${object}``, its field for ``${property}``.

    ``{object}``, ``${table}`` and ``${column}`` mean the same. Inside a text they are plain.

    Raises:
        Unevaluable: it speaks of a property, and the rule stands at none.

    """

    def name_of(placeholder: str) -> str:
        if placeholder in _OBJECT:
            return ROWS
        if field is None:
            raise Unevaluable(f"it speaks of {{{placeholder}}}, and stands at no property")
        return field

    def fill(part: re.Match[str]) -> str:
        if part["other"] is not None:
            return part["other"]
        if part["text"] is None:
            return identifier(name_of(part["name"]))
        return _INSIDE.sub(
            lambda inner: (
                inner["quote"] + name_of(inner["name"]).replace("'", "''") + inner["quote"]
            ),
            part["text"],
        )

    return _PARTS.sub(fill, query)
