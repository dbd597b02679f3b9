"""Single entries of a Delta log, read by the file format itself.

The engine's ``history`` always starts at the newest commit, whichever version was loaded, and
reads every file between; an entry that is known by its version takes one small file.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct, field
from pyarrow.fs import FileSystem


class Entry(Struct, frozen=True, kw_only=True):
    """One commit: ``transactions`` maps writers to numbers; ``committed_at`` is µs UTC."""

    version: int
    committed_at: int = 0
    transactions: dict[str, int] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)


class _Transaction(Struct, rename="camel"):
    app_id: str
    version: int


class _Line(Struct, rename="camel"):
    """What the hub reads of an action (Delta protocol, "Commit Provenance", "Transactions")."""

    commit_info: dict[str, Any] | None = None
    txn: _Transaction | None = None


_decode = msgspec.json.Decoder(_Line).decode_lines


def read_entry(uri: str, version: int) -> Entry:
    """Return one commit of the table at ``uri``. Raises ``FileNotFoundError`` when it is gone."""
    files, path = FileSystem.from_uri(f"{uri}/_delta_log/{version:020}.json")
    with files.open_input_stream(path) as stream:
        lines = _decode(stream.read())
    info = next((line.commit_info for line in lines if line.commit_info), {})
    return Entry(
        version=version,
        committed_at=info.get("timestamp", 0) * 1000,
        transactions={line.txn.app_id: line.txn.version for line in lines if line.txn},
        # Commits of other tools, such as a compaction, have none.
        notes=msgspec.json.decode(info.get("hub.notes", "{}"), type=dict[str, str]),
    )
