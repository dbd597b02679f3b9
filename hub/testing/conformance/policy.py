"""The laws of ``hub.spi.policy``."""

from __future__ import annotations

from abc import abstractmethod

from hub.domain.catalog import Catalog
from hub.domain.names import parse_node_id
from hub.spi.policy import Policy


class PolicyConformance:
    """Subclass it in a ``Test…`` class; give it a policy and a catalog that breaks it."""

    @abstractmethod
    def policy(self) -> Policy:
        """Return a policy."""

    @abstractmethod
    def broken(self) -> Catalog:
        """Return a catalog that breaks the policy more than once."""

    def test_where_nothing_is_declared_nothing_is_wrong(self) -> None:
        """An empty catalog has no findings."""
        assert list(self.policy().check(Catalog())) == []

    def test_every_breach_is_told_with_its_place_and_its_fix(self) -> None:
        """Not just the first; each names a node, and says what to do."""
        findings = list(self.policy().check(self.broken()))

        assert len(findings) > 1
        assert len({finding.policy for finding in findings}) == 1
        for finding in findings:
            parse_node_id(finding.subject)
            assert finding.message
            assert finding.fix

    def test_it_always_finds_the_same(self) -> None:
        """In the same order, and whichever object is asked."""
        catalog = self.broken()

        assert list(self.policy().check(catalog)) == list(self.policy().check(catalog))
