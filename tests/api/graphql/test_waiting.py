"""A read that names a position sees what was written there, or is told that it cannot yet."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.api import after_position
from hub.api.after_position import read_header, wait_until_passed
from hub.domain.errors import InvalidInput, NotYetProjected
from hub.queries.positions import Positions
from hub.store import tracking
from tests.api.graphql.conftest import Client

HEADER = "Hub-After-Position"


async def test_a_position_that_is_projected_is_read_at_once(client: Client) -> None:
    answer = await client.ask("{ hub { version } }", headers={HEADER: "12"})
    assert "errors" not in answer


async def test_a_position_that_does_not_come_is_an_error(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(after_position, "_BOUND_SECONDS", 0.05)
    answer = await client.ask("{ hub { version } }", headers={HEADER: "13"})
    assert answer["data"] is None
    assert answer["errors"][0]["extensions"]["code"] == "NOT_YET_PROJECTED"


async def test_incidents_wait_for_those_who_decide_on_them(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(after_position, "_BOUND_SECONDS", 0.05)
    for query in (
        "{ incidents { nodes { id } } }",
        "{ slos { nodes { state } } }",
        "{ datasets { nodes { openIncidents { id } } } }",
        "{ incidents { totalCount } }",
        '{ node(id: "incident:x") { ... on Incident { state } } }',
    ):
        answer = await client.ask(query, headers={HEADER: "12"})
        assert answer["errors"][0]["extensions"]["code"] == "NOT_YET_PROJECTED"
    with client.store.database.write() as connection:
        for stage in ("evaluate", "route"):
            tracking.advance(connection, stage, expected=0, to=12)
    answer = await client.ask("{ incidents { nodes { id } } }", headers={HEADER: "12"})
    assert "errors" not in answer


@pytest.mark.parametrize("value", ["", "x", "-1", "1.5", "٣", "9" * 30])
async def test_a_position_that_is_none_is_refused(value: str, client: Client) -> None:
    with pytest.raises(InvalidInput):
        read_header(value)
    if value.isascii():
        answer = await client.ask("{ hub { version } }", headers={HEADER: value})
        assert answer["errors"][0]["extensions"]["code"] == "INVALID_INPUT"


def stages(*seen: Positions) -> Callable[[], Positions]:
    """Return a look-up that finds one position after the other, and the last one for ever."""
    rest = list(seen)
    return lambda: rest.pop(0) if len(rest) > 1 else rest[0]


async def test_what_is_decided_is_waited_for_until_it_is_projected_too() -> None:
    look_up = stages(
        Positions(journal=5, projected=4, inferred=5, evaluated=4, routed=4, indexed=0),
        Positions(journal=5, projected=5, inferred=5, evaluated=4, routed=4, indexed=0),
        Positions(journal=6, projected=5, inferred=6, evaluated=5, routed=5, indexed=0),
        Positions(journal=7, projected=6, inferred=7, evaluated=6, routed=6, indexed=0),
        Positions(journal=7, projected=7, inferred=7, evaluated=6, routed=6, indexed=0),
    )
    await wait_until_passed(5, look_up, decided=True)
    assert look_up().projected == 7


async def test_what_is_inferred_is_waited_for_until_it_is_projected_too() -> None:
    look_up = stages(
        Positions(journal=5, projected=5, inferred=4, evaluated=0, routed=0, indexed=0),
        Positions(journal=6, projected=5, inferred=5, evaluated=0, routed=0, indexed=0),
        Positions(journal=6, projected=6, inferred=5, evaluated=0, routed=0, indexed=0),
    )
    await wait_until_passed(5, look_up, decided=False)
    assert look_up().projected == 6


async def test_a_stage_that_stands_still_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(after_position, "_BOUND_SECONDS", 0.05)
    with pytest.raises(NotYetProjected):
        await wait_until_passed(5, stages(Positions(9, 9, 9, 4, 9, 9)), decided=True)
