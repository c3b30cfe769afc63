"""How much the bundled tables cover, and that they hang together."""

import pytest

from broker.domain.geography import Region, RegionKey
from broker.domain.offers import CapacityType, Offer
from providers.listprices.adapter import ListPrices
from providers.listprices.atlas import ListPricesAtlas
from providers.listprices.bundle import COLUMNS, Bundle, bundled, open_bundle


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return open_bundle(bundled())


@pytest.mark.parametrize(("provider", "at_least"), [("aws", 88), ("azure", 43), ("gcp", 40)])
def test_machine_types_per_cloud(catalog: list[Offer], provider: str, at_least: int) -> None:
    types = {offer.machine_type for offer in catalog if offer.region.provider == provider}

    assert len(types) >= at_least


@pytest.mark.parametrize(("provider", "at_least"), [("aws", 30), ("azure", 51), ("gcp", 29)])
def test_regions_per_cloud(catalog: list[Offer], provider: str, at_least: int) -> None:
    regions = {offer.region for offer in catalog if offer.region.provider == provider}

    assert len(regions) >= at_least


def test_every_family_of_accelerators_is_offered(catalog: list[Offer]) -> None:
    models = {offer.accelerator.model for offer in catalog}

    assert models == {
        "A10", "A100", "A10G", "AI100", "B200", "B300", "GB200", "Gaudi", "H100", "H200",
        "Inferentia", "Inferentia2", "K520", "K80", "L4", "L40S", "M60", "MI300X", "RTXPRO6000",
        "T4", "T4g", "TPU", "Trainium", "V100", "V520",
    }  # fmt: skip


def test_every_kind_of_capacity_that_a_list_states_is_offered(catalog: list[Offer]) -> None:
    kinds = {(str(o.region.provider), o.capacity_type) for o in catalog}

    assert kinds == {
        ("aws", CapacityType.ON_DEMAND),
        ("aws", CapacityType.SPOT),
        ("aws", CapacityType.RESERVED),
        ("azure", CapacityType.ON_DEMAND),
        ("gcp", CapacityType.ON_DEMAND),
        ("gcp", CapacityType.SPOT),
        ("gcp", CapacityType.RESERVED),
    }


def test_no_offer_is_named_twice(catalog: list[Offer]) -> None:
    names = [offer.name for offer in catalog]

    assert len(names) == len(set(names)) > 4500


def test_every_offer_is_in_a_region_of_the_atlas(
    catalog: list[Offer], regions: dict[str, Region]
) -> None:
    assert {str(offer.region) for offer in catalog} <= regions.keys()


def test_every_offered_accelerator_is_in_the_atlas(catalog: list[Offer]) -> None:
    assert {offer.accelerator for offer in catalog} == set(ListPricesAtlas().accelerators())


@pytest.mark.parametrize("table", [name for name in COLUMNS if name != "sources"])
def test_every_row_names_a_source_that_is_described(bundle: Bundle, table: str) -> None:
    known = {row[0] for row in bundle.rows("sources")}
    position = COLUMNS[table].index("source")

    assert {row[position] for row in bundle.rows(table)} <= known


def test_every_source_is_used_and_says_where_it_is(bundle: Bundle) -> None:
    used = {
        row[COLUMNS[table].index("source")]
        for table in COLUMNS
        if table != "sources"
        for row in bundle.rows(table)
    }

    for name, title, where, licence, as_of in bundle.rows("sources"):
        assert name in used
        assert title
        assert where.startswith("https://")
        assert licence
        assert as_of <= "2026-11-22"


@pytest.mark.parametrize("table", ["offers", "egress", "storage", "overheads"])
def test_every_price_has_the_day_of_its_source(bundle: Bundle, table: str) -> None:
    days = {row[0]: row[4] for row in bundle.rows("sources")}

    assert all(days[row[-2]] == row[-1] for row in bundle.rows(table))


def test_closed_partitions_are_asked_for_like_any_other_region(regions: dict[str, Region]) -> None:
    provider = ListPrices()
    government = RegionKey.parse("aws/us-gov-west-1")

    assert regions[str(government)].is_closed
    assert regions[str(government)].jurisdictions == {"US", "US-GOV"}
    assert government in provider.regions()
    assert provider.discover(government).offers


def test_each_region_of_the_tables_is_asked_for(bundle: Bundle) -> None:
    listed = {RegionKey.parse(f"{row[0]}/{row[1]}") for row in bundle.rows("offers")}

    assert set(ListPrices().regions()) == listed
