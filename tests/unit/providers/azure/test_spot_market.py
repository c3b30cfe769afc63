"""Past prices of spot nodes of Azure and how often they are evicted, from its Resource Graph."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import groupby
from typing import Any

import pytest

from broker.domain.geography import RegionKey
from broker.domain.money import Money
from broker.domain.offers import CapacityType
from broker.domain.regions import RegionResult, RegionStatus
from providers.azure.adapter import Azure
from providers.azure.spot_market import SpotMarket, past_of, spot_market, with_evictions
from providers.sandbox.azure.cloud import AzureSandbox
from providers.sandbox.http_server import HttpServer, Reply, Request
from tests.fakes.stand_ins import CONNECTION, HASTY, list_prices, of_region
from tests.unit.providers.azure.test_scores import FIRM, OFFERS, SPOT

EAST = RegionKey.parse("azure/eastus")
GRAPH = "/providers/Microsoft.ResourceGraph/resources"
DAY = timedelta(days=1)
(H100,) = (o for o in SPOT if o.machine_type == "Standard_ND96isr_H100_v5")


class Graph:
    """A stand-in for Azure whose answers of the Resource Graph are altered."""

    def __init__(self, alter: Callable[[Reply], Reply] = lambda reply: reply) -> None:
        self._alter = alter
        self.asked = 0

    def discovered(self, *regions: RegionKey) -> list[RegionResult]:
        """What is found in each of *regions* by one adapter."""
        west = of_region(list_prices("azure"), "azure/westeurope")
        as_spot = [replace(o, capacity_type=CapacityType.SPOT, term_months=None) for o in west[:1]]
        cloud = AzureSandbox()
        environment = dict(cloud.start((*OFFERS, *west, *as_spot)))

        def answer(request: Request) -> Reply:
            reply = cloud.answer(request)
            if request.path != GRAPH:
                return reply
            self.asked += 1
            return self._alter(reply)

        server = HttpServer(answer)
        environment["BROKER_AZURE_ENDPOINT"] = server.url
        try:
            azure = Azure(CONNECTION, environment=environment, patience=HASTY)
            return [azure.discover(region) for region in regions]
        finally:
            server.stop()
            cloud.stop()


def test_past_prices_lead_to_the_present_one_by_offer_and_time() -> None:
    (result,) = Graph().discovered(EAST)

    assert (result.status, result.findings) == (RegionStatus.OK, ())
    assert list(result.past) == sorted(result.past, key=lambda change: (change.offer, change.at))
    present = {offer.name: offer.price for offer in result.offers}
    by_offer = {k: list(v) for k, v in groupby(result.past, key=lambda change: change.offer)}
    assert by_offer.keys() == {offer.name for offer in SPOT}
    for name, changes in by_offer.items():
        assert len(changes) == 3
        assert changes[-1].price == present[name]
        assert changes[-1].at - changes[0].at == 60 * DAY


def test_each_spot_offer_says_how_often_its_nodes_are_taken() -> None:
    (result,) = Graph().discovered(EAST)

    spot = [offer for offer in result.offers if offer.capacity_type is CapacityType.SPOT]
    assert all(offer.reclaims_per_hour for offer in spot)
    others = [offer for offer in result.offers if offer not in spot]
    assert {offer.reclaims_per_hour for offer in others} == {None}


def test_what_is_told_is_read_page_by_page() -> None:
    cloud = AzureSandbox(arm_page=5)
    environment = cloud.start(OFFERS)
    try:
        result = Azure(CONNECTION, environment=environment, patience=HASTY).discover(EAST)
    finally:
        cloud.stop()

    assert {change.offer for change in result.past} == {offer.name for offer in SPOT}


def test_one_question_serves_all_regions() -> None:
    graph = Graph()
    results = graph.discovered(EAST, RegionKey.parse("azure/westeurope"), EAST)

    assert all(result.past for result in results)
    assert graph.asked == 1


def test_nothing_is_asked_where_no_spot_is_sold() -> None:
    cloud = AzureSandbox()
    environment = cloud.start(FIRM)
    try:
        result = Azure(CONNECTION, environment=environment, patience=HASTY).discover(EAST)
        assert "Microsoft.ResourceGraph/resources/read" not in cloud.asked()
    finally:
        cloud.stop()
    assert (result.past, result.findings) == ((), ())


@pytest.mark.parametrize(
    ("status", "code"),
    [(403, "cloud-access-denied"), (429, "cloud-rate-limited"), (503, "cloud-unavailable")],
)
def test_a_graph_that_refuses_is_a_warning_and_the_offers_stand(status: int, code: str) -> None:
    body = {"error": {"code": "No", "message": "No."}}
    refused = Reply(body=body, status=status, headers={"Retry-After": "0"})
    (result,) = Graph(lambda reply: refused).discovered(EAST)

    assert result.status is RegionStatus.OK
    assert any(offer.price for offer in result.offers)
    assert result.past == ()
    (finding,) = result.findings
    assert (finding.code, finding.severity) == (code, "warning")
    assert finding.summary.startswith("No past spot prices and rates of eviction are known: ")


def test_a_graph_that_refuses_is_asked_once_and_each_region_is_told() -> None:
    body = {"error": {"code": "No", "message": "No."}}
    graph = Graph(lambda reply: Reply(body=body, status=403))
    west = RegionKey.parse("azure/westeurope")

    results = graph.discovered(EAST, west)

    assert [[f.subject for f in r.findings] for r in results] == [[str(EAST)], [str(west)]]
    assert graph.asked == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "cloud-answer-damaged"),
        ({"data": "many"}, "cloud-answer-damaged"),
        ({"data": ["row"]}, "cloud-answer-damaged"),
        ({"data": [], "resultTruncated": "true"}, "cloud-answer-damaged"),
        ({"data": [], "resultTruncated": "true", "$skipToken": "again"}, "cloud-pages-loop"),
    ],
)
def test_an_answer_that_is_not_whole_is_a_warning(body: dict[str, Any], code: str) -> None:
    (result,) = Graph(lambda reply: Reply(body=body)).discovered(EAST)

    assert result.status is RegionStatus.OK
    assert [finding.code for finding in result.findings] == [code]


def told(*prices: Any, **row: Any) -> SpotMarket:
    """A market of one row about the H100 in eastus."""
    size = "standard_nd96isr_h100_v5"
    return spot_market([{"size": size, "location": "EastUS", "prices": list(prices), **row}])


def price(day: int, dollars: Any) -> dict[str, Any]:
    return {"effectiveDate": f"2026-09-{day:02d}T00:00:00Z", "priceUSD": dollars}


def test_changes_are_in_their_order_and_what_stayed_is_none() -> None:
    market = told(price(20, 4.5), price(10, 4.5), price(1, 3))

    assert [(change.at.day, change.price) for change in past_of([H100], market)] == [
        (1, Money.parse("3")),
        (10, Money.parse("4.5")),
    ]


def test_an_instant_without_a_zone_is_of_utc() -> None:
    entry = {"effectiveDate": "2026-09-01T00:00:00.0000000", "priceUSD": "3"}

    (change,) = past_of([H100], told(entry))

    assert change.at == datetime(2026, 9, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "entry",
    [
        price(1, 0),
        price(1, -1),
        price(1, "free"),
        price(1, None),
        price(1, "NaN"),
        {"priceUSD": 3},
        {"effectiveDate": "lately", "priceUSD": 3},
        "3",
        None,
    ],
)
def test_an_entry_that_can_not_be_read_tells_nothing(entry: Any) -> None:
    assert past_of([H100], told(entry)) == ()


@pytest.mark.parametrize("prices", [None, "3", {"priceUSD": 3}])
def test_prices_of_another_shape_tell_nothing(prices: Any) -> None:
    assert told(prices=prices).prices == {}


@pytest.mark.parametrize(
    ("word", "rate"),
    [
        ("0-5", Fraction(1, 40)),
        ("15-20", Fraction(7, 40)),
        ("20+", Fraction(1, 5)),
        ("", None),
        ("often", None),
        (5, None),
        (None, None),
    ],
)
def test_a_range_is_read_as_its_middle_and_other_words_as_unknown(
    word: Any, rate: Fraction | None
) -> None:
    (offer,) = with_evictions([H100], told(evictionRate=word))

    assert offer.reclaims_per_hour == rate


def test_what_is_told_of_another_size_or_place_is_not_of_this_offer() -> None:
    market = told(price(1, 3), location="westus", evictionRate="0-5")

    assert past_of([H100], market) == ()
    assert with_evictions([H100], market) == [H100]
