"""Answers of Azure that no honest Azure would give end in a status, never in a traceback."""

from collections.abc import Mapping
from typing import Any

import pytest

from broker.domain.geography import RegionKey
from broker.domain.regions import RegionResult, RegionStatus
from providers.azure.adapter import Azure
from providers.sandbox.azure.cloud import AzureSandbox
from providers.sandbox.http_server import HttpServer, Reply, Request
from tests.fakes.stand_ins import CONNECTION, HASTY, list_prices, of_region

EASTUS = RegionKey.parse("azure/eastus")


class Tampering:
    """A stand-in for Azure of which the answers to some paths are altered."""

    def __init__(self, altered: str, body: Mapping[str, Any]) -> None:
        self._azure = AzureSandbox()
        self._altered = altered
        self._body = body
        self.paths: list[str] = []

    def answer(self, request: Request) -> Reply:
        self.paths.append(request.path)
        reply = self._azure.answer(request)
        if not request.path.endswith(self._altered):
            return reply
        return Reply(body={**reply.body, **self._body})

    def discovered(self) -> RegionResult:
        environment = dict(self._azure.start(of_region(list_prices("azure"), "azure/eastus")))
        server = HttpServer(self.answer)
        environment["BROKER_AZURE_ENDPOINT"] = server.url
        try:
            return Azure(CONNECTION, environment=environment, patience=HASTY).discover(EASTUS)
        finally:
            server.stop()
            self._azure.stop()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/locations", {"value": None}),
        ("/locations", {"value": "eastus"}),
        ("/locations", {"value": ["eastus"]}),
        ("/skus", {"value": "all"}),
        ("/skus", {"value": [1, 2]}),
        ("/skus", {"value": None}),
        ("/prices", {"Items": None}),
        ("/prices", {"Items": ["cheap"]}),
        ("/prices", {"Count": 1}),
        ("/skus", {"nextLink": "https://evil.example/next"}),
        ("/skus", {"nextLink": "/relative"}),
        ("/skus", {"nextLink": ["list"]}),
        ("/prices", {"NextPageLink": "https://evil.example/next"}),
        ("/prices", {"NextPageLink": 7}),
    ],
)
def test_an_answer_of_another_shape_is_damaged_and_nothing_of_it_is_used(
    path: str, body: Mapping[str, Any]
) -> None:
    result = Tampering(path, body).discovered()

    assert result.status is RegionStatus.ERROR
    assert [finding.code for finding in result.findings] == ["cloud-answer-damaged"]
    assert result.offers == ()


def test_an_empty_catalog_is_an_answer_with_prices_unknown() -> None:
    result = Tampering("/prices", {"Items": [], "Count": 0, "NextPageLink": None}).discovered()

    assert result.status is RegionStatus.OK
    assert {offer.price for offer in result.offers} == {None}
    assert [(f.code, f.severity) for f in result.findings] == [("prices-missing", "warning")]


def test_no_sizes_at_all_is_an_answer_without_offers_and_nothing_else_is_asked() -> None:
    azure = Tampering("/skus", {"value": []})

    result = azure.discovered()

    assert result.status is RegionStatus.OK
    assert result.offers == ()
    assert [path.rpartition("/")[2] for path in azure.paths] == ["locations", "skus"]


def test_quotas_of_another_shape_are_unknown_and_the_offers_stand() -> None:
    result = Tampering("/usages", {"value": "lots"}).discovered()

    assert result.status is RegionStatus.OK
    assert result.offers
    assert result.quotas == ()
    assert [(f.code, f.severity) for f in result.findings] == [("cloud-answer-damaged", "warning")]
