"""What names of exceptions and codes say, read as words: ``NoSuchBucket`` is «no such bucket».

Producers make names in the same few ways, whatever their language: what is wrong, and with what. So
the thing that a name speaks of decides whose it is, and the most telling words come first: what is
a matter of rights remains one, whatever else the name says. Words that any engine puts into its
names (``Operational``, ``Runtime``, ``Client``) are in no rule.
"""

from __future__ import annotations

from typing import Final

from hub.domain.failures.classification import MessageRule as Rule
from hub.domain.failures.failure import FailureClass as Is

_GONE: Final = r"(?:not found|not exists?|does not exist|missing|unknown|undefined|unresolved|gone)"
_NONE: Final = r"(?:no such|unknown|missing|undefined|unresolved|unrecognized|invalid|unsupported)"


def _missing(nouns: str) -> str:
    """Return alternatives for a thing that is not there, named before or after."""
    return rf"""
        \b(?:{nouns})(?: \w+){{0,2}} {_GONE}\b
        \b{_NONE}(?: \w+)? (?:{nouns})\b
        """


_COLUMN: Final = "columns?|fields?|property|properties|struct field|enum|member|header"
_OBJECT: Final = (
    "tables?|views?|table or view|functions?|routines?|relations?|objects?|methods?|element|"
    "attributes?|identifiers?|variables?|alias|macros?|models?|expressions?|operators?|index|"
    "arguments?|parameters?|references?|query|statements?"
)
_PLACE: Final = (
    "catalogs?|databases?|bucket|topic|cluster|warehouse|dataset|project|container|queue|resource|"
    "service|stream|region|namespace|workspace|connection|url|uri|option|file ?system|scheme|port|"
    "entity|account|environment|secret|host ?name"
)
_FILE: Final = "files?|keys?|blobs?|paths?|uploads?|directory|data|partition|offset"
_LIBRARY: Final = "module|class|driver|plugin|library|package|distribution|extension|adapter"

