"""Sentences of any engine: the verb tells what is wrong, the noun whose it is to mend.

Every vendor words "there is no such thing" in its own way, but a thing that is not there, not
valid, not allowed or lost is mostly named by a noun that all of them share. These rules are surer
than single words and less sure than the phrases of an engine.
"""

from __future__ import annotations

from typing import Final

from hub.domain.failures.classification import MessageRule as Rule
from hub.domain.failures.failure import FailureClass as Is

_PLACE: Final = (
    "database|bucket|dataset|project|catalog|warehouse|topic|container|workspace|queue|keyspace|"
    "cluster|region|namespace|endpoint|connection|profile|driver|module|library|package|plugin|"
    "dependency|extension|setting|option|environment variable|variable|secret|configuration|config|"
    "config entry|host ?name|port|scheme|protocol|dialect|adapter|compute|compute pool|service name"
)
_PRINCIPAL: Final = (
    "user|role|login|principal|credentials?|access key|api key|token|session|service account|"
    "permissions?|privileges?|grants?|scopes?|certificate|signature|password|passphrase"
)
_OBJECT: Final = (
    "table|view|relation|function|procedure|macro|model|routine|alias|udf|operator|cte|"
    "materialized view|sequence|trigger|dag|task|node"
)
_COLUMN: Final = "column|field|attribute|property|header|element|member|enum value|schema version"
_FILE: Final = (
    "file|files|object|blob|path|directory|folder|document|sheet|tab|attachment|"
    "landing file|input|partition|snapshot|page"
)
_VALUE: Final = (
    "value|date|datetime|timestamp|time zone|json|xml|csv|record|records|row|rows|number|integer|"
    "decimal|float|character|characters|byte|bytes|data|encoding|format|uuid|literal|line|message|"
    "length|payload"
)
_QUERY: Final = (
    "syntax|expression|identifier|statement|query|operation|reference|aggregate|join|predicate|"
    "cast|command|sql|regular expression|window"
)
_MACHINE: Final = (
    "worker|workers|executor|node|nodes|pod|container|driver|process|task ?manager|job ?manager|"
    "instance|broker|cluster|coordinator|controller|leader|replica|kernel|daemon|runner|machine|"
    "compute|backend|region server|server"
)
_MISSING: Final = (
    r"(?:not found|not exist|n't exist|is missing|was missing|are missing|unknown|"
    r"be found|not defined|undefined|is invalid|not valid|be resolved|not recognized|not specified|"
    r"not set|not configured|not available|deleted|was removed|was dropped|not registered)"
)
_FINDING: Final = (
    r"(?:no such|unknown|missing|undefined|unrecognized|no valid|"
    r"(?:could|can)(?:not| not|n't) (?:find|locate|resolve|load|open)|"
    r"unable to (?:find|locate|load)|"
    r"failed to (?:find|locate|load|open))(?: (?:the|a|an|any|required|requested|specified)){0,3}"
)
_GONE: Final = (
    "lost|died|dead|crash(?:ed)?|killed|evicted|unresponsive|not responding|restarted|gone|"
    "shut ?down|stopped|terminated|preempted|unhealthy|disappeared|is down|moved|loading"
)
_SPENT: Final = r"(?:not enough|insufficient|out of|exceeded|exhausted)(?: \w+){0,3}"
_ROOM: Final = "space|storage|disk|capacity|slots?|connections?|credits?|quota|cpu|nodes?|inodes"
_SHARED: Final = (
    "connections|sessions|slots|partitions|files|threads|processes|concurrent|clusters|jobs|runs|"
    "workers"
)
_ASKED: Final = "query|statement|scan|result|expression|plan|stage"
_SENT: Final = "message|record|row|value|string|batch|payload|field|document|item"
_CALL: Final = "connect|reach|contact|communicate|establish|dial|open a connection|send"
_LINE_DOWN: Final = "failed|lost|closed|dropped|interrupted|aborted|reset"
_WRONG: Final = (
    r"(?:invalid|malformed|bad|illegal|incorrect|wrong|corrupt(?:ed)?|unsupported|unexpected|"
    r"unparse?able|inconsistent)(?: (?:the|a|an|input|value for|format for|type of)){0,3}"
)


def _missing(nouns: str) -> str:
    return rf"\b(?:{nouns})\b.{{0,60}}\b{_MISSING}\b" + "\n" + rf"{_FINDING} (?:{nouns})\b"


def _wrong(nouns: str) -> str:
    return rf"\b{_WRONG} (?:\w+ )?(?:{nouns})\b"


