"""What the stand-in for Azure says is of the shapes that Azure documents, and no other."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from azure.mgmt.compute import models as sdk

from broker.domain.geography import RegionKey, ZoneKind
from broker.domain.ids import ZoneId
from broker.domain.offers import CapacityType
from providers.azure.spot_market import QUERY
from providers.calls.endpoint import MADE_UP_TOKEN as TOKEN
from providers.sandbox.azure import payloads
from providers.sandbox.azure.cloud import AzureSandbox, Subscription
from providers.sandbox.faults import Fault, FaultKind
from providers.sandbox.http_server import Reply, Request
from providers.sandbox.stock import Reserved
from tests.fakes.stand_ins import list_prices, of_region, serving
from tests.fakes.vendor_schemas import AZURE, azure

SUBSCRIPTION = f"/subscriptions/{payloads.SUBSCRIPTION}"
COMPUTE = f"{SUBSCRIPTION}/providers/Microsoft.Compute"

REGIONS = sorted({offer.region.region for offer in list_prices("azure")})


@pytest.fixture(scope="module")
def cloud() -> Iterator[AzureSandbox]:
    cloud = AzureSandbox(arm_page=20, prices_page=50)
    with serving(cloud, list_prices("azure")):
        yield cloud


def ask(cloud: AzureSandbox, path: str, *, token: str = TOKEN, **query: str) -> Reply:
    headers = {"authorization": f"Bearer {token}"}
    return cloud.answer(Request(path=path, query=query, headers=headers))


def answers(cloud: AzureSandbox, region: str) -> dict[str, Reply]:
    """The first page of each list about *region*, by the name of its schema."""
    about = f"serviceName eq 'Virtual Machines' and armRegionName eq '{region}'"
    return {
        "LocationListResult": ask(cloud, f"{SUBSCRIPTION}/locations"),
        "ResourceSkusResult": ask(
            cloud, f"{COMPUTE}/skus", **{"$filter": f"location eq '{region}'"}
        ),
        "ListUsagesResult": ask(cloud, f"{COMPUTE}/locations/{region}/usages"),
        "RetailPrices": ask(cloud, "/api/retail/prices", **{"$filter": about}),
    }


@pytest.mark.parametrize("region", REGIONS)
def test_every_answer_is_of_the_documented_shape(cloud: AzureSandbox, region: str) -> None:
    for schema, reply in answers(cloud, region).items():
        assert reply.status == 200
        assert [error.message for error in azure(schema).iter_errors(reply.body)] == []


def test_spot_reserved_and_restricted_rows_are_of_the_documented_shape() -> None:
    (offer, *_) = of_region(list_prices("gcp"), "gcp/us-central1")
    rows = payloads.price_rows(of_region(list_prices("gcp"), "gcp/us-central1"))
    (sku, *_) = payloads.skus([offer])

    for row in rows:
        assert list(azure("RetailPrice").iter_errors(row)) == []
    restricted = payloads.restricted(sku, "us-central1")
    assert list(azure("ResourceSku").iter_errors(restricted)) == []
    assert {row["type"] for row in rows} == {"Consumption", "Reservation"}


@pytest.mark.parametrize(
    "kind",
    [
        FaultKind.THROTTLED,
        FaultKind.UNAVAILABLE,
        FaultKind.DENIED,
        FaultKind.NOT_OPTED_IN,
        FaultKind.EXPIRED,
    ],
)
def test_every_refusal_is_of_the_documented_shape(kind: FaultKind) -> None:
    cloud = AzureSandbox([Fault(region="eastus", kind=kind)])
    with serving(cloud, list_prices("azure")):
        reply = ask(cloud, f"{COMPUTE}/locations/eastus/usages")

    assert reply.status >= 400
    assert list(azure("ErrorResponse").iter_errors(reply.body)) == []


def test_the_gate_sees_what_azure_does_not_say(cloud: AzureSandbox) -> None:
    usages: Any = json.loads(json.dumps(ask(cloud, f"{COMPUTE}/locations/eastus/usages").body))
    usages["value"][0]["gpus"] = 8
    usages["value"][1]["limit"] = "8"

    messages = [error.message for error in azure("ListUsagesResult").iter_errors(usages)]
    assert len(messages) == 2


@pytest.mark.parametrize(
    "name",
    [
        "ResourceSku",
        "ResourceSkuLocationInfo",
        "ResourceSkuZoneDetails",
        "ResourceSkuCapabilities",
        "ResourceSkuRestrictions",
        "ResourceSkuRestrictionInfo",
        "Usage",
        "UsageName",
        "CapacityReservationGroup",
        "CapacityReservationGroupProperties",
        "CapacityReservation",
        "CapacityReservationProperties",
        "Sku",
    ],
)
def test_the_kept_shapes_have_the_properties_that_the_sdk_knows(name: str) -> None:
    model = getattr(sdk, name)
    model({})  # the SDK completes its models at their first use
    known = {field._rest_name for field in model._attr_to_rest_field.values()}  # noqa: SLF001

    kept = json.loads(AZURE.read_text())["definitions"][name]["properties"]

    assert set(kept) == known


def test_who_has_no_token_of_the_stand_in_is_told_nothing(cloud: AzureSandbox) -> None:
    reply = ask(cloud, f"{SUBSCRIPTION}/locations", token="somebody's")  # noqa: S106

    assert reply.status == 401
    assert "value" not in reply.body


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/subscriptions/11111111-1111-1111-1111-111111111111/locations", 404),
        (f"{COMPUTE}/virtualMachines", 404),
        (f"{COMPUTE}/skus", 404),
        ("/api/retail/prices", 400),
        ("/", 404),
    ],
)
def test_only_what_the_adapter_asks_is_spoken(cloud: AzureSandbox, path: str, status: int) -> None:
    assert ask(cloud, path).status == status


def test_a_second_stop_does_nothing() -> None:
    cloud = AzureSandbox()
    cloud.start(of_region(list_prices("azure"), "azure/eastus"))

    cloud.stop()
    cloud.stop()


def test_a_seed_gives_some_regions_their_faults_and_spares_the_first() -> None:
    cloud = AzureSandbox()
    cloud.start(list_prices("azure"), fault_seed=7)
    try:
        statuses = {
            region: ask(cloud, f"{COMPUTE}/locations/{region}/usages").status for region in REGIONS
        }
    finally:
        cloud.stop()

    assert statuses[REGIONS[0]] == 200
    assert {200, 401, 403, 409, 429, 503} <= set(statuses.values())


def test_placement_scores_are_of_the_documented_shape(cloud: AzureSandbox) -> None:
    def asked(sizes: int) -> Reply:
        names = [{"sku": f"Standard_NC{n}"} for n in range(sizes)]
        body = {"desiredLocations": ["eastus"], "desiredSizes": names, "desiredCount": 1}
        return cloud.answer(
            Request(
                path=f"{COMPUTE}/locations/eastus/placementScores/spot/generate",
                query={},
                headers={"authorization": f"Bearer {TOKEN}"},
                method="POST",
                body=json.dumps(body).encode(),
            )
        )

    assert list(azure("SpotPlacementScoresResponse").iter_errors(asked(5).body)) == []
    assert asked(6).status == 400
    assert asked(0).status == 400


def test_edge_zones_are_of_the_documented_shape_and_told_to_who_asks_for_them() -> None:
    (offer, *_) = of_region(list_prices("azure"), "azure/eastus2")
    at_edge = replace(offer, zone=ZoneId("attatlanta1"), zone_kind=ZoneKind.EDGE_ZONE)
    cloud = AzureSandbox()
    about = {"$filter": "location eq 'eastus2'"}
    with serving(cloud, (offer, at_edge)):
        plain = [ask(cloud, f"{SUBSCRIPTION}/locations"), ask(cloud, f"{COMPUTE}/skus", **about)]
        about["includeExtendedLocations"] = "true"
        locations = ask(cloud, f"{SUBSCRIPTION}/locations", **about)
        skus = ask(cloud, f"{COMPUTE}/skus", **about)

    assert list(azure("LocationListResult").iter_errors(locations.body)) == []
    assert list(azure("ResourceSkusResult").iter_errors(skus.body)) == []
    assert len(locations.body["value"]) == len(plain[0].body["value"]) + 1
    assert len(skus.body["value"]) == len(plain[1].body["value"]) + 1


def test_reservations_are_of_the_documented_shape() -> None:
    paid = Reserved(
        name="paid",
        region=RegionKey.parse("azure/eastus"),
        zone="1",
        machine_type="Standard_ND96isr_H100_v5",
        nodes=2,
        used=1,
    )
    cloud = AzureSandbox(subscription=Subscription(reserved=[paid]))
    groups = f"{COMPUTE}/capacityReservationGroups"
    group = groups.replace("/providers", "/resourceGroups/eastus/providers")
    with serving(cloud, of_region(list_prices("azure"), "azure/eastus")):
        listed = ask(cloud, groups).body
        held = ask(cloud, f"{group}/eastus/capacityReservations").body

    assert list(azure("CapacityReservationGroupListResult").iter_errors(listed)) == []
    assert list(azure("CapacityReservationListResult").iter_errors(held)) == []
    assert (len(listed["value"]), len(held["value"])) == (1, 1)


def test_what_the_graph_says_of_spot_is_of_the_documented_shape() -> None:
    (offer, *_) = of_region(list_prices("azure"), "azure/eastus")
    spot = replace(offer, capacity_type=CapacityType.SPOT)

    def asked(query: str, token: str) -> Reply:
        body = {"query": query, "options": {"$skipToken": token}}
        return cloud.answer(
            Request(
                path="/providers/Microsoft.ResourceGraph/resources",
                query={},
                headers={"authorization": f"Bearer {TOKEN}"},
                method="POST",
                body=json.dumps(body).encode(),
            )
        )

    cloud = AzureSandbox(arm_page=1)
    with serving(cloud, (offer, spot)):
        pages = [asked(QUERY, "0").body, asked(QUERY, "1").body]
        assert asked("resources | limit 1", "0").status == 400
        assert asked(QUERY, "next").status == 400

    assert [page.get("$skipToken") for page in pages] == ["1", None]
    for page in pages:
        assert list(azure("QueryResponse").iter_errors(page)) == []
