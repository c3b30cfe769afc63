"""Google Cloud's adapter, unchanged, against a stand-in for it on this computer."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

import pytest

from broker.domain.geography import RegionKey
from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer
from broker.domain.regions import RegionResult, RegionStatus
from providers.gcp.adapter import Gcp
from providers.sandbox.faults import Fault, FaultKind
from providers.sandbox.gcp.cloud import EVERYWHERE, GcpSandbox
from tests.fakes.stand_ins import CONNECTION, HASTY, NOW, list_prices, of_region, serving

CENTRAL = RegionKey.parse("gcp/us-central1")

OFFERS = list_prices("gcp")

ROUNDING_MICROS = 5
"""The lists are rounded to a hundred-thousandth of a dollar; rates of parts are not."""


def adapter(environment: Mapping[str, str]) -> Gcp:
    return Gcp(CONNECTION, environment=environment, patience=HASTY)


@pytest.fixture(scope="module")
def environment() -> Iterator[Mapping[str, str]]:
    """A healthy Google Cloud, whose lists are of several pages."""
    with serving(GcpSandbox(most_per_page=300), OFFERS) as found:
        yield found


@pytest.fixture(scope="module")
def gcp(environment: Mapping[str, str]) -> Gcp:
    found = adapter(environment)
    found.regions()
    return found


def discovered(fault: Fault, region: RegionKey = CENTRAL) -> RegionResult:
    """What a new adapter finds in *region* while the stand-in has *fault*."""
    some = of_region(OFFERS, "gcp/us-central1") + of_region(OFFERS, "gcp/europe-west4")
    cloud = GcpSandbox([fault], retry_after_seconds=0.01, most_per_page=8)
    with serving(cloud, some) as environment:
        return adapter(environment).discover(region)


Sold = tuple[str, str, int | None]


def sold(offer: Offer) -> Sold:
    return (offer.machine_type, offer.capacity_type, offer.term_months)


def test_regions_are_those_with_offers(gcp: Gcp) -> None:
    assert list(gcp.regions()) == sorted({offer.region for offer in OFFERS})


def test_composed_prices_are_the_list_prices(gcp: Gcp) -> None:
    compared = 0
    for region in gcp.regions():
        result = gcp.discover(region)
        told = {sold(offer): offer for offer in result.offers}

        assert result.status is RegionStatus.OK
        assert result.findings == ()
        for listed in of_region(OFFERS, str(region)):
            found = told[sold(listed)]
            assert found.accelerator == listed.accelerator
            assert (found.count, found.family) == (listed.count, listed.family)
            assert (found.vcpus, found.memory_mib) == (listed.vcpus, listed.memory_mib)
            if listed.price is None or found.price is None:
                assert found.price is listed.price
            else:
                assert abs(found.price.micros - listed.price.micros) <= ROUNDING_MICROS
                compared += 1
    assert compared > 1400


def test_nothing_that_is_not_listed_has_a_price(gcp: Gcp) -> None:
    for region in gcp.regions():
        listed = {sold(offer) for offer in of_region(OFFERS, str(region))}

        ahead = CapacityType.CAPACITY_BLOCK  # which lists do not have
        offers = [o for o in gcp.discover(region).offers if o.capacity_type is not ahead]
        extra = [o for o in offers if sold(o) not in listed]
        assert {offer.price for offer in extra} <= {None}


def test_an_offer_is_sold_in_the_zones_that_list_its_machine_type(gcp: Gcp) -> None:
    listed = defaultdict(set)
    for offer in of_region(OFFERS, "gcp/us-central1"):
        if offer.zone:
            listed[offer.machine_type].add(offer.zone)

    offers = [offer for offer in gcp.discover(CENTRAL).offers if offer.window is None]
    told = {offer.machine_type: set(offer.zones) for offer in offers}

    assert len({frozenset(zones) for zones in told.values()}) > 1
    for machine_type, zones in listed.items():
        assert told[machine_type] == zones


def test_small_parts_of_a3_high_are_not_sold_on_demand(gcp: Gcp) -> None:
    restricted = {r.machine_type for r in gcp.discover(CENTRAL).restrictions}

    assert restricted == {"a3-highgpu-1g", "a3-highgpu-2g", "a3-highgpu-4g"}


def test_an_unknown_region_is_an_error(gcp: Gcp) -> None:
    result = gcp.discover(RegionKey.parse("gcp/atlantis-1"))

    assert result.status is RegionStatus.ERROR
    assert result.offers == ()
    assert [finding.code for finding in result.findings] == ["cloud-not-found"]


LASTING = [
    (FaultKind.THROTTLED, RegionStatus.THROTTLED, "cloud-rate-limited"),
    (FaultKind.UNAVAILABLE, RegionStatus.ERROR, "cloud-unavailable"),
    (FaultKind.HANG, RegionStatus.TIMEOUT, "cloud-timeout"),
    (FaultKind.TRUNCATED, RegionStatus.ERROR, "cloud-answer-damaged"),
    (FaultKind.LOOP, RegionStatus.ERROR, "cloud-pages-loop"),
    (FaultKind.DENIED, RegionStatus.DENIED, "cloud-access-denied"),
    (FaultKind.NOT_OPTED_IN, RegionStatus.NOT_OPTED_IN, "cloud-not-opted-in"),
    (FaultKind.EXPIRED, RegionStatus.DENIED, "cloud-credentials-refused"),
]


@pytest.mark.parametrize(("kind", "status", "code"), LASTING)
@pytest.mark.parametrize("after", [0, 2])
def test_a_lasting_fault_is_one_status_with_its_reason(
    kind: FaultKind, status: RegionStatus, code: str, after: int
) -> None:
    result = discovered(Fault(region="us-central1", kind=kind, after=after))

    assert result.status is status
    assert result.offers == ()
    assert [finding.code for finding in result.findings] == [code]
    assert result.fetched_at == NOW


def test_a_region_that_vanished_is_an_error() -> None:
    result = discovered(Fault(region="us-central1", kind=FaultKind.VANISHED))

    assert result.status is RegionStatus.ERROR
    assert [finding.code for finding in result.findings] == ["cloud-not-found"]


@pytest.mark.parametrize("kind", list(FaultKind))
def test_a_fault_of_one_region_is_none_of_another(kind: FaultKind) -> None:
    fault = Fault(region="us-central1", kind=kind)
    result = discovered(fault, RegionKey.parse("gcp/europe-west4"))

    assert result.status is RegionStatus.OK
    assert result.offers


@pytest.mark.parametrize(
    "kind", [FaultKind.THROTTLED, FaultKind.UNAVAILABLE, FaultKind.TRUNCATED, FaultKind.HANG]
)
@pytest.mark.parametrize("place", ["us-central1", EVERYWHERE])
def test_a_passing_fault_is_overcome(kind: FaultKind, place: str) -> None:
    result = discovered(Fault(region=place, kind=kind, times=1, after=1))

    assert result.status is RegionStatus.OK
    assert any(offer.price for offer in result.offers)


def test_a_zone_that_is_not_known_yet_is_asked_about_again() -> None:
    fault = Fault(region="us-central1", kind=FaultKind.UNSETTLED, times=2)
    lasting = Fault(region="us-central1", kind=FaultKind.UNSETTLED)

    assert discovered(fault).status is RegionStatus.OK
    result = discovered(lasting)
    assert result.status is RegionStatus.ERROR
    assert [finding.code for finding in result.findings] == ["cloud-not-found"]


def test_the_list_of_regions_stands_though_the_catalog_can_not_be_had() -> None:
    cloud = GcpSandbox([Fault(region=EVERYWHERE, kind=FaultKind.DENIED, after=1)])
    with serving(cloud, of_region(OFFERS, "gcp/us-central1")) as environment:
        assert adapter(environment).regions() == [CENTRAL]


def test_without_a_catalog_no_region_is_said_to_be_of_unknown_prices() -> None:
    """Old prices are worth more than none: the region fails, so that they are kept."""
    result = discovered(Fault(region=EVERYWHERE, kind=FaultKind.DENIED, after=1))

    assert result.status is RegionStatus.DENIED
    assert result.offers == ()


def test_without_cloud_quotas_the_offers_stand_and_a_warning_says_so() -> None:
    cloud = GcpSandbox([Fault(region=EVERYWHERE, kind=FaultKind.DENIED, after=2)])
    with serving(cloud, of_region(OFFERS, "gcp/us-central1")) as environment:
        result = adapter(environment).discover(CENTRAL)

    assert result.status is RegionStatus.OK
    assert {(f.code, f.severity) for f in result.findings} == {("cloud-access-denied", "warning")}
    assert [f.summary.partition(":")[0] for f in result.findings] == [
        "No quotas of Cloud Quotas are known",
        "No quotas of the project are known",
        "No reservations of the project are known",
    ]
    assert {quota.family for quota in result.quotas} == {"A100", "A100-80GB", "L4"}


def test_prices_of_long_ago_are_prices_still() -> None:
    result = discovered(Fault(region="us-central1", kind=FaultKind.STALE))

    assert result.status is RegionStatus.OK
    assert {o.price for o in result.offers if o.accelerator.model == "L4"} != {None}


def test_no_price_is_zero(gcp: Gcp) -> None:
    prices = [offer.price for region in gcp.regions() for offer in gcp.discover(region).offers]

    assert all(price > Money(0) for price in prices if price is not None)
    assert None in prices, "TPUs are listed, though the lists have no price for them"
