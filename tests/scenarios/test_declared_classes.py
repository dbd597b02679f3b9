"""What a runner itself says that a failure is goes before all that the hub could make of it."""

import pytest

from hub.domain.failures.failure import FailureClass
from hub.runtime.failures import described
from hub.testing.scenario import Scenario, run

LOAD = run("finance/payments.load").writes("bronze.payments")
REFUSED = "FATAL: permission denied for table payments (SQLSTATE 42501)"


@pytest.mark.parametrize("failure_class", ["QUERY_LIMIT", "DATA_QUALITY"])
def test_a_declared_class_goes_before_codes_and_words(world: Scenario, failure_class: str) -> None:
    world.at("04:10", LOAD.fails(REFUSED, origin="source", failure_class=failure_class))

    [page] = (sent.body for sent in world.mailbox.notifications)
    assert (page["class"], page["rule"]) == (failure_class, "declared")
    assert page["evidence"] == f"the runner says that it is {failure_class}"
    assert page["runner_up"].startswith("ACCESS")
    assert page["owner"]["name"] == "finance-data"


def test_a_declared_class_goes_before_what_has_changed_around_the_run(world: Scenario) -> None:
    check = run("finance/earnings.sum").reads("bronze.payments").writes("gold.earnings")
    failed = check.checks("bronze.payments", failed=["ids are there"])
    world.at("04:10", failed.fails("ids are missing", failure_class="CONFIG"))

    assert [sent.body["class"] for sent in world.mailbox.notifications] == ["CONFIG"]


@pytest.mark.parametrize("said", ["UNKNOWN", "SUNSPOTS", "", 7, ["ACCESS"], None])
def test_a_class_that_says_nothing_leaves_the_evidence(world: Scenario, said: object) -> None:
    world.at("04:10", LOAD.fails(REFUSED, failure_class=said))

    assert [sent.body["class"] for sent in world.mailbox.notifications] == ["ACCESS"]


class Throttled(Exception):
    failure_class = "INFRA_CAPACITY"


def test_a_plugins_exception_declares_the_class_of_the_run_that_it_ends() -> None:
    wrapped = RuntimeError("it did not work")
    wrapped.__cause__ = Throttled("slow down")

    assert described(wrapped).failure_class is FailureClass.INFRA_CAPACITY
    assert described(RuntimeError("it did not work")).failure_class is None
