"""Reading the JSON inside facets leniently: what is not as it should be is taken as not said."""

from __future__ import annotations

from typing import Any, Final

from msgspec import MsgspecError, Raw, json

from hub.domain.names import DatasetName, JobName, RunName, plain_run_id
from hub.domain.openlineage.events import ROOT_NAME, parse_time, repaired, usable_name

# Two of these fit into one key of an index.
_MAX_LABEL_BYTES: Final = 1_200
_MAX_WORD: Final = 100
_MAX_INT64: Final = (1 << 63) - 1


def value_of(raw: Raw | bytes) -> Any:  # noqa: ANN401 - whatever JSON can say
    """Return a JSON value; as it is written where it says more than values of ours can hold.

    JSON's numbers have no bounds, nor has its nesting. What is as it is written is written so
    again, and means the same to whoever reads it next.
    """
    try:
        return json.decode(raw)
    except (MsgspecError, UnicodeDecodeError, RecursionError):
        return Raw(raw)


def members_of(raw: Raw) -> dict[str, Any]:
    """Return the members of a JSON object; of anything else, none."""
    value = value_of(raw)
    return value if isinstance(value, dict) else {}


def items_of(holder: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the objects in a member that is a list."""
    value = holder.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text_of(value: object) -> str | None:
    """Return text as databases can keep it; numbers are written out, an empty text is none."""
    if value is None:
        return None
    if isinstance(value, str):
        return (value.replace("\0", "�") if "\0" in value else value) or None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None


def exception_in(trace: str) -> str | None:
    """Return the line of a stack trace that names the exception: Python's is the last one."""
    lines = [line.strip() for line in trace.splitlines() if line and not line.isspace()]
    if not lines:
        return None
    return lines[-1] if lines[0].startswith("Traceback") else lines[0]


def label_of(value: object) -> str | None:
    """Return a text that fits into an index beside another one."""
    text = text_of(value)
    return text if text and len(text.encode()) <= _MAX_LABEL_BYTES else None


def word_of(value: object) -> str:
    """Return a short text; an empty one for none."""
    text = text_of(value)
    return text if text and len(text) <= _MAX_WORD else ""


def count_of(value: object) -> int | None:
    """Return a whole number from 0 that databases can keep."""
    if type(value) is int:
        return value if 0 <= value <= _MAX_INT64 else None
    if isinstance(value, float) and value.is_integer():
        return count_of(int(value))
    return None


def amount_of(value: object) -> float | None:
    """Return a number that a float can hold."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def instant_of(value: object) -> int | None:
    """Return a time in microseconds UTC."""
    when = parse_time(value) if isinstance(value, str) else None
    return when.at if when else None


def source_of(item: dict[str, Any]) -> DatasetName | None:
    """Return the dataset that an object names; an empty name is its root's, as in an event."""
    return dataset_of({**item, "name": ROOT_NAME} if item.get("name") == "" else item)


def dataset_of(item: dict[str, Any]) -> DatasetName | None:
    """Return the name that an object's ``namespace`` and ``name`` are."""
    namespace, name = (repaired(text_of(item.get(part)) or "") for part in ("namespace", "name"))
    if not usable_name(namespace) or not usable_name(name):
        return None
    return DatasetName(namespace, name)


def job_of(holder: dict[str, Any]) -> JobName | None:
    """Return the name of the job in member ``job``."""
    job = holder.get("job")
    name = dataset_of(job) if isinstance(job, dict) else None
    return None if name is None else JobName(*name)


def run_of(holder: dict[str, Any]) -> RunName | None:
    """Return the name of the run that members ``run`` and ``job`` make up."""
    run, job = holder.get("run"), job_of(holder)
    run_id = text_of(run.get("runId")) if isinstance(run, dict) else None
    if run_id is None or job is None or not usable_name(run_id):
        return None
    return RunName(job, plain_run_id(run_id))
