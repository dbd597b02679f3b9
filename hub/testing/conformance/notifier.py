"""The laws of ``hub.spi.notifier``."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import pytest
from msgspec import structs

from hub.domain.errors import InvalidInput
from hub.domain.failures.failure import FailureClass, Verdict
from hub.domain.incidents.incident import BlastRadius, Explanation, Incident
from hub.spi.notifier import Notifier
from hub.testing.pages import a_notification, an_incident

ODD = "\x00 \x1b[2J \ud800".encode(errors="replace").decode() + " 🚲 „“ \r\n\t </script>"


def a_bare_incident() -> Incident:
    """Return an incident that hardly anything is known of."""
    verdict = Verdict(
        failure_class=FailureClass.UNKNOWN, rule="none", rule_set="r", evidence="", confidence=0.0
    )
    explanation = Explanation(verdict=verdict, path=(), receivers=())
    return structs.replace(an_incident(), title="", run=None, explanation=explanation)


def an_odd_incident() -> Incident:
    """Return an incident whose words no display is made for."""
    incident = an_incident()
    why = incident.explanation
    odd = structs.replace(
        why, verdict=structs.replace(why.verdict, evidence=ODD), path=(ODD,), source=ODD
    )
    return structs.replace(incident, title=ODD, root=f"dataset:lake:{ODD}", explanation=odd)


def a_vast_incident() -> Incident:
    """Return an incident that touches very much."""
    products = tuple(f"product_{number}" for number in range(20_000))
    datasets = tuple(f"dataset:lake:gold.{name}" for name in products)
    blast = BlastRadius(datasets, datasets, products)
    incident = an_incident()
    explanation = structs.replace(incident.explanation, blast=blast)
    return structs.replace(incident, title="x" * 50_000, explanation=explanation)


class NotifierConformance:
    """Subclass it in a ``Test…`` class and say how a notifier is made, and where it sends."""

    @abstractmethod
    def notifier(self) -> Notifier:
        """Return a notifier."""

    @pytest.fixture
    @abstractmethod
    def options(self) -> Mapping[str, Any]:
        """Options of a receiver that accepts everything."""

    @pytest.mark.parametrize(
        "reason",
        ["triggered", "changed", "repeated", "escalated", "acknowledged", "resolved"],
    )
    @pytest.mark.parametrize("is_repeat", [False, True], ids=["first", "repeat"])
    def test_every_reason_is_accepted(
        self, options: Mapping[str, Any], reason: str, *, is_repeat: bool
    ) -> None:
        """Once, and again."""
        self.notifier().send(a_notification(reason=reason, is_repeat=is_repeat), options)

    @pytest.mark.parametrize("incident", [a_bare_incident, an_odd_incident, a_vast_incident])
    def test_whatever_broke_it_can_be_told(self, options: Mapping[str, Any], incident: Any) -> None:  # noqa: ANN401 - a builder
        """With next to nothing known, with words that no display is made for, with very much."""
        self.notifier().send(a_notification(incident()), options)

    def test_one_notifier_sends_many(self, options: Mapping[str, Any]) -> None:
        """One after the other."""
        notifier = self.notifier()
        for reason in ("triggered", "resolved"):
            notifier.send(a_notification(reason=reason), options)

    def test_its_options_can_be_checked_without_telling_anybody(
        self, options: Mapping[str, Any]
    ) -> None:
        """Where it has a check, that takes good options and refuses one that it does not know."""
        check = getattr(self.notifier(), "check", None)
        if check is None:
            return
        assert all(":" in address for address in check("fleet-pager", options))
        with pytest.raises(InvalidInput) as refused:
            check("fleet-pager", {**options, "no_such_option": "s3cret-value"})

        assert refused.value.fix
        assert "s3cret-value" not in str(refused.value)

    def test_an_option_that_it_does_not_know_is_refused(self, options: Mapping[str, Any]) -> None:
        """With what to do, and without the values of options: they may be secret."""
        with pytest.raises(InvalidInput) as refused:
            self.notifier().send(a_notification(), {**options, "no_such_option": "s3cret-value"})

        assert refused.value.fix
        assert "s3cret-value" not in str(refused.value)
