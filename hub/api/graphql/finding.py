"""Datasets, jobs and runs by their ids."""

from __future__ import annotations

from collections.abc import Sequence

from hub.api.graphql.enums import NodeKind
from hub.api.graphql.estate import Dataset, Job, Run, datasets_by_row, jobs_by_row, make_runs
from hub.api.graphql.reads import Reads
from hub.domain.names import DatasetName, JobName, NodeId, RunName
from hub.queries import datasets as dataset_rows
from hub.queries import jobs as job_rows
from hub.queries import runs as run_rows
from hub.queries.moments import NOW, Moment


def find_datasets(
    reads: Reads, ids: Sequence[NodeId], moment: Moment = NOW
) -> dict[NodeId, Dataset]:
    """Return the datasets among ``ids`` that exist, each under the name that was asked for."""
    things = reads.identities.datasets
    names = {DatasetName(*name) for node in ids for name in things.names_of(node.dataset)}
    found = dataset_rows.find_datasets(reads.connection, names, moment=moment)
    made = datasets_by_row(reads, found.values(), moment)
    of_thing = {things.shown(name): made[row.id] for name, row in found.items()}
    return {
        node: of_thing[name] for node in ids if (name := things.shown(node.dataset)) in of_thing
    }


def find_jobs(reads: Reads, ids: Sequence[NodeId], moment: Moment = NOW) -> dict[NodeId, Job]:
    """Return the jobs among ``ids`` that exist, each under the name that was asked for."""
    things = reads.identities.jobs
    names = {JobName(*name) for node in ids for name in things.names_of(node.job)}
    found = job_rows.find_jobs(reads.connection, names, moment=moment)
    made = jobs_by_row(reads, found.values(), moment)
    of_thing = {things.shown(name): made[row.id] for name, row in found.items()}
    return {node: of_thing[name] for node in ids if (name := things.shown(node.job)) in of_thing}


def find_runs(reads: Reads, ids: Sequence[NodeId], moment: Moment = NOW) -> dict[NodeId, Run]:
    """Return the runs among ``ids`` that exist."""
    names = {RunName(node.job, node.parts[2]) for node in ids}
    made = make_runs(reads, run_rows.find_runs(reads.connection, names).values(), moment)
    return {NodeId(NodeKind.RUN, (*each.row.key.job, each.run_id)): each for each in made}
