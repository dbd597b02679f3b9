"""``hub incidents [ls|show|ack|resolve|…]``: what is broken, whose it is, and how it went."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, NamedTuple, TypeAlias
from uuid import uuid4

import typer
from msgspec.structs import replace

from hub.cli.acting import actor, mutate, submit
from hub.cli.exits import FINDINGS
from hub.cli.explain import explain
from hub.cli.incident_courses import export, stats
from hub.cli.incident_rules import app as rules_app
from hub.cli.incident_views import (
    Incident,
    Summary,
    ask_incident,
    ask_incidents,
    read_incident,
    read_incidents,
)
from hub.cli.lineage_options import instant, micros
from hub.cli.options import AsJson, Config, DatabaseUrl, HubUrl
from hub.cli.output import print_json, print_table
from hub.domain.commands import (
    AcknowledgeIncident,
    AmendIncident,
    OnIncident,
    ReassignIncident,
    ReclassifyIncident,
    ResolveIncident,
)
from hub.domain.errors import InvalidInput
from hub.domain.failures.failure import FailureClass
from hub.domain.incidents.courses import Amendment, Outcome

app = typer.Typer(
    help="List, show, acknowledge, hand on and resolve incidents; how they went.",
    add_completion=False,
)
app.command()(stats)
app.command()(export)
app.add_typer(rules_app, name="rules")

Key: TypeAlias = Annotated[str, typer.Argument(help="An incident's id, such as INC-42.")]
Version: TypeAlias = Annotated[
    int | None, typer.Option("--version", help="The version that you have seen.")
]
OutcomeOf: TypeAlias = Annotated[
    Outcome | None, typer.Option("--outcome", help="What it was in the end.")
]
Note: TypeAlias = Annotated[
    str | None, typer.Option("--note", help="What mended it, for whoever meets its like.")
]
Reason: TypeAlias = Annotated[str, typer.Option(help="Why, for the timeline.")]
_CLASS = "A failure class, such as DATA_QUALITY."
Everything: TypeAlias = Annotated[bool, typer.Option("--all", help="Resolved ones too.")]
_OPEN = ("triggered", "acknowledged")


class _At(NamedTuple):
    """Where a command's incident is: a store, or a server."""

    config: Path | None
    database: str | None
    url: str | None


@app.callback(invoke_without_command=True)
def incidents(
    context: typer.Context,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    everything: Everything = False,
    as_json: AsJson = False,
) -> int | None:
    """List the open incidents, as `ls` does."""
    if context.invoked_subcommand is not None:
        return None
    return _list(config, database, url, everything=everything, as_json=as_json)


@app.command()
def ls(
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    everything: Everything = False,
    as_json: AsJson = False,
) -> int:
    """List the open incidents; exit code 1 when there are any."""
    return _list(config, database, url, everything=everything, as_json=as_json)


