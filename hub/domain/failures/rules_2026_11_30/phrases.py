"""Phrases beyond those of the earlier sets, by what an engine or a broker speaks of."""

from __future__ import annotations

from typing import Final

from hub.domain.failures.classification import MessageRule as Rule
from hub.domain.failures.failure import FailureClass as Is

_LOG: Final = (
    r"(?:offset|binlog|binary logs?|wal|oplog|redo logs?|change ?logs?|lsn|scn|position|gtids?|"
    r"resume (?:point|token)|change (?:table|tracking|data)|retention)"
)
_LOST: Final = (
    r"(?:no longer (?:available|exists?|valid)|purged|invalidated|truncated|missing|expired|"
    r"out of range|before replication slot)"
)
_PROVEN: Final = (
    r"(?:token|credentials?|secrets?|passwords?|api ?key|access key|session|sas|pat|"
    r"refresh token|client secret|service account key|license key)"
)
_SPENT: Final = (
    r"(?:expired|revoked|rotated|deactivated|disabled|not valid|invalid|locked|wrong|incorrect)"
)
_CODE: Final = r"(?:function|procedure|aggregate|operator|signature|macro|alias|subquery|clause)"

PHRASES: Final = (
    Rule(
        "log-of-the-source-gone",
        Is.SOURCE_UNAVAILABLE,
        0.955,
        rf"""
        \b{_LOG}\b.{{0,80}}\b{_LOST}\b | no reset policy | offset.{{0,20}}out of range
        out of range .{{0,60}}partition .{{0,80}}reset
        offsets? .{{0,60}}(?:changed from|not available|have been (?:aged out|deleted))
        some data may have been lost | data loss .{{0,40}}(?:topic|partition|offset)
        iterator (?:has )?expired | resume of change stream | capped collection .{{0,40}}deleted
        """,
    ),
    Rule(
        "went-down-57p",
        Is.INFRA_COMPUTE,
        0.955,
        r"\b57p0[125]\b",
    ),
    Rule(
        "sasl-mechanism",
        Is.CONFIG,
        0.965,
        r"""
        sasl mechanism\W .{0,40}(?:not (?:enabled|supported)|unsupported)
        (?:unsupported|unknown|no (?:matching|common|supported)) (?:\w+ )?sasl mechanism
        sasl mechanism .{0,60}(?:is not|not) (?:enabled|supported|available)
        enabled mechanisms? are | illegal ?sasl ?state | unexpected handshake request
        sasl_mechanism | no jaas | jaas (?:config\w*|entry|file)\b.{0,60}(?:not|missing|find)
        could not find a 'kafkaclient' entry
        """,
    ),
    Rule(
        "sso-and-tokens",
        Is.ACCESS,
        0.955,
        rf"""
        \bsso\b .{{0,60}}(?:expired|invalid|token|login) | sso login | re-?authenticat
        re-?authori[sz]e | reconnect (?:your|the) (?:account|source|connection)
        token (?:has |is |was )?(?:been )?{_SPENT}
        {_PROVEN} .{{0,40}}\b(?:has|have|is|are|was|were) (?:been )?{_SPENT}\b
        preauth_failed | clock skew too great | \baadsts\d | client secret keys
        ticket (?:has )?expired | tgt\b .{{0,30}}(?:expired|not found|found) | kinit\b
        multi-?factor | \bmfa\b (?:is )?required | two-?factor | consent (?:is )?required
        account (?:is|has been) (?:locked|disabled|suspended|deactivated)
        user (?:account )?(?:is |has been )?(?:locked|disabled|deactivated|suspended)
        """,
    ),
    Rule(
        "may-not",
        Is.ACCESS,
        0.95,
        r"""
        verify/create output bucket | no identity-based policy | explicit deny
        service control polic
        not allowed to access snowflake | ip .{0,60}is not allowed | \bip whitelist
        must be (?:the )?(?:owner|superuser|member) of | only (?:owners?|superusers?|admins?) can
        does not have (?:the )?(?:\S+ )?(?:select|use|usage|read|write|modify|create|create table)\b
        (?:lake formation|unity catalog) permission | not authori[sz]ed to (?:perform|access|assume)
        publickey,? ?(?:password|gssapi|keyboard)?
        authentication plugin 'sha256_password' reported
        row.level security polic | violates row-level
        """,
    ),
    Rule(
        "driver-or-plugin-not-there",
        Is.CONFIG,
        0.955,
        r"""
        authentication plugin .{0,60}(?:cannot be loaded|not (?:supported|loaded)|is not loaded)
        caching_sha2_password | binary incompatib | numpy\.\w+ size changed | compiled using numpy
        module '?\w+'? has no attribute | contextualversionconflict | conflicting dependencies
        pip'?s dependency resolver | library not loaded | \bglibc_?\d | version `\w+' not found
        no suitable driver | driver class not found | incorrect architecture
        unsupported class file | has been compiled by a more recent version | major\.minor version
        python in worker has different | version mismatch between | different python version
        jar .{0,40}not found | could not find artifact | unresolved dependenc
        extension .{0,40}(?:not found|not loaded|not available|needs to be installed)
        is not a supported (?:wheel|version) | no matching distribution
        """,
    ),
    Rule(
        "settings-of-the-engine",
        Is.CONFIG,
        0.955,
        r"""
        above the max threshold | yarn\.scheduler\. | wal_level | binlog_format
        binlog_row_image | log_bin | gtid_mode | replica identity
        does not have a current (?:database|schema|warehouse) | no active warehouse
        no output location | startup parameter | private google access | metadata server
        dag_?bag import timeout | broken dag | no module named | check your (?:profiles|connection)
        (?:conn_?id|connection id) .{0,60}(?:isn't|is not|not) (?:defined|found)
        connection .{0,40}(?:isn't|is not) defined | private (?:endpoint|link) .{0,40}not
        (?:invalid|unknown|unsupported|missing|no such) (?:configuration|config|property|setting)
        env var required | environment variable .{0,60}(?:not set|not found|missing|required)
        api has not been used in project | api .{0,60}(?:is|it is) disabled | billing account
        """,
    ),
    Rule(
        "files-of-a-load-missing",
        Is.SOURCE_UNAVAILABLE,
        0.955,
        r"""
        remote file .{0,200}not found | the specified key does not exist | nosuchkey
        location does not exist | input path does not exist
        could not find (?:the )?(?:file|object)
        referenced in the transaction log | required blob is missing | usererrorfilenotfound
        (?:s3|gcs|abfss?|wasbs?|gs|hdfs)://\S+ .{0,30}(?:does not exist|not found)
        s3 prefix .{0,200}does not exist | no files? (?:were )?(?:found|matched|to (?:load|process))
        (?:missing|absent) (?:input|landing|source) (?:file|data)
        """,
    ),
    Rule(
        "bytes-billed",
        Is.QUERY_LIMIT,
        0.97,
        r"""
        bytes billed | bytes scanned limit | query exceeded .{0,40}limit
        limit on the number of (?:tables|columns|subqueries|partitions|unions|joins)
        maximum number of (?:expressions|columns|arguments|parameters|dynamic partitions)
        (?:can|may) have at most \d+ (?:entries|columns|arguments|expressions)
        number of dynamic partitions
        too many (?:partitions|columns|arguments|nested|expressions)\b
        nesting (?:level|depth) .{0,20}exceed | stack depth limit | max_allowed_packet
        maximum stored procedure, function | maxresultsize | broadcasttimeout | spark\.rpc\.message
        """,
    ),
    Rule(
        "waits-for-a-connection",
        Is.INFRA_CAPACITY,
        0.96,
        r"query_wait_timeout | waiting for a free connection",
    ),
    Rule(
        "room-and-pools",
        Is.INFRA_CAPACITY,
        0.955,
        r"""
        connection slots are reserved | too many (?:clients|connections|open files|sessions)
        no more connections allowed | pool (?:is )?(?:exhausted|full|limit reached|size)
        queuepool limit | too many queued | filegroup is full | transaction log .{0,60}is full
        no more room in database | unbound immediate persistentvolumeclaims
        (?:disk|storage|tablespace|volume|filesystem|file system) (?:is )?(?:\w+ )?full\b
        flood.?stage | low disk watermark | diskspace quota | no space left
        sufficient \S+ capacity | stockout | allocation ?failed | insufficient capacity
        does not have enough resources available | resource monitor .{0,60}exceeded
        request rate (?:is )?(?:too )?(?:large|high) | reduce your request rate
        over the account limit | maxmemory | no free (?:task )?slots? | network buffers
        """,
    ),
    Rule(
        "machines-and-workers",
        Is.INFRA_COMPUTE,
        0.955,
        r"""
        tolerable failure threshold | assert error code | abandoned: has not accessed
        serialized_dag
        longer than .{0,30}to start\b
        active on the node longer | all shards failed | master.?not.?discovered
        (?:coordination|keeper|zookeeper)\S*exception | session expired .{0,40}zookeeper
        toast value | invalid page in block
        failed to rejoin | no known leader | rebalance .{0,30}underway | leader election
        stopped sparkcontext | sparkcontext (?:has been|was) (?:shut ?down|stopped|cancelled)
        on a \*?lost\*? node | exited with exitcode: -1\d\d | container (?:was )?(?:preempted|lost)
        being resized | under maintenance mode | driver has (?:stopped|crashed|died)
        (?:sigkill|negsignal|signal: killed|oom-?kill\w*)
        missing an output location | fetchfailed | executor\s?lost | awaiting rpcenv heartbeat
        sandbox .{0,60}(?:failed|network) | readiness probe | liveness probe
        python kernel is unresponsive | zombie (?:job|task)
        """,
    ),
    Rule(
        "wrong-code",
        Is.LOGIC,
        0.955,
        rf"""
        multi-part identifier | could not find stored procedure | not safe for multi-threaded
        no matching (?:signature|function|overload) | operator does not exist
        {_CODE} does not exist | must appear in the group by | isn't in group by | not in group by
        cannot apply operator | cannot be applied to | incompatible types when
        more than one row returned by a subquery
        implicit cartesian product | other objects depend on | no unique or exclusion constraint
        infer all dependencies | two models with the (?:same )?name | is not serializable
        reference 'r?\S+' is ambiguous | column reference .{{0,40}}ambiguous
        (?:unexpected|mismatched|extraneous) (?:input|token) | missing \S+ at '
        has no attribute ' | object is not (?:subscriptable|callable|iterable)
        unsupported operand type | missing \d+ required positional | got an unexpected keyword
        takes \d+ positional argument | is not defined$ | local variable .{{0,60}}referenced
        is undefined\b | was not found in (?:the )?(?:project|graph) | depends on a node named
        truth value of an? | cannot reindex | columns must be same length
        """,
    ),
    Rule(
        "rows-and-values",
        Is.DATA_QUALITY,
        0.955,
        r"""
        mix of collations | cannot affect row a second time | no partition of relation
        scalar subquery produced more than | produced more than one (?:element|row)
        error tokenizing data | expected \d+ fields in line \d+, saw
        new parser | timeparserpolicy | check 'stl_load_errors' | too many errors, giving up
        (?:multiple|more than one) source rows? matched | duplicate row detected
        meet the constraint requirement | configured to fail if | \d+ (?:out )?of \d+ .{0,20}failed
        non-finite values | nan to integer | found more columns than (?:expected|defined)
        bsonobj size | invalid byte sequence | ordinal 0x | codec can't decode
        row size is .{0,40}larger | value .{0,60}too long for
        """,
    ),
    Rule(
        "shape-of-input",
        Is.SCHEMA_CONTRACT,
        0.955,
        r"""
        schema history | whose schema isn't known
        cannot be promoted to | cannot change column type | has changed type from
        unknown fields during parsing | new_fields_in_record | has breaking changes
        (?:enforced )?contract that failed | unknown magic byte | serialized with schema
        missing required field | source column type changed | schema at index \d+ was different
        incompatible with the old state | column specified in mapping | mappingcolumnname
        extra data after last | more expressions than target | supplied values does not match
        which does not match the target | spectrum scan error .{0,200}incompatible
        is incompatible with type .{0,40}defined in table | incompatible parquet
        """,
    ),
    Rule(
        "races-told",
        Is.INFRA_CONCURRENCY,
        0.955,
        r"""
        conflict with recovery | waiters for this lock | has locked table | state lock
        serializable isolation violation | concurrent update against | write-write conflict
        conflicting (?:files|lock) | overlapping writes | lease on the (?:blob|container|file)
        being used by another process | is locked by (?:another|session|process)
        another (?:instance|transaction|operation|process|query) .{0,40}(?:running|in progress|hold)
        """,
    ),
    Rule(
        "answered-by-an-api",
        Is.SOURCE_UNAVAILABLE,
        0.955,
        r"""
        \b504\b.{0,60}gateway time-?out | gateway time-?out.{0,10}\b504\b
        apierror: \[5\d\d\] | http (?:get|head) error on .{0,200}http (?:404|5\d\d)
        """,
        platform=Is.INFRA_NETWORK,
    ),
    Rule(
        "file-of-the-deployment",
        Is.CONFIG,
        0.955,
        r"""
        no such file or directory: .{0,120}(?:known_hosts|\.(?:ssh|aws|dbt)/|/etc/|/bin/)
        no such file or directory: .{0,160}\.(?:ya?ml|toml|ini|cfg|conf|env|so|jar|sh)\b
        no such file or directory: .{0,160}\.(?:pem|key|crt|jks|keytab)\b
        (?:secret|configmap)s? .{0,80}not found | connector is configured to
        replication slot .{0,40}not created | local[ _]infile | secure-file-priv | runasnonroot
        on the classpath | ssh peer | no acceptable (?:host key|kex|ciphers?)
        different locations: source | datasource with name | admission webhook .{0,80}denied
        violates podsecurity | not a valid duckdb database
        """,
    ),
    Rule(
        "found-in-the-record",
        Is.DATA_QUALITY,
        0.955,
        r"""
        not well-formed | mismatched tag: | csv parse error: expected
        null used for required field | null element | required field .{0,60}cannot be null
        failure cases: | invalid digit | delimiter not found | missing newline
        while expecting record delimiter | deserialize parquet page | contains? null values?\b
        (?:row|record|line) \d+ (?:is|was) (?:invalid|rejected|malformed)
        """,
    ),
    Rule(
        "log-does-not-reach-back",
        Is.SOURCE_UNAVAILABLE,
        0.955,
        r"""
        no longer available on the server | do(?:es)? not contain the offset
        first log file name in binary log | has purged binary logs
        """,
    ),
    Rule(
        "workers-of-a-queue",
        Is.INFRA_COMPUTE,
        0.955,
        r"""
        celery command failed | \bwsrep\b | spark\.rpc\.asktimeout
        """,
    ),
    Rule(
        "places-all-taken",
        Is.INFRA_CAPACITY,
        0.955,
        r"""
        max(?:imum)? (?:number of )?concurrent .{0,40}(?:exceeded|reached) | could not fork
        free addresses | ip addresses .{0,60}(?:not enough|exhausted|insufficient)
        """,
    ),
    Rule(
        "account-locked",
        Is.ACCESS,
        0.955,
        r"temporarily locked | insufficient authentication scopes",
    ),
    Rule("memory-of-a-function", Is.QUERY_LIMIT, 0.955, r"function available memory exhausted"),
    Rule(
        "asked-for-wrongly",
        Is.LOGIC,
        0.955,
        r"""
        found a cycle | wrong number of dimensions | must be called with | invalid resource key
        requires (?:a )?primary key in | using clause not found | task ids are
        """,
    ),
    Rule(
        "keys-and-second-factors",
        Is.ACCESS,
        0.9,
        r"""
        (?:encryption|master|kms|cmek) key .{0,80}(?:disabled|denied|lacks|not allowed|unavailable)
        second factor | conditional access | \b(?:account|principal|user|role|identity) lacks\b
        """,
    ),
    Rule(
        "settings-by-name",
        Is.CONFIG,
        0.957,
        r"""
        session property .{0,60}does not exist | neither a builtin setting | connector spec\b
        cannot be changed (?:now|without) | in profile .{0,60}\binvalid | run dbt deps
        no matches for kind
        """,
    ),
    Rule(
        "leaves-its-node",
        Is.INFRA_COMPUTE,
        0.955,
        r"""
        decommission(?:ed|ing) | (?:being|node) drain | could not read block
        primary shard is not active | shard lock | block broadcast_
        """,
    ),
    Rule("group-rebalances", Is.INFRA_CONCURRENCY, 0.955, r"group is rebalancing"),
    Rule("waits-in-a-queue", Is.INFRA_CAPACITY, 0.9, r"(?:queued|rejected) due to overload"),
    Rule(
        "sums-differ",
        Is.DATA_QUALITY,
        0.9,
        r"""
        reconciliation (?:\w+ )?fail | totals? (?:differ|mismatch)
        do(?:es)? not (?:balance|add up)
        """,
    ),
    Rule("in-cold-storage", Is.SOURCE_UNAVAILABLE, 0.9, r"object's storage class | from glacier"),
    Rule("sheet-busy", Is.SOURCE_UNAVAILABLE, 0.9, r"google sheets service | spreadsheet is too"),
    Rule("topic-unserialized", Is.SCHEMA_CONTRACT, 0.955, r"due to serialization error"),
    Rule("given-to-identity", Is.LOGIC, 0.955, r"non-default value into"),
    Rule("locks-of-one-query", Is.QUERY_LIMIT, 0.9, r"exceeds the lock table size"),
)
