"""Changes: what was different in the first bad run of a job, beside the last good one.

Read from what both runs said. A run that failed may not have come to say all: what only the good
run said counts where the bad one said as much of its kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final, TypeVar

from msgspec import Raw, Struct

from hub.domain.failures.failure import excerpt
from hub.domain.openlineage import descriptions
from hub.domain.openlineage.facets import (
    Measures,
    SchemaField,
    read_quality_metrics,
    read_schema,
    read_statistics,
    read_step,
    read_step_measures,
)

T = TypeVar("T")
_SHOWN: Final = 12
_TEXT: Final = 60
# Less than that a day's data differ from the next day's.
_VOLUME: Final = 0.1
_COMMIT: Final = 12


class ChangeKind(StrEnum):
    """What kind of thing is different, the most telling first."""

    SCHEMA = "schema"
    CODE = "code"
    CONTRACT = "contract"
    CONFIG = "config"
    INPUTS = "inputs"
    VOLUME = "volume"


class Change(Struct, frozen=True):
    """One thing that is different, in words; ``subject`` is a dataset's name, if it is of one."""

    kind: ChangeKind
    text: str
    subject: str | None = None

    @property
    def line(self) -> str:
        """The change as one line."""
        return f"{self.subject}: {self.text}" if self.subject else self.text


class Told(Struct, frozen=True):
    """What a run said: facets in force of itself, of its job, and of its datasets by name."""

    run: Mapping[str, Raw]
    job: Mapping[str, Raw]
    inputs: Mapping[str, Mapping[str, Raw]]
    outputs: Mapping[str, Mapping[str, Raw]]


def changes_between(good: Told, bad: Told) -> list[Change]:
    """Return what is different in the second run."""
    return [
        *_code(good.job, bad.job),
        *_config(good.run, bad.run),
        *_inputs(good, bad),
        *_data(good.inputs, bad.inputs, "read"),
        *_data(good.outputs, bad.outputs, "written"),
    ]


def in_order(changes: Iterable[Change]) -> list[Change]:
    """Return changes with the most telling kind first, each once."""
    order = [*ChangeKind]
    return sorted(dict.fromkeys(changes), key=lambda each: order.index(each.kind))


def contract_change(contract: str, version: str, at: str) -> Change:
    """Return that a version of a contract was published in between."""
    return Change(ChangeKind.CONTRACT, f"contract {contract} {version} was published at {at}")


def _code(good: Mapping[str, Raw], bad: Mapping[str, Raw]) -> Iterator[Change]:
    was, is_now = _both(good, bad, "sourceCodeLocation", descriptions.read_source_code_location)
    if was and is_now:
        for part in ("version", "tag", "branch", "path", "url"):
            before, after = getattr(was, part), getattr(is_now, part)
            if before and after and before != after:
                text = _from_to(f"code {part}", _commit(before), _commit(after))
                yield Change(ChangeKind.CODE, text)
    old, new = _both(good, bad, "sql", descriptions.read_sql)
    if old and new and old.query.split() != new.query.split():
        text = f"the SQL changed: {_first_difference(old.query, new.query)}"
        yield Change(ChangeKind.CODE, text)
    ran, runs = _both(good, bad, "sourceCode", descriptions.read_source_code)
    if ran and runs and ran.code != runs.code:
        text = f"the source code changed: {_first_difference(ran.code, runs.code)}"
        yield Change(ChangeKind.CODE, text)


def _both(
    good: Mapping[str, Raw], bad: Mapping[str, Raw], name: str, read: Callable[[Raw], T | None]
) -> tuple[T | None, T | None]:
    """Return what both runs say of something; of what only one says nothing has changed."""
    if name in good and name in bad:
        return read(good[name]), read(bad[name])
    return None, None


