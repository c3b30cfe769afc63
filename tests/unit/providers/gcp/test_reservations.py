"""The project's own reservations at Google Cloud: those not used are told."""

from datetime import UTC, datetime
from typing import Any

import pytest

from broker.domain.geography import RegionKey
from broker.domain.regions import RegionResult, RegionStatus
from providers.calls.reservations import Held
from providers.gcp.adapter import Gcp
from providers.gcp.reservations import own_reservations
from providers.sandbox.gcp.cloud import GcpSandbox
from providers.sandbox.http_server import Reply, Request
from providers.sandbox.stock import Reserved
from tests.fakes.stand_ins import CONNECTION, STEADY, altered, list_prices, of_region

IOWA = RegionKey.parse("gcp/us-central1")
OFFERS = of_region(list_prices("gcp"), str(IOWA))
H100 = "a3-highgpu-8g"


def reserved(machine_type: str = H100, zone: str = "us-central1-a", used: int = 1) -> Reserved:
    return Reserved(
        name="paid", region=IOWA, zone=zone, machine_type=machine_type, nodes=2, used=used
    )


def discovered(*held: Reserved, body: Any = None) -> RegionResult:
    """What is found; with *body*, that is the answer about reservations."""

    def answer(request: Request, reply: Reply) -> Reply:
        is_about_them = request.path.endswith("/aggregated/reservations")
        return Reply(body=body) if body is not None and is_about_them else reply

    with altered(GcpSandbox(reserved=held), OFFERS, "BROKER_GCP_ENDPOINT", answer) as environment:
        return Gcp(CONNECTION, environment=environment, patience=STEADY).discover(IOWA)


def test_nodes_that_are_paid_and_not_used_are_told_with_the_line_of_the_spec() -> None:
    result = discovered(reserved(), reserved(zone="europe-west4-a"))

    (finding,) = result.findings
    assert result.status is RegionStatus.OK
    assert (finding.code, finding.severity) == ("reservation-idle", "warning")
    assert "1 node of a3-highgpu-8g" in finding.summary
    assert "at: gcp/us-central1, zone: us-central1-a, machine-type: a3-highgpu-8g" in finding.hint


@pytest.mark.parametrize("held", [reserved(used=2), reserved("c3-standard-8")])
def test_one_that_is_used_or_has_no_accelerators_is_passed_over(held: Reserved) -> None:
    assert discovered(held).findings == ()


@pytest.mark.parametrize(
    "body",
    [
        {"items": 7},
        {"items": {"zones/a": {"reservations": "many"}}},
        {"items": {"zones/a": "many"}},
        {"unreachables": ["zones/us-central1-a"]},
    ],
)
def test_an_answer_of_another_shape_is_a_warning_and_the_offers_stand(body: Any) -> None:
    result = discovered(body=body)

    assert result.status is RegionStatus.OK
    assert result.offers
    (finding,) = result.findings
    assert finding.code == "cloud-answer-damaged"
    assert finding.summary.startswith("No reservations of the project are known: ")


ROW: dict[str, Any] = {
    "name": "paid",
    "zone": "https://x/zones/us-central1-a",
    "status": "READY",
    "specificReservation": {"count": "2", "instanceProperties": {"machineType": H100}},
}


@pytest.mark.parametrize(
    "changed",
    [
        {"status": "CREATING"},
        {"description": "broker-fleet=research broker-cluster=a"},
        {"zone": None},
        {"specificReservation": None},
        {"specificReservation": {**ROW["specificReservation"], "count": "some"}},
        {"specificReservation": {**ROW["specificReservation"], "inUseCount": -1}},
    ],
)
def test_what_is_no_reservation_of_these_says_nothing(changed: dict[str, Any]) -> None:
    def told(row: dict[str, Any]) -> list[Held]:
        return list(own_reservations([row], ["us-central1-a"], [H100]))

    assert told({**ROW, **changed}) == []
    assert told(ROW) == [
        Held(name="paid", zone="us-central1-a", machine_type=H100, nodes=2, used=0)
    ]


def test_one_that_is_deleted_by_itself_is_told_with_its_end() -> None:
    row = {**ROW, "deleteAtTime": "2026-12-31T16:00:00.000-08:00"}

    (held,) = own_reservations([row], ["us-central1-a"], [H100])

    assert held.ends == datetime(2027, 1, 1, tzinfo=UTC)


def test_attached_accelerators_are_part_of_the_name() -> None:
    name = "n1-standard-8+1xnvidia-tesla-t4"
    properties = {
        "machineType": "n1-standard-8",
        "guestAccelerators": [{"acceleratorType": "x/nvidia-tesla-t4", "acceleratorCount": 1}],
    }
    row = {**ROW, "specificReservation": {"count": "2", "instanceProperties": properties}}

    (held,) = own_reservations([row], ["us-central1-a"], [name])

    assert held.machine_type == name
