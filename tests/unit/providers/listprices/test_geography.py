"""Regions, their law, and the distances and prices between them."""

import math
import tomllib
from importlib.resources import files

import pytest

from broker.catalog.network import network
from broker.domain.geography import Region, RegionKey
from broker.domain.money import Money
from providers.listprices.atlas import ListPricesAtlas


@pytest.mark.parametrize(
    ("region", "jurisdictions"),
    [
        ("aws/eu-central-1", {"DE", "EU", "EEA"}),
        ("aws/eu-west-1", {"IE", "EU", "EEA"}),
        ("aws/eu-west-2", {"GB"}),
        ("aws/eu-central-2", {"CH", "EFTA"}),
        ("gcp/europe-west2", {"GB"}),
        ("gcp/europe-west6", {"CH", "EFTA"}),
        ("gcp/europe-west4", {"NL", "EU", "EEA"}),
        ("azure/uksouth", {"GB"}),
        ("azure/norwayeast", {"NO", "EEA", "EFTA"}),
        ("azure/switzerlandnorth", {"CH", "EFTA"}),
        ("azure/northeurope", {"IE", "EU", "EEA"}),
        ("azure/swedencentral", {"SE", "EU", "EEA"}),
        ("azure/brazilsoutheast", {"BR"}),
        ("azure/mexicocentral", {"MX"}),
        ("aws/us-east-1", {"US"}),
        ("gcp/asia-east1", {"TW"}),
        ("gcp/asia-southeast1", {"SG", "ASEAN"}),
        ("gcp/me-central2", {"SA", "GCC"}),
    ],
)
def test_the_law_comes_from_the_country_not_from_the_name(
    regions: dict[str, Region], region: str, jurisdictions: set[str]
) -> None:
    assert regions[region].jurisdictions == jurisdictions


def test_only_members_of_the_union_are_in_the_union(regions: dict[str, Region]) -> None:
    inside = {r.country for r in regions.values() if "EU" in r.jurisdictions}

    assert inside == {"AT", "BE", "DE", "DK", "ES", "FI", "FR", "IE", "IT", "NL", "PL", "SE"}


def test_the_unions_are_dated_and_have_their_members() -> None:
    unions = tomllib.loads((files("policies") / "jurisdictions.toml").read_text())
    members = {name: set(union["members"]) for name, union in unions.items()}

    assert len(members["EU"]) == 27
    assert members["EEA"] - members["EU"] == {"IS", "LI", "NO"}
    assert members["EFTA"] == {"CH", "IS", "LI", "NO"}
    for union in unions.values():
        assert union["members"] == sorted(set(union["members"]))
        assert union["source"].startswith("https://")
        assert union["as_of"] <= "2026-11-22"


def test_every_region_lists_exactly_the_unions_of_its_country(regions: dict[str, Region]) -> None:
    unions = tomllib.loads((files("policies") / "jurisdictions.toml").read_text())

    for region in regions.values():
        expected = {name for name, u in unions.items() if region.country in u["members"]}
        assert region.jurisdictions - {"US-GOV"} == expected | {region.country}


def test_every_commercial_region_has_coordinates(regions: dict[str, Region]) -> None:
    without = {key for key, region in regions.items() if region.latitude is None}

    assert without == {"aws/us-gov-east-1", "aws/us-gov-west-1"}


def test_the_lesser_direction_is_the_round_trip() -> None:
    trips = {(str(t.a), str(t.b)): t for t in ListPricesAtlas().round_trips()}

    frankfurt_dublin = trips["aws/eu-central-1", "aws/eu-west-1"]
    assert 15 < frankfurt_dublin.milliseconds < 30
    assert frankfurt_dublin.source == "skyplane-grid-2022"


def test_no_round_trip_is_faster_than_light_in_fibre(regions: dict[str, Region]) -> None:
    too_fast = [
        (str(trip.a), str(trip.b), trip.milliseconds)
        for trip in ListPricesAtlas().round_trips()
        if trip.milliseconds < 2 * (_km(regions[str(trip.a)], regions[str(trip.b)]) - 100) / 204.19
    ]

    assert too_fast == []


def test_where_one_direction_is_impossible_the_other_one_counts() -> None:
    trips = {(str(t.a), str(t.b)): t for t in ListPricesAtlas().round_trips()}

    assert trips["gcp/europe-west1", "gcp/us-west1"].milliseconds > 100  # the grid also has 1.5


def _km(a: Region, b: Region) -> float:
    """By the law of cosines, which is not how the tables are built."""
    assert a.latitude is not None
    assert a.longitude is not None
    assert b.latitude is not None
    assert b.longitude is not None
    lat_a, lat_b = math.radians(a.latitude), math.radians(b.latitude)
    turn = math.cos(math.radians(a.longitude - b.longitude))
    angle = math.sin(lat_a) * math.sin(lat_b) + math.cos(lat_a) * math.cos(lat_b) * turn
    return 6371 * math.acos(min(1.0, angle))


def test_zones_that_were_measured_stand_for_their_region() -> None:
    keys = {str(key) for trip in ListPricesAtlas().round_trips() for key in (trip.a, trip.b)}

    assert "gcp/us-east1" in keys
    assert not any(key.startswith("gcp/us-east1-") for key in keys)


def test_published_percentiles_fill_in_only_between_azure_regions() -> None:
    trips = [t for t in ListPricesAtlas().round_trips() if t.source == "azure-rtt-p95-2026"]
    measured = [t for t in ListPricesAtlas().round_trips() if t.source == "skyplane-grid-2022"]

    assert 69 * 68 // 2 - len(measured) == 2  # both directions of two pairs beat light
    assert len(trips) > 1000
    assert {t.a.provider for t in trips} == {t.b.provider for t in trips} == {"azure"}


def test_leaving_gcp_is_never_understated() -> None:
    prices = {(str(p.source), p.destination): p.per_gb for p in ListPricesAtlas().egress_prices()}

    assert prices["gcp/us-central1", None] == Money.parse("0.19")  # 0.12 but for Australia
    assert prices["aws/us-east-1", None] == Money.parse("0.09")
    assert prices["azure/westeurope", None] == Money.parse("0.0875")


def test_the_network_knows_prices_inside_and_between_clouds() -> None:
    roads = network(ListPricesAtlas())
    frankfurt, dublin, belgium = map(
        RegionKey.parse, ("aws/eu-central-1", "aws/eu-west-1", "gcp/europe-west1")
    )

    assert roads.egress_price_per_gb(frankfurt, dublin) == Money.parse("0.02")
    assert roads.egress_price_per_gb(frankfurt, belgium) == Money.parse("0.09")
    assert roads.egress_price_per_gb(frankfurt, frankfurt) == Money(0)
    assert roads.egress_price_per_gb(RegionKey.parse("azure/swedencentral"), dublin) is None


def test_each_cloud_has_overheads_and_a_storage_price() -> None:
    roads = network(ListPricesAtlas())

    assert {str(name): str(price) for name, price in roads.overhead_hourly.items()} == {
        "aws": "0.432",
        "azure": "0.602",
        "gcp": "0.283023",
    }
    assert {str(name): str(price) for name, price in roads.storage_per_gb_month.items()} == {
        "aws": "0.023",
        "azure": "0.018",
        "gcp": "0.02",
    }
