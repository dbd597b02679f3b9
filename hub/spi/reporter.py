"""The port through which runners report: the only way from the data plane to the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.domain.deadletters import NewDeadLetter


class Reporter(Protocol):
    """Accepts what a runner has to say, durably.

    Each method returns only after the hub has stored what it was given, and may be repeated with
    the same arguments without effect. Raises ``Unreachable`` or ``Pressed`` when it could not.
    """

    def emit(self, event: bytes) -> None:
        """Report one OpenLineage event, as JSON."""

    def dead_letter(self, letters: Sequence[NewDeadLetter]) -> None:
        """Report records that a step refused."""
