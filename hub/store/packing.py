"""What is stored in few bytes.

Facets: each is small and compresses badly alone, so they share a dictionary. Run ids: nearly all
are UUIDs, of 16 bytes, and a store has two copies of each, one in its index.
"""

from __future__ import annotations

import re
import threading
from typing import Any, Final

import zstandard
from sqlalchemy import Connection, Dialect, LargeBinary, Text
from sqlalchemy.types import TypeDecorator

# What the specification's facets have in common. Stores hold what was packed with it, so it is
# never edited: a better one gets a number of its own.
_FACETS: Final = (
    *("Schema", "Datasource", "Symlinks", "Storage", "Catalog", "ColumnLineage", "Lifecycle"),
    *("Documentation", "Ownership", "Tags", "DataQualityMetrics", "DataQualityAssertions"),
    *("SourceCode", "SourceCodeLocation", "SQL", "JobType"),
)
_URLS: Final = "".join(
    f'","_schemaURL":"https://openlineage.io/spec/facets/1-0-0/{name}{kind}Facet.json'
    f'#/$defs/{name}{kind}Facet"'
    for name in _FACETS
    for kind in ("Dataset", "Job")
)
_CONTENTS: Final = (
    '"rowCount":0,"bytes":0,"columnMetrics":{"id":{"nullCount":0,"distinctCount":0,"min":0,'
    '"max":0,"quantiles":{}}},"assertions":[{"assertion":"not_null","success":true,'
    '"column":"id"},{"dataset":"","owners":[{"name":"team","type":"OWNER"}],"processingType":'
    '"BATCH","integration":"SPARK","jobType":"TASK","query":"SELECT * FROM WHERE LEFT JOIN GROUP '
    'BY ","dialect":"","inputFields":[{"namespace":"","name":"","field":"","transformations":[{'
    '"type":"DIRECT","subtype":"IDENTITY","description":"","masking":false}]}],"fields":[{'
    '"name":"id","type":"BIGINT","description":"","ordinal_position":1,"fields":[]},{"name":'
    '"created_at","type":"TIMESTAMP"},{"name":"name","type":"VARCHAR"},{"_producer":'
    '"https://github.com/OpenLineage/OpenLineage/tree/1.40.1/integration/'
)
_DICTIONARY: Final = zstandard.ZstdCompressionDict(
    (_URLS + _CONTENTS).encode(), dict_type=zstandard.DICT_TYPE_RAWCONTENT
)
_NUMBER: Final = b"\x01"
_LEVEL: Final = 9
# Not in capitals: what is unpacked is what a producer sent.
_is_uuid: Final = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch
_DICTIONARY.precompute_compress(level=_LEVEL)


class _Own(threading.local):
    """A thread's own: neither is safe to share, and to make one costs more than to use it."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(dict_data=_DICTIONARY)
        self.decompressor = zstandard.ZstdDecompressor(dict_data=_DICTIONARY)


_own: Final = _Own()


def pack(body: bytes | None) -> bytes | None:
    """Return the bytes that are stored for JSON; they begin as no JSON does, or are as it was."""
    if body is None:
        return None
    packed = _NUMBER + _own.compressor.compress(body)
    return packed if len(packed) < len(body) or body.startswith(_NUMBER) else body


def unpack(stored: bytes | None) -> bytes | None:
    """Return the JSON that ``pack`` was given."""
    if stored is None or not stored.startswith(_NUMBER):
        return stored
    return _own.decompressor.decompress(stored[len(_NUMBER) :])


class Packed(TypeDecorator[bytes]):
    """A column of JSON in few bytes. Who speaks to the driver directly packs by himself."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, _dialect: Dialect) -> Any:  # noqa: ANN401 - as the base class
        """Pack what is written."""
        return pack(value)

    def process_result_value(self, value: Any | None, _dialect: Dialect) -> bytes | None:  # noqa: ANN401 - as the base class
        """Unpack what is read."""
        return None if value is None else unpack(bytes(value))


def pack_run_id(connection: Connection, run_id: str) -> str | bytes:
    """Return what is stored for a run's id: the bytes of a UUID as the specification writes it.

    Only SQLite keeps values of two types in one column. Elsewhere, and where a producer has an id
    of another form, it is stored as it is.
    """
    return _packed_uuid(run_id) if connection.dialect.name == "sqlite" else run_id


def unpack_run_id(stored: str | bytes) -> str:
    """Return the run id that ``pack_run_id`` was given."""
    if isinstance(stored, str):
        return stored
    digits = stored.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _packed_uuid(run_id: str) -> str | bytes:
    return bytes.fromhex(run_id.replace("-", "")) if _is_uuid(run_id) else run_id


class RunId(TypeDecorator[str]):
    """A column of run ids. Who speaks to the driver directly packs by himself."""

    impl = Text
    cache_ok = True

    @property
    def python_type(self) -> type[str]:
        """What is written and read."""
        return str

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ANN401 - as the base class
        """Pack what is written."""
        return _packed_uuid(value) if value and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any | None, _dialect: Dialect) -> str | None:  # noqa: ANN401 - as the base class
        """Unpack what is read."""
        return None if value is None else unpack_run_id(value)
