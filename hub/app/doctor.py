"""Every check of an installation, each with what to do about what it finds."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from msgspec import Struct
from sqlalchemy import make_url

from hub.api.rest.access import LOOPBACK_HOSTS
from hub.app.receivers import connect, examine_receivers
from hub.app.revisions import SAME_FILES, other_files
from hub.domain.catalog import Catalog, Step
from hub.domain.errors import HubError, InvalidInput, StoreUnavailable
from hub.host import Host, Kind
from hub.queries.incidents import caught_roots
from hub.settings import (
    Loaded,
    bind_contract,
    contracts_folder,
    load_catalog,
    migrations_folder,
)
from hub.settings.revision import revision_of
from hub.settings.rule_files import load_rules
from hub.spi.lane import LaneContext
from hub.store import schema
from hub.store.database import Database

_LOW_DISK_BYTES: Final = 1 << 30
_NAMED: Final = 3
_CAUGHT: Final = 5


class Diagnosis(Struct, frozen=True):
    """One check: its name, whether all is well, what was found, and what to do."""

    check: str
    is_ok: bool
    found: str
    fix: str | None = None


def examine(loaded: Loaded, *, is_online: bool = False) -> Iterator[Diagnosis]:
    """Yield the outcome of each check; one that raises is a finding like any other.

    Only where ``is_online`` are receivers' addresses tried; nobody is told anything.
    """
    checks: dict[str, Callable[[Loaded], Diagnosis]] = {
        "installation": _installation,
        "catalog": _catalog,
        "store": _store,
        "owners": _owners,
        "disk": _disk,
        "address": _address,
    }
    for name, check in checks.items():
        try:
            yield check(loaded)
        except HubError as error:
            yield Diagnosis(name, is_ok=False, found=error.message, fix=error.fix)
    host = Host.load()
    yield from _plugins(host)
    with suppress(InvalidInput):  # a broken catalog is a finding of its own check
        catalog = load_catalog(loaded)
        with suppress(StoreUnavailable):  # so is a store that is away
            yield _files(loaded, catalog)
        yield from _receivers(host, catalog, is_online=is_online)
        yield from _steps(host, catalog, loaded)
        yield from _policies(host, catalog)


def _installation(_loaded: Loaded) -> Diagnosis:
    folders = f"{contracts_folder()}, {migrations_folder()}"
    return Diagnosis("installation", is_ok=True, found=folders)


def _catalog(loaded: Loaded) -> Diagnosis:
    catalog = load_catalog(loaded)
    found = f"{len(catalog.products)} products, {len(catalog.domains)} domains in {loaded.folder}"
    return Diagnosis("catalog", is_ok=True, found=found)


def _store(loaded: Loaded) -> Diagnosis:
    database = Database(loaded.settings.database)
    try:
        with database.read() as connection:
            revision = schema.revision(connection)
    finally:
        database.close()
    is_ok = revision == schema.HEAD or (revision is None and database.is_sqlite)
    found = f"{database.masked_url} at {revision or 'nothing yet'}"
    return Diagnosis("store", is_ok, found, None if is_ok else schema.cure(revision))


def _files(loaded: Loaded, catalog: Catalog) -> Diagnosis:
    """Tell of stages that decide by other files than those that are here."""
    revision = revision_of(catalog, load_rules(loaded.folder), loaded.settings.runs)
    database = Database(loaded.settings.database)
    try:
        with database.read() as connection:
            is_there = schema.revision(connection) == schema.HEAD
            differs = other_files(connection, revision) if is_there else None
    finally:
        database.close()
    if differs is None:
        return Diagnosis("files", is_ok=True, found=f"revision {revision}")
    return Diagnosis("files", is_ok=False, found=differs, fix=SAME_FILES)


def _owners(loaded: Loaded) -> Diagnosis:
    """Tell of open incidents that nobody is declared to own."""
    database = Database(loaded.settings.database)
    try:
        with database.read() as connection:
            is_there = schema.revision(connection) == schema.HEAD
            caught = caught_roots(connection, limit=_CAUGHT) if is_there else []
    finally:
        database.close()
    if not caught:
        return Diagnosis("owners", is_ok=True, found="every open incident has its owner")
    more = " and more" if len(caught) == _CAUGHT else ""
    return Diagnosis(
        "owners",
        is_ok=False,
        found=f"nobody but the catch-all owns {', '.join(caught)}{more}",
        fix="name who does under `owners` in domains.yaml, or in ownership facets",
    )


def _disk(loaded: Loaded) -> Diagnosis:
    url = make_url(loaded.settings.database)
    folder = Path(url.database or ".").parent if url.get_backend_name() == "sqlite" else Path()
    free = shutil.disk_usage(folder if folder.exists() else Path()).free
    is_ok = free > _LOW_DISK_BYTES
    fix = None if is_ok else "make room: the intake answers 503 when it cannot write"
    return Diagnosis("disk", is_ok, f"{free >> 20:,} MiB free", fix)


def _address(loaded: Loaded) -> Diagnosis:
    serve = loaded.settings.serve
    place = f"{serve.host}:{serve.port}"
    if serve.host not in LOOPBACK_HOSTS and not loaded.settings.auth.keys:
        fix = "configure [[auth.keys]] in hub.toml, or listen on 127.0.0.1"
        return Diagnosis("address", is_ok=False, found=f"{place} without API keys", fix=fix)
    family = socket.AF_INET6 if ":" in serve.host else socket.AF_INET
    with socket.socket(family) as probe:
        is_served = probe.connect_ex((serve.host, serve.port)) == 0
    found = f"{place} is in use (a hub that runs, perhaps)" if is_served else f"{place} is free"
    return Diagnosis("address", is_ok=True, found=found)


def _plugins(host: Host) -> Iterator[Diagnosis]:
    loaded = [state.name for state in host.states if state.error is None]
    yield Diagnosis("plugins", is_ok=True, found=f"{len(loaded)} loaded")
    for finding in host.findings():
        yield Diagnosis(
            f"plugin {finding.plugin}", is_ok=False, found=finding.message, fix=finding.fix
        )


def _receivers(host: Host, catalog: Catalog, *, is_online: bool) -> Iterator[Diagnosis]:
    """Yield what keeps receivers from being told; that nobody answers is only said."""
    for each in examine_receivers(host, catalog):
        name = f"receiver {each.receiver.name}"
        if each.error is not None:
            yield Diagnosis(name, is_ok=False, found=each.found, fix=each.error.fix)
            continue
        for address in each.addresses if is_online else ():
            if (reason := connect(address)) is not None:
                found = f"{each.receiver.place}: nobody is reached at {address}: {reason}"
                fix = "check the address, the network between, and that it runs"
                yield Diagnosis(name, is_ok=True, found=found, fix=fix)
    told = len(catalog.receivers)
    yield Diagnosis("receivers", is_ok=True, found=f"{told} declared")


def _steps(host: Host, catalog: Catalog, loaded: Loaded) -> Iterator[Diagnosis]:
    """Yield what each lane's step lacks on this machine, and what it will not do."""
    for step in (each for each in catalog.steps if each.lane):
        context = LaneContext(
            step=step.job_name, options=step.options, root=str(loaded.folder), expected={}
        )
        try:
            lane = host.lane(str(step.lane), step=step.job_name).api
            lane.reads(context)  # it needs the options, and touches no source
            check = getattr(lane, "check", None)
            if check is not None:
                check(context)
            yield from _unjudged(step, catalog)
        except HubError as error:
            name = f"step {step.job_name}"
            yield Diagnosis(name, is_ok=False, found=error.message, fix=error.fix)


def _unjudged(step: Step, catalog: Catalog) -> Iterator[Diagnosis]:
    """Tell of rules over whole datasets: a lane lands raw data in slices, and runs none of them."""
    text = catalog.contracts.get(step.contract or "")
    rules = bind_contract(text, step.writes).quality if text else ()
    if rules:
        names = ", ".join(rule.name for rule in rules[:_NAMED])
        more = f" and {len(rules) - _NAMED} more" if len(rules) > _NAMED else ""
        found = f"no lane runs the rules of quality of contract {step.contract}: {names}{more}"
        fix = "name them in the contract of what is made of it, or as checks of the step's gate"
        yield Diagnosis(f"step {step.job_name}", is_ok=True, found=found, fix=fix)


def _policies(host: Host, catalog: Catalog) -> Iterator[Diagnosis]:
    """Yield what policies find in the catalog; what blocks nothing is told, and is all right."""
    for name in host.names(Kind.POLICY):
        try:
            for each in host.policy(name).api.check(catalog):
                yield Diagnosis(f"policy {each.policy}", not each.blocks, each.message, each.fix)
        except HubError as error:
            yield Diagnosis(f"policy {name}", is_ok=False, found=error.message, fix=error.fix)
