"""Isolation: whatever a plugin does, it is named, and everything else goes on."""

from __future__ import annotations

import sys
import threading
from _thread import interrupt_main
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from textwrap import dedent

import pytest

from hub.domain.errors import InvalidInput, PluginFailed, Unreachable
from hub.host import Breaker, Guard, Host, Kind
from hub.host.discovery import discover

Install = Callable[[str, str], EntryPoint]

GOOD = """
    from hub.spi.hookspecs import hookimpl
    hub_api_version = 1
    class Quiet:
        def send(self, notification, options):
            return None
    @hookimpl
    def hub_notifiers():
        return {"quiet": Quiet}
"""
RAISES = "raise RuntimeError('broken at import')"
EXITS = "raise SystemExit(3)"
IMPORTS_NOTHING = "import a_module_that_nobody_has"
OLD = GOOD.replace("hub_api_version = 1", "hub_api_version = 0")
UNVERSIONED = GOOD.replace("hub_api_version = 1", "")
MISSPELT = GOOD.replace("hub_notifiers", "hub_notifierz")
UNMARKED = GOOD.replace("@hookimpl", "")
HOOK_RAISES = GOOD.replace('return {"quiet": Quiet}', "raise KeyError('x')")
NO_MAPPING = GOOD.replace('return {"quiet": Quiet}', "return ['quiet']")
FACTORY_RAISES = GOOD.replace('{"quiet": Quiet}', '{"quiet": lambda: 1 / 0}')


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Write a throw-away plugin module and return its entry point."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    def write(name: str, source: str) -> EntryPoint:
        module = f"throw_away_{name}"
        (tmp_path / f"{module}.py").write_text(dedent(source))
        return EntryPoint(name, module, "hub.plugins")

    yield write
    for module in set(sys.modules) - before:
        if module.startswith("throw_away_"):
            del sys.modules[module]


def guard(limit_seconds: float = 10, breaker: Breaker | None = None) -> Guard:
    return Guard("toy", limit_seconds=limit_seconds, breaker=breaker or Breaker())


def boom() -> None:
    raise ZeroDivisionError("no such number")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        pytest.param(RAISES, "broken at import", id="raises"),
        pytest.param(EXITS, "SystemExit", id="exits"),
        pytest.param(IMPORTS_NOTHING, "a_module_that_nobody_has", id="import-error"),
        pytest.param(OLD, "version 0 of the plugin API", id="wrong-version"),
        pytest.param(UNVERSIONED, "does not say which version", id="no-version"),
        pytest.param(MISSPELT, "hub_notifierz", id="misspelt-hook"),
        pytest.param(UNMARKED, "registers nothing", id="unmarked-hook"),
        pytest.param(HOOK_RAISES, "KeyError", id="hook-raises"),
        pytest.param(NO_MAPPING, "no mapping", id="hook-returns-nonsense"),
    ],
)
def test_a_plugin_that_cannot_be_loaded_is_reported_and_the_others_work(
    install: Install, source: str, said: str
) -> None:
    host = Host.load([install("bad", source), install("good", GOOD)])
    bad, good = host.states
    assert (bad.state, good.state) == ("disabled", "loaded")
    assert said in str(bad.error)
    assert [finding.plugin for finding in host.findings()] == ["bad"]
    assert all(finding.fix for finding in host.findings())
    host.notifier("quiet").api.send(None, {})  # type: ignore[arg-type]  # the toy looks at nothing


def test_of_two_plugins_with_one_name_the_second_is_disabled(install: Install) -> None:
    host = Host.load([install("one", GOOD), install("two", GOOD)])
    assert [(state.name, state.state) for state in host.states] == [
        ("one", "loaded"),
        ("two", "disabled"),
    ]
    assert "provided by plugin one" in str(host.states[1].error)


def test_an_unknown_name_lists_what_there_is_and_what_is_disabled(install: Install) -> None:
    host = Host.load([install("bad", RAISES), install("good", GOOD)])
    with pytest.raises(InvalidInput, match=r"'loud' \(there is: quiet; disabled: bad\)"):
        host.notifier("loud")
    assert host.names(Kind.NOTIFIER) == ["quiet"]


def test_a_factory_that_raises_names_its_plugin(install: Install) -> None:
    host = Host.load([install("bad", FACTORY_RAISES)])
    with pytest.raises(PluginFailed, match="plugin bad: make notifier raised ZeroDivisionError"):
        host.notifier("quiet")


