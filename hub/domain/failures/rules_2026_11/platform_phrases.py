"""Phrases that speak of the platform (machines, room, network, races), and of stopped runs.

One alternative per ``|`` with spaces around it, or per line. Each phrase is from an engine's own
message catalogue or source, or seen in public reports; none is a whole message.
"""

from __future__ import annotations

from typing import Final

from hub.domain.failures.classification import MessageRule as Rule
from hub.domain.failures.failure import FailureClass as Is

PLATFORM_PHRASES: Final = (
    Rule(
        "upstream-failed",
        Is.UPSTREAM,
        0.95,
        r"""
        upstream[_ ](?:task |job |node |dependency |run )?(?:has |have |was )?(?:fail|cancel|error)
        skipped because | skipping (?:because|due to)
        because of an? (?:upstream )?(?:failed|failure)
        because (?:of )?(?:its |a |the )?(?:upstream|parent|dependenc|depend)
        dependency (?:failed|did not) | dependencies (?:failed|not met|have failed) | trigger rule
        depends on failed | parent (?:task|node|job) failed | skip relation | upstream failure
        dependencies for step .{0,80} failed | not executing | failing upstream
        upstream ?tasks?(?:\(s\))? .{0,40}(?:fail|did not|not complete|skipped|cancel)
        upstream .{0,40}(?:was|were|has been|have been) (?:skipped|cancell?ed|failed)
        blocked by (?:a )?(?:failed|failing|upstream) | parent .{0,30}(?:failed|was skipped)
        """,
    ),
    Rule(
        "skipped",
        Is.UPSTREAM,
        0.6,
        r"""
        ^skip(?:ped)?$ | status=skipped | \bskipped\b.{0,20}(?:upstream|dep)
        """,
    ),
    Rule(
        "by-user",
        Is.CANCELLED,
        0.95,
        r"""
        cancell?ed (?:during execution )?(?:by|at|on) (?:an? |the )?(?:user|request|client|operator)
        due to user request | user (?:requested )?cancel | user cancel | aborted by (?:a |the )?user
        killed by (?:a |the )?user | manually (?:cancel|stopp|terminat|abort|mark)
        interrupted by user | externally set to | marked as (?:failed|success) (?:manually|by)
        user requested (?:cancel|termination) | operation was cancel | stopped by (?:a |the )?user
        keyboard ?interrupt | sql execution cancell?ed | query was cancell?ed
        part of cancell?ed job group | explicitly by (?:the |a )?user
        from outside the execution context
        """,
    ),
    Rule(
        "cancelled",
        Is.CANCELLED,
        0.6,
        r"""
        cancel(?:l)?ation requested | (?<!if the job )\b(?:was |been |execution )cancel(?:l)?ed\b
        """,
    ),
    Rule(
        "heap-exhausted",
        Is.INFRA_COMPUTE,
        0.93,
        r"""
        java heap space | gc overhead limit | unable to create (?:new )?native thread
        javascript heap out of memory
        """,
    ),
    Rule(
        "killed-for-memory",
        Is.INFRA_COMPUTE,
        0.94,
        r"""
        oom-?killed | killed by yarn for exceeding
        exceeding (?:physical|virtual)? ?memory limits | beyond the .{0,20}memory limit
        oom-kill | memory cgroup out of memory
        """,
    ),
    Rule(
        "executor-lost",
        Is.INFRA_COMPUTE,
        0.92,
        r"""
        lost executor | executor(?: \w+)? (?:is )?lost | executorlostfailure
        executor heartbeat timed out | remote rpc client disassociated
        container (?:marked as failed|from a bad node) | slave lost | worker lost
        task ?manager .{0,60}(?:was lost|timed out|no longer reachable) | the node may have crashed
        worker .{0,40}(?:was lost|has died|lost contact) | executor \w+ exited
        """,
    ),
    Rule(
        "no-heartbeat",
        Is.INFRA_COMPUTE,
        0.9,
        r"""
        without heartbeat | heartbeat (?:of .{0,60})?(?:timed out|timeout|lost)
        zombie (?:job|task) | detected zombie | no heartbeat | missed heartbeats?
        executor heartbeat timed out
        """,
    ),
    Rule(
        "process-died",
        Is.INFRA_COMPUTE,
        0.9,
        r"""
        terminated by signal | killed by signal | segmentation fault | core dumped | bus error
        process (?:died|crashed|was killed)
        worker (?:process )?(?:crashed|died|exited unexpectedly) | unexpectedly exited
        exited unexpectedly | died prematurely | terminated abruptly | died with <signals
        termination signal | worker crash | crash detected
        kernel (?:has )?(?:died|is unresponsive) | ^killed$ | exited prematurely
        jvm (?:crashed|exited|died)
        """,
    ),
    Rule(
        "sigterm",
        Is.INFRA_COMPUTE,
        0.8,
        r"""
        received sigterm | sigterm signal | sigkill
        """,
    ),
    Rule(
        "executor-task-mismatch",
        Is.INFRA_COMPUTE,
        0.85,
        r"""
        although the (?:ti|task) says | executor reports? (?:task instance|that the task)
        """,
    ),
    Rule(
        "node-gone",
        Is.INFRA_COMPUTE,
        0.92,
        r"""
        node (?:was )?(?:not ready|lost|shutdown|terminated|preempted|is unreachable)
        spot (?:instance )?(?:interrupt|terminat|preempt|reclaim) | preempted
        instance (?:was )?(?:terminated|reclaimed) | host evicted
        """,
    ),
    Rule(
        "pod-failed",
        Is.INFRA_COMPUTE,
        0.6,
        r"""
        \bpod\b.{0,80}\b(?:failed|not found|deleted)\b | crashloopbackoff | failed to pull image
        errimagepull | imagepullbackoff | pod took too long to start | back-off pulling image
        """,
    ),
    Rule(
        "cluster-gone",
        Is.INFRA_COMPUTE,
        0.85,
        r"""
        cluster (?:terminated|was terminated|is (?:not running|in (?:an )?unusable|terminating))
        driver (?:is )?(?:not responding|unreachable|stopped unexpectedly|crashed)
        sparkcontext (?:was |has been )?(?:shut ?down|stopped) | stopped sparkcontext
        no (?:active )?(?:worker )?nodes available | cluster error
        error while communicating with the spark driver | user code server
        sparkcontext (?:was|has been) (?:shut ?down|stopped)
        """,
    ),
    Rule(
        "server-crash",
        Is.INFRA_COMPUTE,
        0.9,
        r"""
        crash of another server process | terminating connection due to administrator command
        server is shutting down | terminated by administrator
        """,
    ),
    Rule(
        "cloud-fault",
        Is.INFRA_COMPUTE,
        0.9,
        r"""
        cloud provider (?:issue|failure|error) | internal error (?:was )?encountered
        retrying the job may solve | we encountered an internal error | retrying may solve
        backend ?error | internal error (?:has )?occurred
        server encountered an (?:internal|unexpected) error
        """,
    ),
    Rule(
        "insync-replicas",
        Is.INFRA_COMPUTE,
        0.88,
        r"""
        in-sync replicas | leader (?:is )?not available | no leader | not (?:the )?leader for
        coordinator (?:is )?not available
        """,
    ),
    Rule(
        "shuffle-lost",
        Is.INFRA_COMPUTE,
        0.85,
        r"""
        missing an output location for shuffle | failed to (?:connect|fetch).{0,40}shuffle
        fetchfailed
        """,
    ),
    Rule(
        "out-of-memory",
        Is.INFRA_COMPUTE,
        0.78,
        r"""
        out of memory | cannot allocate memory | failed to allocate | unable to allocate
        could not allocate | malloc of size | std::bad_alloc
        """,
    ),
    Rule(
        "engine-defect",
        Is.INFRA_COMPUTE,
        0.6,
        r"""
        \binternal error\b | assertion failure in | fatal error:.{0,40}invalidated
        """,
    ),
    Rule(
        "engine-broke",
        Is.INFRA_COMPUTE,
        0.85,
        r"""
        sql execution internal error | processing aborted due to error
        database has been invalidated because of a previous fatal error
        """,
    ),
    Rule(
        "disk-full",
        Is.INFRA_CAPACITY,
        0.95,
        r"""
        no space left | disk (?:is )?full | not enough (?:disk )?space | out of disk
        could not create (?:local )?director | disk quota | insufficient disk | storage (?:is )?full
        could not (?:extend|write).{0,60}no space | disk usage exceeded | flood.stage disk watermark
        transaction log .{0,80} is full | the table .{0,80} is full | filegroup is full
        insufficient storage | used memory > 'maxmemory' | disk error when | storage quota
        index read-only / allow delete
        """,
    ),
    Rule(
        "quota",
        Is.INFRA_CAPACITY,
        0.92,
        r"""
        quota (?:\w+ ){0,4}exceeded | exceed(?:ed|s)?(?: \w+){0,5} quota | quota limit | over quota
        reached the quota | out of quota | insufficient quota | resource monitor
        credit (?:quota|limit) | compute time quota | budget .{0,40}(?:exceeded|limit) | spend limit
        trial (?:\w+ )?(?:has |have )?(?:ended|expired) | lack of payment
        usage limit (?:reached|exceeded) | credits? (?:exhausted|used up)
        """,
        source=Is.SOURCE_UNAVAILABLE,
    ),
    Rule(
        "own-rate-limit",
        Is.INFRA_CAPACITY,
        0.87,
        r"""
        reduce your request rate | \bslow ?down\b | exceeded rate limits | throttl(?:ed|ing)
        too many concurrent (?:queries|jobs|runs|requests) | concurrent runs exceeded
        server is busy | rate exceeded | allotted rate limit | limit of maximum concurrent
        maximum concurrent runs | throttling quota
        """,
        source=Is.SOURCE_UNAVAILABLE,
    ),
    Rule(
        "connections-spent",
        Is.INFRA_CAPACITY,
        0.9,
        r"""
        too many (?:connections|clients) | connection slots are reserved | max_connections
        connection limit exceeded | maximum number of (?:sessions|processes|connections)
        no more connections | too many (?:sessions|processes) | max_user_connections
        replication slots are in use | maximum number of contexts
        has reached its max(?:imum)? size
        """,
        source=Is.SOURCE_UNAVAILABLE,
    ),
    Rule(
        "pool-spent",
        Is.SOURCE_UNAVAILABLE,
        0.6,
        r"""
        max clients reached | max(?:imum)? client connections
        emaxconn | limited to pool_size
        """,
    ),
    Rule(
        "tenant-not-found",
        Is.SOURCE_UNAVAILABLE,
        0.93,
        r"""
        tenant/user .{0,80}not found | tenant or user not found
        """,
    ),
    Rule(
        "own-pool-spent",
        Is.INFRA_CAPACITY,
        0.93,
        r"""
        queuepool limit | connection pool (?:is )?(?:exhausted|full|timed out) | pool exhausted
        """,
    ),
    Rule(
        "no-resources",
        Is.INFRA_CAPACITY,
        0.9,
        r"""
        insufficient (?:cpu|memory|resources|capacity|instance|ephemeral)
        has not accepted any resources | could not acquire (?:the )?(?:minimum )?required resources
        no resources? available | not enough (?:slots|resources) | nodes are available:
        unschedulable | resources? pool exhausted | low on resource | was evicted
        insufficient number of network buffers | exceeded quota: | untolerated taint
        queue size limit | no capacity | out of capacity
        """,
    ),
    Rule(
        "open-files",
        Is.INFRA_CAPACITY,
        0.9,
        r"""
        too many open files | file descriptor limit | file size limit exceeded | file too large
        can't start new thread
        """,
    ),
    Rule(
        "log-retention",
        Is.INFRA_CAPACITY,
        0.88,
        r"""
        slot has been invalidated | exceeded the maximum reserved size | max_slot_wal_keep_size
        wal segment .{0,60}(?:removed|missing) | oplog.{0,40}(?:rolled over|no longer)
        binlog.{0,60}(?:purged|no longer available) | temporary segment | unable to extend
        (?:no longer|not) available on the (?:server|broker) | purged (?:required )?(?:binary )?logs
        """,
    ),
    Rule(
        "shared-memory",
        Is.INFRA_CAPACITY,
        0.85,
        r"""
        out of shared memory | max_locks_per_transaction | could not resize shared memory
        """,
    ),
    Rule(
        "read-only-disk",
        Is.INFRA_CAPACITY,
        0.88,
        r"""
        read-only file ?system | database disk image is malformed | file is not a database
        unable to open database | disk i/o error | input/output error
        """,
    ),
    Rule(
        "warehouse-suspended",
        Is.INFRA_CAPACITY,
        0.8,
        r"""
        warehouse .{0,60}(?:suspended|cannot be resumed)
        exceeded (?:its )?(?:concurrency|scaling) limit | queue (?:is )?full
        rejected execution | circuit_breaking | too many parts
        """,
    ),
    Rule(
        "name-not-resolved",
        Is.INFRA_NETWORK,
        0.94,
        r"""
        failed to resolve | name or service not known | could not translate host
        temporary failure in name resolution | nodename nor servname | unknown host | getaddrinfo
        no such host | could not resolve host | dns (?:lookup|resolution|error)
        no address associated | unable to resolve | could(?:n't| not) resolve
        host name .{0,60}(?:unknown|not found)
        """,
    ),
    Rule(
        "refused",
        Is.INFRA_NETWORK,
        0.92,
        r"""
        connection refused | actively refused | refused the connection
        """,
    ),
    Rule(
        "no-route",
        Is.INFRA_NETWORK,
        0.94,
        r"""
        no route to host | network is unreachable | host is unreachable | host unreachable
        host is down
        """,
    ),
    Rule(
        "reset",
        Is.INFRA_NETWORK,
        0.9,
        r"""
        connection (?:was )?(?:reset|aborted|closed|dropped|broken|terminated)(?! by (?:admin|user))
        ssl (?:syscall )?error | bad record mac | server closed the connection | broken pipe
        connection unexpectedly closed | remote end closed | lost connection | server has gone away
        closed by the remote | unexpected eof | end-of-file on communication
        ssl connection has been closed | socket (?:hang up|closed)
        no more data to read from socket | could not receive data from server
        disconnected without response | closed before | prematurely closed | premature end of
        response ended prematurely | connection broken | peer closed | lost contact$
        tns:lost contact | forcibly closed | server disconnected | disconnected before
        ssh protocol banner | unexpectedly closed | closed connection
        """,
    ),
    Rule(
        "timed-out",
        Is.INFRA_NETWORK,
        0.84,
        r"""
        connection (?:attempt )?(?:\w+ )?timed? ?out | connect ?timeout | read timed? ?out
        timed out (?:while )?(?:connecting|reading|waiting for (?:a )?(?:response|connection))
        connection timeout | timeout expired | socket timeout | i/o timeout
        unable to (?:connect|establish)
        could not (?:connect|establish (?:a )?(?:connection|session))
        failed to (?:connect|establish (?:a )?(?:new )?connection) | can't connect to
        communications link failure | login timeout | handshake timed? ?out | operation timed out
        gateway time-?out | context deadline exceeded | request timed out | timeout was reached
        error while dialing | network adapter could not | cannot connect to | no replica set members
        network error | connect(?:ion)? to .{0,60} timed out
        """,
    ),
    Rule(
        "brokers-down",
        Is.INFRA_NETWORK,
        0.93,
        r"""
        broker connections are down | bootstrap broker | no brokers available
        broker transport failure | node .{0,20} disconnected | no resolvable bootstrap
        """,
    ),
    Rule(
        "certificate",
        Is.INFRA_NETWORK,
        0.84,
        r"""
        certificate[ _]verify[ _]failed | self[- ]signed certificate | certificate has expired
        unable to get local issuer | pkix path building
        certificate (?:is )?(?:not trusted|unknown) | hostname mismatch | tls handshake
        handshake[_ ](?:failure|failed) | ssl handshake | x509: | unknown (?:certificate )?authority
        certification path | unknown ca\b
        """,
    ),
    Rule(
        "tunnel",
        Is.INFRA_NETWORK,
        0.92,
        r"""
        ssh (?:gateway|tunnel) | bastion | proxy (?:error|connection)
        unable to connect to proxy | tunnel connection failed | vpn
        """,
    ),
    Rule(
        "third-party-communication",
        Is.INFRA_NETWORK,
        0.8,
        r"""
        error when communicating with | failed to communicate with | error communicating with
        """,
    ),
    Rule(
        "not-reachable",
        Is.INFRA_NETWORK,
        0.8,
        r"""
        (?:is|was|not) (?:un)?reachable | unreachable
        """,
    ),
    Rule(
        "deadlock",
        Is.INFRA_CONCURRENCY,
        0.95,
        r"""
        deadlock
        """,
    ),
    Rule(
        "lock-not-had",
        Is.INFRA_CONCURRENCY,
        0.93,
        r"""
        lock (?:wait )?time-?out | lock wait | database (?:table )?is locked
        could not (?:obtain|acquire|set) (?:a )?lock | lock not available | resource busy
        locked by another | conflicting lock | acquire with nowait | is being used by another
        unable to lock | has locked table | waiters for this lock | lock has not yet been released
        lease on the (?:blob|container) | accessed by other users | try restarting transaction
        locked by (?:process|session|transaction|user)
        """,
    ),
    Rule(
        "serialization",
        Is.INFRA_CONCURRENCY,
        0.94,
        r"""
        could not serialize | serializable isolation | serialization failure | concurrent update
        conflict with recovery | transaction (?:was )?(?:aborted|conflict)
        transactioncontext error: conflict | write[- ]write conflict | restart transaction
        read/write conflict
        """,
    ),
    Rule(
        "commit-conflict",
        Is.INFRA_CONCURRENCY,
        0.94,
        r"""
        has changed: expected | metadata location .{0,200} has changed | created concurrently
        concurrent(?:ly)? (?:append|modif|updat|writ|transaction|delet|commit) | version mismatch
        conflicting (?:commit|files|operations) | commit(?:s)? (?:has )?(?:failed|conflict)
        a concurrent transaction | failed to commit.{0,60}(?:conflict|already exists)
        version \d+ already exists | found conflicting | branch .{0,40} has changed
        stale (?:table )?metadata | by a concurrent | concurrent operation
        whether the commit was successful | version conflict | etag (?:mismatch|does not match)
        """,
    ),
    Rule(
        "fenced",
        Is.INFRA_CONCURRENCY,
        0.9,
        r"""
        old epoch | newer producer | fenced
        another (?:instance|writer|process|consumer) (?:is|has) | group (?:has already )?rebalanced
        is active for pid | already (?:being )?(?:running|in progress) | out of order sequence
        another (?:transaction|job|run|operation|query) (?:is|has)
        """,
    ),
)
