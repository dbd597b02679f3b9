"""Facets and run ids are stored in few bytes and come back as they were."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from hub.flow.project import project_all
from hub.store import tables
from hub.store.opening import Store
from hub.store.packing import pack, pack_run_id, unpack, unpack_run_id
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
        stored = connection.exec_driver_sql("SELECT body FROM facet_content").scalar_one()
        version = connection.execute(select(tables.facet_version)).mappings().one()
    assert len(stored) * 3 < version["bytes"] == len(version["body"])
    assert version["body"].startswith(b'{"fields"')


@pytest.mark.parametrize("upper", [False, True])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(run_id=st.one_of(st.uuids().map(str), st.text(), st.text("0123456789abcdef-", max_size=40)))
def test_a_run_id_comes_back_as_its_producer_wrote_it(
    store: Store, run_id: str, *, upper: bool
) -> None:
    written = run_id.upper() if upper else run_id
    with store.database.read() as connection:
        assert unpack_run_id(pack_run_id(connection, written)) == written


def test_only_uuids_are_one_run_in_either_case(store: Store) -> None:
    uuid = "a2c3e5f0-0000-4000-8000-00000000000b"
    others = {uuid.replace("-", ""), "scheduled__2026-11-27", "Scheduled__2026-11-27"}
    for each in sorted({uuid, uuid.upper(), *others}):
        append(store, run_event(LOAD, each, at=SECOND))
    project_all(store)
    with store.database.read() as connection:
        assert set(connection.execute(select(tables.run.c.run_id)).scalars()) == {uuid, *others}
