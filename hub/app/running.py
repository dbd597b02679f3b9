"""Running products on this machine.

The runtime loads when a run starts: it needs pyarrow, and a hub that serves need not hold it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hub.app.clock import now
from hub.app.hub import Hub, offline, settle
from hub.app.reporting import JournalReporter
from hub.domain.catalog import Catalog
from hub.domain.errors import InvalidInput
from hub.host import Host
from hub.settings import Loaded, client_key, load_catalog
from hub.spi.reporter import Reporter

if TYPE_CHECKING:
    from hub.runtime.runner import Runner


@contextmanager
def runner_to_hub(loaded: Loaded, url: str) -> Iterator[Runner]:
    """Yield a runner that reports to the hub at ``url``."""
    from hub.runtime.report import HttpReporter

    reporter = HttpReporter(url, api_key=client_key())
    try:
        yield make_runner(
            loaded,
            load_catalog(loaded),
            Host.load(),
            reporter,
            clock=now,
            objections=reporter.objections,
        )
    finally:
        reporter.close()


@contextmanager
def runner_to_store(loaded: Loaded) -> Iterator[Runner]:
    """Yield a runner that reports straight into the store, which is settled afterwards."""
    with offline(loaded, creates=True) as hub:
        try:
            yield runner_of(hub, loaded)
        finally:
            settle(hub)


def runner_of(hub: Hub, loaded: Loaded) -> Runner:
    """Return a runner that reports straight into a hub's store."""
    reporter = JournalReporter(hub.store.journal, hub.reader, clock=hub.clock)
    return make_runner(
        loaded,
        hub.catalog(),
        hub.host,
        reporter,
        clock=hub.clock,
        objections=hub.objections,
    )


def make_runner(
    loaded: Loaded,
    catalog: Catalog,
    host: Host,
    reporter: Reporter,
    *,
    clock: Callable[[], int],
    objections: Callable[[str, int], Sequence[str]],
) -> Runner:
    """Return a runner of a catalog's steps, with files relative to the configuration folder.

    Raises:
        InvalidInput: the packages that runs need are not installed.

    """
    try:
        from openlineage.client.uuid import generate_new_uuid

        from hub.runtime.open_runs import OpenRuns
        from hub.runtime.runner import Runner
        from hub.runtime.work import Tools
    except ModuleNotFoundError as error:
        message = f"running a product needs the package {error.name}, which is not installed"
        raise InvalidInput(message, fix="install the plugins of the lake and lanes") from error
    tools = Tools(
        catalog=catalog,
        host=host,
        reporter=reporter,
        clock=clock,
        folder=loaded.folder,
        spine=str(loaded.folder / loaded.settings.spine),
        objections=objections,
    )
    open_runs = OpenRuns(loaded.folder / ".hub" / "runs")
    return Runner(tools, open_runs, new_run_id=lambda: str(generate_new_uuid()))
