"""Phrases beyond those of the earlier sets: what says of which thing a common word is said."""

from __future__ import annotations

from typing import Final

from hub.domain.failures.classification import MessageRule as Rule
from hub.domain.failures.failure import FailureClass as Is
from hub.domain.failures.rules_2026_11_29.localized import LOCALIZED

_MACHINE: Final = (
    r"(?:instance|machine|node|vm|subnet|vpc|security group|zone|region|image|cluster) ?(?:type)?"
)
_STOPPED: Final = r"(?:cancell?ed|killed|terminated|aborted|stopped|interrupted)"
_RUN: Final = r"(?:job|task|run|workflow|pipeline|execution|step|flow|query)"
_LARGE: Final = r"too (?:large|long|big|complex|deep|deeply nested)"

PHRASES: Final = (
    Rule(
        "quota-asks-for-limits",
        Is.CONFIG,
        0.965,
        r"must specify (?:limits|requests)\b | \bis invalid: spec\. | spec\.containers\[",
    ),
    Rule(
        "session-invalid",
        Is.ACCESS,
        0.95,
        r"""
        invalid ?session ?id | invalid_session_id | session id (?:is )?(?:invalid|expired)
        failed to authorize | fetch anonymous token | with an? \w+ api key
        pg_hba\.conf (?:rejects|entry)
        developer token is not | current role has no | (?:you|user) (?:cannot|can't) access
        """,
    ),
    Rule(
        "already-in-the-database",
        Is.CONFIG,
        0.93,
        r"""
        (?:replication slot|publication|subscription) \S+ (?:already|does not) exists?
        distinct replication slot
        """,
    ),
    Rule(
        "check-your-settings",
        Is.CONFIG,
        0.7,
        r"""
        (?:check|verify|review|correct) (?:your |the )?(?:\w+ ){0,3}(?:config\w*|settings)\b
        not correctly configured
        env(?:ironment)? var\w* .{0,40}(?:required|missing|not (?:set|provided))
        """,
    ),
    Rule(
        "versions-apart",
        Is.CONFIG,
        0.93,
        r"""
        gencode
        (?:runtime|client|server|library|protocol|driver) version .{0,20}(?:older|newer) than
        incompatible (?:\w+ ){0,2}(?:versions?|runtime)\b
        """,
    ),
    Rule(
        "machine-wrongly-asked-for",
        Is.CONFIG,
        0.9,
        rf"""
        \b{_MACHINE}\b.{{0,40}}(?:is required|not supported|not available in|is invalid)
        \b{_MACHINE}\b.{{0,40}}can only be used
        """,
    ),
    Rule(
        "program-not-there",
        Is.CONFIG,
        0.95,
        r"""
        exec user process caused | exec format error | exit (?:status|code) \(?12[67]\b
        library ?installation ?fail | managedlibraryinstallfailed
        \bpip3?\b.{0,20}\binstall\b.{0,200}(?:exited|failed|returned)
        """,
    ),
    Rule(
        "set-up-short",
        Is.CONFIG,
        0.96,
        r"""
        \bwrong fs: | not a dbt project | missing dbt_project | same server[_ ](?:uu)?id
        public key retrieval | create a master key | certificate verify locations
        illegal key size | ssl connection required | could not access file "
        lock is not supported | kryoserializer\.buffer | kryo\w*: buffer overflow
        executable .{0,40}not found | may require 'docker login' | bootstrap urls given
        could not be instantiated | plugin\.path | validation errors? for settings
        memory .{0,60}must be at least \d | resource field value
        """,
    ),
    Rule(
        "own-files-lost",
        Is.INFRA_COMPUTE,
        0.93,
        r"\bblockmgr- | \bshuffle_\d+_\d+ | \bspark-local- | \bbroadcast_\d+_piece",
    ),
    Rule(
        "health",
        Is.INFRA_COMPUTE,
        0.93,
        r"""
        (?:failed|failing|unhealthy|did not pass) .{0,20}health ?checks?
        health ?checks? .{0,20}(?:failed|failing) | terminated abnormally | exited abnormally
        corrupted shared memory | kubernetes job .{0,80}could not be found
        result is ambiguous | removing worker | no queryable replica | keep alive failed
        no active worker | integration runtime \S+ is offline
        bootstrap action .{0,20}(?:timed out|failed) | failedmount | mountvolume\.setup failed
        not served by this | redo the lookup | retrying may solve | page_transport
        is the \w+ still running | pods \W{0,3}\S+ not found | cannot(?:inspect|start|stop)container
        has disassociated | rpc endpoint \S+ not found | read-?only mode | \bno master\b
        """,
    ),
    Rule(
        "killed-by-code",
        Is.INFRA_COMPUTE,
        0.9,
        r"\bcode ?= ?-9\b | \bcode ?= ?137\b | \brc ?= ?-9\b",
    ),
    Rule(
        "depended-on",
        Is.UPSTREAM,
        0.9,
        r"""
        depend(?:ent|ency|encies)\b .{0,20}(?:failed|problem|not (?:met|satisfied)|never satisfied)
        dependent (?:job|task|step|run|model)s?\b.{0,60}\b(?:failed|cancell?ed|skipped)
        (?:unmet|unsatisfied|failed) (?:upstream )?(?:dependenc|prerequisite)
        external task .{0,80} failed
        branching condition .{0,40}not satisfied | no rule to make target .{0,200}needed by
        due to (?:prior|previous|upstream|earlier) (?:errors|failures)
        (?:scheduled|run|started|executed) due to (?:its |failed |unmet )?dependenc
        """,
    ),
    Rule(
        "stopped-for-time",
        Is.QUERY_LIMIT,
        0.955,
        rf"""
        {_STOPPED} (?:after|because|due to|for) .{{0,40}}(?:time ?out|time limit|deadline)
        state: time(?:d_?)?out | status: time(?:d_?)?out | result_?state.{{0,6}}timed ?out
        timed out after [\d.]+ ?s\w* while waiting for .{{0,60}}to (?:complete|finish)
        {_RUN} .{{0,40}}exceed\w* (?:its |the )?(?:deadline|active deadline|time limit)
        broadcast (?:join )?time-?out | limit exceeded by operation | query text length
        limit of \d+ open (?:writers|partitions) | exceeded statement_timeout | timed out: running
        optimizer exhausted | optimizer_timeout | allowdiskuse
        """,
    ),
    Rule(
        "stopped-on-purpose",
        Is.CANCELLED,
        0.93,
        r"""
        shutdown with strategy | revoked task | task (?:was |has been )?revoked
        killed manually | pauses routine load | error: cancelled:
        awaiting cancell?ation | execution was cancell?ed
        """,
    ),
    Rule(
        "text-of-a-query",
        Is.QUERY_LIMIT,
        0.955,
        rf"""
        (?:query|statement|sql|expression|plan|result window|result set)\b.{{0,20}} {_LARGE}\b
        response too large to return | rows or bytes to read exceeded | too many subqueries
        stack overflow during | stack_overflow
        """,
    ),
    Rule(
        "shape-of-json",
        Is.SCHEMA_CONTRACT,
        0.95,
        r"""
        matching union | expected start-union | invalid (?:json |avro )?schema\b | no such field
        additional properties are not allowed | is not of type '
        in source side cannot be mapped | parquet\S* cannot be cast | to array<
        requires records with | key[ _](?:propert\w+|columns?)\b.{0,20} chang
        not present in (?:the )?(?:source|target|file|schema) | unimplemented type for cast
        parquet column cannot be converted | failed to convert schema
        type \S+ which cannot be inserted | cannot be inserted into column .{0,60}type
        """,
    ),
    Rule(
        "expectation-told",
        Is.DATA_QUALITY,
        0.95,
        r"""
        expect_(?:column|table|multicolumn|compound|select)\w* | unexpected_(?:count|percent|list)
        documents? failed validation | contains? blank values | size limit exceeded for index key
        fail\w* to decode column | bad field\b | corrupt file | file \S+ corrupt | \bcorruption\b
        extract elements from a scalar | checksum (?:failed|mismatch) | entry too large
        filtered data in strict mode | \borc postscript\b | unexpected end of input stream
        (?:not|n't) support .{0,20}file format | rows (?:matched|differ)\b | \brow_errors\b
        errors found while processing rows | has na values | convert (?:float )?nan | na or inf
        parameter values were invalid | required column value | end of record reached
        exceeds ddl length
        """,
    ),
    Rule(
        "nothing-referred-to",
        Is.LOGIC,
        0.95,
        r"""
        object reference not set | nullreferenceexception | models? .{0,80}\bmust set\b
        undefined method | nomethoderror | for nil:nilclass | partition elimination
        on conflict (?:specification|clause) | cannot drop columns from view
        used in partitioning | can't adapt type | could not parse request object
        found duplicate column\(s\) | to a hypertable | unique index without
        without a (?:filter|predicate) (?:on|over) | member must have length
        """,
    ),
    Rule("loading-code", Is.LOGIC, 0.75, r"error occurred during the loading of"),
    Rule(
        "pattern-without-files",
        Is.SOURCE_UNAVAILABLE,
        0.95,
        r"""
        matches 0 files | input pattern .{0,200}matches | missing external (?:dependency|file)
        \(404\) when calling the (?:head|get)object
        (?:unable to|could not|cannot|can't) find \S+ (?:in|at|under) .{0,20}\b(?:bucket|folder)
        """,
    ),
    Rule(
        "answered-unavailable",
        Is.SOURCE_UNAVAILABLE,
        0.95,
        r"""
        421 service not available | request failed.{0,10}\b5\d\d\b | error 404: not found
        allowed api (?:requests|calls)
        http error: (?:service unavailable|bad gateway|internal server)
        api error .{0,40}(?:retryable|problem|unavailable)
        """,
    ),
    Rule(
        "gateway-waited",
        Is.INFRA_NETWORK,
        0.86,
        r"\b504\b.{0,10}gateway time-?out | gateway time-?out.{0,10}\b504\b",
        source=Is.SOURCE_UNAVAILABLE,
    ),
    Rule(
        "broke-inside",
        Is.INFRA_COMPUTE,
        0.67,
        r"internal error encountered | an unknown error occurred",
        source=Is.SOURCE_UNAVAILABLE,
    ),
    Rule(
        "calls-counted",
        Is.INFRA_CAPACITY,
        0.9,
        r"rate_?exceeded | daily \w+ quota",
        source=Is.SOURCE_UNAVAILABLE,
    ),
    Rule(
        "placed-nowhere",
        Is.INFRA_CAPACITY,
        0.965,
        r"""
        resource:(?:memory|cpu|gpu|ports|eni) | insufficient (?:instance |cluster )?capacity
        violates accounting | partitions allowed for the cluster
        request limit for the database
        replication slots are in use
        """,
    ),
    Rule("says-nothing", Is.UNKNOWN, 0.67, r"something went wrong"),
    Rule(
        "line-to-a-vendor",
        Is.INFRA_NETWORK,
        0.93,
        r"""
        \bocsp\b | revocation ?check | validity date is out of range
        parse xml document with handler | driver: (?:bad|invalid) connection
        """,
    ),
    Rule(
        "locking",
        Is.INFRA_CONCURRENCY,
        0.94,
        r"""
        locking failure | slot .{0,80}is active for pid | already_acquired | advisory lock
        because of a conflicting operation
        """,
    ),
    *LOCALIZED,
)
