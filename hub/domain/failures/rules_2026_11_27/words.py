"""What single words weigh, where no rule knows what is said.

Each word of a message counts once, for the classes that it speaks of; the class with most weight is
taken, with little confidence. ``time-`` stands for every word that begins so. Weights: 3 for words
that are hardly ever said of another class, 2 for telling ones, 1 for those that lean to a side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hub.domain.failures.classification import weights_of
from hub.domain.failures.failure import FailureClass as Is

if TYPE_CHECKING:
    from hub.domain.failures.classification import Weights

WORDS: Final[Weights] = weights_of(
    (
        Is.INFRA_COMPUTE,
        """
        3: oom heartbeat- killed sigterm sigkill segfault preempt- evict- zombie unhealthy
        2: crash- executor- worker- node nodes pod pods died dead heap memory swap gc container-
           coordinator- leader- replica- quorum restart- reboot- kernel jvm daemon core coredump
           terminat- master slave orphan- spawn- fork- cgroup gpu cuda jobmanager taskmanager
           shuffle kubelet scheduler image
        1: lost process- internal unexpectedly shutdown shut broker- cluster- instance- fatal
           abort- signal exit- recover- panic- bug incident allocat- service backend respond-
           runtime task
        """,
    ),
    (
        Is.INFRA_CAPACITY,
        """
        3: quota- throttl- enospc disk inode- billing overage stockout oversubscribed
        2: capacity exhaust- space storage volume slots slot pool credit- concurrency
           backpressure provision- rate throughput insufficient full quotas watermark
           descriptor- overload- iops saturat- backlog queued tablespace budget spending payment
           subscription plan tier
        1: limit- too many exceed- maximum reached increase reserv- wait- allocat- queue buffer-
           resource- connections files currently
        """,
    ),
    (
        Is.INFRA_NETWORK,
        """
        3: dns socket- unreachable refused ssl tls handshak- x509 gaierror hostname vpn firewall
           tunnel- ssh certificate- proxy peer tcp eof resolver timedout
        2: connect- network- host reset disconnect- timeout- timed route dial- keepalive gateway
           reachable bastion bootstrap listener endpoint- remote resolv- port transport hangup
           broken pipe packet latency nat subnet vpc closed idle
        1: server reach- retry retries retried respon- seconds time deadline lost transient read
           communicat- attempt- address ip http https url
        """,
    ),
    (
        Is.INFRA_CONCURRENCY,
        """
        3: deadlock- serializab- contention mutex optimistic livelock
        2: concurren- conflict- lock- transaction- simultan- rebalanc- stale epoch fenc- race
           isolation snapshot commit- lease etag overlap- another busy rollback rolled
           generation lockfile compaction
        1: already progress other running retry version changed modif- meanwhile held wait-
           sequence duplicate
        """,
    ),
    (
        Is.CONFIG,
        """
        3: misconfigur- environment classpath dependenc- plugin- jar dll unsatisfied toml yml
           yaml ini env dsn cli pip wheel conda
        2: config- setting- driver- module- package- librar- install- option- region variable-
           version- profile- property properties flag enable- disable- feature- bucket topic-
           catalog warehouse upgrade- compatib- unsupported supported binary executable protocol
           uri import- registered connector- dialect adapter- workspace workspaces provider
           deprecat- scheme backend catalogs initiali- locate location deploy- secret- manifest
           locale timezone
        1: missing default specif- required requires set path mount- load- found exist- exists
           such unknown parameter- project dataset database cluster init class extension hook
           name id provided resource- service
        """,
    ),
    (
        Is.ACCESS,
        """
        3: permission- privilege- unauthori- forbidden denied credential- password- passwd iam
           authenticat- authori- oauth oidc saml kerberos sasl jwt mfa acl acls rbac signature
           impersonat- kinit keytab aadsts tgt mtls allowlist whitelist- grants grantee sso
        2: token- login logon access expire- secret- role roles grant- account- polic-
           principal- scope- identity user- owner- rights credentials trust- audience revoke-
           kms encrypt- decrypt- admin administrator consent apikey tenant security
        1: allow- session- key keys refresh- username reject- protected private require- valid
           client
        """,
    ),
    (
        Is.SOURCE_UNAVAILABLE,
        """
        3: maintenance unavailab- outage 502 503 504 upstreamerror sensor landing
        2: vendor- api webhook throttled source endpoint- html gateway offline degraded
           publisher file files download- empty missing ftp sftp export- listing blob object
           prefix glob upload- arriv- report attachment feed feeds page pagination cursor
           offset- temporarily
        1: response- request- server status found data received returned available retry later
           path directory body stream- rate limit- too many remote site exist- key poll- fetch-
        """,
    ),
    (
        Is.SCHEMA_CONTRACT,
        """
        3: schema- avro protobuf contract- deserializ- evolution ddl datatype- proto
        2: column- field- struct- mismatch- incompatib- nullable parquet type types union-
           header- promot- merge- subject compatib- registry attribute- nested typed layout
           definition- mapping rename- added removed evolv- schemaless enum- record deserialize
           serializ- decode- fingerprint orc
        1: expected expects got match- differ- missing unexpected found required format- changed
           property order cast- conver- extra unknown target
        """,
    ),
    (
        Is.DATA_QUALITY,
        """
        3: duplicate- constraint- null nulls malformed corrupt- overflow- truncat- unparse- utf
           unicode checksum- expectation- nan outlier- anomal- cardinality unique
        2: value- row rows record- date- timestamp- decimal- numeric integer- float- number-
           character- encod- decod- invalid pars- cast- conver- violat- quality check- valid-
           literal delimiter quote- csv json xml gzip digit- range precision negative zero
           divid- divis- key bytes string- format- long length nullable empty integrity boolean
        1: data line input unexpected bad wrong contain- test- assert- column must greater
           less between failing size too not-null content- magic element
        """,
    ),
    (
        Is.LOGIC,
        """
        3: syntax ambiguous clause- subquer- nonetype callable keyerror attributeerror typeerror
           lambda recursion macro- jinja aggregat- select groupby dataframe traceback udf udfs
           subscriptable iterable unpack alias- predicate- cte lateral partitionby pickl-
        2: expression- function- operator- argument- statement- query group window- operand- sql
           identifier- keyword- index- join- where object pars- compil- unresolved refer-
           variable- view- table- method- operation- command- literal implement- token-s
           semantic- undefined defined define- model- dag nested recursive sequence circular
           cycl- template- string list tuple dict int str float array- series axis positional
           unexpected position generator iterator python temporary insert update delete drop
           alter create overwrite from having distinct constant parenthes- bracket- quoted
           cannot nonexist-
        1: must only allow- support- use used using specif- expect- invalid exist- exists type
           types column- not should when both with multiple single provide- parameter-
           attribute- name named found unknown require- contain- without can correct- instead
           please
        """,
    ),
    (
        Is.QUERY_LIMIT,
        """
        3: statement_timeout maxresultsize wlm runaway
        2: timeout- exceed- scann- spill- result- broadcast- complex- depth limit- runtime
           elapsed cancelled canceled duration sla allotted minutes hours
        1: query- maximum time large too bytes rows seconds cpu stage- size long job statement-
           plan
        """,
    ),
    (
        Is.UPSTREAM,
        """
        3: upstream- skipped predecessor-
        2: dependenc- parent- skip- trigger_rule
        1: previous
        """,
    ),
    (
        Is.CANCELLED,
        """
        3: cancelled canceled cancel cancellation ctrl
        2: user manual- interrupt- stopp- killed abort-
        1: request-
        """,
    ),
)
