"""Judging failures: the rule set in use, with the opinions of plugins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog

from hub.domain.classification import Classifier as Rules
from hub.domain.errors import HubError
from hub.domain.rules_2026_11 import RULES

if TYPE_CHECKING:
    from hub.domain.failures import Failure, Verdict
    from hub.spi.classifier import Classifier

_log = structlog.get_logger(__name__)


class Judge:
    """Gives failures their class. Plugins are asked too; one that fails is not heard."""

    def __init__(self, classifiers: Sequence[Classifier] = (), rules: Rules | None = None) -> None:
        self._rules = rules or Rules(RULES)
        self._classifiers = classifiers

    @property
    def rule_set(self) -> str:
        """The id of the rule set in use."""
        return self._rules.rule_set

    def judge(self, failure: Failure) -> Verdict:
        """Return the class of a failure, and why."""
        opinions = (self._ask(classifier, failure) for classifier in self._classifiers)
        return self._rules.judge(failure, [verdict for verdict in opinions if verdict])

    def _ask(self, classifier: Classifier, failure: Failure) -> Verdict | None:
        try:
            return classifier.judge(failure)
        except HubError as error:
            _log.warning("classifier_failed", error=error.message)
            return None
