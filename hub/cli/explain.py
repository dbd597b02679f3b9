"""``hub explain INCIDENT|--event FILE``: why it is what it is, and why it is theirs, in words."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from msgspec import DecodeError, json

from hub.cli.incident_views import (
    Expected,
    Incident,
    Named,
    Signal,
    Why,
    ask_expected,
    ask_incident,
    expected_of,
    read_incident,
)
from hub.cli.options import AsJson, Config, DatabaseUrl, HubUrl, settings_of
from hub.cli.output import print_json
from hub.domain.errors import InvalidInput
from hub.domain.incidents.incident import Role
from hub.domain.names import NodeKind, parse_node_id
from hub.domain.openlineage.events import parse_time

if TYPE_CHECKING:
    from hub.app.rehearsing import Rehearsal

app = typer.Typer(help="Explain an incident in words.", add_completion=False)

_SHOWN: Final = 12
_UNOWNED: Final = "so nobody but the catch-all: name an owner under `owners` in domains.yaml"
# What a timeline calls merges and holds.
_JOINING: Final = ("merged", "held", "released")
_SURE, _LIKELY = 0.9, 0.6


@app.command(name="explain")
def _explain(
    key: Annotated[
        str | None, typer.Argument(metavar="INCIDENT", help="Its id, such as INC-42.")
    ] = None,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    event: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Events that have not happened: what would come of them."
        ),
    ] = None,
    at: Annotated[str | None, typer.Option(help="When they would happen; now unless said.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what happened, of which class and why, whose it is and why, and who was told.

    With --event: were these events to happen, who would be told and why, by the catalog's files and
    all that the store knows of what they name. Nothing is sent, and nothing is stored.
    """
    if (key is None) is (event is None):
        raise InvalidInput("name an incident, or a file of events", fix="hub explain INC-42")
    remote = url and not database
    if event is not None:
        # Whoever names files asks what comes of those.
        if remote and config is None:
            _ask(str(url), event, at, as_json=as_json)
        else:
            _rehearse(event, at, config, database, as_json=as_json)
        return
    named = str(key)
    found = ask_incident(str(url), named) if remote else read_incident(config, database, named)
    if as_json:
        print_json(found)
    else:
        print("\n".join(explain(found)))


def _ask(url: str, event: str, at: str | None, *, as_json: bool) -> None:
    with ExitStack() as stack:
        events = [_decoded(each) for each in _events_of(event, stack)]
    found = ask_expected(url, events, at)
    if as_json:
        print_json(found)
        return
    print(f"by what the hub at {url} has declared, and knows of what the events name")
    _print(found)


def _decoded(body: bytes) -> object:
    try:
        return json.decode(body)
    except (DecodeError, UnicodeError) as error:
        raise InvalidInput(f"an event is no JSON: {error}") from error


def _events_of(event: str, stack: ExitStack) -> Iterator[bytes]:
    from hub.app.ingesting import events_of, files_of, open_file

    streams = (
        [("stdin", sys.stdin.buffer)]
        if event == "-"
        else [(str(p), stack.enter_context(open_file(p))) for p in files_of([Path(event)])]
    )
    return (each for name, stream in streams for each in events_of(stream, name))


def _print(found: Sequence[Expected]) -> None:
    if not found:
        print("no incident would be opened, joined or ended, and nobody would be told")
    for each in found:
        print("\n".join(explain(each)))


def _rehearse(
    event: str, at: str | None, config: Path | None, database: str | None, *, as_json: bool
) -> None:
    from hub.app.clock import now
    from hub.app.rehearsing import rehearse
    from hub.settings import load_catalog

    moment = now() if at is None else parse_time(at)
    if moment is None:
        raise InvalidInput(f"{at!r} is no time", fix="write 2026-11-23T03:00:00Z")
    instant = moment if isinstance(moment, int) else moment.at
    with ExitStack() as stack:
        events = _events_of(event, stack)
        loaded = settings_of(config, database)
        catalog = load_catalog(loaded)
        rehearsal = stack.enter_context(rehearse(loaded, events, now=instant))
        found = [expected_of(rehearsal, key, catalog) for key in rehearsal.incidents]
        if as_json:
            print_json(found)
            return
        print("\n".join(_based_on(rehearsal)))
    _print(found)


def _based_on(rehearsal: Rehearsal) -> Iterator[str]:
    """Say what the answer follows from."""
    if rehearsal.origin is None:
        yield "by the catalog's files alone: there is no store that this hub can read"
        return
    yield "by the catalog's files, and by what the store knows of what the events name"
    if rehearsal.unjudged:
        yield f"  left out       {rehearsal.unjudged} entries of its journal that wait to be judged"


