"""The laws of ``hub.spi.classifier``."""

from __future__ import annotations

from abc import abstractmethod

import pytest
from msgspec import structs

from hub.domain.failures.failure import MAX_EVIDENCE, Failure, FailureClass
from hub.spi.classifier import Classifier

_CREDENTIAL = "hunter2secret"


class ClassifierConformance:
    """Subclass it in a ``Test…`` class; give it a classifier and a failure that it knows."""

    @abstractmethod
    def classifier(self) -> Classifier:
        """Return a classifier."""

    @abstractmethod
    def known(self) -> tuple[Failure, FailureClass]:
        """Return a failure with a message, and the class that the classifier gives it."""

    def test_what_it_knows_has_a_verdict_with_its_reasons(self) -> None:
        """A rule, the set that the rule is in, evidence of a readable size, a confidence."""
        failure, failure_class = self.known()
        verdict = self.classifier().judge(failure)

        assert verdict is not None
        assert verdict.failure_class is failure_class
        assert verdict.rule
        assert verdict.rule_set
        assert 0 < verdict.confidence <= 1
        assert 0 < len(verdict.evidence) <= MAX_EVIDENCE

    @pytest.mark.parametrize(
        "failure",
        [
            pytest.param(Failure(), id="nothing"),
            pytest.param(Failure(message="something went wrong"), id="no-reason"),
            pytest.param(Failure(message="1205 23 127 57014"), id="mere-numbers"),
            pytest.param(Failure(message="it\x00 \u202e broke"), id="odd-characters"),
        ],
    )
    def test_it_does_not_guess(self, failure: Failure) -> None:
        """None where nothing is known."""
        assert self.classifier().judge(failure) is None

    def test_it_always_says_the_same(self) -> None:
        """Whatever it was asked before, and whichever object is asked."""
        failure, _ = self.known()
        classifier = self.classifier()
        first = classifier.judge(failure)
        classifier.judge(Failure(message="something else"))

        assert first == classifier.judge(failure) == self.classifier().judge(failure)

    def test_its_evidence_tells_no_secrets(self) -> None:
        """However close they stand to what it looks at."""
        failure, _ = self.known()
        message = f"password={_CREDENTIAL} {failure.message} password={_CREDENTIAL}"
        verdict = self.classifier().judge(structs.replace(failure, message=message))

        assert verdict is None or _CREDENTIAL not in verdict.evidence

    def test_a_vast_text_takes_no_time_to_speak_of(self) -> None:
        """A megabyte of anything is answered: no expression goes back and forth over it."""
        for text in ("a" * 1_000_000, "exit code " * 100_000, "x (1" * 250_000):
            self.classifier().judge(Failure(message=text))
