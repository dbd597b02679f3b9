"""``hub dlq [ls|show|replay]``: records that were refused, why, and how they come back."""

from __future__ import annotations

import base64
import getpass
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer
from rich.console import Console
from rich.progress import Progress

from hub.cli.exits import FINDINGS, OK
from hub.cli.options import AsJson, Config, DatabaseUrl, settings_of
from hub.cli.output import print_json, print_table
from hub.domain.errors import NotFound
from hub.domain.instants import format_instant
from hub.domain.names import NodeKind, node_id
from hub.store.dead_letters import (
    OPEN,
    Chosen,
    StoredLetter,
    count_letters,
    find_letters,
    newest_letters,
)
from hub.store.opening import Store, open_store

if TYPE_CHECKING:
    from hub.domain.deadletters import ReplayOutcome
    from hub.flow.replay import Plan

app = typer.Typer(help="List, show and replay dead letters.", no_args_is_help=True)

Product: TypeAlias = Annotated[str | None, typer.Option(help="Only of this data product.")]
StepName: TypeAlias = Annotated[str | None, typer.Option("--step", help="Only of this step.")]
Rule: TypeAlias = Annotated[str | None, typer.Option(help="Only those that broke this rule.")]
Stage: TypeAlias = Annotated[
    str | None, typer.Option(help="Only of this stage: intake, bronze, silver or gold.")
]
SourceName: TypeAlias = Annotated[
    str | None, typer.Option("--source", help="Only from this source.")
]
_PREFIX = f"{NodeKind.DEAD_LETTER.value}:"
_SHOWN_BYTES = 4_000


