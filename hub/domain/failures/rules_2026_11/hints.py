"""Hints: parts of names and single words, worth little: they keep silence from being UNKNOWN.

``NAME_PARTS`` are looked for in the names of exceptions, ``HINTS`` in all text.
"""

from __future__ import annotations

from typing import Final

from hub.domain.failures.classification import MessageRule as Rule
from hub.domain.failures.failure import FailureClass as Is

NAME_PARTS: Final = (
    Rule("access", Is.ACCESS, 0.66, r"Auth | Permission | Forbidden | Credential | AccessDenied"),
    Rule("memory", Is.INFRA_COMPUTE, 0.66, r"OutOfMemory | Heartbeat | Crash | Killed"),
    Rule(
        "concurrency", Is.INFRA_CONCURRENCY, 0.62, r"Conflict | Concurrent | Lock(?!ed) | Deadlock"
    ),
    Rule("network", Is.INFRA_NETWORK, 0.56, r"Connect | Socket | Network | Host | Ssl|SSL | DNS"),
    Rule("capacity", Is.INFRA_CAPACITY, 0.54, r"Quota | Throttl | Exhausted | Capacity"),
    Rule("rate", Is.SOURCE_UNAVAILABLE, 0.54, r"RateLimit | TooManyRequests | Unavailable"),
    Rule("schema", Is.SCHEMA_CONTRACT, 0.54, r"Schema | Serializ | Avro | Protobuf | Contract"),
    Rule(
        "quality", Is.DATA_QUALITY, 0.52, r"Constraint | Integrity | Corrupt | Expectation | Cast"
    ),
    Rule("config", Is.CONFIG, 0.5, r"Config | Setting | Import | Unsupported | NotFound"),
    Rule("logic", Is.LOGIC, 0.46, r"Syntax | Parse | Compil | Undefined | Argument"),
    Rule("cancelled", Is.CANCELLED, 0.5, r"Cancel | Interrupt"),
    Rule("limit", Is.QUERY_LIMIT, 0.46, r"Exceeded(?!.*Quota) | TaskTimeout | QueryTimeout"),
    Rule("timeout", Is.INFRA_NETWORK, 0.44, r"Timeout"),
)
HINTS: Final = (
    Rule("rights", Is.ACCESS, 0.5, r"permission | privilege | credential | password | authoriz"),
    Rule("limit", Is.QUERY_LIMIT, 0.44, r"exceeded maximum | exceeds? (?:the )?max | too large to"),
    Rule("races", Is.INFRA_CONCURRENCY, 0.42, r"\block(?:ed|s)?\b | conflict | concurrent"),
    Rule("time", Is.INFRA_NETWORK, 0.42, r"timed? ?out | timeout"),
    Rule(
        "connection", Is.INFRA_NETWORK, 0.4, r"\bconnect(?:ion|ing)?\b | socket | \bdns\b | \btls\b"
    ),
    Rule(
        "engine", Is.INFRA_COMPUTE, 0.4, r"aborted due to error \d | incident \d | internal error"
    ),
    Rule("memory", Is.INFRA_COMPUTE, 0.38, r"\bmemory\b | \bheap\b | \bcrash"),
    Rule("room", Is.INFRA_CAPACITY, 0.38, r"\bquota\b | \bdisk\b | \bstorage\b | \bcapacity\b"),
    Rule("query", Is.LOGIC, 0.38, r"argument \d | expression | \bmust be a\b | \bsyntax\b"),
    Rule("values", Is.DATA_QUALITY, 0.36, r"\bnull\b | duplicate | \binvalid\b | \bvalue\b"),
    Rule("shape", Is.SCHEMA_CONTRACT, 0.36, r"\bschema\b | \bcolumns?\b | \bfields?\b"),
    Rule("missing", Is.CONFIG, 0.32, r"not found | does not exist | unknown | unsupported"),
    Rule(
        "missing-data", Is.SOURCE_UNAVAILABLE, 0.31, r"no data | empty | unavailable | \bmissing\b"
    ),
)
