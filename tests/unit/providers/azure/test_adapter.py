"""Azure's adapter, unchanged, against a stand-in for Azure on this computer."""

from collections.abc import Iterator, Mapping

import pytest

from broker.domain.geography import RegionKey
from broker.domain.regions import RegionResult, RegionStatus
from providers.azure.adapter import Azure
from providers.sandbox.azure.cloud import AzureSandbox, Subscription
from providers.sandbox.faults import Fault, FaultKind
from tests.fakes.stand_ins import CONNECTION, HASTY, NOW, list_prices, of_region, serving

EASTUS = RegionKey.parse("azure/eastus")

OFFERS = list_prices("azure")


def adapter(environment: Mapping[str, str]) -> Azure:
    return Azure(CONNECTION, environment=environment, patience=HASTY)


@pytest.fixture(scope="module")
def environment() -> Iterator[Mapping[str, str]]:
    """A healthy Azure, whose lists are of many pages."""
    with serving(AzureSandbox(arm_page=5, prices_page=20), OFFERS) as found:
        yield found


@pytest.fixture(scope="module")
def azure(environment: Mapping[str, str]) -> Azure:
    return adapter(environment)


def discovered(fault: Fault, region: RegionKey = EASTUS) -> RegionResult:
    """What a new adapter finds in *region* while the stand-in has *fault*."""
    some = of_region(OFFERS, "azure/eastus") + of_region(OFFERS, "azure/westeurope")
    cloud = AzureSandbox([fault], retry_after_seconds=0.01, arm_page=5, prices_page=20)
    with serving(cloud, some) as environment:
        return adapter(environment).discover(region)


def test_regions_are_those_with_offers_and_no_geographies(azure: Azure) -> None:
    assert list(azure.regions()) == sorted({offer.region for offer in OFFERS})


def test_every_list_price_comes_back_as_it_went_in(azure: Azure) -> None:
    for region in azure.regions():
        result = azure.discover(region)
        told = {offer.name: offer for offer in result.offers}
        listed = {offer.name: offer for offer in of_region(OFFERS, str(region))}

        assert result.status is RegionStatus.OK
        assert result.findings == ()
        assert told.keys() == listed.keys()
        for name, offer in listed.items():
            assert told[name].price == offer.price
            assert told[name].accelerator == offer.accelerator
            assert told[name].count == offer.count
            assert told[name].family == offer.family
            assert (told[name].vcpus, told[name].memory_mib) == (offer.vcpus, offer.memory_mib)


def test_an_offer_says_when_and_by_whom_it_was_told(azure: Azure) -> None:
    result = azure.discover(EASTUS)

    assert {offer.fetched_at for offer in result.offers} == {NOW}
    assert {offer.source for offer in result.offers} == {"Azure Retail Prices"}
    assert result.fetched_at == NOW


def test_zones_have_the_ids_that_all_subscriptions_share(azure: Azure) -> None:
    result = azure.discover(EASTUS)

    assert [zone.id for zone in result.zones] == ["eastus-az1", "eastus-az2", "eastus-az3"]
    assert {offer.zones for offer in result.offers} == {("eastus-az1", "eastus-az2", "eastus-az3")}


def test_what_is_not_sold_to_the_subscription_is_listed_with_a_restriction() -> None:
    (some, *_) = of_region(OFFERS, "azure/eastus")
    cloud = AzureSandbox(subscription=Subscription(restricted=[some.machine_type]))
    with serving(cloud, of_region(OFFERS, "azure/eastus")) as found:
        result = adapter(found).discover(EASTUS)

    assert [(r.machine_type, r.zone, r.reason) for r in result.restrictions] == [
        (some.machine_type, None, "NotAvailableForSubscription")
    ]
    assert some.machine_type in {offer.machine_type for offer in result.offers}


def test_a_region_that_azure_does_not_know_is_an_error(azure: Azure) -> None:
    result = azure.discover(RegionKey.parse("azure/atlantis"))

    assert result.status is RegionStatus.ERROR
    assert result.offers == ()
    assert [finding.code for finding in result.findings] == ["cloud-not-found"]


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        (FaultKind.THROTTLED, RegionStatus.THROTTLED, "cloud-rate-limited"),
        (FaultKind.UNAVAILABLE, RegionStatus.ERROR, "cloud-unavailable"),
        (FaultKind.HANG, RegionStatus.TIMEOUT, "cloud-timeout"),
        (FaultKind.TRUNCATED, RegionStatus.ERROR, "cloud-answer-damaged"),
        (FaultKind.LOOP, RegionStatus.ERROR, "cloud-pages-loop"),
        (FaultKind.DENIED, RegionStatus.DENIED, "cloud-access-denied"),
        (FaultKind.NOT_OPTED_IN, RegionStatus.NOT_OPTED_IN, "cloud-not-opted-in"),
        (FaultKind.VANISHED, RegionStatus.ERROR, "cloud-not-found"),
        (FaultKind.EXPIRED, RegionStatus.DENIED, "cloud-credentials-refused"),
    ],
)
@pytest.mark.parametrize("after", [0, 3])
def test_a_lasting_fault_is_one_status_with_its_reason(
    kind: FaultKind, status: RegionStatus, code: str, after: int
) -> None:
    result = discovered(Fault(region="eastus", kind=kind, after=after))

    assert result.status is status
    assert result.offers == ()
    assert [finding.code for finding in result.findings] == [code]
    assert result.fetched_at == NOW


@pytest.mark.parametrize("kind", list(FaultKind))
def test_a_fault_of_one_region_is_none_of_another(kind: FaultKind) -> None:
    result = discovered(Fault(region="eastus", kind=kind), RegionKey.parse("azure/westeurope"))

    assert result.status is RegionStatus.OK
    assert result.offers


@pytest.mark.parametrize(
    "kind",
    [FaultKind.THROTTLED, FaultKind.UNAVAILABLE, FaultKind.TRUNCATED, FaultKind.HANG],
)
def test_a_passing_fault_is_overcome(kind: FaultKind) -> None:
    result = discovered(Fault(region="eastus", kind=kind, times=1, after=2))

    assert result.status is RegionStatus.OK
    assert len(result.offers) == len(of_region(OFFERS, "azure/eastus"))


def test_prices_of_long_ago_are_prices_still() -> None:
    result = discovered(Fault(region="eastus", kind=FaultKind.STALE))

    assert result.status is RegionStatus.OK
    assert all(offer.price is not None for offer in result.offers)
