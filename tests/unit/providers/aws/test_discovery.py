"""What the adapter reads of the sandbox is what the sandbox was given, by way of boto3."""

from collections.abc import Mapping
from fractions import Fraction

import pytest
from botocore.exceptions import ClientError

from broker.domain.errors import AccessDenied
from broker.domain.geography import RegionKey, ZoneKind
from broker.domain.ids import ZoneId
from broker.domain.offers import CapacityType, Offer
from broker.domain.regions import RegionResult, RegionStatus
from broker.domain.spec import QuotaUnit
from providers.aws.adapter import AwsProvider
from providers.aws.clients import AwsClients
from providers.calls.effort import Effort
from providers.calls.failures import Question
from providers.sandbox.aws.quotas import ON_DEMAND
from tests.fakes.stand_ins import CONNECTION, NOW, list_prices, of_region
from tests.unit.providers.aws.conftest import PATIENT

US_EAST = RegionKey.parse("aws/us-east-1")
REGIONS = sorted({offer.region for offer in list_prices("aws")})


def facts(offer: Offer) -> tuple[object, ...]:
    """What a listed price and the cloud's own answer must agree about."""
    return (
        offer.price,
        offer.accelerator,
        offer.count,
        offer.vcpus,
        offer.memory_mib,
        offer.family,
        offer.network_gbps,
        offer.zone_kind,
    )


@pytest.fixture(scope="module")
def us_east(aws: AwsProvider) -> RegionResult:
    return aws.discover(US_EAST)


def named(result: RegionResult, name: str) -> Offer:
    return next(offer for offer in result.offers if offer.name == f"{result.region}/{name}")


def test_it_names_every_region_of_the_account(aws: AwsProvider) -> None:
    assert aws.regions() == REGIONS


@pytest.mark.parametrize("region", REGIONS, ids=str)
def test_every_listed_offer_is_found_with_the_same_price_and_hardware(
    aws: AwsProvider, region: RegionKey
) -> None:
    result = aws.discover(region)

    assert result.status is RegionStatus.OK
    assert result.findings == ()
    found = {offer.name: facts(offer) for offer in result.offers}
    for listed in of_region(list_prices("aws"), str(region)):
        assert found[listed.name] == facts(listed)


def test_what_is_found_beyond_the_list_has_no_price_unless_it_is_a_block(
    us_east: RegionResult,
) -> None:
    listed = {offer.name for offer in of_region(list_prices("aws"), "aws/us-east-1")}
    beyond = [offer for offer in us_east.offers if offer.name not in listed]

    assert len(beyond) > 100
    assert {o.capacity_type for o in beyond if o.price} == {CapacityType.CAPACITY_BLOCK}


def test_an_offer_of_the_region_names_the_zones_that_sell_it(us_east: RegionResult) -> None:
    offer = named(us_east, "p5.48xlarge/on-demand")

    assert offer.zone is None
    assert offer.zones
    assert set(offer.zones) < {zone.id for zone in us_east.zones}
    assert ZoneId("use1-atl2-az1") not in offer.zones


def test_a_local_zone_is_a_place_of_its_own(us_east: RegionResult) -> None:
    kinds = {zone.id: zone.kind for zone in us_east.zones}
    offer = named(us_east, "use1-atl2-az1/p5.48xlarge/on-demand")

    assert kinds[ZoneId("use1-atl2-az1")] is ZoneKind.LOCAL_ZONE
    assert offer.zone_kind is ZoneKind.LOCAL_ZONE
    assert str(offer.price) == "55.04"


def test_a_type_that_is_listed_at_zero_dollars_has_an_unknown_price(aws: AwsProvider) -> None:
    result = aws.discover(RegionKey.parse("aws/ap-southeast-2"))
    offer = named(result, "p5e.48xlarge/on-demand")
    spot = named(result, "apse2-az3/p5e.48xlarge/spot")

    assert offer.price is None
    assert str(spot.price) == "44.8171"


def test_a_slice_is_a_part_of_a_device(us_east: RegionResult) -> None:
    counts = {
        str(offer.machine_type): offer.count
        for offer in us_east.offers
        if offer.machine_type.startswith(("g6f.", "gr6f."))
    }

    assert counts["g6f.large"] == Fraction(1, 8)
    assert counts["gr6f.4xlarge"] == Fraction(1, 2)