SPELLED: Final = (
    Rule("upstream", Is.UPSTREAM, 0.75, r"\bupstream\b | trigger rule | dependency failed"),
    Rule(
        "by-user",
        Is.CANCELLED,
        0.68,
        r"\bcancell?(?:ed|ation)?\b | keyboard interrupt | \binterrupted\b",
    ),
    Rule(
        "rights",
        Is.ACCESS,
        0.74,
        r"""
        access (?:\w+ )?denied | access control | \bpermissions?\b | unauthori[sz]
        not authori[sz] | authori[sz]ation | authenticat | \bauth\b | credential
        forbidden | privilege | \blog ?in\b | \blog ?on\b | password | \bo ?auth\b | \bsasl\b
        kerberos | \bjwt\b | \bmfa\b | access key | api key | access token | \bsso\b | \bkms\b
        (?:expired|invalid|revoked|missing|no)(?: \w+)? (?:token|session|signature|grant|client)\b
        (?:token|session|signature|grant|secret)(?: \w+)? (?:expired|revoked|refresh|mismatch)
        signature (?:does )?not match | token (?:acquisition|refresh|retrieval|expired)
        """,
    ),
    Rule("memory", Is.INFRA_COMPUTE, 0.72, r"out of memory | \boom\b | \bmemory$ | \bheap\b"),
    Rule(
        "query-limit",
        Is.QUERY_LIMIT,
        0.64,
        r"""
        \b(?:query|statement|execution|task|step|dag run|soft)\b.*\b(?:time ?out|timed ?out)
        \b(?:query|statement|result|response|scan|plan|cpu|time|memory)\b.*\blimit
        \b(?:query|statement|result|response|scan|plan|stages?)\b.*\b(?:too|exceed)
        exceed(?:ed|s)?\b.*\b(?:time|memory|scan|cpu|spill|size|depth) limit | too complex
        """,
    ),
    Rule(
        "rate",
        Is.SOURCE_UNAVAILABLE,
        0.7,
        r"rate limit | too many requests | request limit | api limit | too many calls",
        platform=Is.INFRA_CAPACITY,
    ),
    Rule(
        "room",
        Is.INFRA_CAPACITY,
        0.7,
        r"""
        quota | throttl | \bslow down\b | capacity | exhausted | \bdisk\b | no space | out of space
        insufficient (?:resources?|storage|space|instance|cpu) | throughput exceeded | overload
        too many (?:connections|sessions|files|open|concurrent|simultaneous|clusters|jobs|parts)
        pool (?:timeout|exhausted|full) | limit (?:exceeded|reached)\b | queue full | storage full
        """,
        source=Is.SOURCE_UNAVAILABLE,
    ),
    Rule(
        "races",
        Is.INFRA_CONCURRENCY,
        0.7,
        r"""
        deadlock | \block(?:s|ed|ing)?\b | conflict | concurren | serializ(?:able|ation) failure
        optimistic | \bstale\b | version mismatch | fenced | rebalanc | \bcommit (?:failed|state)
        precondition failed | \bbusy\b | \blease\b | already (?:running|in progress|in use)
        transaction (?:aborted|rolled|rollback|retry|rolledback) | out of order | resource in use
        """,
    ),
    Rule(
        "set-up",
        Is.CONFIG,
        0.68,
        rf"""
        \b(?:{_LIBRARY})(?: \w+)? (?:not found|missing|unavailable|not installed)
        \b(?:no|missing|unknown)(?: \w+)? (?:{_LIBRARY})\b
        \bconfig | \bsettings?\b | \bimport\b | \bprofile\b | \bconf\b | \bregion\b | misconfigur
        not (?:enabled|configured)\b | \bdisabled\b | redirect
        unsupported (?:\w+ )?(?:version|protocol|file ?system|codec|compression|encoding|class)
        version not supported | incompatible (?:version|class)
        """,
    ),
    Rule(
        "network",
        Is.INFRA_NETWORK,
        0.68,
        r"""
        connection(?: \w+)? (?:refused|reset|aborted|closed|timeout|error|fail(?:ed|ure)|lost)
        connect (?:timeout|time out) | \bconnect$ | \bconnection$ | \bsocket | \bnetwork\b | \bdns\b
        unknown host | name resolution | \bssl\b | \btls\b | certificate | handshake | \bproxy\b
        unreachable | broken pipe | disconnect | \btransport | remote (?:protocol|disconnected)
        gateway timeout | \bssh\b | tunnel | incomplete read
        (?:read|write|request|server|network|client) time ?out
        """,
    ),
    Rule(
        "shape",
        Is.SCHEMA_CONTRACT,
        0.66,
        rf"""
        schema(?! (?:not found|already|does not))
        \bavro\b | protobuf | \bproto\b | contract | deseriali[sz] | \bserializ | \bserde\b
        {_missing(_COLUMN)}
        (?:column|field|struct|partition)s?(?: \w+){{0,3}} (?:mismatch|incompatible|conflict)
        incompatible (?:\w+ )?(?:types?|columns?|table|view|data|read)\b
        \barity\b | column count | num(?:ber)? (?:of )?columns | \bdecod
        """,
    ),
    Rule(
        "values",
        Is.DATA_QUALITY,
        0.66,
        r"""
        constraint | violat | \bnull\b(?! (?:pointer|reference)) | integrity | malformed | corrupt
        duplicate[ds]? (?:key|value|row|record|entry) | \bduplicate$
        (?<!index )(?<!offset )out of (?:range|bounds) | overflow | underflow | divi(?:de|sion)
        \bcasts?\b | conversion | number format | date ?time
        (?:cannot|can not|failed to|unable to) (?:parse|cast|convert)
        (?:invalid|bad|wrong|incorrect|illegal)(?: \w+)? (?:value|date|timestamp|number|format)\b
        (?:invalid|bad|wrong|incorrect)(?: \w+)? (?:data|record|row|json|xml|utf ?8?|byte|cast)\b
        \bunicode | truncat | too (?:long|short) | checksum | \bcrc\b | expectation | check failed
        \bvalidation | data (?:quality|error|exception) | \bnan\b | cardinality
        parse (?:date|number|int|json|csv|xml) | \b(?:json|csv|xml|date)(?: \w+)? pars
        """,
    ),
    Rule(
        "code",
        Is.LOGIC,
        0.62,
        rf"""
        syntax | \bparse[r]?$ | \bparsing\b | compil | semantic | \bbinder\b | ambiguous
        {_missing(_OBJECT)}
        already exists? | \bduplicate | argument | \battribute\b | \bassertion\b
        null (?:pointer|reference) | illegal state | not implemented
        unsupported (?:operation|feature|expr) | recursi | stack overflow | group by | aggregat
        circular | \bcycl(?:e|ic)\b | \btemplate\b | jinja | subquery | type mismatch | \budfs?\b
        index out of | no such element | wrong num | not allowed
        """,
    ),
    Rule(
        "place",
        Is.CONFIG,
        0.6,
        rf"""
        {_missing(_PLACE)}
        malformed (?:url|uri) | schema (?:not found|does not exist) | no such schema
        """,
    ),
    Rule(
        "file",
        Is.SOURCE_UNAVAILABLE,
        0.6,
        rf"""
        {_missing(_FILE)}
        unavailable | maintenance | bad gateway | \bsensor\b | no data | \bempty\b | offline
        offset out of range
        """,
        platform=Is.INFRA_COMPUTE,
    ),
    Rule(
        "machine",
        Is.INFRA_COMPUTE,
        0.58,
        r"""
        \bkilled\b | crash | \bdied\b | \bdead\b | \blost\b | heartbeat | evict | preempt
        (?:worker|executor|node|pod|container|leader|coordinator|broker|controller)(?: \w+)? \w+ed\b
        (?:leader|coordinator|controller|node|replica|broker) not | not ready | shut ?down
        internal (?:server )?(?:error|failure)\b | broken process | \bimage pull | image\b.*\bpull
        """,
    ),
    Rule("time", Is.INFRA_NETWORK, 0.46, r"time ?out | timed ?out | deadline"),
    Rule("limit", Is.QUERY_LIMIT, 0.44, r"\blimit | exceed | too (?:large|big|complex|many)"),
    Rule("not-found", Is.CONFIG, 0.46, rf"\b{_GONE}\b"),
)
