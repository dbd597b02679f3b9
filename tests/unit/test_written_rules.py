"""Rules that people write, and those that corrections propose."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from hub.domain.errors import InvalidInput
from hub.domain.failures.failure import Cause, Failure, FailureClass
from hub.domain.failures.proposals import Correction, Proposal, producer_name, propose
from hub.domain.failures.signatures import signature
from hub.domain.failures.written_rules import message_pattern, opinion
from hub.flow.evaluate import Judge
from hub.settings import load_catalog, load_settings
from hub.settings.rule_files import load_rules, rule_text

RULES = """
rule_set: 2026-11-27
rules:
  - rule: quota-of-the-lake
    class: INFRA_CAPACITY
    message: quota .* of the lake
    producer: spark
  - rule: any-quota
    class: QUERY_LIMIT
    message: quota
    confidence: 0.7
  - rule: our-exception
    class: CONFIG
    exception: OurConfigMissing
"""


def put(folder: Path, text: str, name: str = "2026-11-27") -> Path:
    (folder / "rules").mkdir(exist_ok=True)
    path = folder / "rules" / f"{name}.yaml"
    path.write_text(text)
    return path


def failure(message: str = "", **rest: object) -> Failure:
    return structs.replace(Failure(message=message), **rest)


def test_the_first_rule_that_holds_judges_and_outweighs_the_built_in_ones(tmp_path: Path) -> None:
    put(tmp_path, RULES)
    rules = load_rules(tmp_path)
    judge = Judge(written=lambda: rules)

    verdict = judge.judge(failure("permission denied: quota 7 of the lake", producer="spark 3.5"))
    assert (verdict.failure_class, verdict.rule, verdict.rule_set, verdict.confidence) == (
        FailureClass.INFRA_CAPACITY,
        "written.quota-of-the-lake",
        "2026-11-27",
        0.98,
    )
    assert "quota 7 of the lake" in verdict.evidence
    assert verdict.runner_up is not None
    assert verdict.runner_up.failure_class is FailureClass.ACCESS


def test_a_rule_asks_for_all_that_it_names(tmp_path: Path) -> None:
    put(tmp_path, RULES)
    rules = load_rules(tmp_path)

    other = opinion(rules, failure("quota 7 of the lake", producer="dbt"))
    assert other is not None
    assert other.rule == "written.any-quota"
    named = opinion(rules, failure(causes=(Cause(type="com.acme.OurConfigMissing"),)))
    assert named is not None
    assert (named.rule, named.evidence) == (
        "written.our-exception",
        "exception com.acme.OurConfigMissing",
    )
    assert opinion(rules, failure("nothing of the kind")) is None


def test_the_newest_set_judges_first_and_older_ones_stay(tmp_path: Path) -> None:
    put(tmp_path, RULES)
    newer = "rule_set: 2026-12-01\nrules:\n  - {rule: q, class: ACCESS, message: quota}\n"
    put(tmp_path, newer, "2026-12-01")

    found = opinion(load_rules(tmp_path), failure("quota"))
    assert found is not None
    assert (found.failure_class, found.rule_set) == (FailureClass.ACCESS, "2026-12-01")


def test_a_reload_brings_other_rules_into_force(tmp_path: Path) -> None:
    put(tmp_path, RULES)
    rules = {"now": load_rules(tmp_path)}
    judge = Judge(written=lambda: rules["now"])
    assert judge.judge(failure(exception="OurConfigMissing")).rule == "written.our-exception"
    rules["now"] = ()

    assert judge.judge(failure(exception="OurConfigMissing")).rule != "written.our-exception"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("rule_set: 2026-12-01", 1, "belongs into 2026-12-01.yaml"),
        ("rule_set: newest", 1, "no dated name"),
        (RULES.replace("quota .* of the lake", "quota (").strip(), 5, "is no regular expression"),
        (RULES.replace("quota .* of", r"(quota) \1").strip(), 5, "write out what it is to find"),
        (RULES.replace("OurConfig", "(?<=Our)Config").strip(), 13, "neither ahead nor behind"),
        (RULES.replace("message: quota\n", "message: q*\n").strip(), 9, "fits everything"),
        (RULES.replace("confidence: 0.7", "confidence: 7").strip(), 10, "is not above 0"),
        (RULES.replace("    exception: OurConfigMissing\n", "").strip(), 11, "fits all"),
        (RULES.replace("any-quota", "quota-of-the-lake").strip(), 7, "declared twice"),
        (RULES.replace("QUERY_LIMIT", "NO_SUCH").strip(), 8, "NO_SUCH"),
        (
            RULES.strip() + "\n  - {rule: z, class: ACCESS, message: quota, producer: x}",
            14,
            "never",
        ),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(
    text: str, line: int, message: str, tmp_path: Path
) -> None:
    path = put(tmp_path, text)
    with pytest.raises(InvalidInput, match=message) as alone:
        load_rules(tmp_path)
    assert f"{path}:{line}: " in alone.value.message
    with pytest.raises(InvalidInput, match=message):
        load_catalog(load_settings(tmp_path, environ={}))


MESSAGE = "Column 'fare' of table rides_{} is not there since {}"


def corrections(count: int, **changes: object) -> list[Correction]:
    made = []
    for number in range(count):
        message = MESSAGE.format(number, 100 + number)
        each = Correction(
            incident=f"INC-{number}",
            signature=signature(message),
            producer_name="dbt",
            failure_class=FailureClass.SCHEMA_CONTRACT,
            message=message,
            actor="ada",
            at=number,
        )
        made.append(structs.replace(each, **changes))
    return made


def proposed(count: int = 3) -> Proposal:
    found = propose(corrections(count))
    assert found is not None
    return found


def test_three_equal_corrections_propose_a_rule_that_finds_their_like() -> None:
    rule = proposed().rule("2026-11-27")
    verdict = opinion([rule], failure(MESSAGE.format("x", "y"), producer="dbt 1.9"))

    assert verdict is not None
    assert verdict.failure_class is FailureClass.SCHEMA_CONTRACT
    assert rule.name.startswith("column-of-table-is-")
    assert opinion([rule], failure(MESSAGE.format("x", "y"), producer="spark")) is None
    assert opinion([rule], failure("something else", producer="dbt")) is None


def test_two_are_not_enough_and_neither_are_those_that_disagree() -> None:
    other = structs.replace(corrections(1)[0], failure_class=FailureClass.LOGIC)

    assert propose(corrections(2)) is None
    assert propose([*corrections(3), other]) is None


def test_a_proposal_is_the_same_whoever_asks_and_in_whatever_order() -> None:
    assert proposed() == propose(corrections(3)[::-1])
    assert proposed().id == proposed(4).id


def test_a_proposed_rule_is_a_file_that_the_configuration_takes(tmp_path: Path) -> None:
    rule = proposed().rule("2026-11-27")
    put(tmp_path, rule_text(rule, proposed().because))

    assert load_rules(tmp_path) == (rule,)


def test_a_proposed_rule_finds_french_that_is_set_as_it_should_be() -> None:
    french = [structs.replace(e, message="Erreur\xa0: droits refusés") for e in corrections(3)]
    found = propose(french)
    assert found is not None
    rule = found.rule("2026-11-27")

    assert opinion([rule], failure("Erreur\xa0: droits refusés", producer="dbt")) is not None
    assert opinion([rule], failure("Erreur : droits refusés", producer="dbt")) is not None


@given(st.text(max_size=400))
def test_a_pattern_finds_the_message_that_it_was_made_of(message: str) -> None:
    rule = propose([structs.replace(e, message=message) for e in corrections(3)])
    pattern = message_pattern(message)
    if rule is not None:
        assert rule.message == pattern
        assert opinion([rule.rule("2026-11-27")], failure(message, producer="dbt")) is not None


@pytest.mark.parametrize(
    ("producer", "name"),
    [("dbt OpenLineage dbt 1.9", "dbt"), ("", ""), ("3.5 Spark/x", "spark"), ("1 2", "")],
)
def test_a_producer_is_named_without_versions(producer: str, name: str) -> None:
    assert producer_name(producer) == name
