"""Every hook, on one screen. A hook registers; the hub's guard calls what was registered (ADR 4).

A plugin is a module (or object) named by an entry point of the group ``hub.plugins``; it has
``hub_api_version = 1`` and implements any of these with ``@hookimpl``. Each returns a mapping
from the name that files use (``lane: files``) to a factory without arguments. What a factory
makes is called from one thread only, each call within a time limit; an exception of
``hub.domain.errors`` passes to the caller as it is, any other as the cause of a ``PluginFailed``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from hub.spi.bridge import Bridge
    from hub.spi.classifier import Classifier
    from hub.spi.gate import GateRunner
    from hub.spi.lake import Lake
    from hub.spi.lane import Lane
    from hub.spi.notifier import Notifier
    from hub.spi.policy import Policy
    from hub.spi.schema_format import SchemaFormat
    from hub.spi.spine import Spine
    from hub.spi.sql_reader import SqlReader
    from hub.spi.transform import Transform

hookspec = pluggy.HookspecMarker("hub")
hookimpl = pluggy.HookimplMarker("hub")


@hookspec
def hub_lanes() -> Mapping[str, Callable[[], Lane]]:  # type: ignore[empty-body]  # a specification
    """Lanes: how records come in from a source (events, CDC, batch)."""


@hookspec
def hub_transforms() -> Mapping[str, Callable[[], Transform]]:  # type: ignore[empty-body]  # a specification
    """Transforms: how lake datasets become another one."""


@hookspec
def hub_lakes() -> Mapping[str, Callable[[], Lake]]:  # type: ignore[empty-body]  # a specification
    """Lakes: where datasets are kept, in versions."""


@hookspec
def hub_spines() -> Mapping[str, Callable[[], Spine]]:  # type: ignore[empty-body]  # a specification
    """Spines: durable logs of domain events."""


@hookspec
def hub_gates() -> Mapping[str, Callable[[], GateRunner]]:  # type: ignore[empty-body]  # a specification
    """Gates: how quality checks are run over a batch before it is promoted."""


@hookspec
def hub_schema_formats() -> Mapping[str, Callable[[], SchemaFormat]]:  # type: ignore[empty-body]  # a specification
    """Schema formats: how a message's bytes become a record."""


@hookspec
def hub_classifiers() -> Mapping[str, Callable[[], Classifier]]:  # type: ignore[empty-body]  # a specification
    """Classifiers: evidence on a failure's class that built-in rules do not have."""


@hookspec
def hub_notifiers() -> Mapping[str, Callable[[], Notifier]]:  # type: ignore[empty-body]  # a specification
    """Notifiers: how a notification reaches a receiver."""


@hookspec
def hub_policies() -> Mapping[str, Callable[[], Policy]]:  # type: ignore[empty-body]  # a specification
    """Policies: rules that contracts and products must keep."""


@hookspec
def hub_sql_readers() -> Mapping[str, Callable[[], SqlReader]]:  # type: ignore[empty-body]  # a specification
    """SQL readers: which tables and fields a text of SQL reads and writes."""


@hookspec
def hub_bridges() -> Mapping[str, Callable[[], Bridge]]:  # type: ignore[empty-body]  # a specification
    """Bridges: other catalogues of metadata, to import from and to mirror to."""


@hookspec
def hub_checks() -> Mapping[str, Callable[[], None]]:  # type: ignore[empty-body]  # a specification
    """Checks of what the plugin needs from this machine, for ``hub doctor`` and ``hub plugins``.

    A check returns, or raises a ``HubError`` whose ``fix`` says what to do. It takes under a
    second and touches no source of data.
    """
