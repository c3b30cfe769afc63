"""Quotas of accelerators, from the two interfaces that tell them."""

from typing import Any

import pytest

from broker.domain.geography import RegionKey
from broker.domain.ids import MachineType
from broker.domain.offers import CapacityType
from broker.domain.spec import QuotaUnit
from providers.gcp.quotas import ToldQuotas, quotas
from providers.gcp.tables import bundled_tables, read_tables

REGION = RegionKey.parse("gcp/us-central1")
TABLES = read_tables(bundled_tables())

FIRM = {CapacityType.ON_DEMAND, CapacityType.RESERVED}
TAKEN_BACK = {CapacityType.SPOT, CapacityType.FLEX}


def info(quota: str, *rows: dict[str, Any]) -> dict[str, Any]:
    return {"quotaId": quota, "dimensionsInfos": list(rows)}


def row(value: Any, *places: str, **dimensions: str) -> dict[str, Any]:
    return {
        "dimensions": dimensions,
        "details": {"value": value},
        "applicableLocations": list(places),
    }


def told(
    region_quotas: Any = None, *infos: dict[str, Any]
) -> list[tuple[str, int, int | None, set[CapacityType]]]:
    """Family, limit, use and capacity types of each quota found."""
    found = quotas(ToldQuotas(region=region_quotas, infos=infos), REGION, TABLES)
    assert all(quota.unit is QuotaUnit.ACCELERATORS for quota in found)
    assert all(quota.region == "us-central1" for quota in found)
    return [(q.family or "", q.limit, q.used, set(q.capacity_types or ())) for q in found]


def test_a_regions_own_list_tells_limits_and_use_by_pool() -> None:
    listed = [
        {"metric": "NVIDIA_A100_80GB_GPUS", "limit": 16.0, "usage": 8.0},
        {"metric": "PREEMPTIBLE_NVIDIA_L4_GPUS", "limit": 4, "usage": 0},
        {"metric": "COMMITTED_NVIDIA_A100_GPUS", "limit": 0, "usage": 0},
        {"metric": "CPUS", "limit": 500, "usage": 3},
        {"metric": "NVIDIA_L4_VWS_GPUS", "limit": 4, "usage": 0},
    ]

    assert told(listed) == [
        ("A100", 0, 0, {CapacityType.RESERVED}),
        ("A100-80GB", 16, 8, FIRM),
        ("L4", 4, 0, TAKEN_BACK),
    ]


def test_cloud_quotas_tells_by_family_what_the_region_does_not_know() -> None:
    families = info(
        "GPUS-PER-GPU-FAMILY-per-project-region",
        row("8", "us-central1", gpu_family="NVIDIA_H100"),
        row("0", "us-central1", gpu_family="NVIDIA_H200"),
        row("9", "europe-west4", gpu_family="NVIDIA_B200"),
        row("4", "us-central1"),
    )

    assert told(None, families) == [("H100", 8, None, FIRM), ("H200", 0, None, FIRM)]


def test_a_row_for_the_region_counts_before_one_for_all() -> None:
    rows = [
        row("1", "us-central1", "us-east1", gpu_family="NVIDIA_H100"),
        row("64", "us-central1", gpu_family="NVIDIA_H100", region="us-central1"),
        row("2", "us-east1", gpu_family="NVIDIA_H100", region="us-east1"),
    ]
    name = "GPUS-PER-GPU-FAMILY-per-project-region"

    assert told(None, info(name, *rows)) == told(None, info(name, *rows[::-1]))
    assert told(None, info(name, *rows)) == [("H100", 64, None, FIRM)]


def test_preemptible_limits_of_cloud_quotas_are_a_pool_of_their_own() -> None:
    name = "PREEMPTIBLE-NVIDIA-H100-GPUS-per-project-region"

    assert told(None, info(name, row("16", "us-central1"))) == [("H100", 16, None, TAKEN_BACK)]


def test_where_both_tell_the_region_is_believed_since_it_tells_the_use() -> None:
    listed = [{"metric": "NVIDIA_L4_GPUS", "limit": 8, "usage": 5}]
    other = info("NVIDIA-L4-GPUS-per-project-region", row("7", "us-central1"))

    assert told(listed, other) == [("L4", 8, 5, FIRM)]


def test_what_is_without_limit_or_unknown_is_no_quota() -> None:
    unlimited = info("NVIDIA-L4-GPUS-per-project-region", row("-1", "us-central1"))
    unknown = info("NVIDIA-T4-GPUS-per-project-region", row(None, "us-central1"))
    elsewhere = info("NVIDIA-V100-GPUS-per-project-region", row("3", "asia-east1"))

    assert told(None, unlimited, unknown, elsewhere) == []


def test_chips_of_tpus_are_counted_by_family() -> None:
    chips = info(
        "TPUS-PER-TPU-FAMILY-per-project-region", row("32", "us-central1", tpu_family="CT6E")
    )

    assert told(None, chips) == [("TPU-v6e", 32, None, FIRM)]


@pytest.mark.parametrize(
    ("listed", "entry"),
    [
        ("all", {}),
        ([None, "x", {}], {"quotaId": None}),
        ([{"metric": "NVIDIA_L4_GPUS"}], info("NVIDIA-L4-GPUS-per-project-region")),
        (
            [{"metric": "NVIDIA_L4_GPUS", "limit": "many"}],
            {"quotaId": "NVIDIA-L4-GPUS-per-project-region", "dimensionsInfos": "all"},
        ),
        (
            None,
            {
                "quotaId": "NVIDIA-L4-GPUS-per-project-region",
                "dimensionsInfos": [None, {"details": 5, "applicableLocations": "us-central1"}],
            },
        ),
    ],
)
def test_other_shapes_do_no_harm(listed: Any, entry: dict[str, Any]) -> None:
    assert told(listed, entry) == []


@pytest.mark.parametrize(
    ("rows", "limits"),
    [
        ([row("0", "global")], [0]),
        ([row("16", "global"), row("4", "global")], [4]),
        ([row("-1", "global")], []),
        ([], []),
        (["no row", {}], []),
        (None, []),
    ],
)
def test_what_all_regions_may_have_together_spans_them(rows: Any, limits: list[int]) -> None:
    everywhere = {"quotaId": "GPUS-ALL-REGIONS-per-project", "dimensionsInfos": rows}
    gpus = frozenset({MachineType("g2-standard-4"), MachineType("a3-highgpu-8g")})

    found = quotas(ToldQuotas(infos=[everywhere]), REGION, TABLES, gpus)

    assert [quota.limit for quota in found] == limits
    assert all(quota.machine_types == gpus for quota in found)
    assert all(quota.spans and quota.region is None for quota in found)
    assert all(quota.capacity_types == FIRM for quota in found)


def test_where_no_gpus_are_sold_no_quota_of_them_is_told() -> None:
    everywhere = info("GPUS-ALL-REGIONS-per-project", row("8", "global"))

    assert quotas(ToldQuotas(infos=[everywhere]), REGION, TABLES) == ()


def test_the_project_tells_what_is_used_of_all_regions() -> None:
    everywhere = info("GPUS-ALL-REGIONS-per-project", row("8", "global"))
    listed = [
        {"metric": "CPUS_ALL_REGIONS", "limit": 9},
        None,
        {"metric": "GPUS_ALL_REGIONS", "limit": 16.0, "usage": 3.0},
    ]
    gpus = frozenset({MachineType("g2-standard-4")})

    (quota,) = quotas(ToldQuotas(project=listed, infos=[everywhere]), REGION, TABLES, gpus)

    assert (quota.limit, quota.used) == (16, 3)