def _config(good: Mapping[str, Raw], bad: Mapping[str, Raw]) -> Iterator[Change]:
    was, is_now = _both(good, bad, "processing_engine", descriptions.read_processing_engine)
    if was and is_now and (was.name, was.version) != (is_now.name, is_now.version):
        before, after = (f"{e.name or ''} {e.version or ''}".strip() for e in (was, is_now))
        yield Change(ChangeKind.CONFIG, _from_to("engine", before, after))
    step, again = _both(good, bad, "hub_step", read_step)
    if step and again and step.version != again.version:
        what = f"plugin {again.plugin or ''}".strip()
        yield Change(ChangeKind.CONFIG, _from_to(what, step.version, again.version))
    for name, what, read in (
        ("environmentVariables", "variable", descriptions.read_environment_variables),
        ("executionParameters", "parameter", descriptions.read_execution_parameters),
    ):
        first, second = _both(good, bad, name, read)
        old, new = ({each.name: each.value for each in given or ()} for given in (first, second))
        for key in sorted(old.keys() | new.keys()):
            if old.get(key) != new.get(key):
                text = _from_to(f"{what} {key}", old.get(key), new.get(key))
                yield Change(ChangeKind.CONFIG, text)


def _inputs(good: Told, bad: Told) -> Iterator[Change]:
    # Nothing said of inputs says nothing.
    if not good.inputs or not bad.inputs:
        return
    for name in sorted(bad.inputs.keys() - good.inputs.keys()):
        yield Change(ChangeKind.INPUTS, "is read, and was not", name)
    for name in sorted(good.inputs.keys() - bad.inputs.keys()):
        yield Change(ChangeKind.INPUTS, "was read, and is not", name)


def _data(
    good: Mapping[str, Mapping[str, Raw]], bad: Mapping[str, Mapping[str, Raw]], verb: str
) -> Iterator[Change]:
    for name in sorted(good.keys() & bad.keys()):
        was, is_now = good[name], bad[name]
        if "schema" in was and "schema" in is_now:
            text = _schema_change(read_schema(was["schema"]), read_schema(is_now["schema"]))
            if text:
                yield Change(ChangeKind.SCHEMA, text, name)
        before, after = _rows(was), _rows(is_now)
        if before is not None and after is not None and _differ(before, after):
            text = f"{before:,} rows were {verb}, {after:,} now{_percent(before, after)}"
            yield Change(ChangeKind.VOLUME, text, name)


def _schema_change(before: Sequence[SchemaField], after: Sequence[SchemaField]) -> str:
    # A producer that stopped to tell the fields has not dropped them all.
    if not before or not after:
        return ""
    old = {each.name: each.type for each in before}
    new = {each.name: each.type for each in after}
    retyped = [
        f"{name} {old[name]} → {new[name]}"
        for name in sorted(old.keys() & new.keys())
        if old[name] and new[name] and old[name] != new[name]
    ]
    parts = (
        ("new: ", sorted(new.keys() - old.keys())),
        ("gone: ", sorted(old.keys() - new.keys())),
        ("other type: ", retyped),
    )
    return "; ".join(f"{word}{_listed(names)}" for word, names in parts if names)


def _rows(facets: Mapping[str, Raw]) -> int | None:
    measures: list[Measures | None] = [
        read_statistics(facets[name])
        for name in ("outputStatistics", "inputStatistics")
        if name in facets
    ]
    if "dataQualityMetrics" in facets:
        measures.append(read_quality_metrics(facets["dataQualityMetrics"]))
    counted = [each.rows for each in measures if each is not None and each.rows is not None]
    if "hub_measures" in facets:
        own = read_step_measures(facets["hub_measures"])
        rows = None if own is None else own.rows_in if own.rows_out is None else own.rows_out
        counted += [] if rows is None else [rows]
    return next(iter(counted), None)


def _differ(before: int, after: int) -> bool:
    return abs(after - before) > _VOLUME * max(before, 1)


def _percent(before: int, after: int) -> str:
    return f" ({(after - before) / before:+.0%})" if before else ""


def _first_difference(before: str, after: str) -> str:
    """Return the first line of the new text that the old one has not."""
    known = {" ".join(line.split()) for line in before.splitlines()}
    lines = (" ".join(line.split()) for line in after.splitlines())
    found = next((line for line in lines if line and line not in known), None)
    return f"“{excerpt(found, _TEXT)}”" if found else "lines were taken out"


def _from_to(what: str, before: str | None, after: str | None) -> str:
    was, is_now = (excerpt(each, _TEXT) if each else "nothing" for each in (before, after))
    return f"{excerpt(what, _TEXT)}: {was} → {is_now}"


def _commit(version: str) -> str:
    is_hash = len(version) > _COMMIT and all(each in "0123456789abcdef" for each in version)
    return version[:_COMMIT] if is_hash else version


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
