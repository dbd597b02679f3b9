"""Families of messages: what is done to what, whoever says it.

As with the sentences of 2026-11, the noun decides whose it is. They are a little surer than those,
for they ask for more.
"""

from __future__ import annotations

from typing import Final

from hub.domain.failures.classification import MessageRule as Rule
from hub.domain.failures.failure import FailureClass as Is

_MACHINE: Final = (
    r"(?:driver|executors?|workers?|task ?managers?|job ?manager|node|nodes|pod|container|kernel|"
    r"cluster|instance|daemon|agent|runner|interpreter|subprocess|child process)"
)
_FILE: Final = r"(?:path|directory|folder|file|bucket|prefix|input|feed|export|sheet|dump|archive)"
_DATA: Final = r"(?:files?|objects?|rows|records|response|result|body|data)"
_CAME: Final = r"(?:found|received|returned|available|arrived|delivered|landed|published|uploaded)"
_PERSON: Final = r"(?:user|role|principal|account|identity|client|group|caller|member|login|owner)"
_RIGHTS: Final = (
    r"(?:permissions?|privileges?|rights?|grants?|access|authori[sz]ation|scopes?|acls?)"
)
_LACKS: Final = r"(?:lacks?|missing|without|insufficient|needs?|requires?|no|not enough|grant)"
_PROOF: Final = r"(?:token|credentials?|secret|key|certificate|password|session|cookie|api key)"
_VARIANT: Final = r"(?:tier|edition|plan|release|build|region|runtime|platform|license)"
_REFUSED: Final = (
    r"(?:not (?:supported|allowed|available|permitted|enabled)|disallowed|unsupported|unavailable)"
)
_LIBRARY: Final = (
    r"(?:class(?:es)?|librar(?:y|ies)|packages?|modules?|jars?|dll|plugins?|driver|wheel)"
)
_ROOM: Final = r"(?:disk|space|slots|cores|capacity|cpus?|instances|ip addresses)"
_LINE: Final = r"(?:connection|socket|stream|channel|session|tunnel)"
_CUT: Final = r"(?:refused|reset|dropped|closed|broken|aborted|interrupted|timed out|was lost)"
_ANOTHER: Final = r"(?:another|a concurrent|a different|other)"
_WORK: Final = r"(?:query|statement|job|task|step|execution|run|command|operation)"
_TIME: Final = r"(?:time|timeout|minutes|seconds|hours|duration|deadline|sla)"
_READ: Final = r"(?:parse|cast|convert|decode|coerce|interpret)"
_MAY: Final = r"(?:cannot|can't|must|may not|can only|is not allowed to)"
_GET: Final = r"(?:could not|cannot|failed to|unable to) (?:acquire|obtain|get|take)"
_RULED_OUT: Final = r"(?:not|cannot|can't|isn't) (?:allowed|permitted|entitled|access|assume)"
_CLAUSE: Final = (
    r"(?:clause|expression|query|statement|function|aggregate|select|join|column|argument|"
    r"parameter|view|table)"
)

_GONE: Final = r"(?:doesn't|does not|don't|do not|didn't|did not) exist"
_GIVEN: Final = r"(?:specified|provided|given|supplied|set|selected|configured|defined)"
_PLACE: Final = (
    r"(?:profile|project|database|catalog|warehouse|bucket|topic|cluster|workspace|connection|"
    r"environment|region|container|queue|namespace|driver|service|endpoint|secret|variable|host)"
)
_LAKE: Final = r"(?:table|view|relation|function|procedure|macro|model|operator|index|sequence)"

_SET_UP: Final = (
    r"(?:plugin|provider|connector|driver|extension|module|catalog|metastore|client|config\w*|"
    r"properties|keystore|truststore|main class|manifest|settings?|context)"
)
_ADDRESS: Final = (
    r"(?:url|uri|endpoint|connection string|jdbc\S*|dsn|host ?name|port|address|region|arn|cron|"
    r"schedule|log level|bucket name|time ?zone)"
)
_CONFIGURED: Final = r"(?:config\w*|option|setting|propert\w+|param\w*|--\w|environment|connector)"
_WRITTEN: Final = r"(?:ya?ml|toml|ini|hcl|config\w*|manifest|properties|dockerfile|profiles?)"

