"""Policies: rules that contracts and products must keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hub.domain.catalog import Catalog


class Finding(Struct, frozen=True, kw_only=True):
    """One breach of a policy. ``subject`` is a node id; ``blocks`` says that it must be mended."""

    policy: str
    subject: str
    message: str
    fix: str
    blocks: bool


class Policy(Protocol):
    """A rule over everything declared. Duties: pure; report every breach, not just the first."""

    def check(self, catalog: Catalog) -> Iterable[Finding]:
        """Return the breaches of this policy."""
