"""Whatever a cloud answers, reading it ends in offers and findings, never in an exception."""

import copy
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from broker.domain.geography import RegionKey
from broker.domain.money import HOURS_PER_MONTH, MICROS_PER_UNIT
from providers.azure import accelerators as azure_tables
from providers.azure import capacity as azure_capacity
from providers.azure.offers import offers as azure_offers
from providers.azure.offers import sizes
from providers.azure.prices import price_list
from providers.gcp import tables as gcp_tables
from providers.gcp.offers import machines
from providers.gcp.offers import offers as gcp_offers
from providers.gcp.quotas import ToldQuotas
from providers.gcp.quotas import quotas as gcp_quotas
from providers.gcp.rates import rates
from providers.sandbox.azure import payloads as azure_payloads
from providers.sandbox.gcp import catalog
from providers.sandbox.gcp import payloads as gcp_payloads
from tests.fakes.stand_ins import list_prices, of_region

NOW = datetime(2026, 11, 25, tzinfo=UTC)
AZURE = RegionKey.parse("azure/eastus")
GCP = RegionKey.parse("gcp/us-central1")
FAMILIES = azure_tables.known_families(azure_tables.bundled_tables())
TABLES = gcp_tables.read_tables(gcp_tables.bundled_tables())

NOTHING_OF_THE_KIND = [
    None, True, False, 0, -1, 7, 2**70, 1.5, Decimal("NaN"), Decimal("1e99"), "", "7", "-1", "NaN",
    "Infinity", "1e999999", "x", "\x00", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59",
    "3 Years", "Zone", "eastus", [], {}, [None], [[]], ["x", 7], {"name": 7}, {"value": None},
]  # fmt: skip


def paths(value: Any, so_far: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each part of *value*, itself left out."""
    inner = value.items() if isinstance(value, dict) else ()
    inner = enumerate(value) if isinstance(value, list) else inner
    for key, part in inner:
        yield (*so_far, key)
        yield from paths(part, (*so_far, key))


@st.composite
def tampered(draw: st.DrawFn, honest: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """An honest list of which some parts are something else, or gone."""
    altered: Any = copy.deepcopy(honest)
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from(list(paths(altered)) or [(0,)]))
        place = altered
        for key in way:
            place = place[key]
        if isinstance(place, dict) and draw(st.booleans()):
            del place[last]
        elif place:
            place[last] = copy.deepcopy(draw(st.sampled_from(NOTHING_OF_THE_KIND)))
    return [one for one in altered if isinstance(one, dict)]


AZURE_OFFERS = of_region(list_prices("azure"), str(AZURE))[:2]
GCP_OFFERS = [o for o in of_region(list_prices("gcp"), str(GCP)) if "a2-ultra" in o.machine_type][
    :4
]
HONEST_SKUS = [
    azure_payloads.restricted(sku, "eastus") for sku in azure_payloads.skus(AZURE_OFFERS)
]
HONEST_ROWS = [
    {**row, "savingsPlan": [{"term": "1 Year", "retailPrice": 1.0}]}
    for row in azure_payloads.price_rows(AZURE_OFFERS)
]
HONEST_TYPES = gcp_payloads.machine_types("us-central1-a", GCP_OFFERS)
HONEST_REGION = gcp_payloads.region("us-central1", GCP_OFFERS)


@given(
    skus=tampered(HONEST_SKUS),
    rows=tampered(HONEST_ROWS),
    locations=tampered([azure_payloads.location("eastus"), azure_payloads.geography("europe")]),
    usages=tampered(azure_payloads.usages(AZURE_OFFERS)),
)
def test_azures_answers(skus: Any, rows: Any, locations: Any, usages: Any) -> None:
    place = azure_capacity.regions(locations).get("eastus", azure_capacity.Place())
    stable_ids = place.stable_ids
    listed, _ = sizes(skus, "eastus", str(AZURE))
    prices = price_list(rows, NOW)
    zones = {size.name: azure_capacity.zones_of(size, "eastus", stable_ids) for size in listed}
    found, _ = azure_offers(listed, prices, zones, AZURE, NOW, FAMILIES)

    assert all(offer.price is None or offer.price.micros > 0 for offer in found)
    assert all(quota.limit >= 0 for quota in azure_capacity.quotas(usages, listed, AZURE))
    azure_capacity.restrictions(listed, "eastus", stable_ids)
    azure_capacity.zones(place)
    prices.findings(str(AZURE))


@given(
    types=tampered(HONEST_TYPES),
    skus=tampered(catalog.skus(GCP_OFFERS)),
    region=tampered([HONEST_REGION]),
    infos=tampered(gcp_payloads.quota_infos(["us-central1", "us-east1"])),
)
def test_google_clouds_answers(types: Any, skus: Any, region: Any, infos: Any) -> None:
    listed, _ = machines((("us-central1-a", one) for one in types), TABLES, str(GCP))
    known = rates(skus, NOW, TABLES.billed_names())
    for name in {GCP.region, *known.by_region}:
        found, _ = gcp_offers(listed, known.by_region.get(name, {}), GCP, NOW, TABLES)
        assert all(offer.price is None or offer.price.micros > 0 for offer in found)
        known.findings(name, str(GCP))

    told = region[0].get("quotas") if region else None
    heard = ToldQuotas(region=told, infos=infos)
    assert all(quota.limit >= 0 for quota in gcp_quotas(heard, GCP, TABLES))


def test_the_honest_answers_are_read_in_full() -> None:
    listed, _ = sizes(HONEST_SKUS, "eastus", str(AZURE))
    found, _ = machines((("us-central1-a", one) for one in HONEST_TYPES), TABLES, str(GCP))

    assert {size.name for size in listed} == {offer.machine_type for offer in AZURE_OFFERS}
    assert {machine.name for machine in found} == {offer.machine_type for offer in GCP_OFFERS}
    assert len(price_list(HONEST_ROWS, NOW).prices) == 2 * len(listed)


@given(amount=st.decimals("0.01", "10000000", places=6), years=st.sampled_from([1, 3]))
def test_a_reservation_costs_its_amount_over_its_term(amount: Decimal, years: int) -> None:
    row = {
        "armSkuName": "Standard_NC6s_v3",
        "productName": "Virtual Machines NCSv3 Series",
        "meterName": "NC6s v3",
        "type": "Reservation",
        "reservationTerm": "1 Year" if years == 1 else "3 Years",
        "retailPrice": amount,
        "currencyCode": "USD",
        "unitOfMeasure": "1 Hour",
    }
    hours = years * 12 * HOURS_PER_MONTH

    prices = list(price_list([row], NOW).prices.values())

    exact = Fraction(amount) * MICROS_PER_UNIT / hours
    assert [price.micros for price in prices] == ([round(exact)] if round(exact) else [])
