"""What a run changes of a dataset: the data in it, or only its name, its form, or that it is there.

A producer says so in ``lifecycleStateChange``. Of one that does not, the SQL of its job may: by the
words in its statements, and only where they leave no doubt.
"""

from __future__ import annotations

import re
from typing import Final

# A run that changes a dataset so brings no data to it.
DROP: Final = "DROP"
TRUNCATE: Final = "TRUNCATE"
_BRINGS_NOTHING: Final = frozenset({"RENAME", "ALTER", TRUNCATE, DROP})
# What SQL does that may fill a table, whatever else it does.
FILLS: Final = ""

# Each goes on to the end of the text where its own is lacking, which so is looked for but once.
_NO_CODE: Final = re.compile(
    r"""--[^\n]*
    | /\*.*?(?:\*/|\Z)
    | '[^']*(?:'|\Z) | "[^"]*(?:"|\Z) | `[^`]*(?:`|\Z) | \[[^\]]*(?:\]|\Z)
    | \$\$.*?(?:\$\$|\Z)""",
    re.VERBOSE | re.DOTALL,
)
_WORD: Final = re.compile(r"\w+")
_BESIDES: Final = frozenset(
    {"SET", "USE", "BEGIN", "START", "COMMIT", "COMMENT", "GRANT", "REVOKE"}
)
# With one of these a statement may fill a table, or give it the rows of another one.
_MAY_FILL: Final = frozenset(
    {"AS", "SELECT", "INSERT", "UPDATE", "MERGE", "CREATE", "LOAD", "COPY", "CALL", "EXECUTE"}
    | {"PARTITION", "PARTITIONS", "EXCHANGE", "SWAP", "SWITCH", "ATTACH", "APPEND"}
)
_TEMPLATE: Final = "{"
_PROCEDURE: Final = ["EXEC", "SP_RENAME"]
# Most texts are seen to begin with something else.
_BEGINNING: Final = 1_000


def brings_data(change: str | None) -> bool:
    """Whether a run that so changes a dataset may have written to it; None where it does not."""
    return change is None or change.upper() not in _BRINGS_NOTHING


def change_by(said: str | None, by_sql: str | None) -> str | None:
    """Return what a run does to a dataset by what is said of it, and by the SQL of its job.

    What is said outweighs; but whoever empties a table in order to fill it has truncated it too.
    """
    if said is None or (said.upper() == TRUNCATE and by_sql == FILLS):
        return by_sql
    return said


def change_in(sql: str) -> str | None:
    """Return what a text of SQL does last to a table, where it is sure to bring no data to any.

    ``FILLS`` where it may bring some; None where it does nothing to tables.
    """
    begins = _words(sql[:_BEGINNING].partition(";")[0])
    if begins and _change(begins) is None and begins[0] not in _BESIDES:
        return FILLS
    code = _NO_CODE.sub(" ", sql)
    if _TEMPLATE in code:
        return FILLS
    found = None
    for words in map(_words, code.split(";")):
        change = _change(words)
        if words and change is None and words[0] not in _BESIDES:
            return FILLS
        if not _MAY_FILL.isdisjoint(words):
            return FILLS
        found = change or found
    return found


def _words(statement: str) -> list[str]:
    return _WORD.findall(_NO_CODE.sub(" ", statement).upper())


def _change(words: list[str]) -> str | None:
    """Return what a statement does to a table, if it is of the kind that may bring it nothing."""
    if words[:2] == _PROCEDURE:
        return "RENAME"
    if not words or words[0] not in _BRINGS_NOTHING:
        return None
    return "RENAME" if "RENAME" in words else words[0]
