from hypothesis import given
from hypothesis import strategies as st

from hub.domain.catalog import Catalog, Domain, Owner, OwnerKind, Product, Step
from hub.domain.names import DatasetName, JobName

TEAM = Domain("sales", Owner("team", OwnerKind.DOMAIN))


def catalog_of(*steps: Step) -> Catalog:
    names = dict.fromkeys(step.product for step in steps)
    products = {
        name: Product(name=name, domain="sales", steps=tuple(s for s in steps if s.product == name))
        for name in names
    }
    return Catalog(domains={"sales": TEAM}, products=products)


def test_a_step_is_found_by_what_it_writes_by_its_job_and_by_its_name() -> None:
    first = Step(name="load", product="orders", writes="bronze.orders", lane="files")
    second = Step(name="again", product="others", writes="bronze.orders", lane="files")
    catalog = catalog_of(first, second)

    assert catalog.writer(DatasetName("lake", "bronze.orders")) == first
    assert catalog.writer(DatasetName("elsewhere", "bronze.orders")) is None
    assert catalog.step_of(JobName("sales", "others.again")) == second
    assert catalog.step("others", "again") == second
    assert catalog.step("others", "load") is None
    assert catalog.step("nobody", "load") is None
    assert catalog.product_of(DatasetName("lake", "bronze.orders")) == catalog.products["orders"]
    assert catalog.product_of(DatasetName("lake", "gold.nothing")) is None


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), unique=True))
def test_what_is_read_ranks_before_what_is_made_of_it(pairs: list[tuple[int, int]]) -> None:
    edges = [(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]]
    steps = [
        Step(name=f"s{i}", product="p", writes=f"gold.{made}", reads=(f"gold.{read}",))
        for i, (read, made) in enumerate(edges)
    ]
    catalog = catalog_of(*steps)

    for read, made in edges:
        assert catalog.rank(f"gold.{read}") < catalog.rank(f"gold.{made}")


def test_what_is_made_in_a_circle_ranks_last() -> None:
    catalog = catalog_of(
        Step(name="load", product="p", writes="bronze.a", lane="files"),
        Step(name="one", product="p", writes="silver.b", reads=("bronze.a", "silver.c")),
        Step(name="two", product="p", writes="silver.c", reads=("silver.b",)),
    )
    assert catalog.rank("bronze.a") < catalog.rank("silver.b") == catalog.rank("silver.c")
