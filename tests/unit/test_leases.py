"""How long a run may be silent."""

import pytest

from hub.domain.names import JobName
from hub.domain.openlineage.leases import SECOND, JobLease, LeasePolicy, lease_of, shortest_lease

JOB = JobName("airflow", "nightly.load")
POLICY = LeasePolicy(
    lease_factor=3, least_lease_seconds=60, first_lease_seconds=600, leases=(JobLease("x:*", 5),)
)


@pytest.mark.parametrize(
    ("durations", "seconds"),
    [([], 600), ([100, 100], 600), ([100, 20, 900], 300), ([1, 1, 1], 60)],
)
def test_a_lease_is_a_multiple_of_what_is_usual(durations: list[int], seconds: int) -> None:
    assert lease_of(POLICY, [JOB], [each * SECOND for each in durations]) == seconds * SECOND


@pytest.mark.parametrize(
    ("pattern", "is_meant"),
    [("airflow:nightly.*", True), ("*:nightly.loa?", True), ("airflow:nightly", False)],
)
def test_a_job_may_have_a_lease_of_its_own(pattern: str, *, is_meant: bool) -> None:
    policy = LeasePolicy(leases=(JobLease(pattern, 7), JobLease(pattern, 8)))

    assert (lease_of(policy, [JOB], []) == 7 * SECOND) is is_meant


def test_nothing_is_looked_for_before_the_shortest_lease_can_be_over() -> None:
    assert shortest_lease(POLICY) == 5 * SECOND
