"""What every source of offers promises (broker.ports.capacity), kept by each of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest

from broker.domain.accelerators import Accelerator, AcceleratorKind
from broker.domain.errors import CatalogInvalid
from broker.domain.geography import RegionKey
from broker.domain.ids import MachineType, ProviderName
from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer
from broker.domain.regions import RegionResult, RegionStatus
from broker.ports.capacity import CapacityProvider
from providers.aws.adapter import AwsProvider
from providers.azure.adapter import Azure
from providers.gcp.adapter import Gcp
from providers.listprices.adapter import ListPrices
from providers.sandbox.aws.cloud import AwsSandbox
from providers.sandbox.azure.cloud import AzureSandbox
from providers.sandbox.gcp.cloud import GcpSandbox
from tests.fakes.capacity import FakeCapacity
from tests.fakes.stand_ins import CONNECTION, list_prices, of_region

NOWHERE = RegionKey.parse("aws/atlantis-1")


@dataclass(frozen=True)
class Subject:
    """A provider as it is, and one whose data is damaged."""

    provider: Callable[[], CapacityProvider]
    damaged: Callable[[Path], CapacityProvider]


def fake() -> FakeCapacity:
    def offer(region: str, machine_type: str, price: Money | None) -> Offer:
        return Offer(
            region=RegionKey(ProviderName("aws"), region),
            machine_type=MachineType(machine_type),
            family="P",
            accelerator=Accelerator("H100", "", 81920, AcceleratorKind.GPU),
            count=Fraction(8),
            vcpus=192,
            memory_mib=2097152,
            capacity_type=CapacityType.ON_DEMAND,
            price=price,
            fetched_at=datetime(2026, 11, 20, tzinfo=UTC),
            source="a test",
        )

    return FakeCapacity(
        [
            offer("eu-north-1", "p5.48xlarge", Money.parse("58.8928")),
            offer("eu-north-1", "p5e.48xlarge", None),
            offer("eu-west-2", "p5.48xlarge", Money.parse("71.552")),
        ]
    )


@cache
def aws_environment() -> Mapping[str, str]:
    """A sandbox of two regions, kept until the tests end."""
    regions = ("aws/ap-southeast-2", "aws/eu-south-1")
    return AwsSandbox().start([o for r in regions for o in of_region(list_prices("aws"), r)])


@cache
def azure_environment() -> Mapping[str, str]:
    """A sandbox of two regions, one of whose sizes has no price, kept until the tests end."""
    regions = ("azure/eastus", "azure/westeurope")
    listed = [o for r in regions for o in of_region(list_prices("azure"), r)]
    return AzureSandbox().start([replace(listed[0], price=None), *listed[1:]])


@cache
def gcp_environment() -> Mapping[str, str]:
    """A sandbox of two regions, kept until the tests end."""
    regions = ("gcp/europe-west4", "gcp/us-central1")
    return GcpSandbox().start([o for r in regions for o in of_region(list_prices("gcp"), r)])


SUBJECTS = {
    "aws": Subject(
        provider=lambda: AwsProvider(CONNECTION, environment=aws_environment()),
        damaged=lambda folder: AwsProvider(CONNECTION, tables=folder),
    ),
    "azure": Subject(
        provider=lambda: Azure(CONNECTION, environment=azure_environment()),
        damaged=lambda folder: Azure(CONNECTION, tables=folder),
    ),
    "gcp": Subject(
        provider=lambda: Gcp(CONNECTION, environment=gcp_environment()),
        damaged=lambda folder: Gcp(CONNECTION, tables=folder),
    ),
    "listprices": Subject(provider=ListPrices, damaged=ListPrices),
    "fake": Subject(provider=fake, damaged=lambda folder: FakeCapacity(damaged=True)),
}


@pytest.fixture(params=SUBJECTS.values(), ids=SUBJECTS.keys())
def subject(request: pytest.FixtureRequest) -> Subject:
    param = request.param
    assert isinstance(param, Subject)
    return param


@pytest.fixture
def provider(subject: Subject) -> CapacityProvider:
    return subject.provider()


@pytest.fixture
def results(provider: CapacityProvider) -> list[RegionResult]:
    return [provider.discover(region) for region in provider.regions()]


def test_it_has_a_name(provider: CapacityProvider) -> None:
    assert provider.name


def test_regions_are_sorted_and_each_named_once(provider: CapacityProvider) -> None:
    regions = list(provider.regions())

    assert regions
    assert regions == sorted(set(regions))


def test_each_answer_is_about_the_region_asked_for(
    provider: CapacityProvider, results: list[RegionResult]
) -> None:
    assert [result.region for result in results] == list(provider.regions())
    assert all(o.region == result.region for result in results for o in result.offers)


def test_every_known_region_answers_with_offers(results: list[RegionResult]) -> None:
    assert {result.status for result in results} == {RegionStatus.OK}
    assert all(result.offers for result in results)


def test_offers_are_sorted_by_name_and_no_name_is_used_twice(results: list[RegionResult]) -> None:
    for result in results:
        names = [offer.name for offer in result.offers]
        assert names == sorted(names)

    every = [offer.name for result in results for offer in result.offers]
    assert len(every) == len(set(every))


def test_a_price_is_above_zero_or_unknown(results: list[RegionResult]) -> None:
    prices = [offer.price for result in results for offer in result.offers]

    assert None in prices, "what has no price is still listed"
    assert all(price.micros > 0 for price in prices if price is not None)


def test_counts_are_whole_or_a_part_of_one_device(results: list[RegionResult]) -> None:
    counts = {offer.count for result in results for offer in result.offers}

    assert all(count > 0 for count in counts)
    assert all(count.denominator == 1 for count in counts if count > 1)


def test_every_offer_says_who_states_it_and_for_when(results: list[RegionResult]) -> None:
    offers = [offer for result in results for offer in result.offers]

    assert all(offer.source for offer in offers)
    assert all(offer.fetched_at.tzinfo is UTC for offer in offers)


def test_an_answer_is_as_old_as_its_oldest_offer(results: list[RegionResult]) -> None:
    for result in results:
        assert result.fetched_at == min(offer.fetched_at for offer in result.offers)


def test_only_a_reserved_offer_has_a_term(results: list[RegionResult]) -> None:
    for offer in (offer for result in results for offer in result.offers):
        assert (offer.term_months is not None) == (offer.capacity_type is CapacityType.RESERVED)


def test_asking_twice_gives_the_same_answer(
    subject: Subject, provider: CapacityProvider, results: list[RegionResult]
) -> None:
    assert [provider.discover(region) for region in provider.regions()] == results
    another = subject.provider()
    assert [another.discover(region) for region in another.regions()] == results


def test_an_unknown_region_is_an_error_without_offers(provider: CapacityProvider) -> None:
    result = provider.discover(NOWHERE)

    assert result.region == NOWHERE
    assert result.status is RegionStatus.ERROR
    assert result.offers == ()
    assert result.fetched_at.tzinfo is UTC


def test_damaged_data_is_said_at_every_question(subject: Subject, tmp_path: Path) -> None:
    with pytest.raises(CatalogInvalid) as regions:
        subject.damaged(tmp_path).regions()
    with pytest.raises(CatalogInvalid) as discover:
        subject.damaged(tmp_path).discover(NOWHERE)

    for caught in (regions, discover):
        assert [d.code for d in caught.value.diagnostics] == ["catalog-damaged"]
