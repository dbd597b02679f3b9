"""Gates: quality checks over a batch before it is promoted."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeAlias

from msgspec import Struct

from hub.domain.contracts import QualityRule

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa


# One rule of a contract or of a step's gate.
Check: TypeAlias = QualityRule


class Outcome(StrEnum):
    """How a check ended. One that could not be evaluated says nothing about the data."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_EVALUATED = "not-evaluated"


class CheckResult(Struct, frozen=True, kw_only=True):
    """What one check found; where it was not evaluated, ``actual`` says why not.

    ``failing_rows`` is null where the check cannot name rows.
    """

    check: Check
    outcome: Outcome
    expected: str
    actual: str
    failing_rows: int | None = None
    rows: int = 0
    # A few failing rows as JSON, for the dead letters.
    examples: tuple[bytes, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the data was looked at and found good."""
        return self.outcome is Outcome.PASSED


class GateRunner(Protocol):
    """Runs checks.

    Duties: evaluate every check, also after one fails. Values are compared as the field's type
    has them (1 is 1.0, the text "1" is not the text "1.0"). A check that cannot be evaluated, as
    the rule is broken or gives no number, is ``NOT_EVALUATED`` with the reason: it has neither
    passed nor failed, and the other checks are evaluated all the same.
    """

    def run(self, table: pa.Table, checks: Sequence[Check]) -> list[CheckResult]:
        """Return one result per check, in order."""
