"""``hub plugins``: what is loaded, and whether this machine has all that it needs."""

from __future__ import annotations

from typing import Any

import msgspec
import typer

from hub.cli.options import AsJson
from hub.cli.output import print_json, print_table
from hub.host import Finding, Host, PluginState

app = typer.Typer(add_completion=False)


@app.command(name="plugins")
def command(*, as_json: AsJson = False) -> None:
    """Show what is loaded, with versions and health, and what to do about what is not."""
    host = Host.load()
    findings = host.findings()
    if as_json:
        print_json([_described(state, findings) for state in host.states])
    else:
        header = ("plugin", "distribution", "version", "api", "provides", "state")
        print_table(header, [_row(state, findings) for state in host.states])
        for finding in findings:
            print(f"{finding.plugin}: {finding.message}\n  fix: {finding.fix}")


def _described(state: PluginState, findings: list[Finding]) -> dict[str, Any]:
    described: dict[str, Any] = msgspec.to_builtins(state)
    own = [msgspec.to_builtins(each) for each in findings if each.plugin == state.name]
    return {**described, "state": _health(state, findings), "findings": own}


def _row(state: PluginState, findings: list[Finding]) -> tuple[object, ...]:
    provides = ", ".join(f"{kind} {name}" for kind, name in state.provides)
    health = _health(state, findings)
    return state.name, state.distribution, state.version, state.api_version, provides, health


def _health(state: PluginState, findings: list[Finding]) -> str:
    """Return ``disabled``, ``unavailable`` where the machine lacks something, or ``loaded``."""
    if state.error is None and any(each.plugin == state.name for each in findings):
        return "unavailable"
    return state.state
