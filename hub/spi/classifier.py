"""Classifiers: evidence on a failure's class that the built-in rules do not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from hub.domain.failures.failure import Failure, Verdict


class Classifier(Protocol):
    """Judges a failure.

    Duties: pure (no IO, no clock); return None rather than guess; name the rule and the evidence.
    """

    def judge(self, failure: Failure) -> Verdict | None:
        """Return a verdict, or None when this classifier knows nothing about the failure."""
