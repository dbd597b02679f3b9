"""Registers the policies ``owned``, ``contracted``, ``promised`` and ``named``."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub.spi.hookspecs import hookimpl
from hub.spi.policy import Policy
from hub_policy_standards.standards import Contracted, Named, Owned, Promised

hub_api_version = 1


@hookimpl
def hub_policies() -> Mapping[str, Callable[[], Policy]]:
    return {"owned": Owned, "contracted": Contracted, "promised": Promised, "named": Named}
