"""Lanes of messages: decoded by their schema; what cannot be read is kept, and the lane goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest

from hub.domain.failures.failure import Origin
from hub.spi.spine import NewMessage
from tests.runtime.conftest import MakeMesh
from tests.runtime.mesh import FIRST_DAY, Mesh, scans_lane

SCHEMA = """
{"type": "record", "name": "Scan", "fields": [
  {"name": "id", "type": "long"},
  {"name": "depot", "type": "string"},
  {"name": "weight", "type": ["null", "double"], "default": null},
  {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}}]}
"""
NEWER_SCHEMA = SCHEMA.replace('"depot"', '"station"')

Publish = Callable[[Sequence[bytes]], None]


@pytest.fixture
def mesh(make_mesh: MakeMesh) -> Mesh:
    made = make_mesh(
        scans_lane(lane="events", format="avro", options={"stream": "scans", "schema": "scan.avsc"})
    )
    (made.folder / "scan.avsc").write_text(SCHEMA)
    return made


@pytest.fixture
def publish(mesh: Mesh) -> Publish:
    """Append payloads to the stream."""
    spine = mesh.host.spine("embedded").api
    spine.open(mesh.tools.spine)

    def append(payloads: Sequence[bytes]) -> None:
        start = spine.lag("scans", after=0)
        messages = [
            NewMessage(id=str(start + index), payload=payload)
            for index, payload in enumerate(payloads)
        ]
        spine.append("scans", messages, published_at=FIRST_DAY)

    return append


def encoded(mesh: Mesh, *ids: int, schema: str = SCHEMA, **changes: object) -> list[bytes]:
    """Return scans as Avro; without changes they keep their contract."""
    encode = mesh.host.schema_format("avro").api.encoder(schema)
    at = datetime(2026, 1, 1, 12, tzinfo=UTC)
    where = "depot" if schema is SCHEMA else "station"
    return [encode({"id": n, where: "north", "weight": 1.5, "at": at, **changes}) for n in ids]


def test_messages_become_rows_by_their_sequence(mesh: Mesh, publish: Publish) -> None:
    publish(encoded(mesh, 7, 8))
    [result] = mesh.run()
    assert (result.state, result.rows_out) == ("COMPLETE", 2)
    rows = mesh.rows("bronze.scans")
    assert [(row["id"], row["_origin"], row["_sequence"]) for row in rows] == [
        (7, "scans", 1),
        (8, "scans", 2),
    ]
    assert rows[0]["at"] == datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_one_undecodable_message_is_kept_byte_for_byte(mesh: Mesh, publish: Publish) -> None:
    first, second, third = encoded(mesh, 1, 2, 3)
    publish([first, second[:-1], third])
    [result] = mesh.run()
    assert (result.state, result.rows_in, result.rows_out, result.rows_refused) == (
        "COMPLETE",
        3,
        2,
        1,
    )
    [letter] = mesh.letters
    assert (letter.rule, letter.encoding) == ("undecodable", "avro")
    assert letter.payload == second[:-1]
    assert letter.origin == "scans#2"


def test_a_message_that_breaks_its_contract_is_kept_as_it_came(
    mesh: Mesh, publish: Publish
) -> None:
    publish(encoded(mesh, 1) + encoded(mesh, 2, depot="west", weight=-1.0))
    mesh.run()
    [letter] = mesh.letters
    assert letter.payload == encoded(mesh, 2, depot="west", weight=-1.0)[0]
    assert len(letter.reasons) == 2
    assert letter.encoding == "avro"


def test_a_stream_of_only_undecodable_messages_has_changed_its_schema(
    mesh: Mesh, publish: Publish
) -> None:
    publish([b"\xff"] * 30)
    [result] = mesh.run()
    assert (result.state, result.origin) == ("FAIL", Origin.CONTRACT)
    assert [letter.encoding for letter in mesh.letters] == ["sample"]


def test_a_schema_without_a_required_field_fails_the_lane(mesh: Mesh, publish: Publish) -> None:
    (mesh.folder / "scan.avsc").write_text(NEWER_SCHEMA)
    publish(encoded(mesh, 1, schema=NEWER_SCHEMA))
    [result] = mesh.run()
    assert (result.state, result.origin) == ("FAIL", Origin.CONTRACT)
    assert "not in the contract: station" in str(result.error)


def test_letters_of_messages_read_twice_are_journaled_once(mesh: Mesh, publish: Publish) -> None:
    publish([b"\xff"])
    mesh.run()
    # Nothing was written, so nothing holds a checkpoint: the same message is refused again.
    [result] = mesh.run()
    assert result.rows_refused == 1
    assert len(mesh.letters) == 1


def test_a_lane_without_a_format_says_what_is_missing(make_mesh: MakeMesh) -> None:
    mesh = make_mesh(scans_lane(lane="events", options={"stream": "scans"}))
    spine = mesh.host.spine("embedded").api
    spine.open(mesh.tools.spine)
    spine.append("scans", [NewMessage(id="1", payload=b"x")], published_at=FIRST_DAY)
    [result] = mesh.run()
    assert result.state == "FAIL"
    assert "names no format" in str(result.error)


def test_a_lane_whose_schema_file_is_gone_says_so(mesh: Mesh) -> None:
    (mesh.folder / "scan.avsc").unlink()
    [result] = mesh.run()
    assert result.state == "FAIL"
    assert "scan.avsc cannot be read" in str(result.error)