def test_a_plug_that_lacks_a_method_is_named_with_it(install: Install) -> None:
    lane = """
        from hub.spi.hookspecs import hookimpl
        hub_api_version = 1
        class Tap:
            def reads(self, context):
                return "water"
        @hookimpl
        def hub_lanes():
            return {"tap": Tap}
    """
    plug = Host.load([install("bath", lane)]).lane("tap", step="wash")
    with pytest.raises(PluginFailed) as raised:
        plug.api.read  # noqa: B018 - there is none
    assert raised.value.message == "plugin bath: lane tap, of class Tap, has no method 'read'"
    assert raised.value.fix


def test_a_failing_check_is_a_finding_with_its_fix(install: Install) -> None:
    source = """
        from hub.domain.errors import HubError
        @hookimpl
        def hub_checks():
            def library():
                raise HubError("libtoy is missing", fix="apt install libtoy")
            return {"library": library}
    """
    host = Host.load([install("picky", dedent(GOOD) + dedent(source))])
    (finding,) = host.findings()
    assert finding.message == "library: libtoy is missing"
    assert finding.fix == "apt install libtoy"
    assert host.states[0].state == "loaded"


def test_what_is_installed_here_loads() -> None:
    assert [(p.state.name, p.state.error) for p in discover() if p.state.error] == []


def test_an_exception_becomes_a_plugin_error_with_its_cause() -> None:
    with pytest.raises(PluginFailed, match="plugin toy: divide raised ZeroDivisionError") as caught:
        guard().call("divide", boom)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_an_error_in_the_hubs_own_language_passes() -> None:
    def refuse() -> None:
        raise Unreachable("nobody answers")

    with pytest.raises(Unreachable, match="nobody answers"):
        guard().call("send", refuse)


def test_a_call_that_hangs_is_given_up_and_not_repeated() -> None:
    released = threading.Event()
    toy = guard(limit_seconds=0.05)
    with pytest.raises(PluginFailed, match=r"gave no answer within 0\.05 s"):
        toy.call("wait", released.wait)
    with pytest.raises(PluginFailed, match="wait still hangs"):
        toy.call("wait", released.wait)
    released.set()


def test_all_calls_of_one_object_come_from_one_thread() -> None:
    toy = guard()
    names = {toy.call("who", threading.get_ident) for _ in range(5)}
    assert len(names) == 1
    assert threading.get_ident() not in names


def test_a_generator_is_guarded_at_each_step_and_closed_when_abandoned() -> None:
    closed = threading.Event()

    def count() -> Iterator[int]:
        try:
            yield 1
            yield 2
            boom()
        finally:
            closed.set()

    toy = guard()
    assert list(toy.iterate("count", iter([1, 2]))) == [1, 2]
    seen: list[int] = []
    with pytest.raises(PluginFailed, match=r"count\.next raised ZeroDivisionError"):
        seen.extend(toy.iterate("count", count()))
    closed.clear()
    abandoned = toy.iterate("count", count())
    assert next(abandoned) == 1
    del abandoned
    assert closed.wait(10)


def test_after_five_failures_in_a_row_a_plugin_rests_and_is_tried_again() -> None:
    now = [0.0]
    toy = guard(breaker=Breaker(clock=lambda: now[0]))
    for _ in range(5):
        with pytest.raises(PluginFailed, match="raised"):
            toy.call("divide", boom)
    with pytest.raises(PluginFailed, match="not called for a while") as resting:
        toy.call("divide", boom)
    assert isinstance(resting.value.__cause__, ZeroDivisionError)
    now[0] = 31
    assert toy.call("divide", lambda: 1) == 1
    with pytest.raises(PluginFailed, match="raised"):
        toy.call("divide", boom)
    assert toy.call("divide", lambda: 2) == 2


def test_one_source_that_is_down_leaves_the_lanes_of_others_alone(install: Install) -> None:
    lane = """
        from hub.spi.hookspecs import hookimpl
        hub_api_version = 1
        class Lane:
            def reads(self, context):
                return context
            def read(self, context, checkpoint):
                if context == "down":
                    raise ConnectionRefusedError(111, "refused")
                yield context
        @hookimpl
        def hub_lanes():
            return {"toy": Lane}
    """
    host = Host.load([install("lane", lane)])

    def read(source: str) -> list[object]:
        return list(host.lane("toy", step=source).api.read(source, None))  # type: ignore[arg-type]  # a toy

    for _ in range(6):
        with pytest.raises(PluginFailed):
            read("down")
    assert read("up") == ["up"]
    with pytest.raises(PluginFailed, match="not called for a while"):
        read("down")


def test_an_interrupt_while_a_plugin_answers_is_nobody_s_failure() -> None:
    for _attempt in range(20):
        with pytest.raises(KeyboardInterrupt):
            guard().call("answer", interrupt_main)
