"""``hub run``."""

from __future__ import annotations

import signal
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TaskID

from hub.cli.exits import FINDINGS, OK, UNREACHABLE
from hub.cli.options import AsJson, Config, DatabaseUrl, HubUrl, settings_of
from hub.cli.output import print_json, print_table
from hub.domain.catalog import Step
from hub.domain.failures.failure import Origin

app = typer.Typer(add_completion=False)

_DATA = {Origin.CONTRACT, Origin.GATE, Origin.UPSTREAM, Origin.CODE}


@app.command(name="run")
def command(
    targets: Annotated[list[str], typer.Argument(metavar="PRODUCT[.STEP]…")],
    *,
    url: HubUrl = None,
    database: DatabaseUrl = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Run data products, or single steps of them, now and on this machine.

    The runs are reported to the hub at --url, else straight into the store. Exits with 1 when
    data broke a contract or a gate, with 3 when a source, the lake or an engine failed.
    """
    from hub.app.running import runner_to_hub, runner_to_store
    from hub.runtime.work import Tally

    loaded = settings_of(config, database)
    to_hub = url is not None and database is None
    opened = runner_to_hub(loaded, url or "") if to_hub else runner_to_store(loaded)
    progress = Progress(
        console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
    )
    tasks: dict[str, TaskID] = {}

    def show(step: Step, tally: Tally) -> None:
        if step.name not in tasks:
            tasks[step.name] = progress.add_task(step.job_name, total=None)
        progress.update(tasks[step.name], completed=tally.rows_out)

    # Asked to end, a run ends as it does on Ctrl-C: it says so, and its rows are whole.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with opened as runner, progress:
        results = runner.run(*targets, on_progress=show)
    if as_json:
        print_json(results)
    else:
        header = ("step", "state", "in", "out", "refused", "seconds", "why")
        print_table(
            header,
            (
                (
                    f"{each.product}.{each.step}",
                    each.state,
                    each.rows_in,
                    each.rows_out,
                    each.rows_refused,
                    f"{each.seconds:.2f}",
                    each.error or each.skipped or "",
                )
                for each in results
            ),
        )
    origins = {each.origin for each in results if each.origin is not None}
    code = UNREACHABLE if origins - _DATA else FINDINGS if origins else OK
    raise typer.Exit(code)
