"""Avro messages: one binary record each, decoded with the schema that they were written with."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any, TypeAlias

import fastavro
import msgspec
from fastavro.schema import SchemaParseException, UnknownType

from hub.domain.errors import DataError, InvalidInput
from hub_format_avro.layout import BrokenLayout, walk_of

Record: TypeAlias = dict[str, Any]
Decode: TypeAlias = Callable[[bytes], Record]
Encode: TypeAlias = Callable[[Record], bytes]

# The attribute of a schema that says under which id a registry knows it.
SCHEMA_ID = "confluent.schema.id"
_MAGIC = b"\0"
_MAX_ID = 2**32
_FRAME = 5


class AvroFormat:
    """Bare records: nothing before, nothing after."""

    def decoder(self, schema: str) -> Decode:
        parsed = _parsed(schema)
        demand_record = _demand_record(parsed)

        def decode(payload: bytes) -> Record:
            demand_record(payload)
            try:
                return fastavro.schemaless_reader(BytesIO(payload), parsed, None)  # type: ignore[return-value]  # its top is a record
            except (ValueError, ArithmeticError) as error:
                # A logical type holds less than the type under it: dates, decimals.
                raise DataError(f"no record of the schema: {error}") from error

        return decode

    def encoder(self, schema: str) -> Encode:
        parsed = _parsed(schema)
        demand_record = _demand_record(parsed)

        def encode(record: Record) -> bytes:
            stream = BytesIO()
            try:
                fastavro.schemaless_writer(stream, parsed, record, strict_allow_default=True)
            except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError) as error:
                raise DataError(f"not as the schema demands: {error}") from error
            # It writes numbers that the type cannot hold.
            demand_record(stream.getvalue())
            return stream.getvalue()

        return encode


class ConfluentAvroFormat:
    """Records behind a zero byte and the four bytes of their schema's id."""

    def decoder(self, schema: str) -> Decode:
        frame = _frame(schema)
        decode_bare = AvroFormat().decoder(schema)

        def decode(payload: bytes) -> Record:
            if not payload.startswith(frame):
                raise DataError(_what_frame(payload, frame))
            return decode_bare(payload[_FRAME:])

        return decode

    def encoder(self, schema: str) -> Encode:
        frame = _frame(schema)
        encode_bare = AvroFormat().encoder(schema)
        return lambda record: frame + encode_bare(record)


def _demand_record(parsed: dict[str, Any]) -> Callable[[bytes], None]:
    walk = walk_of(parsed)

    def demand_record(payload: bytes) -> None:
        try:
            end = walk(payload, 0, 0)
        except BrokenLayout as broken:
            raise DataError(f"no record of the schema: {broken}") from broken
        if end != len(payload):
            raise DataError(f"no record of the schema: {len(payload) - end} bytes follow it")

    return demand_record


def _parsed(schema: str) -> dict[str, Any]:
    document = _document(schema)
    try:
        parsed = fastavro.parse_schema(_without_uuids(document))
    except (SchemaParseException, UnknownType, ValueError, KeyError, TypeError) as error:
        raise InvalidInput(f"this is no Avro schema: {error}") from error
    if not isinstance(parsed, dict) or parsed.get("type") != "record":
        raise InvalidInput("the Avro schema of a message must be a record")
    return parsed


def _document(schema: str) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return msgspec.json.decode(schema)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidInput(f"this is no Avro schema: {error}") from error


def _without_uuids(schema: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """Return the schema with UUIDs as what they are written as: no table has them as a type."""
    if isinstance(schema, list):
        return [_without_uuids(part) for part in schema]
    if isinstance(schema, dict):
        return {
            name: _without_uuids(part)
            for name, part in schema.items()
            if (name, part) != ("logicalType", "uuid")
        }
    return schema


def _frame(schema: str) -> bytes:
    document = _document(schema)
    number = document.get(SCHEMA_ID) if isinstance(document, dict) else None
    if type(number) is not int or not 0 <= number < _MAX_ID:
        raise InvalidInput(
            "the schema does not say under which id framed messages name it",
            fix=f'add "{SCHEMA_ID}": NUMBER to it, or use format avro if there is no frame',
        )
    return _MAGIC + number.to_bytes(_FRAME - 1, "big")


def _what_frame(payload: bytes, frame: bytes) -> str:
    if len(payload) < _FRAME or not payload.startswith(_MAGIC):
        return "it is not framed: a zero byte and a schema id should come first"
    named, expected = (int.from_bytes(each[1:_FRAME], "big") for each in (payload, frame))
    return f"it was written with schema {named}, not {expected}"
