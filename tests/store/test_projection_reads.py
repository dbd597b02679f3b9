"""What the projection reads of a store: what it asks for by key, never a table from end to end."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import cast

from sqlalchemy import event

from hub.domain.entries import EntryKind, NewEntry
from hub.domain.names import DatasetName, JobName
from hub.flow.project import Project
from hub.store.opening import Store
from hub.testing import builders
from tests.small_world import under

SOURCE = DatasetName("n", "source")
MEASURES = {
    "outputStatistics": {"rowCount": 1},
    "dataQualityAssertions": {"assertions": [{"assertion": "not_null", "success": True}]},
}
KEYS = re.compile(r"SCAN (wanted|t|s|(\d+ )?CONSTANT ROWS?)\b")


def project(store: Store, event_type: str, runs: Iterable[int]) -> None:
    """Append an event of each run, and project them with nothing remembered."""
    entries = []
    for at in runs:
        lineage = builders.column_lineage({"field": [(SOURCE, "field")]})
        facets = {"schema": builders.schema("field"), "columnLineage": lineage}
        written = builders.dataset(DatasetName("n", f"target-{at % 7}"), **facets)
        written["outputFacets"] = MEASURES
        said = builders.run_event(
            JobName("n", f"job-{at % 7}"),
            f"run-{at}",
            at=at,
            event_type=event_type,
            inputs=[{**builders.dataset(SOURCE), "inputFacets": MEASURES}],
            outputs=[written],
            run_facets=under(f"parent-{at % 3}"),
        )
        entries.append(NewEntry(EntryKind.EVENT, said))
    store.journal.append(entries, recorded_at=1)
    stage = Project(store)
    while stage.step():
        pass


def test_a_batch_reads_no_table_from_end_to_end(sqlite_store: Store) -> None:
    asked: list[tuple[str, object]] = []

    def note(
        _connection: object, _cursor: object, statement: str, parameters: object, *_: object
    ) -> None:
        if "VALUES" in statement and statement.lstrip().startswith("SELECT"):
            asked.append((statement, parameters))

    project(sqlite_store, "START", range(20))
    event.listen(sqlite_store.database.engine, "before_cursor_execute", note)
    project(sqlite_store, "COMPLETE", range(40))
    event.remove(sqlite_store.database.engine, "before_cursor_execute", note)
    read = {
        table for statement, _ in asked for table in re.findall(r"(?:JOIN|FROM) (\w+)", statement)
    }
    assert {"run", "dataset", "dataset_version", "dataset_metric", "quality_assertion"} <= read
    of_siblings = "(parent_id=? AND job_id=? AND first_event_at>? AND first_event_at<?)"
    is_found_by_day = False
    with sqlite_store.database.read() as connection:
        for statement, parameters in asked:
            plan = connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {statement}", cast("tuple[object, ...]", parameters)
            )
            steps = [step[3] for step in plan]
            is_found_by_day |= any(of_siblings in step for step in steps)
            scans = [step for step in steps if step.startswith("SCAN")]
            assert [each for each in scans if not KEYS.match(each)] == [], statement
    assert is_found_by_day
