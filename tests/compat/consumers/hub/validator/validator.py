"""Posts scenarios of OpenLineage events to a hub, and compares all that it then knows.

Command line, folders and report are those of OpenLineage's compatibility tests, so the consumer's
folder above this one can be put among theirs. Two things differ from the consumers there. A state
is compared whole: what is missing, other or too much is a failure. And each scenario is delivered
in six ways, each to an empty hub, that must all come to the one expected state.

    python validator.py --consumer_dir CONSUMER --scenario_dir SCENARIOS --target report.json
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import httpx

Row = dict[str, Any]
Body = bytes

_HUB: Final = (sys.executable, "-c", "from hub.cli import main; main()", "serve", "--port", "0")
_PAGE: Final = 25
_BATCH: Final = 40

_NODES: Final = {
    "jobs": """
        id processingType integration jobType owners tags
        inputs { id } outputs { id }""",
    "datasets": """
        id owners tags fields { name type } symlinks { namespace name type }
        schemaVersions { digest }""",
    "runs": """
        id state attempt startedAt endedAt nominalStartAt nominalEndAt errorMessage
        parent { id } root { id } inputs { id } outputs { id }
        measures { dataset { id } side size { rows bytes files } }""",
    "dead_letters": "stage reasons class",
}
# What lists a kind of entity, and what has it list every one.
_ROOTS: Final = {
    "dead_letters": ("deadLetters", ""),
    "jobs": ("jobs", "filter: { statements: true }"),
}
_FIELD_EDGES: Final = """query($node: ID!) {
  lineage(node: $node, direction: UPSTREAM, depth: 1, level: FIELD) {
    edges { source target origin closedAt dependences { kind subtype masking job { id } } }
  }
}"""


class Hub:
    """A running hub, as its users see it."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self._position = 0

    def post(self, event: Body) -> None:
        """Send one event."""
        self._heed(self._http.post("/api/v1/lineage", content=event, headers=_JSON))

    def post_batch(self, events: Sequence[Body]) -> None:
        """Send many events in one request."""
        body = b"[" + b",".join(events) + b"]"
        answer = self._heed(self._http.post("/api/v1/lineage/batch", content=body, headers=_JSON))
        failed = answer.json()["failed_events"]
        assert not failed, failed

    def state(self) -> dict[str, list[Row]]:
        """Return everything that the hub has made of the events, by kind of entity."""
        found = {kind: self._all(kind, fields) for kind, fields in _NODES.items()}
        edges: dict[str, Row] = {}
        for dataset in found["datasets"]:
            answer = self._ask(_FIELD_EDGES, {"node": dataset["id"]})
            for edge in answer["lineage"]["edges"]:
                edges[f"{edge['source']} > {edge['target']}"] = edge
        found["field_edges"] = list(edges.values())
        return {kind: sorted(map(_ordered, rows), key=repr) for kind, rows in found.items()}

    def _all(self, kind: str, fields: str) -> list[Row]:
        root, every = _ROOTS.get(kind, (kind, ""))
        query = f"""query($after: String) {{
          page: {root}({every} first: {_PAGE}, after: $after) {{
            nodes {{ {fields} }} pageInfo {{ hasNextPage endCursor }}
          }}
        }}"""
        rows: list[Row] = []
        after = None
        while True:
            page = self._ask(query, {"after": after})["page"]
            rows += page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return rows
            after = page["pageInfo"]["endCursor"]

    def _ask(self, query: str, variables: Row) -> Row:
        # The hub answers once all that it has acknowledged is projected.
        headers = {"Hub-After-Position": str(self._position)}
        body = {"query": query, "variables": variables}
        answer = self._http.post("/graphql", json=body, headers=headers).json()
        assert "errors" not in answer, answer["errors"]
        data: Row = answer["data"]
        return data

    def _heed(self, answer: httpx.Response) -> httpx.Response:
        answer.raise_for_status()
        self._position = max(self._position, int(answer.headers["Hub-Position"]))
        return answer


_JSON: Final = {"Content-Type": "application/json"}


def as_is(hub: Hub, events: Sequence[Body]) -> None:
    """One after the other, as the producer sent them."""
    for event in events:
        hub.post(event)


def reversed_(hub: Hub, events: Sequence[Body]) -> None:
    """The last one first."""
    as_is(hub, events[::-1])


def shuffled(hub: Hub, events: Sequence[Body]) -> None:
    """In an order of no meaning."""
    as_is(hub, random.Random(len(events)).sample(events, len(events)))


def three_times(hub: Hub, events: Sequence[Body]) -> None:
    """Each one three times, mixed with the others."""
    as_is(hub, random.Random(3).sample([*events] * 3, 3 * len(events)))


def from_two_senders(hub: Hub, events: Sequence[Body]) -> None:
    """Every other event by one sender, the rest by another at the same time."""
    with ThreadPoolExecutor(2) as senders:
        for done in [senders.submit(as_is, hub, events[start::2]) for start in (0, 1)]:
            done.result()


def in_batches(hub: Hub, events: Sequence[Body]) -> None:
    """Many in one request."""
    for start in range(0, len(events), _BATCH):
        hub.post_batch(events[start : start + _BATCH])


DELIVERIES: Final = (as_is, reversed_, shuffled, three_times, from_two_senders, in_batches)


