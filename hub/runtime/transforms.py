"""Running a transform: from pinned versions of its inputs, through its gate, into its dataset."""

from __future__ import annotations

from hashlib import sha256

import msgspec
import pyarrow as pa

from hub.domain.failures.failure import Origin
from hub.runtime.failures import HeldBack, blame
from hub.runtime.gates import pass_contract_gate
from hub.runtime.promotion import INPUTS, RECIPE, RUN, look_up, newest_noted, overwrite
from hub.runtime.rows import newest
from hub.runtime.work import Input, Work
from hub.settings import fill_secrets
from hub.spi.lake import Version


def run_transform(work: Work) -> None:
    """Make the step's dataset from today's versions of its inputs, unless it was made from them.

    What fails the gate is not promoted: the dataset keeps its old version.

    Raises:
        HeldBack: an input has never been made.

    """
    step, tally = work.step, work.tally
    versions = _input_versions(work)
    tally.inputs = [_input(work, name, version) for name, version in versions.items()]
    inputs = msgspec.json.encode({name: each.number for name, each in versions.items()}).decode()
    recipe = _recipe(work)
    with blame(Origin.LAKE):
        last = work.lake.last_commit(step.writes, step.job_name)
    if last and (last.notes.get(INPUTS), last.notes.get(RECIPE)) == (inputs, recipe):
        _skip(work, f"made from the same versions by run {last.notes.get(RUN)}")
        return
    table = _transformed(work, versions)
    work.on_progress(tally)
    pass_contract_gate(work, table, at=f"{step.writes}@{inputs}")
    tally.saw(_newest(work, table, versions))
    overwrite(work, table, {INPUTS: inputs, RECIPE: recipe})
    look_up(work)
    work.on_progress(tally)


def _input_versions(work: Work) -> dict[str, Version]:
    lake = work.lake
    with blame(Origin.LAKE):
        found = {name: lake.version(name) for name in work.step.reads}
    if missing := [name for name, version in found.items() if version is None]:
        raise HeldBack(f"{', '.join(missing)} has never been made")
    return {name: version for name, version in found.items() if version is not None}


def _input(work: Work, name: str, version: Version) -> Input:
    with blame(Origin.LAKE):
        uri = work.lake.location(name)
    return Input(
        dataset=work.tools.catalog.dataset(name),
        uri=uri,
        rows=version.rows,
        bytes=version.bytes,
        version=version.number,
    )


def _recipe(work: Work) -> str:
    """Return a digest of all that decides, beside the inputs, what a run makes and lets pass."""
    step = work.step
    contract = work.tools.catalog.contracts.get(step.contract or "")
    parts = (step.transform, step.sql, step.options, step.gate, contract)
    return sha256(msgspec.json.encode(parts, order="deterministic")).hexdigest()


def _skip(work: Work, reason: str) -> None:
    work.tally.skipped = reason
    look_up(work)


def _transformed(work: Work, versions: dict[str, Version]) -> pa.Table:
    tools, step, tally = work.tools, work.step, work.tally
    with blame(Origin.LAKE):
        tables = {
            name: work.lake.read(name, version=version.number) for name, version in versions.items()
        }
    tally.rows_in = sum(table.num_rows for table in tables.values())
    tally.bytes_in = sum(version.bytes for version in versions.values())
    transform = tools.host.transform(str(step.transform), step=step.job_name)
    options = fill_secrets(step.options)
    with blame(Origin.ENGINE):
        outcome = transform.api.run(step.sql or "", tables, options)
    tally.columns = outcome.columns
    return outcome.table


def _newest(work: Work, table: pa.Table, versions: dict[str, Version]) -> int | None:
    """Return the newest event time in the output, or else in what it was made from."""
    own = newest(table, work.step.event_time)
    if own is not None or table.num_rows == 0:
        return own
    noted = [time for each in versions.values() if (time := newest_noted(each)) is not None]
    return max(noted, default=None)
