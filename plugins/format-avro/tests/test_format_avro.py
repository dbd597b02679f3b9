import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hub_format_avro.avro import SCHEMA_ID, AvroFormat, ConfluentAvroFormat

from hub.domain.errors import DataError, InvalidInput
from hub.testing.conformance import SchemaFormatConformance

FIELDS: list[dict[str, Any]] = [
    {"name": "id", "type": "long"},
    {"name": "name", "type": "string"},
    {"name": "weight", "type": ["null", "double"], "default": None},
    {"name": "tags", "type": {"type": "array", "items": "string"}},
    {"name": "is_late", "type": "boolean"},
]


def schema(*fields: dict[str, Any], **more: object) -> str:
    return json.dumps({"type": "record", "name": "scan", "fields": fields, **more})


class TestAvro(SchemaFormatConformance):
    def schema_format(self) -> AvroFormat:
        return AvroFormat()

    def schema(self) -> str:
        return schema(*FIELDS)


class TestConfluentAvro(SchemaFormatConformance):
    def schema_format(self) -> ConfluentAvroFormat:
        return ConfluentAvroFormat()

    def schema(self) -> str:
        return schema(*FIELDS, **{SCHEMA_ID: 7})


def field(kind: object) -> str:
    return schema({"name": "a", "type": kind})


ENUM = {"type": "enum", "name": "e", "symbols": ["A", "B"]}
INTS = {"type": "array", "items": "int"}
CHAIN = ["null", {"type": "record", "name": "c", "fields": [{"name": "n", "type": ["null", "c"]}]}]


@pytest.mark.parametrize(
    ("kind", "payload", "reason"),
    [
        (["null", "int"], b"\x01\x02", "a: branch -1 of a union with 2"),
        (["null", "int"], b"\x04", "a: branch 2 of a union with 2"),
        (ENUM, b"\x01", "a: symbol -1 of an enum with 2"),
        ("boolean", b"\x07", "a: 7 is no boolean"),
        ("boolean", b"", "a: a value of 1 bytes where 0 are left"),
        ("int", b"\xff\xff\xff\xff\xff\x01", "a: -34359738368 is out of range"),
        ("long", b"\xff" * 11, "a: a number without end"),
        ("long", b"\xff", "a: the bytes end in the middle of the record"),
        ("string", b"\x02\xff", "a: text that is not UTF-8: invalid start byte"),
        ("string", b"\x01", "a: a value of -1 bytes where 0 are left"),
        ("bytes", b"\x06ab", "a: a value of 3 bytes where 2 are left"),
        (INTS, b"\x03\x08\x02\x04\x00", "a: a block is not as long as it says"),
        ({"type": "array", "items": "null"}, b"\x80\x80\x80\x80\x40\x00", "items in the 1 bytes"),
        (CHAIN, b"\x02" * 100_000 + b"\x00", "it is nested more than 64 deep"),
        ({"type": "int", "logicalType": "date"}, b"\xfe\xff\xff\xff\x0f", "signed integer"),
        ("int", b"\x02\x02", "1 bytes follow it"),
    ],
)
def test_what_is_wrong_is_said(kind: object, payload: bytes, reason: str) -> None:
    with pytest.raises(DataError) as caught:
        AvroFormat().decoder(field(kind))(payload)
    assert reason in caught.value.message


@pytest.mark.parametrize(
    ("kind", "payload", "value"),
    [
        (INTS, b"\x03\x04\x02\x04\x00", [1, 2]),
        (INTS, b"\x02\x02\x02\x04\x00", [1, 2]),
        ({"type": "map", "values": "int"}, b"\x02\x02k\x04\x00", {"k": 2}),
        (ENUM, b"\x02", "B"),
        ({"type": "fixed", "name": "f", "size": 2}, b"ab", b"ab"),
        (CHAIN, b"\x02\x02\x00", {"n": {"n": None}}),
        (
            {"type": "long", "logicalType": "timestamp-micros"},
            b"\x02",
            datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
        ),
        ({"type": "int", "logicalType": "date"}, b"\x02", date(1970, 1, 2)),
        (
            {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2},
            b"\x02\x7f",
            Decimal("1.27"),
        ),
        ({"type": "string", "logicalType": "uuid"}, b"\x02x", "x"),
    ],
)
def test_values_are_read_as_their_types(kind: object, payload: bytes, value: object) -> None:
    assert AvroFormat().decoder(field(kind))(payload) == {"a": value}


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"\x00\x00\x00\x00\x09\x02", "it was written with schema 9, not 7"),
        (b"\x02", "it is not framed"),
        (b"\x01\x00\x00\x00\x07\x02", "it is not framed"),
        (b"\x00\x00\x00\x00\x07", "a: the bytes end"),
    ],
)
def test_a_frame_names_the_schema(payload: bytes, reason: str) -> None:
    decode = ConfluentAvroFormat().decoder(schema({"name": "a", "type": "int"}, **{SCHEMA_ID: 7}))

    assert decode(b"\x00\x00\x00\x00\x07\x02") == {"a": 1}
    with pytest.raises(DataError, match=reason):
        decode(payload)


@pytest.mark.parametrize("number", [None, "7", -1, 2**32, True])
def test_frames_need_the_id_of_the_schema(number: object) -> None:
    text = schema({"name": "a", "type": "int"}, **({} if number is None else {SCHEMA_ID: number}))

    with pytest.raises(InvalidInput, match="does not say under which id"):
        ConfluentAvroFormat().decoder(text)


@pytest.mark.parametrize("kind", ["unknown", {"type": "enum", "name": "e"}, {"type": "fixed"}, 7])
def test_a_schema_with_unknown_parts_is_refused(kind: object) -> None:
    with pytest.raises(InvalidInput, match="no Avro schema"):
        AvroFormat().decoder(field(kind))


def test_a_message_is_a_record() -> None:
    with pytest.raises(InvalidInput, match="must be a record"):
        AvroFormat().decoder('"string"')


@pytest.mark.parametrize("record", [{}, {"a": "text"}, {"a": 2**31}, {"a": 1, "b": 2}])
def test_only_what_fits_is_written(record: dict[str, Any]) -> None:
    with pytest.raises(DataError):
        AvroFormat().encoder(field("int"))(record)
