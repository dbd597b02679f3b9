"""The host: what plugins provide, by kind and name, each behind its guard."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import EntryPoint
from time import monotonic
from typing import Any, Generic, ParamSpec, TypeVar, cast

from msgspec import Struct

from hub.domain.errors import HubError, InvalidInput, PluginFailed
from hub.host.discovery import Kind, Plugin, PluginState, discover
from hub.host.guard import Breaker, Guard
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

T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R")

_CHECK_SECONDS = 10.0
# How long one call (for a lane: one slice) may take, in seconds.
_LIMITS = {
    Kind.LANE: 900.0,
    Kind.TRANSFORM: 3600.0,
    Kind.LAKE: 900.0,
    Kind.SPINE: 60.0,
    Kind.GATE: 900.0,
    Kind.SCHEMA_FORMAT: 300.0,
    Kind.CLASSIFIER: 5.0,
    Kind.NOTIFIER: 30.0,
    Kind.POLICY: 30.0,
    Kind.SQL_READER: 5.0,
    Kind.BRIDGE: 900.0,
}


class Finding(Struct, frozen=True):
    """Something about a plugin that a person should mend."""

    plugin: str
    message: str
    fix: str


class Plug(Generic[T]):
    """One object made by a plugin; call its methods through ``api``."""

    def __init__(self, state: PluginState, guard: Guard, target: T, what: str) -> None:
        self.plugin = state.name
        self.version = state.version
        self.api = cast("T", _Guarded(guard, target, what))
        self._guard = guard

    def call(self, hook: str, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a function that the plugin returned, under the same guard as its methods."""
        return self._guard.call(hook, function, *args, **kwargs)


class _Lacking(PluginFailed, AttributeError):
    """A plugin has no method of that name: a failure, unless one looked whether it has."""


class _Guarded:
    """Stands for a plugin's object: each public method goes through the guard."""

    def __init__(self, guard: Guard, target: object, what: str) -> None:
        self._guard = guard
        self._target = target
        self._what = what

    def __getattr__(self, hook: str) -> Callable[..., Any]:
        guard, method = self._guard, getattr(self._target, hook, None)
        if method is None:
            kind = type(self._target).__name__
            message = f"{self._what}, of class {kind}, has no method {hook!r}"
            fix = "write it: hub.spi says what it is to do, and hub.testing tests it"
            raise _Lacking(guard.plugin, message, fix=fix)

        def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the method's own types
            result = guard.call(hook, method, *args, **kwargs)
            return guard.iterate(hook, result) if isinstance(result, Iterator) else result

        return call


class Host:
    """The plugins of this process. There is no global one: whoever composes a process makes it."""

    def __init__(
        self,
        plugins: Iterable[Plugin],
        *,
        clock: Callable[[], float] = monotonic,
        limit_seconds: float | None = None,
    ) -> None:
        """Take loaded plugins; ``limit_seconds`` replaces the time limits of all kinds."""
        self._plugins = list(plugins)
        self._limit_seconds = limit_seconds
        self._breakers: defaultdict[tuple[Kind, str, str], Breaker] = defaultdict(
            lambda: Breaker(clock=clock)
        )
        self._factories = {
            key: (plugin.state, make)
            for plugin in self._plugins
            for key, make in plugin.factories.items()
        }

    @classmethod
    def load(cls, found: Iterable[EntryPoint] | None = None) -> Host:
        """Discover what is installed (or the entry points given)."""
        return cls(discover(found))

    @property
    def states(self) -> list[PluginState]:
        """Every plugin found, loaded or not, by distribution."""
        return [plugin.state for plugin in self._plugins]

    def names(self, kind: Kind) -> list[str]:
        """Return the names that may be used for one kind."""
        return sorted(name for found, name in self._factories if found is kind)

    def provider(self, kind: Kind, name: str) -> PluginState | None:
        """Return the plugin that provides a kind under a name, if one does."""
        found = self._factories.get((kind, name))
        return found[0] if found else None

    def findings(self) -> list[Finding]:
        """Return why plugins are disabled, and what the others miss on this machine."""
        disabled = [
            Finding(state.name, state.error, state.fix or "")
            for state in self.states
            if state.error is not None
        ]
        return disabled + [
            finding for plugin in self._plugins for finding in _failed_checks(plugin)
        ]

    def lane(self, name: str, *, step: str) -> Plug[Lane]:
        """Return a lane for one step. A source that is down rests that step's lane alone."""
        return self._make(Kind.LANE, name, scope=step)

    def transform(self, name: str, *, step: str) -> Plug[Transform]:
        """Return a transform for one step; a failing statement rests that step's alone."""
        return self._make(Kind.TRANSFORM, name, scope=step)

    def lake(self, name: str) -> Plug[Lake]:
        """Return a lake, not opened yet."""
        return self._make(Kind.LAKE, name)

    def spine(self, name: str) -> Plug[Spine]:
        """Return a spine, not opened yet."""
        return self._make(Kind.SPINE, name)

    def gate(self, name: str) -> Plug[GateRunner]:
        """Return a gate's runner."""
        return self._make(Kind.GATE, name)

    def schema_format(self, name: str) -> Plug[SchemaFormat]:
        """Return a schema format."""
        return self._make(Kind.SCHEMA_FORMAT, name)

    def classifier(self, name: str) -> Plug[Classifier]:
        """Return a classifier."""
        return self._make(Kind.CLASSIFIER, name)

    def notifier(self, name: str, *, receiver: str = "") -> Plug[Notifier]:
        """Return a notifier; a receiver that is down rests alone."""
        return self._make(Kind.NOTIFIER, name, scope=receiver)

    def policy(self, name: str) -> Plug[Policy]:
        """Return a policy."""
        return self._make(Kind.POLICY, name)

    def sql_reader(self, name: str) -> Plug[SqlReader]:
        """Return a reader of SQL."""
        return self._make(Kind.SQL_READER, name)

    def bridge(self, name: str) -> Plug[Bridge]:
        """Return a bridge."""
        return self._make(Kind.BRIDGE, name)

    def _make(self, kind: Kind, name: str, *, scope: str = "") -> Plug[Any]:
        if (kind, name) not in self._factories:
            raise self._unknown(kind, name)
        state, make = self._factories[kind, name]
        limit = self._limit_seconds or _LIMITS[kind]
        guard = Guard(state.name, limit_seconds=limit, breaker=self._breakers[kind, name, scope])
        return Plug(state, guard, guard.call(f"make {kind}", make), f"{kind} {name}")

    def _unknown(self, kind: Kind, name: str) -> InvalidInput:
        known = ", ".join(self.names(kind)) or "none"
        disabled = [state.name for state in self.states if state.error is not None]
        hint = f"; disabled: {', '.join(disabled)}" if disabled else ""
        message = f"no plugin provides {kind} {name!r} (there is: {known}{hint})"
        return InvalidInput(message, fix="install its plugin; `hub plugins` lists what is loaded")


def _failed_checks(plugin: Plugin) -> Iterator[Finding]:
    for name, check in plugin.checks.items():
        guard = Guard(plugin.state.name, limit_seconds=_CHECK_SECONDS, breaker=Breaker())
        try:
            guard.call("check", check)
        except HubError as error:
            yield Finding(plugin.state.name, f"{name}: {error.message}", error.fix or "")
