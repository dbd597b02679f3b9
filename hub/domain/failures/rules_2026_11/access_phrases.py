"""Phrases that speak of set-up, of rights, and of sources that do not answer.

One alternative per ``|`` with spaces around it, or per line. Each phrase is from an engine's own
message catalogue or source, or seen in public reports; none is a whole message.
"""

from __future__ import annotations

from typing import Final

from hub.domain.failures.classification import MessageRule as Rule
from hub.domain.failures.failure import FailureClass as Is

ACCESS_PHRASES: Final = (
    Rule(
        "missing-driver",
        Is.CONFIG,
        0.94,
        r"""
        no suitable driver | can't open lib | driver (?:manager|not found|could not be loaded)
        data source name not found | could not find (?:a )?(?:jdbc|odbc|adapter)
        class ['\"]?[\w.$]+['\"]? not found | classnotfound | could not load library
        cannot open shared object | no module named | failed to find (?:the )?data source
        missing extension | extension .{0,40}not (?:found|installed|loaded) | command not found
        cannot locate .{0,40}(?:client|library) | could not find class | can't load plugin
        extension .{0,160}not (?:found|available) | exec format error | : not found$
        could not open extension | installing the (?:user-requested )?librar | failed to install
        failed to load (?:the )?(?:class|driver|plugin|library)
        """,
    ),
    Rule(
        "no-such-place",
        Is.CONFIG,
        0.84,
        r"""
        database \"?'?[\w-]+\"?'? (?:does not exist|not found) | unknown database
        (?:bucket|dataset|project|catalog(?! error)|warehouse) .{0,80}(?:does not exist|not found)
        (?:topic|container|keyspace|workspace|queue) .{0,60}(?:does not exist|not found)
        unknown topic | cannot open database | no such bucket
        service .{0,60}does not currently know | index_not_found
        replication slot .{0,40}does not exist | publication .{0,40}does not exist
        project .{0,60}is not found | references valid gcp project | have a current database
        invalid (?:dataset|project|bucket|account|warehouse|workspace) (?:id|name)
        account name is (?:in)?correct | resource necessary for run execution
        """,
    ),
    Rule(
        "wrong-region",
        Is.CONFIG,
        0.9,
        r"""
        wrong region | region .{0,40}(?:mismatch|is wrong|expecting) | was not found in location
        different region | must be addressed using the specified endpoint | permanentredirect
        invalid uri | invalid url | no scheme supplied | no connection adapters
        unsupported (?:scheme|protocol|uri) | no filesystem for scheme
        does not support this operation | missing an 'http | specify a region | ssl negotiation
        requires connecting via | unknown url type | unrecognized filesystem
        """,
    ),
    Rule(
        "missing-setting",
        Is.CONFIG,
        0.9,
        r"""
        env(?:ironment)? var(?:iable)? .{0,60}(?:not|required|missing|unset)
        required but not provided | could not find profile
        missing (?:required )?(?:config|setting|option|argument|parameter|credential file)
        conn_id .{0,60}(?:isn't|is not|doesn't|not) | connection .{0,40}isn't defined
        variable .{0,40} does not exist | secret .{0,60}not found | configmap .{0,60}not found
        not configured | is not set\b | region must be | no tenant identifier
        missing required config | in (?:the |your )?configuration
        """,
    ),
    Rule(
        "must-be-set",
        Is.CONFIG,
        0.6,
        r"""
        must be (?:set|specified|configured)
        """,
    ),
    Rule(
        "wrong-setting",
        Is.CONFIG,
        0.86,
        r"""
        feature[- ]gate | is not supported by the | not supported in (?:this )?(?:version|runtime)
        unsupported (?:version|reader|writer|table|protocol|class file|feature) | reader version
        incompatible (?:version|library) | has been compiled by a more recent
        invalid (?:configuration|config|cluster|parameter value for)
        unrecognized (?:option|configuration) | wrong[_ ]version[_ ]number | does not support ssl
        wal_level | requires .{0,40}(?:version|wal) | policy violation | host key verification
        read-only (?:transaction|mode|replica|access)
        api (?:has not been used|is (?:not enabled|disabled))
        billing (?:is )?(?:not enabled|disabled) | unknown (?:setting|configuration)
        does not support the requested | unrecognized (?:parameter|argument|configuration parameter)
        invalid (?:connection option|dsn|connection string|connection uri)
        could not parse .{0,30}\burl\b | requires .{0,60}to be (?:on|enabled|set)
        (?:ssl|tls) (?:was|is) required | ssl/tls connection (?:is )?required
        larger than the maximum value allowed | not within the range allowed | read-?only database
        invalid configuration | feature unavailable | configured policy
        request time and the current time | not found in known_hosts | tunnel host not allowed
        not supported by (?:this|the) (?:version|broker|server)
        unknown (?:property|option|parameter|config)
        """,
    ),
    Rule(
        "no-key-chosen",
        Is.CONFIG,
        0.7,
        r"""
        no primary key
        """,
    ),
    Rule(
        "exists-or-authorized",
        Is.ACCESS,
        0.95,
        r"""
        does not exist or not authorized
        does not exist or you (?:do not|don't) have(?!.{0,200}no such file)
        or you (?:do not|don't) have (?:permission|access)(?!.{0,200}no such file)
        not exist or .{0,30}permission
        """,
    ),
    Rule(
        "permission-denied",
        Is.ACCESS,
        0.94,
        r"""
        permission denied(?! \(os error) | access[ _]?(?:is )?denied | not authori[sz]ed
        unauthori[sz]ed | insufficient (?:privilege|permission|access|scope|right)
        (?:does|do) not have (?:the )?(?:\S+ ){0,4}(?:permission|privilege|access|role|right)
        lacks? (?:the )?(?:\S+ )?(?:permission|privilege)
        missing (?:the )?(?:required )?(?:permission|privilege|scope|role) | not allowed to
        must be (?:owner|superuser) | forbidden: user
        (?:select|insert|update|delete|create|usage) (?:command|permission) (?:was )?denied
        authorization failed | authorization error | no privileges | is not permitted
        privileges? required | cannot .{0,60}in the namespace | operation not permitted
        is forbidden: user | correct scopes | insufficient_scope | permission issue
        access forbidden | 403 forbidden | forbidden for url
        denied on (?:table|resource|project|dataset|schema|object) | superuser or | no permission
        not authenticated
        """,
    ),
    Rule(
        "login-failed",
        Is.ACCESS,
        0.95,
        r"""
        (?:password |peer |ident )?authentication fail | login failed | login incorrect
        incorrect (?:username|password|user ?name)
        invalid (?:username|password|credential|login|client|jwt|auth|signature)
        invalid (?:api[ _-]?key|access[ _]?(?:key|token)|(?:security )?token) | bad credentials
        wrong password | logon denied
        account (?:is |has been )?(?:locked|disabled|deactivated|suspended) | no pg_hba
        role \"?[\w-]+\"? does not exist | user .{0,40} (?:is disabled|was locked)
        sasl (?:authentication|handshake) | could not authenticate
        authentication (?:error|required|is required)
        credentials? (?:were|was|are|is)? ?(?:rejected|invalid|incorrect|not valid)
        unable to locate credentials | could not find (?:default )?credentials
        failed to authenticate | kerberos | publickey | password is incorrect | incorrect password
        specified password | there is no user | not permitted to log ?in | user access disabled
        multi-?factor | \bmfa\b | duo security | load pem file | private key is (?:not )?encrypted
        decrypt key | deserialize key data | access key id .{0,40}(?:does not exist|not found)
        mac signature | signature .{0,60}(?:not match|not the same|mismatch) | no valid credentials
        credentials were not found | proxy authentication | ip address .{0,40}is not allowed
        wrong username | access denied for user | account has been deleted
        """,
    ),
    Rule(
        "token-expired",
        Is.ACCESS,
        0.95,
        r"""
        token (?:has |is |was )?(?:been )?(?:expired|revoked|invalid) | invalid_grant
        expired token | refresh token | session (?:has )?expired | oauth | aadsts | jwt
        security token included in the request | password has expired
        key (?:has )?(?:expired|been revoked) | re-?authenticat | secret keys? .{0,40}expired
        credentials? (?:have |has )?expired | session .{0,30}invalidated | session_id
        validating access token
        """,
    ),
    Rule(
        "blocked-by-policy",
        Is.ACCESS,
        0.88,
        r"""
        security polic | row-level security | ip .{0,40}(?:not allowed|not allowlisted|blocked)
        network policy | blocked by (?:your )?(?:admin|organization) | service control policy
        \bkms\b | explicit deny | organization policy | vpc service controls
        is not allowed to access
        """,
    ),
    Rule(
        "no-warehouse-role",
        Is.ACCESS,
        0.6,
        r"""
        no active warehouse | no current (?:role|warehouse)
        """,
    ),
    Rule(
        "file-not-there",
        Is.SOURCE_UNAVAILABLE,
        0.86,
        r"""
        no files? (?:found|match) | no such file | path (?:does not exist|not found)
        file (?:does not exist|not found) | cannot find (?:the )?file | no such key
        key does not exist | specified key | blob does not exist | object not found
        empty (?:file|response|body|directory) | no objects? found | no columns to parse
        file .{0,60} is missing | missing (?:landing|input|source) file
        could not find (?:the )?file | no input (?:paths|files) | no such object
        failed to open file | unable to infer schema for | matched no files | matches no files
        no files matched
        """,
    ),
    Rule(
        "file-not-arrived",
        Is.SOURCE_UNAVAILABLE,
        0.9,
        r"""
        sensor (?:has )?timed out | snap.? time is out | poke
        no (?:new )?data (?:was )?(?:received|available|arrived|found for) | error stale
        source freshness | has not arrived | did not arrive
        """,
    ),
    Rule(
        "starting-up",
        Is.SOURCE_UNAVAILABLE,
        0.9,
        r"""
        database system is (?:starting up|shutting down|in recovery|not yet accepting)
        initialization or shutdown in progress | not currently available
        is (?:currently )?(?:unavailable|offline|in maintenance|under maintenance|paused)
        scheduled maintenance | temporarily (?:unavailable|down|overloaded)
        service unavailable | try again later | is being (?:restarted|resumed)
        not accepting (?:new )?connections
        """,
        platform=Is.INFRA_COMPUTE,
    ),
    Rule(
        "source-rate-limit",
        Is.SOURCE_UNAVAILABLE,
        0.88,
        r"""
        rate[ -]?limit(?:s|ed|ing)? (?:hit|exceeded|reached|error)
        rate limits? (?:hit|exceeded|reached) | hit (?:the |our |your )?rate limit
        too many (?:requests|api calls|calls) | api (?:call |usage |request )?limit
        calls? per (?:minute|day|second) | requests? limit | per 24 ?h | daily limit
        max(?:imum)? .{0,40}(?:jobs|requests|calls|queries).{0,30}(?:reached|exceeded)
        please (?:wait|retry after) | limit exceeded for api
        """,
        platform=Is.INFRA_CAPACITY,
    ),
    Rule(
        "source-server-error",
        Is.SOURCE_UNAVAILABLE,
        0.82,
        r"""
        internal server error | bad gateway | upstream connect error | contact support
        unknown exception in
        unexpected (?:error|exception) (?:occurred )?(?:on|from|in) (?:the )?(?:server|api)
        something went wrong | overloaded | origin error | <!doctype html | <html
        no healthy upstream | encountered an error processing
        """,
        platform=Is.INFRA_COMPUTE,
    ),
    Rule(
        "empty-body",
        Is.SOURCE_UNAVAILABLE,
        0.8,
        r"""
        expecting value: line 1 column 1 \(char 0\) | unexpected end of json input
        empty reply from server | no json object could be decoded
        """,
    ),
    Rule(
        "replication-lost",
        Is.SOURCE_UNAVAILABLE,
        0.7,
        r"""
        replication stream | replication slot | resume token | change stream | binlog | \blsn\b
        logical decoding
        """,
    ),
)
