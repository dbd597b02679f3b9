"""What many jobs say alike, that have nothing to do with each other, is one trouble below them."""

from collections.abc import Callable

import pytest
from msgspec import structs

from hub.testing.scenario import RunScript, Scenario, run
from tests.scenarios.conftest import MESH

PATIENT = structs.replace(MESH, route=structs.replace(MESH.route, wait_seconds=30))
LOAD = run("finance/payments.load").writes("bronze.payments")
CLEAN = run("fleet/repairs.clean").reads("bronze.repairs").writes("silver.repairs")
ELSEWHERE = run("elsewhere/dag").reads("lake.a").writes("lake.b")
FURTHER = run("elsewhere/other").reads("lake.c").writes("lake.d")
LATER = run("elsewhere/last").reads("lake.e").writes("lake.f")
UPGRADED = "TypeError: read() got an unexpected keyword argument 'engine' in line {}"
EXPIRED = "the client secret of app 7 has expired, attempt {}"

UNHEARD_OF = "Frobnication of the wibble went awry at turn {}"
GUESSED = "Widget frobnicator {} wobbles beyond limits"
LOCKED = "could not serialize access due to concurrent update, attempt {}"
DOWN = "HTTP 503 Service Unavailable from https://api.shop.example, attempt {}"

Another = Callable[..., Scenario]


def told(another: Another, message: str, *jobs: RunScript, minutes: int = 1) -> list[str]:
    world = another(PATIENT)
    for number, each in enumerate(jobs):
        # Numbers differ from one telling to the next.
        world.at(f"04:{10 + number * minutes}", each.fails(message.format(number)))
    world.at("05:20")
    return [line.partition(" ")[2] for line in world.heard()]


def test_the_third_job_makes_it_the_platforms(another: Another) -> None:
    heard = told(another, UPGRADED, LOAD, CLEAN, ELSEWHERE, FURTHER)

    assert heard[:2] == [
        "triggered finance-pager LOGIC bronze.payments",
        "triggered fleet-pager LOGIC silver.repairs",
    ]
    assert "triggered platform-pager INFRA_COMPUTE bronze.payments" in heard
    assert not any("lake." in line for line in heard if line.startswith("triggered"))


def test_what_governance_mends_stays_with_it_and_is_one(another: Another) -> None:
    heard = told(another, EXPIRED, LOAD, CLEAN, ELSEWHERE, FURTHER)

    assert sum(line.startswith("triggered") for line in heard) == 2
    assert all("ACCESS" in line for line in heard)


@pytest.mark.parametrize(
    ("message", "failure_class"),
    [
        (UNHEARD_OF, "INFRA_COMPUTE"),
        (GUESSED, "INFRA_CAPACITY"),
        (LOCKED, "INFRA_CONCURRENCY"),
        (DOWN, "SOURCE_UNAVAILABLE"),
    ],
)
def test_what_three_jobs_say_at_once_is_one_incident_whether_a_rule_knows_it_or_not(
    another: Another, message: str, failure_class: str
) -> None:
    heard = told(another, message, ELSEWHERE, CLEAN, FURTHER, LATER, minutes=0)

    [page] = [line for line in heard if line.startswith("triggered")]
    assert page == f"triggered platform-pager {failure_class} lake.b"


def test_two_jobs_of_which_a_word_is_alike_stay_apart(another: Another) -> None:
    world = another(PATIENT)
    world.at("04:10", LOAD.fails("Widget frobnicator wobbles beyond limits"))
    world.at("04:11", CLEAN.fails("Gherkin harvest went over its limits today"))
    world.at("05:20")

    assert sum("triggered" in line for line in world.heard()) == 2


def reader(name: str) -> RunScript:
    return run(f"elsewhere/{name}").reads("silver.repairs", f"side.{name}").writes(f"out.{name}")


MISMATCHED = (
    "schema mismatch with the contract of orders: expected {} fields, field total_amount is missing"
)
NULLS = "Data quality check failed: {} null values in column user_id"


@pytest.mark.parametrize(
    ("message", "failure_class"), [(MISMATCHED, "SCHEMA_CONTRACT"), (NULLS, "DATA_QUALITY")]
)
def test_what_three_readers_say_alike_of_the_data_is_up_to_whoever_makes_that(
    another: Another, message: str, failure_class: str
) -> None:
    heard = told(another, message, *map(reader, ("a", "b", "c", "d")), minutes=0)

    pages = [line for line in heard if line.startswith("triggered")]
    assert pages == [f"triggered fleet-pager {failure_class} silver.repairs"]


def test_of_several_inputs_that_all_of_them_read_the_one_that_was_blamed_stays_so(
    another: Another,
) -> None:
    both = ("silver.repairs", "bronze.payments")
    jobs = [run(f"elsewhere/{name}").reads(*both).writes(f"out.{name}") for name in "abc"]
    jobs.append(run("elsewhere/d").reads(*reversed(both)).writes("out.d"))
    jobs += [run(f"elsewhere/{name}").reads(both[1]).writes(f"out.{name}") for name in "ef"]

    heard = told(another, MISMATCHED, *jobs, minutes=0)

    pages = [line for line in heard if line.startswith("triggered")]
    assert pages == ["triggered fleet-pager SCHEMA_CONTRACT silver.repairs"]


@pytest.mark.parametrize(
    ("message", "jobs"),
    [
        (MISMATCHED, (reader("a"), reader("b"), ELSEWHERE, FURTHER)),
        (NULLS, (ELSEWHERE, FURTHER, LATER)),
    ],
)
def test_what_two_readers_or_many_of_different_data_say_of_data_stays_apart(
    another: Another, message: str, jobs: tuple[RunScript, ...]
) -> None:
    heard = told(another, message, *jobs)

    assert sum(line.startswith("triggered") for line in heard) == len(jobs)
    assert not any(line.endswith("silver.repairs") for line in heard)


@pytest.mark.parametrize(
    ("message", "jobs", "minutes"),
    [
        (UPGRADED, (LOAD, CLEAN), 1),
        (UPGRADED, (LOAD, CLEAN, ELSEWHERE), 9),
        ("KeyError: 'id'", (LOAD, CLEAN, ELSEWHERE), 1),
        ("IndexError: list index out of range", (LOAD, CLEAN, ELSEWHERE), 1),
        (UPGRADED, (LOAD, ELSEWHERE, run("elsewhere/sibling").reads("lake.a")), 1),
    ],
    ids=["two jobs", "over half an hour", "few words", "no name", "readers of the same data"],
)
def test_what_is_alike_by_chance_stays_apart(
    another: Another, message: str, jobs: tuple[RunScript, ...], minutes: int
) -> None:
    heard = told(another, message, *jobs, minutes=minutes)

    assert sum(line.startswith("triggered") for line in heard) == len(jobs)
    assert all("LOGIC" in line or "SCHEMA_CONTRACT" in line for line in heard)
