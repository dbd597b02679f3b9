"""Judging failures: the rule set in use, with the opinions of plugins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

import structlog

from hub.domain.errors import HubError
from hub.domain.failures.classification import Classifier as Rules
from hub.domain.failures.rules_2026_12_02 import RULES
from hub.domain.failures.written_rules import WrittenRule, opinion

if TYPE_CHECKING:
    from hub.domain.failures.failure import Failure, Verdict
    from hub.spi.classifier import Classifier

_log = structlog.get_logger(__name__)

_MAX_REMEMBERED: Final = 1_000
# In characters: longer messages seldom come twice.
_MAX_REMEMBERED_TEXT: Final = 4_096


@cache
def _built_in() -> Rules:
    """Return the rules in use, which are read once in a process."""
    return Rules(RULES)


class Judge:
    """Gives failures their class. Plugins are asked too; one that fails is not heard.

    ``written`` returns the rules of the configuration's files, those that judge first in front;
    another tuple than before is what a reload has brought.
    """

    def __init__(
        self,
        classifiers: Sequence[Classifier] = (),
        rules: Rules | None = None,
        *,
        written: Callable[[], tuple[WrittenRule, ...]] = tuple,
    ) -> None:
        self._rules = rules or _built_in()
        self._classifiers = classifiers
        self._written = written
        self._applied = written()
        # In a storm many fail alike. Rules and plugins are pure, so they are asked once.
        self._known: dict[Failure, Verdict] = {}

    @property
    def rule_set(self) -> str:
        """The id of the rule set in use."""
        return self._rules.rule_set

    def judge(self, failure: Failure) -> Verdict:
        """Return the class of a failure, and why."""
        written = self._written()
        if written is not self._applied:
            self._applied = written
            self._known.clear()
        known = self._known.get(failure)
        if known is not None:
            return known
        opinions, is_complete = self._opinions(failure)
        by_people = opinion(written, failure)
        opinions += [] if by_people is None else [by_people]
        verdict = self._rules.judge(failure, opinions)
        if is_complete and _length(failure) <= _MAX_REMEMBERED_TEXT:
            if len(self._known) >= _MAX_REMEMBERED:
                self._known.clear()
            self._known[failure] = verdict
        return verdict

    def _opinions(self, failure: Failure) -> tuple[list[Verdict], bool]:
        """Return what the plugins think of a failure, and whether all have answered."""
        opinions, is_complete = [], True
        for classifier in self._classifiers:
            try:
                verdict = classifier.judge(failure)
            except HubError as error:
                _log.warning("classifier_failed", error=error.message)
                is_complete = False
                continue
            if verdict is not None:
                opinions.append(verdict)
        return opinions, is_complete


def _length(failure: Failure) -> int:
    causes = sum(len(each.message) for each in failure.causes)
    return len(failure.message) + len(failure.trace) + causes
