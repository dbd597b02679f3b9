"""Gates: a batch is promoted only when every check that blocks has passed.

A check that could not be evaluated holds the batch back as well, but blames the rule, not the data.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NoReturn

import msgspec
import pyarrow as pa

from hub.domain.contracts import Contract, QualityRule, Violation
from hub.domain.deadletters import SAMPLE, NewDeadLetter
from hub.domain.errors import ContractViolation, GateFailed, InvalidInput
from hub.domain.failures.failure import Origin
from hub.runtime.contract_masks import split_table
from hub.runtime.failures import blame
from hub.runtime.letters import letter, report
from hub.runtime.rows import as_json
from hub.runtime.work import Work
from hub.spi.gate import CheckResult, Outcome

_EXAMPLES = 3


def own_checks(work: Work) -> list[QualityRule]:
    """Return the checks of the step's own gate."""
    return [
        QualityRule(
            name=str(rule.get("name") or rule.get("metric") or f"check {index}"),
            rule=rule,
            field=rule.get("field"),
            blocks=str(rule.get("severity") or "error").lower() not in ("warning", "warn", "info"),
        )
        for index, rule in enumerate(work.step.gate.checks, start=1)
    ]


def pass_gate(work: Work, table: pa.Table, checks: Sequence[QualityRule], *, at: str) -> None:
    """Hold a lane's batch against checks; ``at`` names the batch, the same for the same rows.

    Raises:
        GateFailed: a check that blocks failed; examples were reported.
        InvalidInput: none failed, and one that blocks could not be evaluated.

    """
    _settle(work, _run(work, table, checks), at)


def objections(work: Work, table: pa.Table) -> list[Violation]:
    """Return what the step's own gate has against rows that are replayed; nothing is reported."""
    return [_objection(result) for result in _blocking(_run(work, table, own_checks(work)))]


def pass_contract_gate(work: Work, table: pa.Table, *, at: str) -> None:
    """Hold what a transform made against its contract's rules and the step's own checks.

    Raises:
        ContractViolation: a field that the contract requires is missing; a sample was reported.
        GateFailed: a check that blocks failed; examples were reported.
        InvalidInput: none failed, and one that blocks could not be evaluated.

    """
    contract = work.contract
    if contract is not None and (missing := contract.missing_fields(table.column_names)):
        _refuse_shape(work, table, missing, at)
    quality = contract.quality if contract else ()
    results = _keep_records(contract, table) if contract else []
    _settle(work, [*results, *_run(work, table, [*quality, *own_checks(work)])], at)


def _run(work: Work, table: pa.Table, checks: Sequence[QualityRule]) -> list[CheckResult]:
    if not checks:
        return []
    gate = work.tools.host.gate(work.step.gate.plugin)
    with blame(Origin.ENGINE):
        return gate.api.run(table, checks)


def _keep_records(contract: Contract, table: pa.Table) -> list[CheckResult]:
    """Return the outcome of the rules over single records: one check for each that is broken."""
    _, broken = split_table(contract, table)
    by_rule: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for index, violations in broken:
        for violation in violations:
            by_rule[violation.field, violation.rule].append(index)
    if not by_rule:
        name = f"contract {contract.id} {contract.version}"
        return [_verdict(QualityRule(name=name, rule={"metric": "contract"}), table, [])]
    return [
        _verdict(
            QualityRule(name=f"{field}: {rule}", rule={"metric": rule}, field=field), table, rows
        )
        for (field, rule), rows in by_rule.items()
    ]


def _verdict(check: QualityRule, table: pa.Table, rows: list[int]) -> CheckResult:
    examples = table.take(rows[:_EXAMPLES]).to_pylist() if rows else []
    return CheckResult(
        check=check,
        outcome=Outcome.FAILED if rows else Outcome.PASSED,
        expected="every row keeps it",
        actual=f"{len(rows)} of {table.num_rows} rows break it",
        failing_rows=len(rows),
        rows=table.num_rows,
        examples=tuple(map(as_json, examples)),
    )


def _settle(work: Work, results: Sequence[CheckResult], at: str) -> None:
    """Keep the results for the report, and stop the batch unless all that block have passed."""
    work.tally.checks += results
    blocking = _blocking(results)
    failed = [result for result in blocking if result.outcome is Outcome.FAILED]
    report(work, [one for result in failed for one in _letters(work, result, at)])
    said = "; ".join(_objection(result).message for result in blocking)
    if failed:
        raise GateFailed(
            f"{work.step.writes} is not promoted, {len(failed)} of {len(results)} checks failed: "
            f"{said}",
            fix=f"`hub dlq ls --step {work.step.name}` shows examples; mend the data or the rule",
        )
    if blocking:
        raise InvalidInput(
            f"{work.step.writes} is not promoted, {len(blocking)} of {len(results)} checks could "
            f"not be evaluated: {said}",
            fix="mend the rule; a query that may find no rows says coalesce(…, 0)",
        )


def _blocking(results: Sequence[CheckResult]) -> list[CheckResult]:
    return [result for result in results if result.check.blocks and not result.passed]


def _objection(result: CheckResult) -> Violation:
    name, found = result.check.name, result.actual
    if result.outcome is not Outcome.NOT_EVALUATED:
        found = f"expected {result.expected}, found {found}"
    message = f"{name}: {found}"
    return Violation(name, "", message)


def _letters(work: Work, result: CheckResult, at: str) -> list[NewDeadLetter]:
    # A check over a batch as a whole has no rows to show: the check itself stands for it.
    examples = result.examples[:_EXAMPLES] or (msgspec.json.encode(result.check),)
    return [
        letter(work, example, [_objection(result)], encoding=SAMPLE, at=f"{at}:{result.check.name}")
        for example in examples
    ]


def _refuse_shape(work: Work, table: pa.Table, missing: Sequence[Violation], at: str) -> NoReturn:
    sample = {"rows": table.num_rows, "sample": table.slice(0, _EXAMPLES).to_pylist()}
    payload = msgspec.json.encode(sample, enc_hook=str)
    report(work, [letter(work, payload, missing, encoding=SAMPLE, at=at)])
    reasons = "; ".join(violation.message for violation in missing)
    raise ContractViolation(
        f"{work.step.writes} is not promoted: {reasons}",
        fix="make the transform return the field, or publish a version of the contract without it",
    )
