"""The fleets to measure with are valid, have the stated mix, and are the same every time."""

from collections import Counter

import pytest

from benchmarks.fleets import fleet_spec_text
from broker import bootstrap
from broker.domain.spec import FleetSpec
from broker.spec.load import parse
from broker.spec.lower import lower


def fleet(workloads: int, seed: int) -> FleetSpec:
    regions = bootstrap.bundled_snapshot().network.regions
    document = parse(fleet_spec_text(workloads, seed), "fleet.yaml")
    lowered = lower(document, regions, bootstrap.accelerators())

    assert lowered.warnings == ()
    return lowered.spec


@pytest.mark.parametrize("workloads", [1, 10, 30, 300])
@pytest.mark.parametrize("seed", [1, 2])
def test_it_is_a_spec_of_so_many_workloads(workloads: int, seed: int) -> None:
    assert len(fleet(workloads, seed).workloads) == workloads


def test_it_has_the_stated_mix() -> None:
    made = fleet(99, 1)
    sorts = Counter(workload.name.rpartition("-")[0] for workload in made.workloads)

    assert sorts == {"service": 50, "fine-tune": 16, "gang": 13, "notebook": 11, "batch": 9}
    assert sum(workload.spread_regions == 2 for workload in made.workloads) == 16
    assert len(made.datasets) == 16


def test_quotas_are_scarce_in_every_second_fleet() -> None:
    limits = [sum(quota.limit for quota in fleet(100, seed).quotas) for seed in (1, 2)]

    assert limits[1] < limits[0] / 2


def test_the_same_seed_makes_the_same_fleet_and_another_another() -> None:
    assert fleet_spec_text(20, 7) == fleet_spec_text(20, 7)
    assert fleet_spec_text(20, 7) != fleet_spec_text(20, 8)
