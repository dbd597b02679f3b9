"""Facets are stored in few bytes and come back byte for byte."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from hub.flow.project import project_all
from hub.store import tables
from hub.store.opening import Store
from hub.store.packing import pack, unpack
from hub.testing.builders import dataset, run_event, schema
from tests.small_world import LOAD, SECOND, A, append


@given(st.one_of(st.binary(), st.text().map(lambda text: b'{"a": "%s"}' % text.encode())))
def test_what_is_packed_comes_back(body: bytes) -> None:
    packed = pack(body)
    assert packed is not None
    assert len(packed) <= len(body) or body.startswith(b"\x01")
    assert unpack(packed) == body


def test_a_facet_takes_less_room_than_it_is_long(store: Store) -> None:
    used = dataset(A, schema=schema(*(f"column_{number}" for number in range(20))))
    append(store, run_event(LOAD, "1", at=SECOND, inputs=[used]))
    project_all(store)
    with store.database.read() as connection:
        stored = connection.exec_driver_sql("SELECT body FROM facet_version").scalar_one()
        version = connection.execute(select(tables.facet_version)).mappings().one()
    assert len(stored) * 3 < version["bytes"] == len(version["body"])
    assert version["body"].startswith(b'{"fields"')
