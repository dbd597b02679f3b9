"""Phrases that part what wraps a failure, or checks its configuration, from what failed."""

from __future__ import annotations

from typing import Final

from hub.domain.failures.classification import MessageRule as Rule
from hub.domain.failures.failure import FailureClass as Is

_CODE_ERROR: Final = (
    r"(?:attribute|name|type|key|index|value|syntax|indentation|unboundlocal|recursion|assertion|"
    r"zerodivision)error"
)

PHRASES: Final = (
    Rule(
        "code-inside-a-wrapper",
        Is.LOGIC,
        0.97,
        rf"""
        broken dag\b.{{0,900}}\b{_CODE_ERROR}\b
        broken dag\b.{{0,900}}(?:task_?not_?found|duplicate ?task|cycle|not timezone)
        invalid arguments were passed to | cannot access local variable
        where it is not associated with a value | failed to resolve \{{\{{
        py4jexception: (?:method|constructor) .{{0,200}}does not exist
        in the range frame | window frame .{{0,60}}(?:not match|mismatch|invalid)
        currently not supported over tables | argument list too long
        task failed while writing rows.{{0,400}}already exists
        only convert 1-dimensional | setting an array element with a sequence
        """,
    ),
    Rule(
        "configuration-refused",
        Is.CONFIG,
        0.97,
        r"""
        (?:config(?:uration)?|cluster|settings|profile|manifest|spec) validation (?:error|failed)
        validation errors? for (?:configured\w*catalog|\w*(?:config|settings|profile|credentials)\b)
        \$\.(?:access_token|credentials|password|client_id|client_secret|api_key|host|port)\b
        invalid user defined .{0,60}check configuration | configuration key "
        invalidexpectationconfiguration | cannot find catalog plugin | catalog '\S+' not found
        cannot assign instance of \S+ to field | is required for \w+ activity
        incompatible with this version of | nosuchmethoderror | noclassdeffounderror
        """,
    ),
    Rule(
        "broker-without-a-leader",
        Is.INFRA_COMPUTE,
        0.96,
        r"""
        leader not local | (?:could not|cannot|unable to) find (?:the |a )?leader
        no leader (?:for|is|found|elected) | not (?:the )?leader for
        while writing to the kafka store | answer from java side is empty
        could not compute split | block \S+ not found\b.{0,80}rdd
        could not start the process within | claimed but never started
        mem(?:ory)? (?:usage |of \w+ )?(?:has )?exceed(?:ed|s)? (?:the )?(?:limit|of be)
        """,
    ),
    Rule(
        "another-one-committed",
        Is.INFRA_CONCURRENCY,
        0.96,
        r"""
        (?:added|deleted|conflicting|new) (?:data|delete) files? .{0,40}(?:were|was|are) found
        found (?:new )?conflicting (?:delete )?files | missing required files to delete
        database (?:is )?busy | (?:table|base table|branch|snapshot|metadata) .{0,60}has (?:been )?
        changed (?:by another|concurrently|since)
        """,
    ),
    Rule(
        "value-in-no-known-form",
        Is.DATA_QUALITY,
        0.96,
        r"""
        unknown string format | timestamp format must be | unrecognized token
        field larger than field limit | fields? longer than maximum length
        bulk load data was expected | following tests have failed | check values: \{
        day is out of range for month | time data .{0,80}does not match format
        """,
    ),
    Rule(
        "type-without-a-column",
        Is.SCHEMA_CONTRACT,
        0.96,
        r"""
        doesn't have a mapping to the sql | no (?:type )?mapping for (?:field|column|type)
        unknown column '[^']*' in 'field list'
        """,
    ),
    Rule(
        "source-cannot-be-served",
        Is.SOURCE_UNAVAILABLE,
        0.96,
        r"""
        no \w+ server is available in cluster | replicasetnoprimary
        db communication failure | unexpected character \('<' \(code 60\)\)
        """,
    ),
    Rule(
        "quota-of-the-destination",
        Is.INFRA_CAPACITY,
        0.97,
        r"""
        failure origin: destination.{0,80}(?:rate limits?|quota|too many api requests)
        troubleshoot-quotas | (?:un)?reservedconcurrentexecutions? | errcode: (?:24|28|122)\b
        """,
    ),
    Rule("not-there-or-not-allowed", Is.ACCESS, 0.96, r"or you do not have permission"),
)
