"""The guard: every call into a plugin runs in a worker thread, within a time limit.

What a plugin raises becomes ``PluginFailed`` with the cause kept, so that one bad plugin is named
and none of the hub's own threads dies or waits for it. Errors of ``hub.domain.errors`` pass: a
plugin that raises them answers in the hub's own language.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from queue import SimpleQueue
from time import monotonic
from typing import Any, ParamSpec, TypeVar

from prometheus_client import Counter, Histogram

from hub.domain.errors import HubError, PluginFailed

P = ParamSpec("P")
R = TypeVar("R")

_CALLS = Counter(
    "hub_plugin_calls", "Calls into plugins by how they ended", ["plugin", "hook", "outcome"]
)
_SECONDS = Histogram(
    "hub_plugin_call_seconds",
    "How long calls into plugins took",
    ["plugin", "hook"],
    buckets=(0.01, 0.1, 1, 10, 60),
)

_Work = tuple[Future[Any], Callable[[], Any]]
_END: Any = object()


class Breaker:
    """Rests a hook that failed ``threshold`` times in a row; tries it after ``rest_seconds``."""

    def __init__(
        self,
        *,
        threshold: int = 5,
        rest_seconds: float = 30,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._threshold = threshold
        self._rest_seconds = rest_seconds
        self._clock = clock
        # By hook: failures in a row, when to try again, and the last failure.
        self._failures: dict[str, tuple[int, float, BaseException]] = {}

    def resting(self, hook: str) -> BaseException | None:
        """Return the last failure while the hook rests, else None."""
        count, retry_at, error = self._failures.get(hook, (0, 0.0, None))
        return error if count >= self._threshold and self._clock() < retry_at else None

    def succeeded(self, hook: str) -> None:
        """Forget earlier failures."""
        self._failures.pop(hook, None)

    def failed(self, hook: str, error: BaseException) -> None:
        """Count a failure."""
        count = self._failures[hook][0] + 1 if hook in self._failures else 1
        self._failures[hook] = (count, self._clock() + self._rest_seconds, error)


class Guard:
    """Calls what belongs to one plugin object, always from the same worker thread.

    After a call that gave no answer in time the object is not called again: its thread may still
    be inside it. Ask the host for another one.
    """

    def __init__(self, plugin: str, *, limit_seconds: float, breaker: Breaker) -> None:
        self.plugin = plugin
        self._limit_seconds = limit_seconds
        self._breaker = breaker
        self._work: SimpleQueue[_Work | None] | None = None
        self._hung_in: str | None = None

    def call(self, hook: str, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what ``function`` returns; ``hook`` names the call in errors and metrics.

        Raises:
            HubError: the plugin raised one; it passes as it is.
            PluginFailed: it raised anything else (kept as the cause), gave no answer in time, or
                failed so often that it rests.

        """
        self._refuse_if_resting(hook)
        future: Future[R] = Future()
        with _SECONDS.labels(self.plugin, hook).time():
            self._worker().put((future, lambda: function(*args, **kwargs)))
            try:
                result = future.result(self._limit_seconds)
            except HubError:
                self._count(hook, "declined")
                raise
            except BaseException as error:
                # An interrupt may arrive just when the plugin has answered: it is not the plugin's.
                if future.done() and future.exception() is error:
                    raise self._failure(hook, error) from error
                if isinstance(error, TimeoutError):
                    raise self._silence(hook, error) from None
                raise
        self._breaker.succeeded(hook)
        self._count(hook, "ok")
        return result

    def iterate(self, hook: str, items: Iterator[R]) -> Iterator[R]:
        """Yield what ``items`` yields, guarding each step; closes it when abandoned."""
        try:
            while (item := self.call(f"{hook}.next", next, items, _END)) is not _END:
                yield item
        finally:
            close = getattr(items, "close", None)
            if close is not None and self._hung_in is None:
                # Nobody waits: the reason for leaving early matters more than how closing went.
                self._worker().put((Future(), close))

    def _refuse_if_resting(self, hook: str) -> None:
        if self._hung_in is not None:
            self._count(hook, "resting")
            raise PluginFailed(self.plugin, f"not called again: {self._hung_in} still hangs")
        if (error := self._breaker.resting(hook)) is not None:
            self._count(hook, "resting")
            message = f"{hook} is not called for a while, because it kept failing: {error}"
            raise PluginFailed(self.plugin, message) from error

    def _failure(self, hook: str, error: BaseException) -> PluginFailed:
        self._breaker.failed(hook, error)
        self._count(hook, "failed")
        return PluginFailed(self.plugin, f"{hook} raised {type(error).__name__}: {error}")

    def _silence(self, hook: str, error: TimeoutError) -> PluginFailed:
        self._breaker.failed(hook, error)
        self._count(hook, "timed out")
        self._hung_in = hook
        return PluginFailed(self.plugin, f"{hook} gave no answer within {self._limit_seconds:g} s")

    def _count(self, hook: str, outcome: str) -> None:
        _CALLS.labels(self.plugin, hook, outcome).inc()

    def _worker(self) -> SimpleQueue[_Work | None]:
        if self._work is None:
            self._work = SimpleQueue()
            name = f"plugin {self.plugin}"
            # A daemon: a plugin that hangs must not keep the process from ending.
            threading.Thread(target=_serve, args=(self._work,), name=name, daemon=True).start()
            weakref.finalize(self, self._work.put, None)
        return self._work


def _serve(work: SimpleQueue[_Work | None]) -> None:
    while (item := work.get()) is not None:
        future, call = item
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - also SystemExit: it is the plugin's, not ours
            future.set_exception(error)
        # Hold nothing of the last call while waiting for the next.
        del item, future, call