def explain(found: Incident) -> Iterator[str]:
    """Yield the explanation, line by line."""
    yield f"{found.id.rpartition(':')[2]}: {found.title}"
    if isinstance(found, Expected):
        yield from _expected(found)
    yield f"  what happened  {_story(found)}"
    yield from _classified(found)
    yield f"  root cause     {_name(found.root.id)}" + (
        f", in {found.run.id}" if found.run is not None else ""
    )
    for signal in found.signals:
        named = f"{signal.kind} of {_name(signal.subject)}"
        yield f"    {signal.role.lower():<12} {named}{_standing(found, signal)}"
    yield from _changed(found)
    yield from _joined(found)
    yield f"  whose          {found.owner.name} ({found.owner.kind}), because"
    for sentence in found.explanation.path:
        yield f"    - {sentence}"
    if found.explanation.is_caught:
        yield f"    - {_UNOWNED}"
    yield f"  touches        {_listed(found.products, len(found.products), 'data product')}"
    yield f"  held back      {_listed(found.held_back, found.held_back_count, 'dataset')}"
    yield from _met_before(found)
    yield from _told(found)
    for number, hold in enumerate(found.holds):
        yield f"  {'and' if number else 'not told yet':<14} {hold.receiver}: {hold.reason}"


def _expected(found: Expected) -> Iterator[str]:
    """Say what of it would be new."""
    what = "a new incident" if found.is_new else "this incident, which is there already"
    yield f"  comes of it    {what}"
    for entry in found.comes_of_it[:_SHOWN]:
        yield f"    {entry.kind:<12} {entry.message}"


def _standing(found: Incident, signal: Signal) -> str:
    """Say whether a signal is over, and what is held until when."""
    if signal.cleared_at:
        return f", over since {signal.cleared_at}"
    if signal.role.lower() != Role.CONSEQUENCE or found.merged_into:
        return ""
    return ", held until its own next run" if found.resolved_at else ", held: nobody is told"


def _changed(found: Incident) -> Iterator[str]:
    """Say what was different in the run that failed."""
    if found.run is None:
        return
    if found.last_good_run is None:
        yield "  what changed   no run of its job is known to have passed before it"
        return
    yield f"  what changed   since {found.last_good_run.id}, which passed"
    for each in found.changes[:_SHOWN]:
        of = f"{each.dataset}: " if each.dataset else ""
        yield f"    {each.kind.lower():<10} {of}{each.text}"
    if not found.changes:
        yield "    nothing that either run tells of"


def _met_before(found: Incident) -> Iterator[str]:
    """Say which past incidents are like it, and what mended them."""
    for number, each in enumerate(found.similar):
        was = f", {each.outcome.lower().replace('_', ' ')}" if each.outcome else ""
        shared = f"{_name(each.id)} of {each.opened_at[:10]} ({', '.join(each.reasons)}){was}"
        yield f"  {'and' if number else 'seen before':<14} {shared}"
        if each.fix:
            yield f"    mended by    {each.fix}"


def _joined(found: Incident) -> Iterator[str]:
    """Say how incidents became one, and what became of those that were held."""
    if found.merged_into:
        yield f"  attached to    {_name(found.merged_into.id)}, which explains it"
    told = [entry for entry in found.timeline if entry.kind in _JOINING]
    for number, entry in enumerate(told[-_SHOWN:]):
        yield f"  {'and' if number else 'came together':<14} {entry.message}"


def _story(found: Incident) -> str:
    text = f"it began at {found.onset_at} and was seen at {found.opened_at}"
    if found.acknowledged_at:
        text += f"; somebody has seen to it since {found.acknowledged_at}"
    if found.resolved_at:
        return f"{text}; it was over at {found.resolved_at}"
    if found.settles_at:
        return f"{text}; it flaps, and is over if nothing fails until {found.settles_at}"
    return f"{text}; it is {found.state.lower()}"


def _classified(found: Incident) -> Iterator[str]:
    why = found.explanation
    confidence = f"{_sureness(why)} (confidence {why.confidence:.2f})"
    yield f"  class          {found.failure_class}, {confidence}"
    yield f"    by           rule {why.rule} of rule set {why.rule_set}"
    yield f"    because      {why.evidence}"
    second = why.runner_up
    if second is None:
        yield "    or else      no other rule had a say"
    else:
        chance = f"{second.rule}, confidence {second.confidence:.2f}"
        yield f"    or else      {second.failure_class} by rule {chance}"


def _sureness(why: Why) -> str:
    if why.confidence >= _SURE:
        return "surely"
    return "probably" if why.confidence >= _LIKELY else "as a guess"


def _told(found: Incident) -> Iterator[str]:
    if not found.notifications:
        yield "  who was told   nobody"
        return
    yield "  who was told"
    for each in found.notifications:
        how = f"sent at {each.sent_at}" if each.sent_at else each.state
        attempts = f" after {each.attempts} attempts" if each.attempts > 1 else ""
        error = f": {each.last_error}" if each.last_error else ""
        yield f"    {each.receiver}, {each.reason}: {how}{attempts}{error}"


def _listed(things: Sequence[Named], count: int, noun: str) -> str:
    if not things:
        return f"no {noun}"
    more = count - _SHOWN
    shown = ", ".join(_name(each.id) for each in things[:_SHOWN])
    return shown + (f" and {more} more" if more > 0 else "")


def _name(node: str) -> str:
    parsed = parse_node_id(node)
    return parsed.parts[1] if parsed.kind is NodeKind.DATASET else parsed.parts[-1]
