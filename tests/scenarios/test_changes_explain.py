"""What has changed since a job last passed says whose a failure is, where its text does not."""

from msgspec import structs

from hub.testing.scenario import RunScript, Scenario, run

LOAD = run("fleet/repairs.load").writes("bronze.repairs")
CLEAN = run("fleet/repairs.clean").reads("bronze.repairs").writes("silver.repairs")
SUM = run("finance/earnings.sum").reads("silver.repairs").writes("gold.earnings")
MISSING = 'Binder Error: Referenced column "cost" not found in FROM clause'


def shaped(script: RunScript, *fields: str) -> RunScript:
    """Let what a run writes have fields."""
    facet = {"fields": [{"name": name, "type": "string"} for name in fields]}
    outputs = [{**each, "facets": {"schema": facet}} for each in script.outputs]
    return structs.replace(script, outputs=tuple(outputs))


def of_version(script: RunScript, version: str) -> RunScript:
    """Let a run be of a version of its job's code."""
    facet = {"type": "git", "url": "https://git.example.org/jobs", "version": version}
    return structs.replace(script, job_facets={"sourceCodeLocation": facet})


def reading(script: RunScript, rows: int) -> RunScript:
    """Let a run say how many rows it has read."""
    counted = {"inputStatistics": {"rowCount": rows}}
    return structs.replace(
        script, inputs=tuple({**each, "inputFacets": counted} for each in script.inputs)
    )


def passed_once(world: Scenario) -> None:
    world.at("04:10", shaped(LOAD, "id", "cost"))
    world.at("04:15", of_version(shaped(CLEAN, "id", "cost"), "1"))
    world.at("04:20", of_version(SUM, "1"))


def test_a_column_that_the_input_has_lost_is_its_producers(world: Scenario) -> None:
    passed_once(world)
    world.at("05:10", shaped(CLEAN, "id", "price"))
    world.at("05:11", of_version(SUM, "1").fails(MISSING))

    assert world.heard() == ["05:11 triggered fleet-pager SCHEMA_CONTRACT gold.earnings"]


def test_a_column_that_new_code_asks_for_is_the_jobs_own(world: Scenario) -> None:
    passed_once(world)
    world.at("05:10", shaped(CLEAN, "id", "cost"))
    world.at("05:11", of_version(SUM, "2").fails(MISSING.replace("cost", "csot")))

    assert world.heard() == ["05:11 triggered finance-pager LOGIC gold.earnings"]


def test_where_both_changed_the_input_explains_a_column_that_it_has_lost(world: Scenario) -> None:
    passed_once(world)
    world.at("05:10", shaped(CLEAN, "id", "price"))
    world.at("05:11", of_version(SUM, "2").fails(MISSING))

    assert world.heard() == ["05:11 triggered fleet-pager SCHEMA_CONTRACT gold.earnings"]


def test_a_typing_error_is_the_jobs_own_whatever_its_inputs_look_like(world: Scenario) -> None:
    passed_once(world)
    world.at("05:10", shaped(CLEAN, "id", "cost", "vat"))
    world.at("05:11", SUM.fails('syntax error at or near "selct"'))

    assert world.heard() == ["05:11 triggered finance-pager LOGIC gold.earnings"]


def test_a_duplicate_key_is_no_fault_of_a_field_that_is_new(world: Scenario) -> None:
    passed_once(world)
    world.at("05:10", shaped(CLEAN, "id", "cost", "vat"))
    world.at("05:11", SUM.fails('duplicate key value violates unique constraint "pk"'))

    assert world.heard() == ["05:11 triggered finance-pager DATA_QUALITY gold.earnings"]


def test_memory_that_an_input_has_outgrown_is_for_the_jobs_domain(world: Scenario) -> None:
    for minute in range(10, 14):
        world.at(f"04:{minute}", reading(SUM, rows=1_000))
    world.at("04:20", reading(SUM, rows=5_000).fails("java.lang.OutOfMemoryError"))

    assert world.heard() == ["04:20 triggered finance-pager LOGIC gold.earnings"]


def test_memory_that_runs_out_on_a_usual_day_is_the_platforms(world: Scenario) -> None:
    for minute in range(10, 14):
        world.at(f"04:{minute}", reading(SUM, rows=1_000))
    world.at("04:20", reading(SUM, rows=1_500).fails("java.lang.OutOfMemoryError"))

    assert world.heard() == ["04:20 triggered platform-pager INFRA_COMPUTE gold.earnings"]