def read_events(folder: Path) -> list[Body]:
    """Return a scenario's events in the order of its files: JSON, one an event, or NDJSON."""
    events: list[Body] = []
    for path in sorted(folder.iterdir()):
        body = path.read_bytes()
        events += [line for line in body.splitlines() if line] if "nd" in path.suffix else [body]
    return events


@contextmanager
def fresh_hub() -> Iterator[Hub]:
    """Yield a hub that knows nothing; it ends with its store."""
    with TemporaryDirectory(prefix="hub-compat-") as folder:
        command = (*_HUB, "--database", f"sqlite:///{folder}/hub.db", "--config", folder)
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            assert process.stdout is not None
            url = process.stdout.readline().removeprefix("listening on ").strip()
            with httpx.Client(base_url=url, timeout=60) as http:
                yield Hub(http)
        finally:
            process.kill()
            process.communicate()


def deliver(events: Sequence[Body], delivery: Callable[[Hub, Sequence[Body]], None]) -> State:
    """Return what an empty hub makes of events that reach it in one of the ways."""
    with fresh_hub() as hub:
        delivery(hub, events)
        return hub.state()


State = dict[str, list[Row]]


def differences(expected: Sequence[Row], found: Sequence[Row]) -> list[str]:
    """Say in words what is missing and what is too much."""
    wanted, got = ([json.dumps(row, sort_keys=True) for row in rows] for rows in (expected, found))
    missing = [f"missing: {row}" for row in wanted if row not in got]
    return missing + [f"unexpected: {row}" for row in got if row not in wanted]


def validate(consumer: Path, scenarios: Path, name: str) -> Row:
    """Deliver a scenario in all ways; return its part of the report."""
    events = read_events(scenarios / name / "events")
    folder = consumer / "scenarios" / name
    config = json.loads((folder / "config.json").read_text())
    states = {each.__name__.strip("_"): deliver(events, each) for each in DELIVERIES}
    tests = [_test("syntax", "openlineage", [], {"facets": ["run_event"]})]
    for test in config["tests"]:
        expected = json.loads((folder / test["path"]).read_text())
        details = [
            f"{delivery}: {each}"
            for delivery, state in states.items()
            for each in differences(expected, state[test["entity"]])
        ]
        tests.append(_test(test["name"], test["entity"], details, test["tags"]))
    is_good = all(test["status"] == "SUCCESS" for test in tests)
    return {"name": name, "status": "SUCCESS" if is_good else "FAILURE", "tests": tests}


def write_expected(consumer: Path, scenarios: Path, name: str) -> None:
    """Write what the hub makes of a scenario delivered as it is, for a person to check."""
    folder = consumer / "scenarios" / name
    state = deliver(read_events(scenarios / name / "events"), as_is)
    for test in json.loads((folder / "config.json").read_text())["tests"]:
        path = folder / test["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = json.dumps(state[test["entity"]], indent=1, ensure_ascii=False)
        path.write_text(rows + "\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Validate every scenario that the consumer has; 1 where one fails."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--consumer_dir", type=Path, default=Path(__file__).parents[1])
    parser.add_argument(
        "--scenario_dir", type=Path, default=Path(__file__).parents[3] / "scenarios"
    )
    parser.add_argument("--target", type=Path, help="where to write the report")
    parser.add_argument(
        "--release", default="2-0-2", help="the OpenLineage version, for the report"
    )
    parser.add_argument("--scenario", action="append", help="only this one; may be repeated")
    parser.add_argument("--update", action="store_true", help="write the expected states instead")
    given = parser.parse_args(arguments)
    has_events = [each.name for each in sorted(given.scenario_dir.iterdir()) if each.is_dir()]
    names = [
        name
        for name in has_events
        if (given.consumer_dir / "scenarios" / name).is_dir()
        and (not given.scenario or name in given.scenario)
    ]
    if given.update:
        for name in names:
            write_expected(given.consumer_dir, given.scenario_dir, name)
        return 0
    report = {
        "name": "hub",
        "component_type": "consumer",
        "component_version": "0.1.0",
        "openlineage_version": given.release,
        "scenarios": [validate(given.consumer_dir, given.scenario_dir, name) for name in names],
    }
    if given.target:
        given.target.write_text(json.dumps([report], indent=2) + "\n")
    for scenario in report["scenarios"]:
        print(f"{scenario['status']:8} {scenario['name']}")
        for test in scenario["tests"]:
            for detail in test["details"][:10]:
                print(f"         {test['name']}: {detail}")
    return int(any(each["status"] != "SUCCESS" for each in report["scenarios"]))


def _test(name: str, entity: str, details: list[str], tags: Row) -> Row:
    kind = "syntax" if entity == "openlineage" else "semantics"
    return {
        "name": name,
        "status": "FAILURE" if details else "SUCCESS",
        "validation_type": kind,
        "entity_type": entity,
        "details": details,
        "tags": tags,
    }


def _ordered(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Put lists that have no order of their own into one."""
    if isinstance(value, dict):
        return {key: _ordered(each) for key, each in value.items()}
    if isinstance(value, list):
        return sorted((_ordered(each) for each in value), key=repr)
    return value


if __name__ == "__main__":
    sys.exit(main())