def test_a_price_is_no_newer_than_the_instant_of_asking(us_east: RegionResult) -> None:
    """The sandbox publishes its list when it starts, which is later than the stopped clock."""
    assert {offer.fetched_at for offer in us_east.offers} == {NOW}
    assert us_east.fetched_at == NOW


def test_the_past_tells_since_when_a_spot_price_holds(us_east: RegionResult) -> None:
    since = {change.offer: (change.at, change.price) for change in us_east.past}
    listed = [
        offer
        for offer in of_region(list_prices("aws"), "aws/us-east-1")
        if offer.capacity_type is CapacityType.SPOT and offer.price
    ]

    assert since == {offer.name: (offer.fetched_at, offer.price) for offer in listed}


def test_capacity_blocks_are_priced_per_node_and_hour(us_east: RegionResult) -> None:
    blocks = [o for o in us_east.offers if o.capacity_type is CapacityType.CAPACITY_BLOCK]
    offer = next(o for o in blocks if o.machine_type == "p5.48xlarge")

    assert offer.price == named(us_east, "p5.48xlarge/on-demand").price
    assert offer.window is not None
    assert offer.window.starts_at > NOW
    assert all(offer.zone for offer in blocks)


def test_where_blocks_of_a_type_are_refused_there_are_none(
    us_east: RegionResult, sandbox: Mapping[str, str]
) -> None:
    effort = Effort(PATIENT, Question("aws/us-east-1", permission="", credentials=""))
    ec2 = AwsClients(sandbox, silence_seconds=10).client("ec2", "us-east-1", effort)

    with pytest.raises(ClientError, match="Unsupported"):
        ec2.describe_capacity_block_offerings(
            InstanceType="p4de.24xlarge", CapacityDurationHours=24
        )
    assert us_east.findings == ()
    assert "p4de.24xlarge" not in {
        offer.machine_type
        for offer in us_east.offers
        if offer.capacity_type is CapacityType.CAPACITY_BLOCK
    }


def test_quotas_are_in_vcpus_of_a_family_or_of_some_series(us_east: RegionResult) -> None:
    quotas = {quota.name: quota for quota in us_east.quotas}
    firm = quotas["aws/us-east-1 Running On-Demand P instances"]
    spot = quotas["aws/us-east-1 All P4, P3 and P2 Spot Instance Requests"]

    assert {quota.unit for quota in us_east.quotas} == {QuotaUnit.VCPUS}
    assert (firm.family, firm.machine_types) == ("P", None)
    assert firm.limit == ON_DEMAND["P"][1]
    assert CapacityType.SPOT not in (firm.capacity_types or ())
    assert spot.machine_types is not None
    assert "p4d.24xlarge" in spot.machine_types
    assert "p5.48xlarge" not in spot.machine_types
    assert not any("Standard" in name or "Elastic" in name for name in quotas)


def test_asking_again_gives_the_same_answer(aws: AwsProvider, us_east: RegionResult) -> None:
    assert aws.discover(US_EAST) == us_east


@pytest.mark.parametrize("text", ["aws/atlantis-1", "gcp/europe-west3"])
def test_a_region_that_it_does_not_know_is_an_error_with_a_finding(
    aws: AwsProvider, text: str
) -> None:
    result = aws.discover(RegionKey.parse(text))

    assert result.status is RegionStatus.ERROR
    assert [finding.code for finding in result.findings] == ["cloud-not-found"]


def test_the_credentials_of_the_user_are_not_sent_to_this_computer(
    sandbox: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "one-that-does-not-exist")

    provider = AwsProvider(CONNECTION, environment=sandbox)

    assert provider.regions() == REGIONS


def test_without_credentials_the_list_of_regions_is_denied(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    with pytest.raises(AccessDenied) as caught:
        AwsProvider(CONNECTION, environment={}).regions()

    assert [finding.code for finding in caught.value.diagnostics] == ["cloud-credentials-missing"]
    assert "aws sso login" in caught.value.diagnostics[0].hint
