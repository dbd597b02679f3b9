"""Gates: quality checks over a batch before it is promoted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

from msgspec import Struct

from hub.domain.contracts import QualityRule

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa


# One rule of a contract or of a step's gate.
Check: TypeAlias = QualityRule


class CheckResult(Struct, frozen=True, kw_only=True):
    """What one check found. ``failing_rows`` is null where the check cannot name rows."""

    check: Check
    passed: bool
    expected: str
    actual: str
    failing_rows: int | None = None
    rows: int = 0
    # A few failing rows as JSON, for the dead letters.
    examples: tuple[bytes, ...] = ()


class GateRunner(Protocol):
    """Runs checks.

    Duties: evaluate every check, also after one fails; a check that cannot be run raises
    ``InvalidInput`` naming it (that is a broken rule, not broken data).
    """

    def run(self, table: pa.Table, checks: Sequence[Check]) -> list[CheckResult]:
        """Return one result per check, in order."""
