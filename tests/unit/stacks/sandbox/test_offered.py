"""What programs are told of where machines are sold, and held for who paid."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stacks.sandbox.functions import Asked, called
from stacks.sandbox.refusals import Refusal
from stacks.sandbox.world import World
from tests.fakes.sandbox_desks import Counter, world
from tests.fakes.stand_ins import list_prices


@pytest.fixture
def told(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, list_prices("gcp")) as opened:
        yield opened


def listed(told: World, machine_type: str, zone: str) -> list[Any]:
    asked = {"zone": zone, "filter": f"name = {machine_type}"}
    answer = called("gcp:compute/getMachineTypes:getMachineTypes", Asked(asked, told))
    found: list[Any] = answer["machineTypes"]
    return found


def test_google_lists_a_machine_type_in_the_zones_that_sell_it(told: World) -> None:
    zones = called("gcp:compute/getZones:getZones", Asked({"region": "us-central1"}, told))

    sold = [zone for zone in zones["names"] if listed(told, "a3-highgpu-8g", zone)]
    assert sold
    assert set(sold) < set(zones["names"])
    assert listed(told, "a3-highgpu-8g", "europe-west12-a") == []
    assert listed(told, "e2-standard-4", "europe-west12-a") == [{"name": "e2-standard-4"}]


def test_azure_tells_what_a_group_holds(told: World) -> None:
    at, group = Counter(told), {"resourceGroupName": "g", "capacityReservationGroupName": "held"}
    at.create("azure-native:resources:ResourceGroup", resourceGroupName="g", location="eastus")
    at.create("azure-native:compute:CapacityReservationGroup", location="eastus", **group)
    at.create(
        "azure-native:compute:CapacityReservation",
        capacityReservationName="nodes",
        location="eastus",
        sku={"name": "Standard_NC24ads_A100_v4", "capacity": 2},
        zones=["2"],
        **group,
    )

    [held] = called("azure-native:compute:getCapacityReservationGroup", Asked(group, told))[
        "capacityReservations"
    ]
    asked = {**group, "capacityReservationName": held["id"].rpartition("/")[2]}
    found = called("azure-native:compute:getCapacityReservation", Asked(asked, told))
    assert found["zones"] == ["2"]
    assert found["sku"]["name"] == "Standard_NC24ads_A100_v4"
    with pytest.raises(Refusal, match="not found"):
        called(
            "azure-native:compute:getCapacityReservationGroup",
            Asked({**group, "capacityReservationGroupName": "lost"}, told),
        )
