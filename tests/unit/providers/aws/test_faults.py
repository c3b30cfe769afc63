"""Whatever goes wrong in a region: it ends in one status with a reason, and costs the others nothing."""

import logging
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from broker.domain.geography import RegionKey
from broker.domain.regions import RegionResult, RegionStatus
from providers.aws.adapter import AwsProvider
from providers.aws.clients import NOT_CREDENTIALS
from providers.sandbox.aws.account import LONG_AGO
from providers.sandbox.aws.cloud import AwsSandbox
from providers.sandbox.faults import Fault, FaultKind
from tests.fakes.stand_ins import CONNECTION, NOW, list_prices, serving
from tests.unit.providers.aws.conftest import PATIENT, connect

EXPECTED = {
    FaultKind.THROTTLED: ("ap-east-1", RegionStatus.THROTTLED, "cloud-rate-limited"),
    FaultKind.UNAVAILABLE: ("ap-south-1", RegionStatus.ERROR, "cloud-unavailable"),
    FaultKind.HANG: ("ca-central-1", RegionStatus.TIMEOUT, "cloud-timeout"),
    FaultKind.TRUNCATED: ("eu-central-1", RegionStatus.ERROR, "cloud-answer-damaged"),
    FaultKind.LOOP: ("eu-north-1", RegionStatus.ERROR, "cloud-pages-loop"),
    FaultKind.DENIED: ("eu-south-1", RegionStatus.DENIED, "cloud-access-denied"),
    FaultKind.NOT_OPTED_IN: ("eu-south-2", RegionStatus.NOT_OPTED_IN, "cloud-not-opted-in"),
    FaultKind.EXPIRED: ("eu-west-1", RegionStatus.DENIED, "cloud-credentials-refused"),
    FaultKind.VANISHED: ("eu-west-2", RegionStatus.ERROR, "cloud-not-found"),
}

STALE = "eu-west-3"

PASSING = {
    "us-west-1": Fault(region="us-west-1", kind=FaultKind.THROTTLED, times=2),
    "us-east-2": Fault(region="us-east-2", kind=FaultKind.UNAVAILABLE, times=2),
    "us-west-2": Fault(region="us-west-2", kind=FaultKind.TRUNCATED, times=1),
    "me-south-1": Fault(region="me-south-1", kind=FaultKind.UNSETTLED, times=3),
}

EXPIRING = Fault(region="il-central-1", kind=FaultKind.EXPIRED, after=2)

FAULTS = [
    *(Fault(region=region, kind=kind) for kind, (region, _, _) in EXPECTED.items()),
    Fault(region=STALE, kind=FaultKind.STALE),
    *PASSING.values(),
    EXPIRING,
]


CREW = 6


@pytest.fixture(scope="module")
def troubled() -> Iterator[Mapping[str, str]]:
    """The environment of a sandbox in which many regions fail, each in its own way."""
    with serving(AwsSandbox(FAULTS), list_prices("aws")) as environment:
        yield environment


@pytest.fixture(scope="module")
def results(troubled: Mapping[str, str]) -> dict[str, RegionResult]:
    """Every region's answer, all asked at once; one that vanished is asked for by its name."""
    provider = connect(troubled)
    asked = sorted({*provider.regions(), RegionKey.parse("aws/eu-west-2")})
    with ThreadPoolExecutor(CREW) as crew:
        return {r.region.region: r for r in crew.map(provider.discover, asked)}


@pytest.mark.parametrize("kind", EXPECTED, ids=str)
def test_each_fault_ends_in_its_status_and_says_why(
    results: dict[str, RegionResult], kind: FaultKind
) -> None:
    region, status, code = EXPECTED[kind]
    result = results[region]

    assert result.status is status
    assert [finding.code for finding in result.findings] == [code]
    assert result.findings[0].subject == f"aws/{region}"
    assert result.offers == ()


@pytest.mark.parametrize("region", PASSING)
def test_what_passes_is_overcome(results: dict[str, RegionResult], region: str) -> None:
    assert results[region].status is RegionStatus.OK
    assert results[region].offers


def test_other_regions_are_none_the_worse(
    aws: AwsProvider, results: dict[str, RegionResult]
) -> None:
    failing = {region for region, _, _ in EXPECTED.values()} | {STALE, EXPIRING.region}
    well = [result for region, result in results.items() if region not in failing]

    assert len(well) > 15
    for result in well:
        assert result == aws.discover(result.region)


def test_a_stale_region_is_told_by_its_age(
    aws: AwsProvider, results: dict[str, RegionResult]
) -> None:
    fresh = aws.discover(RegionKey.parse(f"aws/{STALE}"))

    assert results[STALE].status is RegionStatus.OK
    assert results[STALE].fetched_at == LONG_AGO
    assert fresh.fetched_at == NOW


def test_credentials_that_expire_between_two_calls_deny_the_whole_region(
    results: dict[str, RegionResult],
) -> None:
    result = results[EXPIRING.region]

    assert result.status is RegionStatus.DENIED
    assert result.offers == ()
    assert "Log in again" in result.findings[0].hint


def test_a_region_that_vanished_is_not_among_those_to_ask(troubled: Mapping[str, str]) -> None:
    assert RegionKey.parse("aws/eu-west-2") not in connect(troubled).regions()


def test_a_region_that_hangs_costs_its_deadline_and_no_more(troubled: Mapping[str, str]) -> None:
    patience = replace(PATIENT, seconds=8, silence_seconds=2, retries=100)
    provider = AwsProvider(CONNECTION, environment=troubled, patience=patience)

    begun = time.monotonic()
    result = provider.discover(RegionKey.parse("aws/ca-central-1"))

    assert result.status is RegionStatus.TIMEOUT
    assert time.monotonic() - begun < 24


def test_without_what_comes_beside_them_the_prices_are_still_good(aws: AwsProvider) -> None:
    region = "eu-south-1"
    well = aws.discover(RegionKey.parse(f"aws/{region}"))
    calls_for_prices = 5
    late = Fault(region=region, kind=FaultKind.DENIED, after=calls_for_prices)

    with serving(AwsSandbox([late]), list_prices("aws")) as environment:
        provider = connect(environment)
        result = provider.discover(RegionKey.parse(f"aws/{region}"))

    assert result.status is RegionStatus.OK
    assert result.offers == well.offers
    assert well.quotas
    assert result.quotas == ()
    assert {finding.severity for finding in result.findings} == {"warning"}
    assert [finding.summary.partition(":")[0] for finding in result.findings] == [
        "No savings plans are known",
        "No quotas are known",
        "No placement scores are known",
        "No reservations of the account are known",
    ]


def test_a_cloud_that_can_not_be_reached_is_an_error_at_the_first_question() -> None:
    environment = {"BROKER_AWS_ENDPOINT": "http://127.0.0.1:9"}

    result = connect(environment).discover(RegionKey.parse("aws/us-east-1"))

    assert result.status is RegionStatus.ERROR
    assert [finding.code for finding in result.findings] == ["cloud-unavailable"]


def test_neither_a_finding_nor_a_log_tells_a_credential(
    results: dict[str, RegionResult],
    troubled: Mapping[str, str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG):
        connect(troubled).discover(RegionKey.parse("aws/eu-west-1"))

    told = repr([result.findings for result in results.values()]) + caplog.text
    assert "eu-west-1" in told
    assert [secret for secret in NOT_CREDENTIALS.values() if secret in told] == []
