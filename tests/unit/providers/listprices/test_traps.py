"""The surprises of the public price lists, each of them kept right in the bundled tables."""

import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction

import pytest

from broker.domain.accelerators import AcceleratorKind
from broker.domain.geography import ZoneKind
from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer

Find = Callable[..., list[Offer]]

ON_DEMAND, SPOT, RESERVED = CapacityType.ON_DEMAND, CapacityType.SPOT, CapacityType.RESERVED


def test_p5e_is_offered_on_demand_at_an_unknown_price(find: Find) -> None:
    offers = find("p5e.48xlarge", capacity_type=ON_DEMAND)

    assert len(offers) == 6
    assert {offer.price for offer in offers} == {None}


def test_zones_without_a_spot_price_are_spot_offers_at_an_unknown_price(
    catalog: list[Offer],
) -> None:
    spot = [o for o in catalog if o.region.provider == "aws" and o.capacity_type is SPOT]

    assert len(spot) == 84
    assert sum(offer.price is None for offer in spot) == 17


def test_no_price_is_zero(catalog: list[Offer]) -> None:
    assert all(offer.price.micros > 0 for offer in catalog if offer.price is not None)


def test_spot_equal_to_on_demand_is_kept(find: Find) -> None:
    (spot,) = find("p5.48xlarge", zone="use1-az1", capacity_type=SPOT)
    (on_demand,) = find("p5.48xlarge", "aws/us-east-1", capacity_type=ON_DEMAND)[:1]

    assert spot.price == on_demand.price == Money.parse("55.04")


def test_the_cheapest_spot_zone_is_kept_as_it_is_stated(find: Find) -> None:
    (outlier,) = find("p5.48xlarge", zone="usw2-az4", capacity_type=SPOT)

    assert outlier.price == Money.parse("9.3722")


def test_aws_zones_are_ids_never_names(catalog: list[Offer]) -> None:
    zones = {offer.zone for offer in catalog if offer.region.provider == "aws" and offer.zone}

    assert len(zones) > 20
    assert all(re.fullmatch(r"[a-z]+\d(-[a-z]+\d)?-az\d", zone) for zone in zones)
    assert "use1-az1" in zones


def test_a_local_zone_is_a_zone_of_another_kind(catalog: list[Offer]) -> None:
    local = [offer for offer in catalog if offer.zone_kind is not ZoneKind.AVAILABILITY_ZONE]

    assert {offer.zone for offer in local} == {"use1-atl2-az1"}
    assert {offer.zone_kind for offer in local} == {ZoneKind.LOCAL_ZONE}
    assert Counter(offer.capacity_type for offer in local) == {ON_DEMAND: 3, SPOT: 3}
    assert {offer.machine_type for offer in local} == {
        "p5.48xlarge",
        "p5en.48xlarge",
        "p6-b200.48xlarge",
    }


def test_aws_on_demand_is_one_offer_of_the_region(find: Find) -> None:
    offers = find("p5.48xlarge", "aws/us-west-2", capacity_type=ON_DEMAND)

    assert [offer.zone for offer in offers] == [None]


@pytest.mark.parametrize(
    ("machine_type", "accelerator", "memory_gib"),
    [
        ("p4d.24xlarge", "A100", 40),
        ("p4de.24xlarge", "A100-80GB", 80),
        ("Standard_ND96asr_v4", "A100", 40),
        ("Standard_ND96amsr_A100_v4", "A100-80GB", 80),
        ("Standard_NC24ads_A100_v4", "A100-80GB", 80),
        ("a2-highgpu-1g", "A100", 40),
        ("a2-ultragpu-1g", "A100-80GB", 80),
        ("p3.2xlarge", "V100", 16),
        ("p3dn.24xlarge", "V100-32GB", 32),
        ("Standard_ND40rs_v2", "V100-32GB", 32),
        ("p5.48xlarge", "H100", 80),
        ("Standard_ND96isr_H100_v5", "H100", 80),
        ("Standard_NC40ads_H100_v5", "H100-NVL", 94),
        ("a3-megagpu-8g", "H100-MEGA", 80),
        ("p5en.48xlarge", "H200", 141),
        ("g7e.2xlarge", "RTXPRO6000", 96),
        ("g5.xlarge", "A10G", 24),
        ("Standard_NV36ads_A10_v5", "A10", 24),
    ],
)
def test_siblings_of_one_model_are_told_apart(
    find: Find, machine_type: str, accelerator: str, memory_gib: int
) -> None:
    found = {offer.accelerator for offer in find(machine_type)}

    assert {(a.name, a.memory_gib) for a in found} == {(accelerator, memory_gib)}


@pytest.mark.parametrize(
    ("machine_type", "count"),
    [
        ("g6f.large", Fraction(1, 8)),
        ("g6f.2xlarge", Fraction(1, 4)),
        ("gr6f.4xlarge", Fraction(1, 2)),
        ("g4-standard-6", Fraction(1, 8)),
        ("Standard_NV6ads_A10_v5", Fraction(1, 6)),
        ("Standard_NV12ads_A10_v5", Fraction(1, 3)),
        ("Standard_NV18ads_A10_v5", Fraction(1, 2)),
        ("p5.48xlarge", Fraction(8)),
        ("a2-megagpu-16g", Fraction(16)),
    ],
)
def test_shares_of_a_device_are_exact(find: Find, machine_type: str, count: Fraction) -> None:
    assert {offer.count for offer in find(machine_type)} == {count}


def test_a_share_keeps_the_memory_of_the_whole_device(find: Find) -> None:
    assert {o.accelerator for o in find("g6f.large")} == {o.accelerator for o in find("g6.xlarge")}