SENTENCES: Final = (
    Rule("no-place", Is.CONFIG, 0.56, _missing(_PLACE)),
    Rule("no-principal", Is.ACCESS, 0.6, _missing(_PRINCIPAL)),
    Rule("no-object", Is.LOGIC, 0.57, _missing(_OBJECT)),
    Rule("no-column", Is.SCHEMA_CONTRACT, 0.58, _missing(_COLUMN)),
    Rule("no-file", Is.SOURCE_UNAVAILABLE, 0.55, _missing(_FILE)),
    Rule("wrong-place", Is.CONFIG, 0.55, _wrong(f"{_PLACE}|url|uri|parameter|version|acks")),
    Rule("wrong-principal", Is.ACCESS, 0.62, _wrong(_PRINCIPAL)),
    Rule("wrong-query", Is.LOGIC, 0.54, _wrong(f"{_QUERY}|{_OBJECT}|argument")),
    Rule("wrong-column", Is.SCHEMA_CONTRACT, 0.55, _wrong(f"{_COLUMN}|schema|type|data type")),
    Rule("wrong-value", Is.DATA_QUALITY, 0.53, _wrong(_VALUE)),
    Rule(
        "not-a-value",
        Is.DATA_QUALITY,
        0.53,
        r"""
        badly formed | does not appear to be | is not a (?:number|date|valid|digit)
        requires (?:at least|exactly|a buffer of) | non-\w+ (?:digit|character|value)
        not supported by decoder | could not be (?:decoded|converted|interpreted|read as)
        """,
    ),
    Rule(
        "not-allowed",
        Is.ACCESS,
        0.6,
        r"""
        not allowed (?:to|for|from|on) | allow_?list | not permitted | prohibited
        (?:was|been|is) (?:denied|forbidden|blocked) | refused access | access .{0,30}restricted
        requires? (?:an? )?(?:\w+ ){0,2}(?:permission|privilege|role|scope|authorization|login)
        """,
    ),
    Rule(
        "not-allowed-here",
        Is.LOGIC,
        0.62,
        r"""
        not allowed (?:in|here|within|as|with|when) | must not contain | cannot contain
        is not (?:supported|valid) (?:in|within|here|with|when|for) | cannot be used
        only (?:be )?(?:supported|allowed|valid) (?:in|for|with|when|on) | invalid state
        """,
    ),
    Rule(
        "machine-lost",
        Is.INFRA_COMPUTE,
        0.59,
        rf"""
        \b(?:{_MACHINE})\b.{{0,50}}\b(?:{_GONE})\b
        \b(?:lost|dead|crashed|killed|evicted|unhealthy) (?:{_MACHINE})\b
        not the correct (?:{_MACHINE})\b
        """,
    ),
    Rule(
        "no-memory",
        Is.INFRA_COMPUTE,
        0.6,
        r"""
        (?:not enough|insufficient|out of|exceeded|exceeds|exhausted)(?: \w+){0,3} memory
        memory(?: \w+){0,3} (?:exceeded|exhausted|limit) | heap (?:size|exhausted|memory)
        """,
    ),
    Rule(
        "no-room",
        Is.INFRA_CAPACITY,
        0.58,
        rf"""
        {_SPENT} (?:{_ROOM})
        too many (?:\w+ )?(?:{_SHARED})
        (?:limit|maximum)(?: \w+){{0,4}} (?:{_SHARED})
        """,
    ),
    Rule(
        "too-much",
        Is.QUERY_LIMIT,
        0.55,
        rf"""
        (?:{_ASKED})\b.{{0,40}}(?:too (?:large|long|big|many|complex)|exceed|limit)
        (?:exceed(?:ed|s)?|over|beyond|reached)(?: \w+){{0,5}} (?:time|duration|runtime)\b
        (?:exceed(?:ed|s)?|over|beyond|reached)(?: \w+){{0,5}} (?:deadline|seconds|rows|bytes)\b
        """,
    ),
    Rule(
        "too-large",
        Is.DATA_QUALITY,
        0.56,
        rf"""
        (?:{_SENT})\b.{{0,60}}(?:too (?:large|long|big)|larger than|exceeds)
        too (?:small|large|long|short|old|far) (?:for|\() | (?:before|after) year
        """,
    ),
    Rule(
        "too-often",
        Is.SOURCE_UNAVAILABLE,
        0.6,
        r"""
        (?:request|api|call|rate|usage)s? limit
        limits? (?:on|for|of) (?:requests|calls|the api)
        """,
        platform=Is.INFRA_CAPACITY,
    ),
    Rule(
        "at-once",
        Is.INFRA_CONCURRENCY,
        0.56,
        r"""
        is not same as the current | (?:modified|changed|updated|deleted) (?:by|since) another
        by another (?:process|transaction|session|user|job|writer|client|thread)
        already (?:being|in progress|running|locked|in use) | conflicts? with
        not aware of this member
        """,
    ),
    Rule(
        "not-reached",
        Is.INFRA_NETWORK,
        0.54,
        rf"""
        (?:unable|failed|cannot|could not|couldn't) (?:to )?(?:{_CALL})
        error sending request
        (?:connection|request|socket|session|handshake)\b.{{0,30}}(?:{_LINE_DOWN})
        """,
    ),
)
