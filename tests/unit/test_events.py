from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.domain.names import DatasetName, JobName, RunName
from hub.domain.openlineage.events import (
    MAX_NAME_BYTES,
    DatasetEvent,
    Event,
    EventParser,
    EventTime,
    EventType,
    JobEvent,
    RunEvent,
    Unusable,
    complaints,
    event_digest,
    facets_of,
    parse_time,
    read_event,
)

SECOND = 1_000_000
NEW_YEAR = 1_767_225_600 * SECOND  # 2026-01-01


def body(**changes: object) -> bytes:
    event: dict[str, object] = {
        "eventTime": "2026-01-01T00:00:00Z",
        "eventType": "START",
        "run": {"runId": "r"},
        "job": {"namespace": "n", "name": "j"},
    }
    kept = {name: value for name, value in (event | changes).items() if value is not ...}
    return json.dumps(kept).encode()


def read(**changes: object) -> Event:
    event = read_event(body(**changes))
    assert not isinstance(event, Unusable), event
    return event


def run_event(**changes: object) -> RunEvent:
    event = read(**changes)
    assert isinstance(event, RunEvent)
    return event


def reason(raw: bytes) -> str:
    event = read_event(raw)
    assert isinstance(event, Unusable), event
    return event.reason


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
WRITE = "write a date and time, such as 2026-11-23T03:00:00Z"
PARTS = ("eventTime", "eventType", "run", "job", "dataset", "inputs", "outputs", "producer")


@given(st.dictionaries(st.sampled_from(PARTS), json_values))
@example({"run": {"runId": "\ud800"}})
def test_no_json_object_makes_the_reader_raise(document: dict[str, Any]) -> None:
    whole = json.loads(body()) | document
    for raw in (json.dumps(document).encode(), json.dumps(whole).encode()):
        assert isinstance(read_event(raw), Event | Unusable)


@given(st.binary())
def test_no_bytes_make_the_reader_raise(raw: bytes) -> None:
    assert isinstance(read_event(raw), Event | Unusable)


def test_a_run_event_has_its_run_job_and_digest() -> None:
    event = run_event(producer="https://example.com")
    assert event.run == RunName(JobName("n", "j"), "r")
    assert (event.event_type, event.event_time) == (EventType.START, NEW_YEAR)
    assert event.digest == event_digest(body(producer="https://example.com"))
    assert event.producer == "https://example.com"


@pytest.mark.parametrize("kind", [..., None, "PAUSED", ""])
def test_an_absent_or_unknown_type_says_nothing_of_a_state(kind: object) -> None:
    assert run_event(eventType=kind).event_type is EventType.OTHER


def test_a_type_counts_in_any_case() -> None:
    assert run_event(eventType="complete").event_type is EventType.COMPLETE


def test_a_job_without_a_run_is_a_declaration() -> None:
    event = read(run=..., eventType=...)
    assert isinstance(event, JobEvent)
    assert event.job == JobName("n", "j")


def test_a_dataset_without_a_job_is_described() -> None:
    event = read(run=..., job=..., eventType=..., dataset={"namespace": "n", "name": "d"})
    assert isinstance(event, DatasetEvent)
    assert event.dataset.name == DatasetName("n", "d")


def test_the_schema_url_decides_where_the_shape_does_not() -> None:
    both: dict[str, object] = {
        "run": ...,
        "eventType": ...,
        "dataset": {"namespace": "n", "name": "d"},
    }
    fragment = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/"
    assert isinstance(read(schemaURL=f"{fragment}DatasetEvent", **both), DatasetEvent)
    lost = body(run=..., eventType=..., schemaURL=f"{fragment}RunEvent")
    assert reason(lost) == "run: missing"


def test_an_event_that_reports_a_state_without_a_run_has_lost_it() -> None:
    assert reason(body(run=...)) == "run: missing"


def test_an_event_that_calls_itself_a_declaration_is_one_though_it_reports_a_state() -> None:
    url = "https://openlineage.io/spec/1-0-1/OpenLineage.json#/definitions/JobEvent"
    assert isinstance(read(run=..., schemaURL=url), JobEvent)


