"""Every command with its one line of help, and the group that imports it when it is called."""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer
from typer.core import TyperGroup

import hub

if TYPE_CHECKING:
    from collections.abc import Sequence


class _Command(NamedTuple):
    """Where a command lives: a module of this package with a ``typer.Typer`` named ``app``."""

    module: str
    help: str


COMMANDS = {
    "serve": _Command("serve", "Run the hub: API, stages and pages in one process."),
    "migrate": _Command("migrate", "Bring the store's schema up to date."),
    "ingest": _Command("ingest", "Ingest OpenLineage events from files."),
    "bridge": _Command("bridge", "Import another catalogue of metadata, or mirror to it."),
    "run": _Command("run", "Run data products, or single steps of them, now."),
    "products": _Command("products", "Show which data products are declared."),
    "slo": _Command("slo", "Show how each SLO stands."),
    "incidents": _Command("incidents", "List, show, acknowledge, hand on and resolve incidents."),
    "silence": _Command("silence", "Add, list and end silences."),
    "explain": _Command("explain", "Explain an incident in words."),
    "dlq": _Command("dlq", "List, show and replay dead letters."),
    "gate": _Command("gate", "Say whether data may be read now."),
    "contract": _Command("contract", "Publish data contracts."),
    "classify": _Command("classify", "Classify failures, one JSON object a line."),
    "notify": _Command("notify", "Try a receiver with a test."),
    "simulate": _Command("simulate", "Show who would have been told what of some events."),
    "plugins": _Command("plugins", "Show what is loaded, with versions and health."),
    "fingerprint": _Command(
        "fingerprint", "Print one hash of what is projected from events alone."
    ),
    "rebuild": _Command("rebuild", "Make every projection again from the journal, or compare."),
    "retention": _Command(
        "retention", "Say what has aged, and move it from the store to an archive."
    ),
    "doctor": _Command("doctor", "Check this installation, each finding with its fix."),
    "config": _Command("config", "Show the effective settings and where each comes from."),
    "export-schema": _Command("export_schema", "Print the GraphQL schema."),
    "search": _Command(
        "search", "Find datasets, jobs, fields and products by what they are called."
    ),
    "run-diff": _Command("run_diff", "Show in what a run differs from an earlier one of its job."),
    "timeline": _Command("timeline", "Show what happened to a dataset or a job, newest first."),
    "producers": _Command("producers", "Show what each producer of events omits and breaks."),
    "alias": _Command("alias", "Show and decide which names mean one thing."),
    "lineage": _Command("lineage", "Show what is up or down of a dataset, and who depends on it."),
}


class _LazyGroup(TyperGroup):
    """Knows its commands by name, and imports one only to run it or to show its own help."""

    def list_commands(self, ctx: object) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: object, cmd_name: str) -> Any:  # noqa: ANN401 - typer's own
        del ctx
        if cmd_name not in COMMANDS:
            return None
        # What an import makes is no garbage: looking for some in it takes a fifth of the time.
        gc.disable()
        try:
            module = import_module(f"hub.cli.{COMMANDS[cmd_name].module}")
        finally:
            gc.freeze()
            gc.enable()
        return typer.main.get_command(module.app)

    def format_commands(self, ctx: object, formatter: Any) -> None:  # noqa: ANN401 - typer's own
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.help) for name, command in COMMANDS.items()])


def _show_version(wanted: bool) -> None:
    if wanted:
        print(hub.__version__)
        raise typer.Exit


_app = typer.Typer(
    cls=_LazyGroup,
    name="hub",
    help="A metadata-and-observability hub for data platforms.",
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@_app.callback()
def _options(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    del version


def root(args: Sequence[str] | None = None) -> object:
    """Run the command that ``args`` (default: the process's) name; errors are raised."""
    command = typer.main.get_command(_app)
    # The commands are known here, for the suggestions that follow a typing error.
    command.commands = dict.fromkeys(COMMANDS)  # type: ignore[attr-defined]  # a TyperGroup
    given = sys.argv[1:] if args is None else args
    return command.main(given or ["--help"], prog_name="hub", standalone_mode=False)
