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
)