def test_an_empty_run_is_none_where_the_event_calls_itself_one_without() -> None:
    fragment = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/"
    assert isinstance(read(run={}, eventType=..., schemaURL=f"{fragment}JobEvent"), JobEvent)
    described = {"job": ..., "dataset": {"namespace": "n", "name": "d"}}
    event = read(run={}, eventType=..., schemaURL=f"{fragment}DatasetEvent", **described)
    assert isinstance(event, DatasetEvent)
    assert reason(body(run={}, eventType=...)) == "run.runId: missing"
    half: dict[str, object] = {"facets": {"nominalTime": {}}}
    assert reason(body(run=half, schemaURL=f"{fragment}JobEvent")) == "run.runId: missing"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"run": {"runId": 7}}, "run.runId: expected text, got number"),
        ({"run": {}}, "run.runId: missing"),
        ({"run": {"runId": ""}}, "run.runId: empty"),
        ({"run": "r"}, "run: expected object, got text"),
        ({"job": ...}, "job: missing"),
        ({"job": {"namespace": "n"}}, "job.name: missing"),
        ({"job": {"namespace": "n", "name": "a\0b"}}, "job.name: contains a NUL character"),
        ({"inputs": {}}, "inputs: expected array, got object"),
        ({"eventTime": ...}, "eventTime: missing"),
        ({"eventTime": None}, "eventTime: missing"),
        ({"eventTime": 5}, f"eventTime: expected text, got number: {WRITE}"),
        ({"eventTime": True}, f"eventTime: expected text, got boolean: {WRITE}"),
        ({"eventTime": [1]}, f"eventTime: expected text, got array: {WRITE}"),
        ({"eventTime": {}}, f"eventTime: expected text, got object: {WRITE}"),
        ({"eventTime": "soon"}, f"eventTime: 'soon' is no time from 1970 to 2199: {WRITE}"),
        ({"run": ..., "job": ..., "eventType": ...}, "none of run, job and dataset is there"),
    ],
)
def test_what_cannot_be_used_says_where_and_why(changes: dict[str, Any], why: str) -> None:
    assert reason(body(**changes)) == why


@pytest.mark.parametrize(
    ("said", "count", "unit"),
    [
        (1772323200, "1772323200", "seconds"),
        (1772323200.25, "1772323200", "seconds"),
        (1772323200000, "1772323200000", "milliseconds"),
        (1772323200000000, "1772323200000000", "microseconds"),
        (1772323200000000000, "1772323200000000000", "nanoseconds"),
        ("1772323200000.5", "1772323200000", "milliseconds"),
    ],
)
def test_a_time_that_is_counted_is_told_how_to_be_written(
    said: float | str, count: str, unit: str
) -> None:
    why = reason(body(eventTime=said))
    assert why.startswith("eventTime: ")
    meant = f"2026-03-01T00:00:00.000000Z, if {count} is meant as {unit} since 1970"
    assert why.endswith(f": write {meant}")


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (None, "inputs[1]: expected object, got null"),
        ({"name": "d"}, "inputs[1].namespace: missing"),
        ({"namespace": "", "name": "d"}, "inputs[1].namespace: empty"),
        ({"namespace": "n", "name": 7}, "inputs[1].name: expected text, got number"),
        ({"namespace": "n", "name": "a\0b"}, "inputs[1].name: contains a NUL character"),
    ],
)
def test_a_dataset_that_cannot_be_used_is_left_out_alone(broken: object, why: str) -> None:
    whole = {"namespace": "n", "name": "d", "facets": {"x": 1}}
    event = run_event(inputs=[whole, broken], outputs=[whole])
    assert [use.name for use in (*event.inputs, *event.outputs)] == [DatasetName("n", "d")] * 2
    assert event.left_out == complaints(event) == (why,)


@pytest.mark.parametrize(
    ("said", "meant"),
    [(" d ", "d"), ("a\nb", "ab"), ("a b", "a b"), ("d@v1/ä", "d@v1/ä"), ("tab\t", "tab")],
)
def test_what_nobody_means_in_a_name_is_taken_out(said: str, meant: str) -> None:
    event = run_event(
        job={"namespace": said, "name": "j"}, inputs=[{"namespace": said, "name": said}]
    )
    assert event.job.namespace == meant
    assert event.inputs[0].name == DatasetName(meant, meant)


def test_a_name_longer_than_an_index_holds_is_unusable() -> None:
    longest = "ä" * (MAX_NAME_BYTES // 2)
    assert run_event(job={"namespace": "n", "name": longest}).job.name == longest
    too_long = body(job={"namespace": "n", "name": longest + "ä"})
    assert reason(too_long) == "job.name: 2050 bytes long, more than 2048"


def test_half_a_character_is_called_by_its_name() -> None:
    assert "lone surrogate" in reason(body(job={"namespace": "n", "name": "\ud800"}))


def test_an_event_keeps_its_time_where_something_else_is_wrong() -> None:
    assert read_event(body(job=...)) == Unusable("job: missing", NEW_YEAR)


def test_an_empty_dataset_name_is_the_root_of_its_namespace() -> None:
    [use] = run_event(inputs=[{"namespace": "file", "name": ""}]).inputs
    assert use.name == DatasetName("file", "/")


@pytest.mark.parametrize("container", [None, [], "x", 3, {"schema": None}])
def test_a_facet_container_of_no_use_spoils_no_event(container: object) -> None:
    event = run_event(
        run={"runId": "r", "facets": container},
        inputs=[{"namespace": "n", "name": "d", "facets": container, "inputFacets": container}],
    )
    assert facets_of(event.run_facets) == {}
    assert facets_of(event.inputs[0].facets) == {}


def test_facets_are_kept_as_they_came() -> None:
    event = run_event(run={"runId": "r", "facets": {"a.b-c": {"x": [1, 2]}}})
    assert {key: bytes(raw) for key, raw in facets_of(event.run_facets).items()} == {
        "a.b-c": b'{"x": [1, 2]}'
    }


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-01-01T00:00:00Z", 0),
        ("2026-01-01t00:00:00z", 0),
        ("2026-01-01T01:00:00+01:00", 0),
        ("2026-01-01T01:00:00+0100", 0),
        ("2026-01-01T01:00:00+01", 0),
        ("2025-12-31T19:00:00-05:00", 0),
        ("2026-01-01 00:00:00 UTC", 0),
        ("2026-01-01T00:00Z", 0),
        ("2026-01-01T00:00:00.123456789Z", 0.123456),
        ("2026-01-01T00:00:00,5Z", 0.5),
        ("2026-01-01T01:00:00+01:00[Europe/London]", 0),
        ("2026-01-01T00:00:00.5+00:00Z", 0.5),
        ("2025-12-31T24:00:00Z", 0),
        ("2025-12-31T23:59:60Z", 0),
        (" 2026-01-01T00:00:00Z ", 0),
    ],
)
def test_times_are_read_as_producers_write_them(text: str, seconds: float) -> None:
    assert parse_time(text) == EventTime(NEW_YEAR + int(seconds * SECOND), is_assumed=False)