FAMILIES: Final = (
    Rule(
        "deployment",
        Is.CONFIG,
        0.92,
        r"""
        upgrade the (?:database|schema) | db (?:upgrade|migrate)\b | (?:run|pending) migrations?\b
        does not have a (?:target|profile|environment|section)
        topic .{0,60}not present in metadata
        unable to instantiate | \$libdir | executable file not found
        key .{0,40} in (?:secret|configmap) | config(?:uration)? validation failed
        """,
    ),
    Rule(
        "proof-wrong",
        Is.ACCESS,
        0.92,
        r"""
        (?:token|credentials?|password|signature)\b.{0,40}(?:malformed|invalid|incorrect)
        \bnot_auth\w+ | requires authentication | authentication (?:is )?required
        """,
    ),
    Rule(
        "room-of-a-cluster",
        Is.INFRA_CAPACITY,
        0.88,
        r"""
        maximum (?:\w+ )?(?:shards|open) | throughput .{0,60}exceeded | insufficient_\w*capacity
        """,
    ),
    Rule(
        "machine-gone",
        Is.INFRA_COMPUTE,
        0.86,
        r"""
        (?:status|exit|return) code -\d | scheduler .{0,40}not .{0,20}running
        cluster .{0,20}(?:became|is|was) unreachable
        """,
    ),
    Rule(
        "frames",
        Is.LOGIC,
        0.92,
        r"""
        convert column into bool | reindex on an axis | broadcast together | shapes? .{0,40}mismatch
        length of (?:values|keys|index)\b.{0,30}does not match | result object
        (?:column|object|series|dataframe)\b.{0,30}is not (?:iterable|callable|subscriptable)
        """,
    ),
    Rule(
        "file-of-settings",
        Is.CONFIG,
        0.91,
        rf"""
        \b{_WRITTEN}\b.{{0,40}}\b(?:pars\w+|invalid|malformed|not valid|syntax)\b
        (?:pars\w+|reading|loading|invalid|malformed) (?:the |your )?(?:\w+ )?{_WRITTEN}\b
        mapping values are not allowed | did not find expected | determine a constructor
        (?:resolve|find|unresolved|missing) (?:\w+ )?(?:placeholder|substitution)
        invalid (?:value|argument|setting)\b.{{0,60}}\b{_CONFIGURED}
        \b{_CONFIGURED}\b.{{0,40}} (?:has an? )?(?:invalid|illegal|unsupported|wrong) value
        """,
    ),
    Rule(
        "set-up",
        Is.CONFIG,
        0.72,
        rf"""
        (?:load|initiali[sz]e|instantiate|find|open|read|create) (?:or load )?(?:\w+ )?{_SET_UP}\b
        \b{_SET_UP}\b.{{0,60}}(?:not (?:found|registered|enabled|loaded|installed)|is disabled)
        (?:malformed|invalid|illegal|incorrect|bad|wrong|unsupported|missing) (?:\w+ )?{_ADDRESS}\b
        no (?:matching|suitable|compatible) (?:distribution|version|plugin|provider|adapter)
        (?:unknown|unrecognized|no such) (?:command|option|flag|argument|subcommand|switch)
        (?:is|are) not (?:installed|enabled|registered) | has not been (?:enabled|configured)
        please install | try installing | install the | (?:address|port) .{{0,20}}already in use
        image .{{0,80}}(?:not found|not exist|unknown) | manifest unknown
        executable file not found
        (?:different|minimum|required|expected) version | versions? .{{0,40}}(?:match|support)
        """,
    ),
    Rule(
        "proof-not-had",
        Is.ACCESS,
        0.85,
        rf"""
        authenticat\w*\b.{{0,40}}(?:handshake|failure|failed|error|exception|mechanism)
        (?:get|obtain|fetch|acquire|refresh|retrieve|find|load) (?:\w+ ){{0,3}}{_PROOF}s?\b
        {_PROOF}s?\b.{{0,40}}not (?:be )?(?:found|available|verified|obtained)
        (?:assume|impersonate)\b.{{0,30}}\b(?:role|account|user|identity)
        access (?:to|for) .{{0,80}}(?:denied|blocked|not allowed|restricted|forbidden|refused)
        (?:request|operation|connection|call|action)\b.{{0,40}}(?:denied|forbidden|unauthori[sz]ed)
        """,
    ),
    Rule("denied", Is.ACCESS, 0.66, r"\bdenied\b | \bforbidden\b"),
    Rule(
        "failed-before",
        Is.UPSTREAM,
        0.82,
        r"""
        failed (?:dependenc|predecessor|parent|prerequisite)
        (?:dependenc|upstream|parent|predecessor)\w*\b.{0,60}\b(?:has|have|had)? ?failed
        (?:because|since|as) (?:a |an |the |its )?(?:previous|preceding|earlier) (?:step|task|job)
        """,
    ),
    Rule(
        "not-given",
        Is.CONFIG,
        0.64,
        rf"""
        \bno (?:\w+ )?{_PLACE} (?:was |were |is |has been )?(?:{_GIVEN}|found)
        \b{_PLACE}\b.{{0,60}}{_GONE}
        (?:option|parameter|property|setting|argument|config\w*|variable)s?\b.{{0,60}}not {_GIVEN}
        """,
    ),
    Rule(
        "no-such-object",
        Is.LOGIC,
        0.62,
        rf"""
        \b{_LAKE}\b.{{0,60}}{_GONE}
        trying to (?:merge|join|compare|concat\w*|use|call|access|add) | \bmust be used with\b
        """,
    ),
    Rule(
        "share-of-checks",
        Is.DATA_QUALITY,
        0.9,
        r"""
        \d{1,9} (?:\w+ )?(?:out )?of \d+ (?:\w+ )?(?:have |has |were )?fail(?:ed)?\b(?!.{0,20}times)
        must match at most one | more than one (?:source |matching )?(?:row|record|match)
        """,
    ),
    Rule(
        "contract",
        Is.SCHEMA_CONTRACT,
        0.93,
        r"""
        contract\b.{0,60}\b(?:violated|broken|breach|mode `?freeze)
        (?:column|field)\b.{0,80}\bexpected:? \[?\w+.{0,20}\bfound:? \[?\w+
        """,
    ),
    Rule(
        "group-left",
        Is.INFRA_CONCURRENCY,
        0.75,
        r"""
        not part of an active group | no longer part of the group | member of the group
        """,
    ),
    Rule(
        "your-limit",
        Is.SOURCE_UNAVAILABLE,
        0.66,
        r"""
        (?:your|the) (?:\w+ ){1,3}(?:call|request|rate|rolling|daily|hourly|monthly)\w* limit
        reached your (?:\w+ ){0,3}limit
        """,
        platform=Is.INFRA_CAPACITY,
    ),
    Rule(
        "quota-refuses",
        Is.INFRA_CAPACITY,
        0.95,
        r"""
        failed quota: | exceeded quota:
        """,
    ),
    Rule(
        "spent",
        Is.QUERY_LIMIT,
        0.9,
        r"""
        \bexhausted resources
        """,
    ),
    Rule(
        "by-hand",
        Is.CANCELLED,
        0.72,
        r"""
        (?<!if the )(?:run|job|task|query|execution|sync|flow|operation) (?:\w+ )?cancell?ed\b
        manually \w+(?:ed|pped)\b | \bby hand\b | \[cancel\]
        (?:cancell?ed|stopped|killed|aborted|cleared|terminated) (?:from|in|via) the (?:ui|console)
        """,
    ),
    Rule(
        "machine-not-reached",
        Is.INFRA_COMPUTE,
        0.66,
        rf"""
        (?:reach|contact|communicat\w+ with) (?:the )?(?:\w+ )?{_MACHINE}\b
        connect(?:ion)? to (?:the )?(?:\w+ )?(?:driver|executor|worker|kernel|agent)\b
        back-?off restarting | restarting failed
        \b{_MACHINE}\b.{{0,40}} (?:did not (?:start|respond|register)|failed to (?:start|launch))
        \b{_MACHINE}\b.{{0,40}}(?:not respond|no longer (?:alive|running|available)|went away)
        (?:failed|unable) to (?:start|launch|create|allocate|spawn) (?:\w+ ){{0,2}}{_MACHINE}\b
        lost (?:contact|connection|communication) (?:to|with) .{{0,30}}{_MACHINE}
        (?:exited|died|terminated|stopped|ended) (?:abnormally|abruptly|prematurely)
        no (?:available |live |active )?(?:workers|executors|nodes|agents|task slots)\b
        pid .{{0,40}}does not match | :\s+\d+ killed\b
        """,
    ),
    Rule(
        "empty-source",
        Is.SOURCE_UNAVAILABLE,
        0.66,
        rf"""
        \b{_FILE}\b.{{0,120}}\b(?:is|was|are) (?:empty|missing|not present|not there|gone|absent)
        \b(?:no|zero|0) (?:\w+ )?{_DATA} (?:were |was )?{_CAME}
        returned (?:no|an empty|zero|0) {_DATA} | nothing (?:was )?{_CAME}
        {_DATA} (?:was|is) empty | (?:has|have|had) not (?:yet )?(?:been )?{_CAME}
        \bsource\b.{{0,40}}(?:unresponsive|not respond|unavailable|is down|unreachable)
        \bstale in \d | error freshness | freshness of
        """,
    ),
    Rule(
        "variant",
        Is.CONFIG,
        0.66,
        rf"""
        {_REFUSED}\b.{{0,60}}\b{_VARIANT}\b
        \b{_VARIANT}\b.{{0,60}}(?:does not|doesn't) (?:support|allow|include|provide)
        (?:not supported|unsupported) by (?:the |this |your )?[\w.-]{{2,40}}(?: version)?(?:$|[.,;])
        (?:upgrade|downgrade|update) (?:to|your|the) .{{0,40}}(?:version|plan|client|driver|librar)
        {_REFUSED}\b.{{0,60}}\b(?:thin|thick|serverless|shared|cluster|local|client) mode\b
        version .{{0,30}}(?:too (?:old|new)|mismatch|conflict|incompatib)
        (?:requires?|needs?) (?:at least )?(?:\w+ ){{0,2}}(?:version )?[>=]* ?\d+\.\d
        """,
    ),
    Rule(
        "library",
        Is.CONFIG,
        0.68,
        rf"""
        \b{_LIBRARY}\b.{{0,60}}(?:not found|not installed|missing|not available|conflict)
        \b{_LIBRARY}\b.{{0,60}}could not be (?:found|loaded|resolved|installed)
        (?:find|load|import|locate|resolve|install|download)(?:ing)? (?:\S+ ){{0,2}}{_LIBRARY}\b
        cannot import name | dll load failed | pip install | undefined symbol | symbol not found
        """,
    ),
    Rule(
        "rights",
        Is.ACCESS,
        0.72,
        rf"""
        \b{_PERSON}\b.{{0,80}}\b{_LACKS}\b.{{0,30}}{_RIGHTS}
        \b{_LACKS} (?:\S+ ){{0,3}}{_RIGHTS}\b
        \b{_PERSON}\b.{{0,80}}\b{_RULED_OUT}
        {_RIGHTS} .{{0,40}}(?:denied|refused|revoked|required|rejected|not granted)
        {_PROOF}\b.{{0,40}}\b(?:expired|revoked|rotated|rejected|invalid|not valid|no longer valid)
        (?:verify|check|renew|rotate|refresh|provide) (?:\w+ ){{0,2}}{_PROOF}
        (?:log ?in|sign ?in|authenticat\w+|authori[sz]\w+)\b.{{0,40}}(?:fail|reject|denied|refus)
        """,
    ),
    Rule(
        "room",
        Is.INFRA_CAPACITY,
        0.68,
        rf"""
        (?:quota|limits?|capacity|allowance)\b.{{0,60}}(?:exceeded|reached|exhausted|insufficient)
        (?:exceed\w*|reach\w*|exhaust\w*|hit|over)\b.{{0,40}}\b(?:quota|capacity|vcpu|cores?|slots?)\b
        (?:increase|request|raise) (?:\w+ ){{0,2}}(?:quota|limit increase)
        (?:out of|no|insufficient|not enough) (?:free |available |sufficient )?(?:\w+ )?{_ROOM}
        """,
        source=Is.SOURCE_UNAVAILABLE,
    ),
    Rule(
        "line-cut",
        Is.INFRA_NETWORK,
        0.7,
        rf"""
        (?:host|hostname|domain|server name|address)\b.{{0,60}}not (?:be )?(?:resolved|known|found)
        {_LINE}\b.{{0,30}}{_CUT}
        (?:timed? ?out|timeout)\b.{{0,40}}(?:connect|socket|handshake|reading from|waiting for)
        """,
    ),
    Rule(
        "lock",
        Is.INFRA_CONCURRENCY,
        0.68,
        rf"""
        (?:locked|held|in use|being (?:used|modified|written|updated)) by {_ANOTHER}
        {_ANOTHER} (?:\w+ )?(?:writer|process|transaction|job|run|commit|update)\b.{{0,60}} is
        {_GET} (?:\w+ ){{0,2}}(?:lock|lease)
        (?:retry|try again|rerun) the (?:transaction|commit|operation)\b
        """,
    ),
    Rule(
        "too-long",
        Is.QUERY_LIMIT,
        0.66,
        rf"""
        {_WORK}\b.{{0,60}}\b(?:exceeded|longer than|ran out of|over|beyond)\b.{{0,40}}\b{_TIME}\b
        (?:killed|cancell?ed|terminated|aborted|stopped)\b.{{0,40}}\b(?:timeout|time limit|too long)
        (?:query|result|plan|scan|shuffle|broadcast)\b.{{0,60}}\b(?:too (?:large|big)|larger than)
        """,
    ),
    Rule(
        "unparsed",
        Is.DATA_QUALITY,
        0.7,
        rf"""
        (?:could|can|did|unable|failed)(?: ?not|n't)? (?:to )?{_READ}\b.{{0,80}}\b(?:as|to|into)\b
        (?:value|row|record|cell|entry)s? (?:is|are|was|were|has|contains?) (?:invalid|bad|null)
        (?:value|row|record|cell|entry)s? (?:is|are|was|were) (?:malformed|corrupt|duplicated?)
        \bfailure_cases?\b
        """,
    ),
    Rule(
        "shape",
        Is.SCHEMA_CONTRACT,
        0.68,
        r"""
        (?:column|field|header)s?\b.{0,80}\b(?:renamed|removed|dropped|reordered|no longer exists?)
        (?:expected|declared|registered|target) (?:schema|columns?|types?)\b.{0,80}\b(?:but|got)
        (?:existing|table|new|old) schema\b.{0,80}\b(?:does not|doesn't|differ|has no|missing)
        (?:type|schema|column|field)s? (?:\S+ ){0,4}(?:mismatch|incompatible|not compatible)
        """,
    ),
    Rule(
        "not-in-query",
        Is.LOGIC,
        0.6,
        rf"""
        {_MAY} (?:be|have|use|contain|appear)\b.{{0,80}}\b{_CLAUSE}
        {_MAY} (?:reference|specify|mix|combine)\b.{{0,80}}\b{_CLAUSE}
        (?:function|method|procedure|operator|macro)\b.{{0,60}}\b(?:takes|expects|requires|got|given)
        """,
    ),
)
