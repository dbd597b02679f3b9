"""Phrases of stores, brokers, code hosts and registries, which say in whose hands a failure is."""

from __future__ import annotations

from typing import Final

from hub.domain.failures.classification import MessageRule as Rule
from hub.domain.failures.failure import FailureClass as Is

PHRASES: Final = (
    Rule(
        "not-enough-of-the-cluster",
        Is.INFRA_COMPUTE,
        0.97,
        r"""
        name ?node is in safe ?mode | vault is sealed | cluster ?down\b
        (?:cannot|could not|unable to|failed to) achieve consistency level
        not enough replicas available | replicas? were required but only
        (?:no|lost|without a?) quorum | no responders available
        only be (?:written|replicated) to 0 of the \d+ min ?replication
        no worker activity has been seen | appears to be stuck
        metadata service\. status: 5\d\d | computemetadata.{0,300}status: 5\d\d
        """,
    ),
    Rule(
        "closed-repository",
        Is.ACCESS,
        0.97,
        r"""
        pull access denied | could not read (?:username|password) for | not authenticated
        permission denied \(publickey | metaexception\(message:permission denied
        directory on path .{0,300}cannot be listed | requesttimetooskewed
        object does not exist,? or operation cannot be performed
        does not exist or (?:is )?not authori[sz]ed
        """,
    ),
    Rule(
        "repository-not-read",
        Is.ACCESS,
        # Less sure than what says why it could not be.
        0.8,
        r"could not read from remote repository | correct access rights",
    ),
    Rule(
        "host-not-known-yet",
        Is.CONFIG,
        0.97,
        r"""
        host key verification failed | authenticity of host .{0,200}can't be established
        no matching host key | not found in known_hosts
        """,
    ),
    Rule(
        "part-not-set-up",
        Is.CONFIG,
        0.96,
        r"""
        could not find (?:a suitable table|any) factory | remains unresolved for id
        block document '[^']*' for block type | remote branch \S+ not found
        errorcode:\s*invaliduri | requested uri does not represent any resource
        limit of total fields | inequivalent arg | exceeded ?max ?request
        failed to resolve reference | missing sql server system clr
        keyerror: '\w+' os\.environ\[
        """,
    ),
    Rule(
        "pull-limit",
        Is.INFRA_CAPACITY,
        0.97,
        r"pull rate limit | maximum payload exceeded | exceeded the memory limits set by",
    ),
    Rule(
        "commit-overtaken",
        Is.INFRA_CONCURRENCY,
        0.97,
        r"""
        cannot commit, found (?:new|conflicting) | found new delete for replaced data file
        exclusive consumer is already connected | replication slot .{0,80} is active for pid
        """,
    ),
    Rule(
        "condition-not-met",
        Is.DATA_QUALITY,
        0.9,
        r"conditional request failed",
    ),
    Rule(
        "arguments-against-each-other",
        Is.LOGIC,
        0.97,
        r"cannot both be (?:none|null|set|specified)",
    ),
)
