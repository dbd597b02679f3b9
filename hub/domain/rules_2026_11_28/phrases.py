"""Phrases beyond those of the earlier sets."""

from __future__ import annotations

from typing import Final

from hub.domain.classification import MessageRule as Rule
from hub.domain.failures import FailureClass as Is

PHRASES: Final = (
    Rule(
        "names-lookup",
        Is.INFRA_NETWORK,
        0.93,
        r"""
        resolution lifetime expired | dns operation timed out | dns query name does not exist
        """,
    ),
    Rule(
        "driver-dead",
        Is.INFRA_NETWORK,
        0.9,
        r"dbprocess is dead | connection pool (?:is )?paused | adaptive server connection failed",
    ),
    Rule(
        "not-serializable",
        Is.LOGIC,
        0.96,
        r"""
        (?:cannot|can't|could not|unable to) (?:pickle|serialize) (?:object|'|lambda|local|the task)
        \bis not (?:json )?seriali[sz]able | task not serializable | picklingerror
        """,
    ),
    Rule(
        "settings-refused",
        Is.CONFIG,
        0.95,
        r"""
        config\w* (?:validation|parse|load) error | invalid config\w* | error in config
        not a valid (?:dimension|metric|segment|breakdown|region|location)
        find any class that implements | location \S+ does not support
        """,
    ),
    Rule(
        "beat-missed",
        Is.INFRA_COMPUTE,
        0.92,
        r"heartbeat (?:threshold|timeout|interval|limit) (?:exceeded|expired|missed)",
    ),
    Rule(
        "quota-short",
        Is.INFRA_CAPACITY,
        0.95,
        r"insufficient .{0,30}\bquota | requested [\d.]+,? available [\d.]+",
    ),
    Rule(
        "table-missing",
        Is.LOGIC,
        0.92,
        r"not found: table | no such table | entity not found: (?:table|view|column)",
    ),
    Rule(
        "type-changed",
        Is.SCHEMA_CONTRACT,
        0.92,
        r"""
        cannot change column type | source column type changed | mismatch in fields
        column type (?:has )?changed | incompatible (?:column )?type change
        ddl statement couldn't be parsed
        """,
    ),
    Rule("used-after-close", Is.LOGIC, 0.7, r"consumer closed | operation on closed file"),
    Rule(
        "over-quota",
        Is.INFRA_CAPACITY,
        0.95,
        r"""
        (?:exceed\w*|over|reached|exhausted) .{0,60}\bquota | \bquota\b.{0,40} (?:exceed|exhaust)
        """,
        source=Is.SOURCE_UNAVAILABLE,
    ),
    Rule(
        "no-place-to-write",
        Is.INFRA_CAPACITY,
        0.92,
        r"""
        could only be (?:written|replicated) to 0 | circuit_?breaking | \[parent\] data too large
        invalid resource request
        """,
    ),
    Rule(
        "workers-lost",
        Is.INFRA_COMPUTE,
        0.92,
        r"""
        loss of (?:taskmanager|executor|worker|node) | worker failed to connect back
        slot .{0,60}has been released
        """,
    ),
    Rule("keeper", Is.INFRA_COMPUTE, 0.96, r"keepererrorcode | zookeeper session expired"),
    Rule(
        "too-deep",
        Is.LOGIC,
        0.95,
        r"maximum recursion depth | stackoverflowerror | index -?\d+ out of bounds for length",
    ),
    Rule(
        "deployed-wrong",
        Is.CONFIG,
        0.95,
        r"""
        \bfernet\b | parameter validation failed | python[\d.]*: can't open file
        find any factory for identifier | no factory implements
        """,
    ),
    Rule("instantiated", Is.CONFIG, 0.7, r"error while instantiating"),
    Rule(
        "marked-by-hand",
        Is.CANCELLED,
        0.92,
        r"marked (?:as )?(?:failed|success|skipped) (?:externally|manually|by \w+)",
    ),
    Rule(
        "field-unknown",
        Is.SCHEMA_CONTRACT,
        0.95,
        r"no such field: | schema version (?:does )?not match | schema versions? mismatch",
    ),
    Rule(
        "models-unread",
        Is.LOGIC,
        0.95,
        r"failed to parse the model | error reading \S+: \S+\.yml | failed to parse macro",
    ),
    Rule(
        "no-plan",
        Is.QUERY_LIMIT,
        0.92,
        r"query processor ran out | could not produce a query plan",
    ),
)
