"""``hub dlq [ls|show|replay]``: records that were refused, why, and how they come back."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer
from rich.console import Console
from rich.progress import Progress

from hub.cli.exits import FINDINGS, OK
from hub.cli.letter_views import (
    PREFIX,
    ask_letter,
    ask_letters,
    find_by_id,
    find_chosen,
    read_letter,
    read_letters,
)
from hub.cli.options import AsJson, Config, DatabaseUrl, HubUrl, settings_of
from hub.cli.output import print_json, print_table
from hub.domain.names import NodeKind, node_id
from hub.store.dead_letters import OPEN, Chosen

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


@app.command()
def ls(
    product: Product = None,
    step: StepName = None,
    rule: Rule = None,
    stage: Stage = None,
    source: SourceName = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 100,
    *,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
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
    found, count = (
        ask_letters(url, chosen, limit)
        if url and not database
        else read_letters(config, database, chosen, limit)
    )
    if as_json:
        print_json(found)
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
    url: HubUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show one dead letter: every reason, where it came from, and what came in."""
    found = ask_letter(url, key) if url and not database else read_letter(config, database, key)
    if as_json:
        print_json(found)
        return
    reasons, payload = found.pop("reasons"), found.pop("payload")
    for name, value in found.items():
        if value is not None:
            print(f"{name:<13}{value}")
    print("reasons")
    for reason in reasons:
        print(f"  {reason}")
    print("payload")
    print(f"  {payload}")


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
        letters = find_by_id(hub.store, keys) if keys else find_chosen(hub.store, chosen)
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


def _row(found: dict[str, Any]) -> tuple[object, ...]:
    step = f"{found['product']}.{found['step']}" if found["step"] else ""
    recorded = found["recordedAt"][:16].replace("T", " ")
    reasons = "; ".join(found["reasons"])
    key = found["id"].removeprefix(PREFIX)
    return (
        key,
        found["state"],
        found["stage"],
        step,
        found["class"],
        found["rule"],
        recorded,
        reasons,
    )


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
