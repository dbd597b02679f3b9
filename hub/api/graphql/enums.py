"""The domain's enumerations, described for the schema.

Take them from here: a field that sees one before it is described makes another one of it.
"""

from __future__ import annotations

import strawberry

from hub.domain.budgets import SpentPolicy
from hub.domain.catalog import Layer, Severity, SloKind
from hub.domain.duty.silences import SilenceState
from hub.domain.failures.changes import ChangeKind
from hub.domain.failures.failure import FailureClass
from hub.domain.identity.things import Provenance
from hub.domain.incidents.courses import Bucket, GroupBy, Outcome
from hub.domain.incidents.incident import HoldKind, IncidentState, Role
from hub.domain.lineage.inference import SqlOutcome
from hub.domain.names import NodeKind
from hub.domain.openlineage.runs import SeenState
from hub.domain.search import SearchKind, SearchLevel, SearchPart
from hub.domain.slos.slo import SloState
from hub.graph.closure import Direction, Level
from hub.queries.happenings import HappeningKind
from hub.queries.lineage_changes import Clock
from hub.queries.run_versions import Basis as VersionBasis

__all__ = [
    "Bucket",
    "ChangeKind",
    "Clock",
    "Direction",
    "FailureClass",
    "GroupBy",
    "HappeningKind",
    "HoldKind",
    "IncidentState",
    "Layer",
    "Level",
    "NodeKind",
    "Outcome",
    "Provenance",
    "Role",
    "SearchKind",
    "SearchLevel",
    "SearchPart",
    "SeenState",
    "Severity",
    "SilenceState",
    "SloKind",
    "SloState",
    "SpentPolicy",
    "SqlOutcome",
    "VersionBasis",
]

strawberry.enum(
    Bucket,
    name="IncidentBucket",
    description="HANDLED: somebody acted, or it is open and somebody may. AUTO_RESOLVED: over"
    " before anybody acted. FALSE_POSITIVE, PLANNED: as somebody says, or told to nobody because of"
    " maintenance. HISTORY: long over when the hub heard of it.",
)
strawberry.enum(
    SqlOutcome,
    description="Whether SQL was READ; NOT_READ is explained, NAMES_NOTHING names no table,"
    " NAMES_UNKNOWN names none that is known for certain, NOT_KEPT is too large to be kept.",
)
strawberry.enum(ChangeKind, description="In what a bad run differs from the last good one.")
strawberry.enum(
    Clock,
    name="LineageClock",
    description="EVENT: when things happened, by all that is known now. KNOWLEDGE: when the hub"
    " learnt of them.",
)
strawberry.enum(
    Direction, name="LineageDirection", description="UPSTREAM: to what something is made from."
)
strawberry.enum(FailureClass, description="What went wrong; each class has a default owner.")
strawberry.enum(GroupBy, name="ResponseGroup", description="What incidents are told apart by.")
strawberry.enum(HoldKind, description="What a notification waits for the end of.")
strawberry.enum(IncidentState, description="Whether somebody has said that they see to it.")
strawberry.enum(Layer, description="Where in the lake a dataset lives.")
strawberry.enum(
    Level,
    name="LineageLevel",
    description="Between datasets (over jobs), between fields, or between what they belong to: a"
    " product, else a domain, else a namespace.",
)
strawberry.enum(NodeKind, description="What a global id can name.")
strawberry.enum(
    Outcome,
    name="IncidentOutcome",
    description="What a person says that an incident was in the end. RETIRED: what failed will not"
    " run again, so that it lasted until it was closed.",
)
strawberry.enum(
    Provenance,
    name="AliasProvenance",
    description="Who says that two names are one thing; the surest first.",
)
strawberry.enum(Role, name="SignalRole", description="An incident is open while a ROOT lasts.")
strawberry.enum(SearchKind, description="What can be found.")
strawberry.enum(
    SearchLevel,
    description="EXACT: the name, or the end of its path. PREFIX: either begins with the text."
    " WORD: each word of the text begins a word. PART: it stands inside. TYPO: but for one error"
    " in typing, or two in a long text.",
)
strawberry.enum(SearchPart, description="What of a thing is searched.")
strawberry.enum(
    SeenState,
    name="RunState",
    description="NEW: known, but nothing says that it has started. LOST: silent for longer than"
    " its lease, and not ended; a later event overrules it.",
)
strawberry.enum(
    Severity,
    description="CRITICAL wakes somebody at any hour, PAGE within hours where there are any; TICKET"
    " waits for working hours.",
)
strawberry.enum(SilenceState, description="PENDING has not begun; OVER has ended, or was ended.")
strawberry.enum(SloKind, description="What an SLO measures.")
strawberry.enum(SpentPolicy, description="What a spent error budget refuses.")
strawberry.enum(SloState, description="NO_DATA: there is nothing to judge, and nothing is late.")
strawberry.enum(
    VersionBasis,
    name="VersionBasis",
    description="NAMED: the newest of those that the reader's events name. STARTED: the newest that"
    " was complete when the reader began. ENDED: there was none yet, but when the reader ended.",
)