@app.command()
def show(
    key: Key,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show one incident with its timeline."""
    found = _find(key, config, database, url)
    if as_json:
        print_json(found)
        return
    print("\n".join(explain(found)))
    print("  timeline")
    for entry in found.timeline:
        print(f"    {entry.at}  {entry.kind:<12}  {entry.message}")


@app.command()
def ack(
    key: Key,
    version: Version = None,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Say that you see to an incident."""
    command = AcknowledgeIncident(incident=_bare(key), expected_version=version)
    at = _At(config, database, url)
    _decide(at, key, command, "acknowledgeIncident", {}, as_json=as_json)


@app.command()
def resolve(
    key: Key,
    reason: Annotated[str, typer.Option(help="Why it is over, for the timeline.")] = "",
    outcome: OutcomeOf = None,
    note: Note = None,
    version: Version = None,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Say that an incident is over."""
    given = {"reason": reason, "outcome": outcome and outcome.name, "note": note}
    command = ResolveIncident(
        incident=_bare(key),
        expected_version=version,
        reason=reason,
        said=Amendment(outcome=outcome, note=note),
    )
    at = _At(config, database, url)
    _decide(at, key, command, "resolveIncident", given, as_json=as_json)


@app.command()
def amend(
    key: Key,
    *,
    onset: Annotated[str | None, typer.Option(metavar="T", help="When it began.")] = None,
    mitigated: Annotated[
        str | None, typer.Option(metavar="T", help="When its consumers were served again.")
    ] = None,
    outcome: OutcomeOf = None,
    note: Note = None,
    reason: Reason = "",
    version: Version = None,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    as_json: AsJson = False,
) -> None:
    """Say more of how an incident went, or know better, whether it is over or not."""
    said = Amendment(
        onset_at=micros("--onset", onset),
        mitigated_at=micros("--mitigated", mitigated),
        outcome=outcome,
        note=note,
    )
    if said == Amendment():
        raise InvalidInput("say something", fix="--onset, --mitigated, --outcome or --note")
    given = {
        "onsetAt": instant("--onset", onset),
        "mitigatedAt": instant("--mitigated", mitigated),
        "outcome": outcome and outcome.name,
        "note": note,
        "reason": reason,
    }
    command = AmendIncident(incident=_bare(key), expected_version=version, said=said, reason=reason)
    at = _At(config, database, url)
    _decide(at, key, command, "amendIncident", given, as_json=as_json)


@app.command()
def reassign(
    key: Key,
    owner: Annotated[str, typer.Argument(help="A declared team, by its name or its domain's.")],
    reason: Reason = "",
    version: Version = None,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Hand an incident to another team, which is told."""
    given = {"owner": owner, "reason": reason}
    command = ReassignIncident(
        incident=_bare(key), expected_version=version, owner=owner, reason=reason
    )
    at = _At(config, database, url)
    _decide(at, key, command, "reassignIncident", given, as_json=as_json)


@app.command()
def reclassify(
    key: Key,
    failure_class: Annotated[FailureClass, typer.Argument(metavar="CLASS", help=_CLASS)],
    reason: Reason = "",
    version: Version = None,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Say of which class an incident is; it goes to whoever mends those."""
    given = {"class": failure_class.value, "reason": reason}
    command = ReclassifyIncident(
        incident=_bare(key), expected_version=version, failure_class=failure_class, reason=reason
    )
    at = _At(config, database, url)
    _decide(at, key, command, "reclassifyIncident", given, as_json=as_json)


def _list(
    config: Path | None,
    database: str | None,
    url: str | None,
    *,
    everything: bool,
    as_json: bool,
) -> int:
    states = () if everything else _OPEN
    found = (
        ask_incidents(url, states)
        if url and not database
        else read_incidents(config, database, states)
    )
    if as_json:
        print_json(found)
    else:
        header = ("id", "state", "class", "owner", "severity", "opened", "title")
        print_table(header, [_row(each) for each in found])
    return FINDINGS if any(each.state != "RESOLVED" for each in found) else 0


def _row(found: Summary) -> tuple[object, ...]:
    owner = f"{found.owner.name} ({found.owner.kind})"
    opened = found.opened_at[:16].replace("T", " ")
    key, state, severity = _bare(found.id), found.state.lower(), found.severity.lower()
    return key, state, found.failure_class, owner, severity, opened, found.title


def _find(key: str, config: Path | None, database: str | None, url: str | None) -> Incident:
    return ask_incident(url, key) if url and not database else read_incident(config, database, key)


def _decide(
    at: _At,
    key: str,
    command: OnIncident,
    mutation: str,
    given: Mapping[str, object],
    *,
    as_json: bool,
) -> None:
    """Carry out a command, or have a server do: it is given the same in a mutation's input."""
    if at.url and not at.database:
        mutate(at.url, mutation, {"id": key, "expectedVersion": command.expected_version, **given})
    else:
        signed = replace(command, client_key=uuid4().hex, actor=actor())
        submit(at.config, at.database, lambda _catalog, _now: signed)
    found = _find(key, *at)
    if as_json:
        print_json(found)
    else:
        whose = f"{found.failure_class} of {found.owner.name}"
        print(f"{_bare(found.id)} is {found.state.lower()} (version {found.version}): {whose}")


def _bare(key: str) -> str:
    return key.rpartition(":")[2]
