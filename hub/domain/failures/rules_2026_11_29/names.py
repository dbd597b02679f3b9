"""Names and numbers that earlier sets were too sure of, or did not know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hub.domain.failures.failure import FailureClass as Is
from hub.domain.failures.rules_2026_11.tables import claims_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hub.domain.failures.classification import Claim

NUMBERS: Final[Mapping[str, Claim]] = {
    # The undo that a long query needs is gone: it ran for too long.
    "ORA-1555": (Is.QUERY_LIMIT, 0.9),
}

EXCEPTIONS: Final[Mapping[str, Claim]] = claims_of(
    (
        (Is.LOGIC, 0.7, "DagsterUserCodeLoadError NullReferenceException"),
        # A vendor's API says so of whatever it was asked, and a reader of a path without files.
        (Is.LOGIC, 0.4, "InvalidRequestError"),
        (Is.SOURCE_UNAVAILABLE, 0.5, "InvalidInputException"),
        (Is.SOURCE_UNAVAILABLE, 0.4, "DebeziumException"),
        (Is.CONFIG, 0.9, "VersionError"),
    )
)
