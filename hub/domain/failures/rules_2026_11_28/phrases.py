"""Phrases beyond those of the earlier sets."""

from __future__ import annotations

from typing import Final

from hub.domain.failures.classification import MessageRule as Rule
from hub.domain.failures.failure import FailureClass as Is

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
    Rule(
        "code-is-wrong",
        Is.LOGIC,
        0.95,
        r"""
        cannot be cast to (?:class )?(?:java|scala|org|com)\b | classcastexception
        nil pointer dereference | invalid memory address | scala\.matcherror | \bnotimplementederror
        not a valid (?:group by|order by|sql) | sql validation failed
        must be executed with writestream | output mode not supported
        """,
    ),
    Rule(
        "certificate",
        Is.INFRA_NETWORK,
        0.95,
        r"x509: | wrong_version_number | certificate is revoked or could not be validated",
    ),
    Rule(
        "waits-for-failed",
        Is.UPSTREAM,
        0.93,
        r"""
        external dag \S+ failed | unfulfilled dependenc | depends on a node that failed
        omitted: depends | upstream steps failed
        """,
    ),
    Rule(
        "instance-unwell",
        Is.INFRA_COMPUTE,
        0.955,
        r"""
        health check failed | memory limit of .{1,20} exceeded with | killed due to memory
        heartbeat time limit exceeded | docker daemon | cannotstartcontainererror
        talking to a worker node
        """,
    ),
    Rule(
        "set-up-wrong",
        Is.CONFIG,
        0.95,
        r"""
        cron expression | db init\b | forget to initiali[sz]e | time ?zone value
        parse .{0,20}url from string | an argument named | \blog_bin\b
        already registered in jmx | cannot load library | cannot open shared object
        """,
    ),
    Rule(
        "calls-limited",
        Is.SOURCE_UNAVAILABLE,
        0.93,
        r"(?:api|request) rate limit exceeded | calls per second",
        platform=Is.INFRA_CAPACITY,
    ),
    Rule(
        "source-goes-down",
        Is.INFRA_COMPUTE,
        0.92,
        r"terminating connection due to administrator command",
        source=Is.SOURCE_UNAVAILABLE,
    ),
    Rule(
        "already-aborted",
        Is.INFRA_CONCURRENCY,
        0.92,
        r"\b(?:txn|transaction)\b.{0,30}already aborted",
    ),
    Rule(
        "queue-takes-no-more",
        Is.INFRA_CAPACITY,
        0.93,
        r"rejected execution | already has \d+ applications | concurrency slots | volume is full",
    ),
    Rule("too-long-a-run", Is.QUERY_LIMIT, 0.95, r"timed out after [\d.]+ hours"),
)
