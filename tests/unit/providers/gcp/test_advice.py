"""What Compute advises beside its lists, asked with its own client, against the stand-in."""

import sys
from datetime import UTC, datetime, timedelta

import pytest

from broker.domain.geography import RegionKey
from broker.domain.offers import CapacityType
from broker.domain.regions import RegionResult, RegionStatus
from providers.gcp.adapter import Gcp
from providers.gcp.outlook import BLOCK_HOURS, HORIZON, LEAD
from providers.sandbox.faults import FaultKind
from providers.sandbox.gcp.cloud import GcpSandbox
from providers.sandbox.http_server import Reply, Request
from tests.fakes.stand_ins import CONNECTION, HASTY, NOW, Alter, altered, list_prices, of_region

CENTRAL = RegionKey.parse("gcp/us-central1")
OFFERS = of_region(list_prices("gcp"), str(CENTRAL))


def as_it_is(_: Request, reply: Reply) -> Reply:
    return reply


def discovered(alter: Alter = as_it_is, *, about: str = "") -> RegionResult:
    """What is found while answers with advice *about* something are altered."""

    def answer(request: Request, reply: Reply) -> Reply:
        return alter(request, reply) if f"/advice/{about}" in request.path else reply

    with altered(GcpSandbox(), OFFERS, "BROKER_GCP_ENDPOINT", answer) as environment:
        return Gcp(CONNECTION, environment=environment, patience=HASTY).discover(CENTRAL)


def told(result: RegionResult) -> list[tuple[str, str]]:
    return [(finding.code, finding.summary) for finding in result.findings]


def test_an_opening_in_the_calendar_is_an_offer_with_its_window_at_the_rates_of_that_mode() -> None:
    result = discovered()

    (block,) = [o for o in result.offers if o.capacity_type is CapacityType.CAPACITY_BLOCK]
    (listed,) = [
        o
        for o in result.offers
        if (o.machine_type, o.capacity_type) == ("a3-highgpu-8g", CapacityType.ON_DEMAND)
    ]
    assert block.window is not None
    assert block.window.ends_at - block.window.starts_at == timedelta(hours=BLOCK_HOURS)
    assert NOW + LEAD <= block.window.starts_at <= NOW + HORIZON
    assert (block.machine_type, block.zone) == ("a3-highgpu-8g", "us-central1-a")
    assert (block.count, block.vcpus, block.family) == (listed.count, listed.vcpus, listed.family)
    assert block.price is not None
    assert listed.price is not None
    assert block.price < listed.price


def test_the_greatest_machine_of_each_gpu_has_a_score_from_1_to_10() -> None:
    scores = {score.machine_type: score for score in discovered().scores}

    assert set(scores) == {
        "a2-megagpu-16g",
        "a2-ultragpu-8g",
        "a3-highgpu-8g",
        "g2-standard-96",
        "g4-standard-384",
    }
    assert all(1 <= score.score <= 10 for score in scores.values())
    assert {score.capacity_type for score in scores.values()} == {CapacityType.SPOT}


def test_past_prices_end_with_the_present_one() -> None:
    result = discovered()
    present = {o.name: o.price for o in result.offers if o.capacity_type is CapacityType.SPOT}
    last = {change.offer: change.price for change in result.past}

    assert len(last) == 5
    assert len(result.past) == 15
    assert list(result.past) == sorted(result.past, key=lambda change: (change.offer, change.at))
    for offer, price in last.items():
        now = present[offer]
        assert price is not None
        assert now is not None
        assert abs(price.micros - now.micros) < 100
    assert min(change.at for change in result.past) < datetime(2026, 11, 1, tzinfo=UTC)


def test_past_prices_of_another_unit_are_not_taken() -> None:
    def by_the_day(_: Request, reply: Reply) -> Reply:
        records = [
            {**r, "listPrice": {**r["listPrice"], "units": str(24 * int(r["listPrice"]["units"]))}}
            for r in reply.body["priceHistory"]
        ]
        return Reply(body={**reply.body, "priceHistory": records})

    assert discovered(by_the_day, about="capacityHistory").past == ()


