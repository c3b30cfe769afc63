"""The subscription's own capacity reservations at Azure: those not used are told."""

from typing import Any

import pytest

from broker.domain.geography import RegionKey
from broker.domain.regions import RegionResult, RegionStatus
from providers.azure.adapter import Azure
from providers.azure.reservations import groups_in, own_reservations
from providers.calls.reservations import Held
from providers.sandbox.azure.cloud import AzureSandbox, Subscription
from providers.sandbox.http_server import Reply, Request
from providers.sandbox.stock import Reserved
from tests.fakes.specs import codes_of, fleet_text
from tests.fakes.stand_ins import CONNECTION, HASTY, altered, list_prices, of_region

EAST = RegionKey.parse("azure/eastus")
OFFERS = of_region(list_prices("azure"), str(EAST))
H100 = "Standard_ND96isr_H100_v5"


def reserved(machine_type: str = H100, region: RegionKey = EAST, used: int = 1) -> Reserved:
    return Reserved(
        name="paid", region=region, zone="2", machine_type=machine_type, nodes=2, used=used
    )


def discovered(*held: Reserved, status: int = 200) -> RegionResult:
    """What is found; with another *status*, lists of reservations are refused with it."""

    def answer(request: Request, reply: Reply) -> Reply:
        if status != 200 and "capacityReservation" in request.path:
            return Reply(body={"error": {"code": "No", "message": "No."}}, status=status)
        return reply

    cloud = AzureSandbox(subscription=Subscription(reserved=held))
    with altered(cloud, OFFERS, "BROKER_AZURE_ENDPOINT", answer) as environment:
        return Azure(CONNECTION, environment=environment, patience=HASTY).discover(EAST)


def test_nodes_that_are_paid_and_not_used_are_told_with_the_line_of_the_spec() -> None:
    result = discovered(reserved(), reserved(region=RegionKey.parse("azure/westeurope")))

    (finding,) = result.findings
    assert result.status is RegionStatus.OK
    assert (finding.code, finding.severity) == ("reservation-idle", "warning")
    assert f"1 node of {H100}" in finding.summary
    assert "at: azure/eastus, zone: eastus-az" in finding.hint
    assert f"machine-type: {H100}, nodes: 2}}" in finding.hint


@pytest.mark.parametrize("held", [reserved(used=2), reserved("Standard_D2_v5")])
def test_one_that_is_used_or_has_no_accelerators_is_passed_over(held: Reserved) -> None:
    assert discovered(held).findings == ()


def test_a_right_that_is_missing_is_a_warning_and_the_offers_stand() -> None:
    result = discovered(reserved(), status=403)

    assert result.status is RegionStatus.OK
    assert result.offers
    (finding,) = result.findings
    assert (finding.code, finding.severity) == ("cloud-access-denied", "warning")
    assert finding.summary.startswith("No reservations of the subscription are known: ")


@pytest.mark.parametrize(
    "group",
    [
        {},
        {"id": "/capacity", "location": "eastus"},
        {"id": "/resourceGroups/a/b", "location": ""},
        {"id": "/resourceGroups/a/b", "location": "eastus", "tags": {"broker-fleet": "research"}},
    ],
)
def test_a_group_that_is_elsewhere_or_of_a_fleet_or_has_no_name_is_passed_over(
    group: dict[str, Any],
) -> None:
    here = {"id": "/x/resourceGroups/Mine/providers/y/capacityReservationGroups/all"}

    found = groups_in([group, {**here, "location": "East US"}], "eastus")

    assert list(found) == [("Mine", "all")]


@pytest.mark.parametrize(
    "changed",
    [{"sku": None}, {"sku": {"name": H100}}, {"sku": {"name": "Standard_D2_v5", "capacity": 2}}],
)
def test_what_is_no_reservation_of_these_says_nothing(changed: dict[str, Any]) -> None:
    row = {"name": "nodes", "sku": {"name": H100, "capacity": 2}}
    group = ("capacity", "all")

    assert list(own_reservations(group, [{**row, **changed}], {}, [H100])) == []
    assert list(own_reservations(group, [row], {}, [H100])) == [
        Held(name="capacity/all", zone="", machine_type=H100, nodes=2, used=0)
    ]


@pytest.mark.parametrize(
    ("group", "told"),
    [
        ("all", "all"),
        ("all-1", "all-1"),
        ("All", "All/All"),
        ("all_1", "all_1/all_1"),
        ("1", "1/1"),
    ],
)
def test_a_group_that_bears_the_name_of_its_resource_group_needs_no_other_if_it_is_plain(
    group: str, told: str
) -> None:
    row = {"name": "nodes", "sku": {"name": H100, "capacity": 2}}

    (held,) = own_reservations((group, group), [row], {}, [H100])

    assert held.name == told
    assert codes_of(fleet_text(extra=f"reservations: [{stated(told)}]")) == []


def stated(name: str) -> str:
    """A reservation as fleet.yaml has it."""
    return f"{{name: {name}, at: aws/us-east-1, machine-type: p5.48xlarge, nodes: 2}}"
