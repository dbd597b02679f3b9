"""``hub dlq``: records that were refused, why, and how they come back or never do."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from hub.cli.exits import FINDINGS, OK
from hub.cli.letter_views import (
    PREFIX,
    Done,
    ask_letter,
    ask_letters,
    find_by_id,
    find_chosen,
    read_letter,
    read_letters,
)
from hub.cli.options import AsJson, Config, DatabaseUrl, HubUrl, settings_of
from hub.cli.output import print_json, print_table
from hub.cli.progress import progress_shown
from hub.domain.errors import InvalidInput
from hub.domain.names import NodeKind, node_id
from hub.store.dead_letters import OPEN, RESOLVED, Chosen

if TYPE_CHECKING:
    from hub.cli.letter_requests import Request

app = typer.Typer(
    help="List, show, replay and discard dead letters.", no_args_is_help=True, add_completion=False
)

Product: TypeAlias = Annotated[str | None, typer.Option(help="Only of this data product.")]
StepName: TypeAlias = Annotated[str | None, typer.Option("--step", help="Only of this step.")]
Rule: TypeAlias = Annotated[str | None, typer.Option(help="Only those that broke this rule.")]
Stage: TypeAlias = Annotated[
    str | None, typer.Option(help="Only of this stage: intake, bronze, silver or gold.")
]
SourceName: TypeAlias = Annotated[
    str | None, typer.Option("--source", help="Only from this source.")
]


Keys: TypeAlias = Annotated[list[str] | None, typer.Argument(metavar="[ID]…")]
DryRun: TypeAlias = Annotated[bool, typer.Option("--dry-run", help="Change nothing.")]
Yes: TypeAlias = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


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
    everything: Annotated[
        bool, typer.Option("--all", help="Resolved and discarded ones too.")
    ] = False,
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
    keys: Keys = None,
    product: Product = None,
    step: StepName = None,
    rule: Rule = None,
    stage: Stage = None,
    source: SourceName = None,
    *,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> int:
    """Send dead letters through today's code: by id, or all open ones that the options choose.

    What passes is resolved; what is refused again stays open with today's reasons, exit code 1.
    A running hub replays with its own runner and files; there a dry run only says what would be
    done.
    """
    chosen = _open_ones(product, step, rule, stage, source)
    ask = _ask("Replay them?", yes=yes)
    if url and not database:
        from hub.cli.letter_requests import REPLAY, Request

        request = Request(url, REPLAY, keys, chosen)
        return _at_hub(request, ask, dry_run=dry_run, as_json=as_json)
    from hub.app.hub import offline
    from hub.app.replaying import replay_here
    from hub.flow.replay import plan_replay

    loaded = settings_of(config, database)
    with offline(loaded) as hub:
        letters = find_by_id(hub.store, keys) if keys else find_chosen(hub.store, chosen)
        plan = plan_replay(letters, hub.catalog())
        for line in plan.explain():
            print(line, file=sys.stderr)
        if plan.size and not dry_run:
            ask()
        replayed = 0

        def advance(by: int) -> None:
            nonlocal replayed
            replayed += by
            tell("replaying", replayed, plan.size)

        with progress_shown() as tell:
            outcomes = replay_here(
                hub,
                loaded,
                plan,
                actor=getpass.getuser(),
                dry_run=dry_run,
                on_progress=advance,
            )
    done = Done(
        resolved=[each.letter for each in outcomes if each.resolved],
        refused={each.letter: each.reasons for each in outcomes if not each.resolved},
        left_alone=list(plan.left),
    )
    return _print_done(done, dry_run=dry_run, as_json=as_json)


@app.command()
def discard(
    keys: Keys = None,
    product: Product = None,
    step: StepName = None,
    rule: Rule = None,
    stage: Stage = None,
    source: SourceName = None,
    *,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    reason: Annotated[str, typer.Option(help="Why; it is kept with them.")],
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> int:
    """Say that open dead letters are not to come back: by id, or all that the options choose.

    They are kept, marked, with who discarded them and why. No replay takes them up again, and the
    same record refused once more is the same letter. Without an id or an option nothing is chosen.
    """
    if not reason.strip():
        raise InvalidInput("a reason is needed", fix='--reason "test data of our own"')
    chosen = _open_ones(product, step, rule, stage, source)
    if not keys and chosen == Chosen(states=(OPEN,)):
        raise InvalidInput("nothing is chosen", fix="give ids, or an option such as --rule")
    ask = _ask("Discard them?", yes=yes)
    if url and not database:
        from hub.cli.letter_requests import DISCARD, Request

        request = Request(url, DISCARD, keys, chosen, reason=reason)
        return _at_hub(request, ask, dry_run=dry_run, as_json=as_json)
    from hub.app.hub import offline
    from hub.app.replaying import discard_here

    with offline(settings_of(config, database)) as hub:
        letters = find_by_id(hub.store, keys) if keys else find_chosen(hub.store, chosen)
        ids = [each.id for each in letters if each.state == OPEN]
        print(f"{len(ids)} of {len(letters)} are open", file=sys.stderr)
        if ids and not dry_run:
            ask()
            discard_here(hub, ids, reason, actor=getpass.getuser())
    done = Done(discarded=ids, left_alone=[each.id for each in letters if each.state != OPEN])
    return _print_done(done, dry_run=dry_run, as_json=as_json)


def _open_ones(
    product: str | None,
    step: str | None,
    rule: str | None,
    stage: str | None,
    source: str | None,
) -> Chosen:
    return Chosen(states=(OPEN,), product=product, step=step, rule=rule, stage=stage, source=source)


def _ask(question: str, *, yes: bool) -> Callable[[], None]:
    """Return what asks a person, where there is one."""

    def ask() -> None:
        if not yes and sys.stdin.isatty():
            typer.confirm(question, abort=True, err=True)

    return ask


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


def _at_hub(request: Request, ask: Callable[[], None], *, dry_run: bool, as_json: bool) -> int:
    plan = request.plan()
    if dry_run:
        print_json({"dryRun": True, "plan": plan}) if as_json else print(*plan, sep="\n")
        return OK
    for line in plan:
        print(line, file=sys.stderr)
    ask()
    return _print_done(request.carry_out(), dry_run=False, as_json=as_json)


def _print_done(done: Done, *, dry_run: bool, as_json: bool) -> int:
    if as_json:
        print_json(
            {
                "dryRun": dry_run,
                "resolved": len(done.resolved),
                "refused": len(done.refused),
                "discarded": len(done.discarded),
                "leftAlone": len(done.left_alone),
                "outcomes": [
                    {
                        "id": node_id(NodeKind.DEAD_LETTER, key),
                        "state": state,
                        "resolved": state == RESOLVED,
                        "reasons": reasons,
                    }
                    for key, state, reasons in done.outcomes()
                ],
            }
        )
    else:
        would = "would be " if dry_run else ""
        if done.discarded:
            print(f"{len(done.discarded)} {would}discarded")
        elif done.resolved or done.refused:
            print(f"{len(done.resolved)} {would}resolved, {len(done.refused)} refused again")
        else:
            print("nothing to be done")
        for key, reasons in done.refused.items():
            print(f"  {key}  {'; '.join(reasons)}")
    return FINDINGS if done.refused else OK
