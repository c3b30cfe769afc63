"""What the stand-in for Google Cloud says is of the shapes that Google documents, and no other."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from google.cloud.cloudquotas_v1 import ListQuotaInfosResponse
from google.protobuf.json_format import ParseDict, ParseError

from broker.domain.geography import RegionKey
from providers.calls.endpoint import MADE_UP_TOKEN as TOKEN
from providers.sandbox.faults import Fault, FaultKind
from providers.sandbox.gcp.cloud import GcpSandbox
from providers.sandbox.gcp.payloads import PROJECT
from providers.sandbox.http_server import Reply, Request
from providers.sandbox.stock import Reserved
from tests.fakes.stand_ins import list_prices, of_region, serving
from tests.fakes.vendor_schemas import google

COMPUTE = f"/compute/v1/projects/{PROJECT}"
SKUS = "/v1/services/6F81-5844-456A/skus"
QUOTAS = f"/v1/projects/{PROJECT}/locations/global/services/compute.googleapis.com/quotaInfos"

OFFERS = list_prices("gcp")


@pytest.fixture(scope="module")
def cloud() -> Iterator[GcpSandbox]:
    cloud = GcpSandbox(most_per_page=5000)
    with serving(cloud, OFFERS):
        yield cloud


def ask(cloud: GcpSandbox, path: str, *, token: str = TOKEN, **query: str) -> Reply:
    headers = {"authorization": f"Bearer {token}"}
    return cloud.answer(Request(path=path, query=query, headers=headers))


def complaints(api: str, schema: str, body: Any) -> list[str]:
    return [error.message for error in google(api, schema).iter_errors(body)]


def test_regions_are_of_the_discovery_document(cloud: GcpSandbox) -> None:
    reply = ask(cloud, f"{COMPUTE}/regions", maxResults="10")

    assert complaints("compute.v1", "RegionList", reply.body) == []
    assert reply.body["nextPageToken"] == "10"


def test_machine_types_of_every_zone_are_of_the_discovery_document(cloud: GcpSandbox) -> None:
    regions = ask(cloud, f"{COMPUTE}/regions").body["items"]
    zones = [url.rpartition("/")[2] for region in regions for url in region["zones"]]

    assert len(zones) > 50
    for zone in zones:
        reply = ask(cloud, f"{COMPUTE}/zones/{zone}/machineTypes")
        assert complaints("compute.v1", "MachineTypeList", reply.body) == []


def test_skus_are_of_the_discovery_document(cloud: GcpSandbox) -> None:
    reply = ask(cloud, SKUS, pageSize="5000")

    assert complaints("cloudbilling.v1", "ListSkusResponse", reply.body) == []
    assert len(reply.body["skus"]) > 1000
    assert len({sku["skuId"] for sku in reply.body["skus"]}) == len(reply.body["skus"])


def test_reservations_are_of_the_discovery_document() -> None:
    paid = [
        Reserved(
            name=f"paid-{number}",
            region=RegionKey.parse("gcp/us-central1"),
            zone="us-central1-a",
            machine_type=name,
            nodes=2,
        )
        for number, name in enumerate(["a3-highgpu-8g", "n1-standard-8+1xnvidia-tesla-t4"])
    ]
    cloud = GcpSandbox(reserved=paid)
    with serving(cloud, of_region(OFFERS, "gcp/us-central1")):
        body = ask(cloud, f"{COMPUTE}/aggregated/reservations").body

    assert complaints("compute.v1", "ReservationAggregatedList", body) == []
    assert [len(scope.get("reservations", [])) for scope in body["items"].values()] == [0, 2]


def test_quotas_are_of_the_message_that_cloud_quotas_defines(cloud: GcpSandbox) -> None:
    body = ask(cloud, QUOTAS).body

    ParseDict(body, ListQuotaInfosResponse.pb()())


@pytest.mark.parametrize(
    "kind",
    [FaultKind.THROTTLED, FaultKind.UNAVAILABLE, FaultKind.DENIED, FaultKind.EXPIRED],
)
def test_a_refusal_is_told_as_google_tells_it(kind: FaultKind) -> None:
    cloud = GcpSandbox([Fault(region="us-central1", kind=kind)])
    with serving(cloud, of_region(OFFERS, "gcp/us-central1")):
        reply = ask(cloud, f"{COMPUTE}/zones/us-central1-a/machineTypes")

    error = reply.body["error"]
    assert reply.status == error["code"] >= 400
    assert set(error) == {"code", "status", "message", "errors"}


def test_the_gate_sees_what_google_does_not_say(cloud: GcpSandbox) -> None:
    body: Any = json.loads(json.dumps(ask(cloud, f"{COMPUTE}/regions").body))
    body["items"][0]["quotas"][0]["metric"] = "NVIDIA_MOON_GPUS"
    body["items"][1]["gpus"] = 8
    body["items"][2]["name"] = 3

    assert len(complaints("compute.v1", "RegionList", body)) == 3
    with pytest.raises(ParseError):
        ParseDict({"quotaInfos": [{"gpus": 8}]}, ListQuotaInfosResponse.pb()())


def test_who_has_no_token_of_the_stand_in_is_told_nothing(cloud: GcpSandbox) -> None:
    reply = ask(cloud, f"{COMPUTE}/regions", token="somebody's")  # noqa: S106

    assert reply.status == 401
    assert "items" not in reply.body


@pytest.mark.parametrize(
    "path",
    [f"{COMPUTE}/zones/atlantis-1-a/machineTypes", f"{COMPUTE}/zones", "/v1/services", "/"],
)
def test_only_what_the_adapter_asks_is_spoken(cloud: GcpSandbox, path: str) -> None:
    assert ask(cloud, path).status == 404


def test_the_catalog_has_the_neighbours_that_must_not_be_taken(cloud: GcpSandbox) -> None:
    descriptions = [sku["description"] for sku in ask(cloud, SKUS, pageSize="5000").body["skus"]]

    for word in ("Sole Tenancy", "Custom", "Reserved ", "Commitment v1", "Spot Preemptible"):
        assert any(word in description for description in descriptions)


ADVICE: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "capacity",
        {
            "instanceProperties": {"scheduling": {"provisioningModel": "SPOT"}},
            "instanceFlexibilityPolicy": {
                "instanceSelections": {"a": {"machineTypes": ["a3-highgpu-8g"]}}
            },
            "distributionPolicy": {"targetShape": "ANY_SINGLE_ZONE"},
            "size": 1,
        },
        "CapacityAdviceRequest",
        "CapacityAdviceResponse",
    ),
    (
        "capacityHistory",
        {
            "instanceProperties": {
                "machineType": "a3-highgpu-8g",
                "scheduling": {"provisioningModel": "SPOT"},
            },
            "types": ["PRICE"],
        },
        "CapacityHistoryRequest",
        "CapacityHistoryResponse",
    ),
    (
        "calendarMode",
        {
            "futureResourcesSpecs": {
                "a": {
                    "targetResources": {
                        "specificSkuResources": {
                            "machineType": "a3-highgpu-8g",
                            "instanceCount": "1",
                        }
                    },
                    "timeRangeSpec": {
                        "startTimeNotEarlierThan": "2026-12-01T08:00:00Z",
                        "startTimeNotLaterThan": "2027-01-20T08:00:00Z",
                        "minDuration": "86400s",
                        "maxDuration": "86400s",
                    },
                }
            }
        },
        "CalendarModeAdviceRequest",
        "CalendarModeAdviceResponse",
    ),
]


def advise(cloud: GcpSandbox, what: str, body: Any) -> Reply:
    return cloud.answer(
        Request(
            path=f"{COMPUTE}/regions/us-central1/advice/{what}",
            query={},
            headers={"authorization": f"Bearer {TOKEN}"},
            method="POST",
            body=json.dumps(body).encode(),
        )
    )


@pytest.mark.parametrize(("what", "asked", "request_schema", "answer_schema"), ADVICE)
def test_advice_is_of_the_discovery_document(
    cloud: GcpSandbox, what: str, asked: dict[str, Any], request_schema: str, answer_schema: str
) -> None:
    reply = advise(cloud, what, asked)

    assert complaints("compute.v1", request_schema, asked) == []
    assert (reply.status, bool(reply.body)) == (200, True)
    assert complaints("compute.v1", answer_schema, reply.body) == []


@pytest.mark.parametrize(("what", "asked", "request_schema", "answer_schema"), ADVICE)
def test_advice_about_what_is_not_sold_here_is_refused(
    cloud: GcpSandbox, what: str, asked: dict[str, Any], request_schema: str, answer_schema: str
) -> None:
    other = json.loads(json.dumps(asked).replace("a3-highgpu-8g", "n2-standard-8"))

    assert advise(cloud, what, other).status == 400
    assert advise(cloud, what, {}).status == 400
    assert advise(cloud, what, ["x"]).status == 400
    assert advise(cloud, f"{what}s", asked).status == 404


def test_the_project_is_of_the_discovery_document(cloud: GcpSandbox) -> None:
    reply = ask(cloud, COMPUTE)

    assert complaints("compute.v1", "Project", reply.body) == []