def test_a_region_without_a_calendar_has_no_calendar_offers_and_that_is_no_fault() -> None:
    def not_here(_: Request, __: Reply) -> Reply:
        return Reply(body={"error": {"code": 400, "message": "Not supported."}}, status=400)

    result = discovered(not_here)

    assert result.status is RegionStatus.OK
    assert result.findings == ()
    assert (result.scores, result.past) == ((), ())
    assert not any(offer.window for offer in result.offers)


@pytest.mark.parametrize("body", [{}, {"recommendations": []}, {"recommendations": [{}]}])
def test_where_nothing_is_recommended_nothing_is_found(body: dict[str, object]) -> None:
    result = discovered(lambda request, reply: Reply(body=body))

    assert result.findings == ()
    assert (result.scores, result.past) == ((), ())


NO = {
    403: ("cloud-access-denied", "No placement scores are known: "),
    401: ("cloud-credentials-refused", "No placement scores are known: "),
    429: ("cloud-rate-limited", "No placement scores are known: "),
    503: ("cloud-unavailable", "No placement scores are known: "),
}


@pytest.mark.parametrize("status", NO)
def test_advice_that_is_refused_is_a_warning_and_the_prices_stand(status: int) -> None:
    def refused(_: Request, __: Reply) -> Reply:
        body = {"error": {"code": status, "message": "No."}}
        return Reply(body=body, status=status, headers={"Retry-After": "0"})

    result = discovered(refused, about="capacity")  # and capacityHistory

    code, beginning = NO[status]
    assert result.status is RegionStatus.OK
    assert any(offer.price for offer in result.offers)
    assert {finding.severity for finding in result.findings} == {"warning"}
    assert [found[0] for found in told(result)] == [code, code]
    assert told(result)[0][1].startswith(beginning)
    assert told(result)[1][1].startswith("No past spot prices are known: ")


@pytest.mark.parametrize(
    ("fault", "code"),
    [(FaultKind.TRUNCATED, "cloud-answer-damaged"), (FaultKind.HANG, "cloud-timeout")],
)
def test_advice_that_breaks_off_is_a_warning_and_the_prices_stand(
    fault: FaultKind, code: str
) -> None:
    result = discovered(
        lambda request, reply: Reply(body=reply.body, fault=fault), about="calendarMode"
    )

    assert result.status is RegionStatus.OK
    assert result.offers
    assert told(result)[0][0] == code
    assert told(result)[0][1].startswith("No calendar offers are known: ")


def test_a_setback_is_overcome() -> None:
    seen = []

    def once(request: Request, reply: Reply) -> Reply:
        seen.append(request.path)
        busy = Reply(body={"error": {"code": 503}}, status=503)
        return busy if len(seen) == 1 else reply

    result = discovered(once, about="calendarMode")

    assert result.findings == ()
    assert len([offer for offer in result.offers if offer.window]) == 1


def test_what_is_said_of_no_instant_or_amount_is_passed_over() -> None:
    def odd(request: Request, reply: Reply) -> Reply:
        if "calendarMode" in request.path:
            spec = {"startTime": "soon", "endTime": "later", "location": "zones/us-central1-a"}
            return Reply(body={"recommendations": [{"recommendationsPerSpec": {"broker": spec}}]})
        return reply

    assert not any(offer.window for offer in discovered(odd).offers)


def test_without_the_client_the_prices_stand_and_a_warning_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "google.cloud.compute_v1", None)

    result = discovered()

    assert result.status is RegionStatus.OK
    assert any(offer.price for offer in result.offers)
    (finding,) = result.findings
    assert (finding.code, finding.severity) == ("library-missing", "warning")
    assert "gpu-broker[gcp]" in finding.hint
