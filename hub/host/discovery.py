"""Finding plugins: entry points of the group ``hub.plugins``, each loaded on its own.

A plugin that cannot be loaded is reported and left out; it never stops the hub or another plugin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy
from msgspec import Struct, field
from msgspec.structs import replace

from hub.domain.errors import HubError, InvalidInput
from hub.host.guard import Breaker, Guard
from hub.spi import API_VERSION, hookspecs

GROUP = "hub.plugins"
_LOAD_SECONDS = 30
_CHECKS = "hub_checks"


class Kind(StrEnum):
    """What a plugin may provide."""

    LANE = "lane"
    TRANSFORM = "transform"
    LAKE = "lake"
    SPINE = "spine"
    GATE = "gate"
    SCHEMA_FORMAT = "schema-format"
    CLASSIFIER = "classifier"
    NOTIFIER = "notifier"
    POLICY = "policy"
    SQL_READER = "sql-reader"
    BRIDGE = "bridge"

    @property
    def hook(self) -> str:
        """The hook that registers this kind."""
        return _HOOKS[self]


_HOOKS = {
    Kind.LANE: "hub_lanes",
    Kind.TRANSFORM: "hub_transforms",
    Kind.LAKE: "hub_lakes",
    Kind.SPINE: "hub_spines",
    Kind.GATE: "hub_gates",
    Kind.SCHEMA_FORMAT: "hub_schema_formats",
    Kind.CLASSIFIER: "hub_classifiers",
    Kind.NOTIFIER: "hub_notifiers",
    Kind.POLICY: "hub_policies",
    Kind.SQL_READER: "hub_sql_readers",
    Kind.BRIDGE: "hub_bridges",
}


class PluginState(Struct, frozen=True, kw_only=True):
    """One plugin as ``hub plugins`` shows it; ``provides`` holds pairs of kind and name.

    ``error`` says why it is disabled, ``fix`` what to do about it; both are None when it is loaded.
    """

    name: str
    distribution: str
    version: str
    api_version: int | None = None
    provides: tuple[tuple[Kind, str], ...] = ()
    error: str | None = None
    fix: str | None = None

    @property
    def state(self) -> str:
        """``loaded`` or ``disabled``."""
        return "loaded" if self.error is None else "disabled"


class Plugin(Struct, frozen=True):
    """A plugin with the factories and checks that it registered."""

    state: PluginState
    factories: dict[tuple[Kind, str], Callable[[], Any]] = field(default_factory=dict)
    checks: dict[str, Callable[[], None]] = field(default_factory=dict)


def discover(found: Iterable[EntryPoint] | None = None) -> list[Plugin]:
    """Load every plugin; of two that provide the same thing, the first by distribution wins."""
    candidates = entry_points(group=GROUP) if found is None else found
    taken: dict[tuple[Kind, str], str] = {}
    plugins = []
    for candidate in sorted(candidates, key=lambda point: (_distribution(point), point.name)):
        plugin = _without_clashes(_load(candidate), taken)
        taken |= dict.fromkeys(plugin.factories, plugin.state.name)
        plugins.append(plugin)
    return plugins


def _distribution(point: EntryPoint) -> tuple[str, str]:
    return (point.dist.name, point.dist.version) if point.dist else ("", "")


def _load(point: EntryPoint) -> Plugin:
    distribution, version = _distribution(point)
    state = PluginState(name=point.name, distribution=distribution, version=version)
    guard = Guard(point.name, limit_seconds=_LOAD_SECONDS, breaker=Breaker())
    try:
        module = guard.call("load", point.load)
        state = replace(state, api_version=_api_version(module))
        return _register(guard, state, module)
    except HubError as error:
        fix = error.fix or f"mend or uninstall {distribution or point.value}"
        return Plugin(replace(state, error=error.message, fix=fix))


def _api_version(module: object) -> int:
    version = getattr(module, "hub_api_version", None)
    if not isinstance(version, int):
        raise InvalidInput(
            "it does not say which version of the plugin API it speaks",
            fix=f"set hub_api_version = {API_VERSION} in the plugin",
        )
    if version != API_VERSION:
        raise InvalidInput(
            f"it speaks version {version} of the plugin API, this hub version {API_VERSION}",
            fix="install versions of the hub and of the plugin that fit each other",
        )
    return version


def _register(guard: Guard, state: PluginState, module: object) -> Plugin:
    manager = pluggy.PluginManager("hub")
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(module, state.name)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        known = ", ".join((*_HOOKS.values(), _CHECKS))
        raise InvalidInput(str(error), fix=f"the hooks are {known}") from error
    factories = {
        (kind, name): make
        for kind in Kind
        for name, make in _registered(guard, manager, kind.hook).items()
    }
    if not factories:
        raise InvalidInput("it registers nothing", fix="mark its hooks with @hookimpl")
    provides = tuple(sorted(factories))
    return Plugin(
        replace(state, provides=provides), factories, _registered(guard, manager, _CHECKS)
    )


def _registered(
    guard: Guard, manager: pluggy.PluginManager, hook: str
) -> dict[str, Callable[[], Any]]:
    """Return what the one plugin of this manager registers through a hook."""
    found: dict[str, Callable[[], Any]] = {}
    for answer in guard.call(hook, getattr(manager.hook, hook)):
        if not isinstance(answer, Mapping) or not all(map(callable, answer.values())):
            raise InvalidInput(f"{hook} returned no mapping from names to factories")
        found |= answer
    return found


def _without_clashes(plugin: Plugin, taken: Mapping[tuple[Kind, str], str]) -> Plugin:
    clash = next((key for key in plugin.factories if key in taken), None)
    if clash is None:
        return plugin
    kind, name = clash
    error = f"{kind} {name} is provided by plugin {taken[clash]} already"
    return Plugin(replace(plugin.state, error=error, fix="uninstall one of the two"))