@app.command()
def ls(
    product: Product = None,
    step: StepName = None,
    rule: Rule = None,
    stage: Stage = None,
    source: SourceName = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 100,
    config: Config = None,
    database: DatabaseUrl = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Resolved ones too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the open dead letters, the newest first."""
    chosen = Chosen(
        states=() if everything else (OPEN,),
        product=product,
        step=step,
        rule=rule,
        stage=stage,
        source=source,
    )
    url = settings_of(config, database).settings.database
    with closing(open_store(url)) as store, store.database.read() as connection:
        found = newest_letters(connection, chosen, limit)
        count = count_letters(connection, chosen)
    if as_json:
        print_json([_described(each) for each in found])
    else:
        header = ("id", "state", "stage", "step", "class", "rule", "recorded", "reasons")
        print_table(header, map(_row, found))
    if count > len(found):
        print(f"{count - len(found)} more: narrow the choice, or raise --limit", file=sys.stderr)


@app.command()
def show(
    key: Annotated[str, typer.Argument(metavar="ID")],
    config: Config = None,
    database: DatabaseUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show one dead letter: every reason, where it came from, and what came in."""
    with closing(open_store(settings_of(config, database).settings.database)) as store:
        [found] = _find(store, [key])
    if as_json:
        print_json(_described(found) | {"payload": _payload(found)})
        return
    described = _described(found)
    reasons = described.pop("reasons")
    for name, value in described.items():
        if value is not None:
            print(f"{name:<13}{value}")
    print("reasons")
    for reason in reasons:
        print(f"  {reason}")
    print("payload")
    print(f"  {_payload(found)}")


@app.command()
def replay(
    keys: Annotated[list[str] | None, typer.Argument(metavar="[ID]…")] = None,
    product: Product = None,
    step: StepName = None,
    rule: Rule = None,
    stage: Stage = None,
    source: SourceName = None,
    config: Config = None,
    database: DatabaseUrl = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> int:
    """Send dead letters through today's code: by id, or all open ones that the options choose.

    What passes is resolved; what is refused again stays open with today's reasons, exit code 1.
    """
    from hub.app.hub import offline
    from hub.app.replaying import replay_here
    from hub.flow.replay import plan_replay

    loaded = settings_of(config, database)
    with offline(loaded) as hub:
        chosen = Chosen(
            states=(OPEN,), product=product, step=step, rule=rule, stage=stage, source=source
        )
        letters = _find(hub.store, keys) if keys else _choose(hub.store, chosen)
        plan = plan_replay(letters, hub.catalog())
        for line in plan.explain():
            print(line, file=sys.stderr)
        if plan.size and not (dry_run or yes) and sys.stdin.isatty():
            typer.confirm("Replay them?", abort=True, err=True)
        progress = Progress(
            console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
        )
        with progress:
            task = progress.add_task("replaying", total=plan.size)
            outcomes = replay_here(
                hub,
                loaded,
                plan,
                actor=getpass.getuser(),
                dry_run=dry_run,
                on_progress=lambda done: progress.advance(task, done),
            )
    _print_outcomes(plan, outcomes, dry_run=dry_run, as_json=as_json)
    return OK if all(outcome.resolved for outcome in outcomes) else FINDINGS


def _choose(store: Store, chosen: Chosen) -> list[StoredLetter]:
    with store.database.read() as connection:
        return find_letters(connection, chosen)


def _find(store: Store, keys: list[str]) -> list[StoredLetter]:
    ids = tuple(key.removeprefix(_PREFIX) for key in keys)
    found = _choose(store, Chosen(ids=ids))
    if unknown := sorted(set(ids) - {each.id for each in found}):
        message = f"no dead letter has the id {', '.join(unknown)}"
        raise NotFound(message, fix="`hub dlq ls --all` lists them")
    return found


def _described(found: StoredLetter) -> dict[str, Any]:
    letter = found.letter
    at, resolved = letter.event_time, found.resolved_at
    return {
        "id": node_id(NodeKind.DEAD_LETTER, found.id),
        "state": found.state,
        "stage": letter.stage,
        "class": found.failure_class,
        "rule": letter.rule,
        "reasons": letter.reasons,
        "product": letter.product or None,
        "step": letter.step or None,
        "source": letter.source,
        "dataset": letter.dataset,
        "run": letter.run,
        "contract": letter.contract,
        "origin": letter.origin,
        "encoding": letter.encoding,
        "eventTime": None if at is None else format_instant(at),
        "recordedAt": format_instant(found.recorded_at),
        "resolvedAt": None if resolved is None else format_instant(resolved),
        "replays": found.replays,
        "incident": found.incident,
    }


def _row(found: StoredLetter) -> tuple[object, ...]:
    letter = found.letter
    step = f"{letter.product}.{letter.step}" if letter.step else ""
    recorded = format_instant(found.recorded_at)[:16].replace("T", " ")
    reasons = "; ".join(letter.reasons)
    return (
        found.id,
        found.state,
        letter.stage,
        step,
        found.failure_class,
        letter.rule,
        recorded,
        reasons,
    )


def _payload(found: StoredLetter) -> str:
    """Return what came in as text; bytes that are none in base64."""
    payload = found.letter.payload[:_SHOWN_BYTES]
    cut = "…" if len(found.letter.payload) > _SHOWN_BYTES else ""
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return f"base64:{base64.b64encode(payload).decode()}{cut}"
    return f"{text}{cut}" if text.isprintable() or "\n" in text else f"{text!r}{cut}"


def _print_outcomes(
    plan: Plan, outcomes: list[ReplayOutcome], *, dry_run: bool, as_json: bool
) -> None:
    resolved = sum(outcome.resolved for outcome in outcomes)
    if as_json:
        print_json(
            {
                "dryRun": dry_run,
                "resolved": resolved,
                "refused": len(outcomes) - resolved,
                "leftAlone": len(plan.left),
                "outcomes": [
                    {
                        "id": node_id(NodeKind.DEAD_LETTER, each.letter),
                        "resolved": each.resolved,
                        "reasons": each.reasons,
                    }
                    for each in outcomes
                ],
            }
        )
        return
    would = "would be " if dry_run else ""
    print(f"{resolved} {would}resolved, {len(outcomes) - resolved} refused again")
    for each in outcomes:
        if not each.resolved:
            print(f"  {each.letter}  {'; '.join(each.reasons)}")
