from typing import Any

import pytest
from hub_policy_standards import hub_policies

from hub.domain.catalog import Catalog, Domain, Owner, OwnerKind, Product, Slo, SloKind, Step

FLEET = Domain("fleet", Owner("fleet-data", OwnerKind.DOMAIN, "fleet-pager"))
SLO = Slo(name="s", product="rides", dataset="bronze.rides", kind=SloKind.QUALITY)
STEP = Step(name="rides", product="rides", writes="bronze.rides", lane="files", contract="c")


def found(
    domain: Domain = FLEET, step: Step = STEP, slos: tuple[Slo, ...] = (SLO,)
) -> dict[str, list[str]]:
    product = Product(name="rides", domain="fleet", steps=(step,), slos=slos)
    catalog = Catalog(domains={"fleet": domain}, products={"rides": product})
    findings = [f for make in hub_policies().values() for f in make().check(catalog)]
    return {finding.policy: [finding.message, finding.fix] for finding in findings}


def test_a_tidy_product_has_no_findings() -> None:
    assert found() == {}


def test_a_product_of_no_domain_is_found() -> None:
    catalog = Catalog(products={"rides": Product(name="rides", domain="nobody", slos=(SLO,))})

    [finding] = hub_policies()["owned"]().check(catalog)

    assert "has no owner" in finding.message
    assert finding.blocks


@pytest.mark.parametrize(
    ("changes", "policy", "words"),
    [
        ({"domain": Domain("fleet", Owner("quiet", OwnerKind.DOMAIN))}, "owned", "quiet"),
        (
            {"step": Step(name="rides", product="rides", writes="bronze.rides", lane="files")},
            "contracted",
            "without a contract",
        ),
        ({"slos": ()}, "promised", "promises nothing"),
        (
            {
                "step": Step(
                    name="LoadRides",
                    product="rides",
                    writes="bronze.rides",
                    lane="files",
                    contract="c",
                )
            },
            "named",
            "LoadRides",
        ),
    ],
)
def test_each_standard_finds_its_breach(changes: dict[str, Any], policy: str, words: str) -> None:
    findings = found(**changes)

    assert list(findings) == [policy]
    assert words in findings[policy][0]


def test_a_bad_name_comes_with_a_good_one() -> None:
    step = Step(
        name="LoadRides", product="rides", writes="bronze.rides", lane="files", contract="c"
    )

    assert found(step=step)["named"][1] == "call it load_rides"