@pytest.mark.parametrize("text", ["2026-01-01T00:00:00", "2026-01-01 00:00", "2026-01-01"])
def test_a_time_without_a_zone_is_taken_as_utc_and_marked(text: str) -> None:
    assert parse_time(text) == EventTime(NEW_YEAR, is_assumed=True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2026-02-30T00:00:00Z",
        "2026-01-01T24:00:01Z",
        "2026-01-01T00:00:00+01:00Z",
        "2026-01-01T00:00:00ZZ",
        "2026-01-01T25:00:00Z",
        "2026-01-01T00:60:00Z",
        "-2026-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "2200-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "0000-01-01T00:00:00Z",
        "1767225600000",
        "２０２６-01-01T00:00:00Z",  # noqa: RUF001 - digits that are none
    ],
)
def test_absurd_times_are_no_times(text: str) -> None:
    assert parse_time(text) is None


@given(st.datetimes(), st.integers(-14 * 60, 14 * 60))
def test_any_time_that_python_writes_is_read_to_the_microsecond(
    moment: datetime, offset: int
) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=offset)))
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    at = (aware - epoch) // timedelta(microseconds=1)
    last = (datetime(2200, 1, 1, tzinfo=UTC) - epoch) // timedelta(microseconds=1)
    found = parse_time(aware.isoformat())
    assert found == (EventTime(at, is_assumed=False) if 0 <= at < last else None)


def test_what_a_parser_remembers_changes_nothing() -> None:
    parser = EventParser()
    used = [{"namespace": "n", "name": "d", "facets": {"a": {}}}]
    counted = [used[0] | {"outputFacets": {"c": {}}}]
    bodies = [
        body(inputs=used, outputs=used, eventTime="2026-01-01T00:00:01Z"),
        # The same bytes as inputs say what they say as outputs, measures included.
        body(inputs=counted, outputs=counted),
        body(inputs=[], outputs=None, job={"namespace": "n", "name": "k"}),
        body(inputs=[1], job={"namespace": "n"}),
        body(run=..., dataset=used[0]),
    ]
    for raw in bodies * 2:
        assert parser.read(raw) == read_event(raw)


def test_a_list_measures_what_it_says_of_its_own_side() -> None:
    counted = [{"namespace": "n", "name": "d", "outputFacets": {"c": {}}}]
    event = read_event(body(inputs=counted, outputs=counted))
    assert isinstance(event, RunEvent)
    assert [len(facets_of(use.measures)) for use in (*event.inputs, *event.outputs)] == [0, 1]


def test_lists_that_repeat_are_the_same_object() -> None:
    parser = EventParser()
    first, second = (parser.read(body(inputs=[{"namespace": "n", "name": "d"}])) for _ in range(2))
    assert isinstance(first, RunEvent)
    assert isinstance(second, RunEvent)
    assert first.inputs is second.inputs


USUAL = st.datetimes(datetime(1960, 1, 1), datetime(2210, 1, 1))  # noqa: DTZ001 - the Z is in the text


@given(USUAL, st.sampled_from(["seconds", "milliseconds", "microseconds"]), st.data())
def test_the_usual_time_is_read_as_any_other(
    when: datetime, spec: str, data: st.DataObject
) -> None:
    text = when.isoformat(timespec=spec)
    at = data.draw(st.integers(0, len(text)))
    text = (
        text[:at] + data.draw(st.sampled_from(["", "0", "6", ":", ".", ",", "+", " "])) + text[at:]
    )
    # A zone's name in brackets says nothing, and takes the way of the unusual ones.
    assert parse_time(f"{text}Z") == parse_time(f"{text}Z[UTC]")
