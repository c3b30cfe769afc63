"""Spot placement scores of Azure: what is asked, and what is made of the answer."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from broker.domain.geography import RegionKey
from broker.domain.offers import CapacityType
from broker.domain.regions import RegionResult, RegionStatus
from providers.azure.adapter import Azure
from providers.azure.scores import asked_together, request_body, scores
from providers.sandbox.azure.cloud import AzureSandbox
from providers.sandbox.http_server import Reply, Request
from tests.fakes.stand_ins import CONNECTION, HASTY, Alter, altered, list_prices, of_region

EAST = RegionKey.parse("azure/eastus")
FIRM = of_region(list_prices("azure"), str(EAST))
SPOT = tuple(
    replace(offer, capacity_type=CapacityType.SPOT, price=offer.price / 4)
    for offer in FIRM
    if offer.capacity_type is CapacityType.ON_DEMAND and offer.price
)
"""The lists have no spot prices of Azure."""
OFFERS = (*FIRM, *SPOT)


def discovered(alter: Alter | None = None) -> RegionResult:
    """What is found while answers about scores are altered."""

    def answer(request: Request, reply: Reply) -> Reply:
        return alter(request, reply) if alter and "placementScores" in request.path else reply

    with altered(AzureSandbox(), OFFERS, "BROKER_AZURE_ENDPOINT", answer) as environment:
        return Azure(CONNECTION, environment=environment, patience=HASTY).discover(EAST)


def test_one_size_of_each_gpu_is_asked_about_and_no_more_than_five_at_once() -> None:
    batches = list(asked_together(OFFERS))

    assert all(1 <= len(sizes) <= 5 for sizes in batches)
    asked = [size for sizes in batches for size in sizes]
    by_type = {offer.machine_type: offer for offer in SPOT}
    gpus = {offer.accelerator.name for offer in SPOT}
    assert sorted(by_type[size].accelerator.name for size in asked) == sorted(gpus)
    assert request_body("eastus", batches[0])["desiredLocations"] == ["eastus"]


def test_words_are_told_as_scores_of_the_region() -> None:
    result = discovered()

    assert (result.status, result.findings) == (RegionStatus.OK, ())
    assert result.scores
    assert {score.score for score in result.scores} <= {1, 5, 9}
    assert {(s.zone, s.capacity_type) for s in result.scores} == {(None, CapacityType.SPOT)}
    assert [s.machine_type for s in result.scores] == sorted(s.machine_type for s in result.scores)


@pytest.mark.parametrize(
    "row",
    [
        {"sku": "a", "region": "eastus", "score": "DataNotFoundOrStale"},
        {"sku": "a", "region": "eastus", "score": 7},
        {"sku": "a", "region": "westus", "score": "High"},
        {"sku": "a", "region": "eastus", "score": "High", "availabilityZone": "1"},
        {"region": "eastus", "score": "High"},
        {},
        "High",
        None,
    ],
)
def test_what_tells_nothing_is_no_score(row: Any) -> None:
    known: Mapping[str, Any] = {"sku": "b", "region": "EastUS", "score": "Low"}

    assert [(s.machine_type, s.score) for s in scores([row, known], "eastus")] == [("b", 1)]


@pytest.mark.parametrize(
    ("status", "code"), [(403, "cloud-access-denied"), (429, "cloud-rate-limited")]
)
def test_scores_that_are_refused_are_a_warning_and_the_prices_stand(status: int, code: str) -> None:
    body = {"error": {"code": "No", "message": "No."}}
    refused = Reply(body=body, status=status, headers={"Retry-After": "0"})
    result = discovered(lambda request, reply: refused)

    assert result.status is RegionStatus.OK
    assert any(offer.price for offer in result.offers)
    assert result.scores == ()
    (finding,) = result.findings
    assert (finding.code, finding.severity) == (code, "warning")
    assert finding.summary.startswith("No placement scores are known: ")


@pytest.mark.parametrize("body", [{}, {"placementScores": "many"}, {"placementScores": ["High"]}])
def test_an_answer_of_another_shape_is_a_warning(body: dict[str, Any]) -> None:
    result = discovered(lambda request, reply: Reply(body=body))

    assert result.status is RegionStatus.OK
    assert [finding.code for finding in result.findings] == ["cloud-answer-damaged"]
