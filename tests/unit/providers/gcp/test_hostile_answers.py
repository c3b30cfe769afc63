"""Answers of Google Cloud that no honest cloud gives end in a status, never in a traceback."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from broker.domain.geography import RegionKey
from broker.domain.regions import RegionResult, RegionStatus
from providers.gcp.adapter import Gcp
from providers.sandbox.gcp.cloud import GcpSandbox
from providers.sandbox.http_server import HttpServer, Reply, Request
from tests.fakes.stand_ins import CONNECTION, STEADY, list_prices, of_region

CENTRAL = RegionKey.parse("gcp/us-central1")


def discovered(path: str, body: Mapping[str, Any]) -> RegionResult:
    """What is found while answers to *path* are altered by *body*."""
    cloud = GcpSandbox()
    environment = dict(cloud.start(of_region(list_prices("gcp"), "gcp/us-central1")))

    def answer(request: Request) -> Reply:
        reply = cloud.answer(request)
        altered = re.search(path, request.path)
        return Reply(body={**reply.body, **body}) if altered else reply

    server = HttpServer(answer)
    environment["BROKER_GCP_ENDPOINT"] = server.url
    try:
        return Gcp(CONNECTION, environment=environment, patience=STEADY).discover(CENTRAL)
    finally:
        server.stop()
        cloud.stop()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/regions$", {"items": "all"}),
        ("/regions$", {"items": ["us-central1"]}),
        ("/machineTypes$", {"items": None}),
        ("/machineTypes$", {"items": [7]}),
        ("/machineTypes$", {"unreachables": ["zones/us-central1-f"]}),
        ("/skus$", {"skus": {"a": 1}}),
    ],
)
def test_an_answer_of_another_shape_is_damaged_and_nothing_of_it_is_used(
    path: str, body: Mapping[str, Any]
) -> None:
    result = discovered(path, body)

    assert result.status is RegionStatus.ERROR
    assert [finding.code for finding in result.findings] == ["cloud-answer-damaged"]
    assert result.offers == ()


def test_a_token_that_never_changes_is_a_loop() -> None:
    result = discovered("/machineTypes$", {"nextPageToken": "0"})

    assert [finding.code for finding in result.findings] == ["cloud-pages-loop"]


def test_an_empty_catalog_is_an_answer_with_prices_unknown() -> None:
    result = discovered("/skus$", {"skus": []})

    assert result.status is RegionStatus.OK
    assert {offer.price for offer in result.offers} == {None}
    assert [(f.code, f.severity) for f in result.findings] == [("prices-missing", "warning")]


@pytest.mark.parametrize("zones", [None, [], "a", [7, None]])
def test_a_region_without_zones_does_no_harm(zones: Any) -> None:
    region = {"name": "us-central1", "zones": zones}

    result = discovered("/regions$", {"items": [region]})

    assert result.offers == ()
    assert result.status in {RegionStatus.OK, RegionStatus.ERROR}


def test_quotas_of_another_shape_are_unknown_and_the_offers_stand() -> None:
    result = discovered("/quotaInfos$", {"quotaInfos": "lots"})

    assert result.status is RegionStatus.OK
    assert result.offers
    assert [(f.code, f.severity) for f in result.findings] == [("cloud-answer-damaged", "warning")]