@pytest.mark.parametrize(
    ("machine_type", "count"), [("p2.xlarge", 1), ("p2.8xlarge", 8), ("p2.16xlarge", 16)]
)
def test_a_k80_board_is_two_gpus(find: Find, machine_type: str, count: int) -> None:
    assert {offer.count for offer in find(machine_type)} == {Fraction(count)}


@pytest.mark.parametrize(
    ("machine_type", "manufacturer", "kind"),
    [
        ("Standard_ND96isr_MI300X_v5", "AMD", AcceleratorKind.GPU),
        ("g4ad.xlarge", "AMD", AcceleratorKind.GPU),
        ("trn1.32xlarge", "AWS", AcceleratorKind.NPU),
        ("inf2.48xlarge", "AWS", AcceleratorKind.NPU),
        ("dl1.24xlarge", "Intel", AcceleratorKind.NPU),
        ("dl2q.24xlarge", "Qualcomm", AcceleratorKind.NPU),
        ("ct6e-standard-4t", "Google", AcceleratorKind.TPU),
        ("p6-b300.48xlarge", "NVIDIA", AcceleratorKind.GPU),
    ],
)
def test_not_every_accelerator_is_a_gpu_by_nvidia(
    find: Find, machine_type: str, manufacturer: str, kind: AcceleratorKind
) -> None:
    found = {offer.accelerator for offer in find(machine_type)}

    assert {(a.manufacturer, a.kind) for a in found} == {(manufacturer, kind)}


def test_tpus_are_listed_at_an_unknown_price(catalog: list[Offer]) -> None:
    tpus = [offer for offer in catalog if offer.accelerator.kind is AcceleratorKind.TPU]

    assert {o.accelerator.name for o in tpus} == {
        "TPU-v3",
        "TPU-v5e",
        "TPU-v5p",
        "TPU-v6e",
        "TPU-7x",
    }
    assert {offer.price for offer in tpus} == {None}
    assert all(offer.zone and offer.zone.startswith(offer.region.region) for offer in tpus)


def test_a_commitment_is_below_the_price_on_demand(catalog: list[Offer]) -> None:
    on_demand = {
        (o.region, o.machine_type): o.price
        for o in catalog
        if o.capacity_type is ON_DEMAND and o.price and o.zone_kind is ZoneKind.AVAILABILITY_ZONE
    }
    reserved = [offer for offer in catalog if offer.capacity_type is RESERVED]

    assert len(reserved) > 1000
    for offer in reserved:
        assert offer.price is not None
        assert offer.price < on_demand[offer.region, offer.machine_type]


def test_the_longer_commitment_is_the_cheaper_one(find: Find) -> None:
    prices = {
        o.term_months: o.price for o in find("g2-standard-4", "gcp/us-central1", None, RESERVED)
    }

    assert prices.keys() == {12, 36}
    assert prices[36] < prices[12]


def test_a_gcp_commitment_is_of_the_region_and_capacity_of_its_zones(find: Find) -> None:
    offers = find("g2-standard-4", "gcp/us-central1")
    zones = {
        capacity: {offer.zone for offer in offers if offer.capacity_type is capacity}
        for capacity in (ON_DEMAND, SPOT, RESERVED)
    }

    assert zones[RESERVED] == {None}
    assert zones[ON_DEMAND] == zones[SPOT]
    assert all(zone and zone.startswith("us-central1-") for zone in zones[ON_DEMAND])


def test_l4_is_offered_in_european_regions_of_gcp(find: Find) -> None:
    regions = {str(offer.region) for offer in find("g2-standard-4")}

    assert {"gcp/europe-west1", "gcp/europe-west3", "gcp/europe-west4"} <= regions


def test_no_price_claims_to_be_newer_than_its_source(catalog: list[Offer]) -> None:
    as_of = {offer.source: offer.fetched_at for offer in catalog}

    assert as_of["aws-gpu@77fcd9f"] == datetime(2025, 11, 30, tzinfo=UTC)
    assert as_of["karpenter-azure@352646f"] == datetime(2026, 6, 18, tzinfo=UTC)
    assert as_of["skypilot-catalog@2c3d7ea"] == datetime(2026, 1, 1, tzinfo=UTC)
    assert max(as_of.values()) == datetime(2026, 8, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("machine_type", "family"),
    [
        ("p5.48xlarge", "P"),
        ("p6-b200.48xlarge", "P"),
        ("g6.xlarge", "G and VT"),
        ("gr6.4xlarge", "G and VT"),
        ("inf2.xlarge", "Inf"),
        ("trn1.2xlarge", "Trn"),
        ("dl1.24xlarge", "DL"),
        ("Standard_ND96isr_H100_v5", "standardNDSH100v5Family"),
        ("Standard_ND96is_H100_v5", "standardNDSH100v5Family"),
        ("Standard_NC4as_T4_v3", "Standard NCASv3_T4 Family"),
        ("a2-ultragpu-8g", "A100-80GB"),
        ("ct5lp-hightpu-4t", "TPU-v5e"),
    ],
)
def test_the_family_is_what_the_cloud_counts_quotas_by(
    find: Find, machine_type: str, family: str
) -> None:
    assert {offer.family for offer in find(machine_type)} == {family}


def test_bandwidth_is_known_for_aws_and_unknown_elsewhere(find: Find) -> None:
    assert {offer.network_gbps for offer in find("p5.48xlarge")} == {Fraction(3200)}
    assert {offer.network_gbps for offer in find("g6f.large")} == {Fraction(3, 2)}
    assert {offer.network_gbps for offer in find("Standard_ND96isr_H100_v5")} == {None}
