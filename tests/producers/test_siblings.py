"""Runs of one job under one parent, each with datasets of its own."""

from __future__ import annotations

from typing import Any

import pytest

from hub.store.opening import Store
from tests.producers.telling import ORDERS, Order, Told, as_told, run_event

ENDS = (("START", 0), ("COMPLETE", 600))


def at(day: int, second: int) -> str:
    return f"2026-03-{day:02}T06:{second // 60:02}:{second % 60:02}Z"


def dag_run(day: int, maps: range) -> list[dict[str, Any]]:
    """Return what Airflow sends of a mapped task, of which each map index reads its own table."""
    parent = {"run": {"runId": f"d{day}"}, "job": {"namespace": "n", "name": "dag"}}
    outer = (run_event(kind, at(day, n), run=f"d{day}", job="dag") for kind, n in ENDS)
    return [
        *outer,
        *(
            run_event(
                *(kind, at(day, number + second)),
                run=f"d{day}.{number}",
                job="dag.load",
                inputs=[f"t{number}"],
                outputs=["all"],
                run_facets={"parent": parent},
            )
            for number in maps
            for kind, second in (("START", 1), ("COMPLETE", 5))
        ),
    ]


async def read(hub: Told, when: str) -> set[str]:
    clock = f'asOf: "{when}"'
    found = await hub.ask(
        f'job(namespace: "n", name: "dag.load", {clock}) {{ inputs {{ name }} outputs {{ name }} }}'
    )
    assert [each["name"] for each in found["outputs"]] == ["all"]
    return {each["name"] for each in found["inputs"]}


@pytest.mark.parametrize(
    ("count", "order"),
    [*((3, each) for each in ORDERS), (100, as_told)],
    ids=lambda each: getattr(each, "__name__", str(each)),
)
async def test_mapped_tasks_keep_what_each_of_them_reads_until_all_leave_it_out(
    sqlite_store: Store, count: int, order: Order
) -> None:
    hub = Told(sqlite_store, order=order)
    everything = {f"t{number}" for number in range(count)}
    hub.tell(*dag_run(1, range(count)), *dag_run(2, range(count)))
    assert await read(hub, at(9, 0)) == everything
    hub.tell(*dag_run(3, range(1, count)))
    assert await read(hub, at(9, 0)) == everything
    hub.tell(*dag_run(4, range(1, count)))
    assert await read(hub, at(9, 0)) == everything - {"t0"}
    last_of_third = count - 1 + 5
    assert await read(hub, at(3, last_of_third - 1)) == everything
    assert await read(hub, at(3, last_of_third)) == everything - {"t0"}


async def test_an_application_keeps_what_each_of_its_runs_of_one_name_writes(
    any_hub: Told,
) -> None:
    for day in (1, 2):
        app = {"run": {"runId": f"app{day}"}, "job": {"namespace": "n", "name": "app"}}
        for second, output in enumerate(("x", "y", "z")):
            ended = run_event(
                at=at(day, second),
                run=f"{day}.{output}",
                outputs=[output],
                run_facets={"parent": app},
            )
            any_hub.tell(ended)
    found = await any_hub.ask('job(namespace: "n", name: "j") { outputs { name } }')
    assert [each["name"] for each in found["outputs"]] == ["x", "y", "z"]
