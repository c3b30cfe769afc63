"""The stand-in for AWS speaks EC2's own forms, and its faults are those that were asked for."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from providers.aws.clients import NOT_CREDENTIALS
from providers.sandbox.aws.cloud import AwsSandbox
from providers.sandbox.aws.protocol import Call, WrongShape, reply
from tests.fakes.stand_ins import list_prices, serving


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with serving(AwsSandbox(), list_prices("aws")) as environment:
        yield environment["BROKER_AWS_ENDPOINT"]


def client(service: str, endpoint: str, region: str = "us-east-1") -> Any:
    create: Any = boto3.client
    config = Config(retries={"total_max_attempts": 1}, proxies={})
    return create(
        service, region_name=region, endpoint_url=endpoint, config=config, **NOT_CREDENTIALS
    )


def test_what_it_does_not_know_itself_is_answered_by_moto(endpoint: str) -> None:
    vpcs = client("ec2", endpoint).describe_vpcs()["Vpcs"]
    who = client("sts", endpoint).get_caller_identity()

    assert [vpc["IsDefault"] for vpc in vpcs] == [True]
    assert who["Account"] == "123456789012"


def test_no_answer_has_a_form_that_botocore_does_not_know() -> None:
    call = Call(service="ec2", region="us-east-1", operation="DescribeRegions")

    assert reply(call, {"Regions": [{"RegionName": "us-east-1"}]}).status == 200
    with pytest.raises(WrongShape, match="Moons"):
        reply(call, {"Moons": []})
    with pytest.raises(WrongShape, match="RegionName"):
        reply(call, {"Regions": [{"RegionName": 1}]})


def test_lists_come_in_pages_of_the_size_that_is_asked_for(endpoint: str) -> None:
    pages = client("ec2", endpoint).get_paginator("describe_instance_type_offerings")
    asked = {"LocationType": "availability-zone-id"}

    whole = [
        row["InstanceType"]
        for page in pages.paginate(**asked)
        for row in page["InstanceTypeOfferings"]
    ]
    small = [
        len(page["InstanceTypeOfferings"])
        for page in pages.paginate(**asked, PaginationConfig={"PageSize": 100})
    ]

    assert sum(small) == len(whole)
    assert set(small[:-1]) == {100}


def test_a_machine_type_is_described_only_where_it_is_sold(endpoint: str) -> None:
    everywhere = client("ec2", endpoint, "us-east-1")
    nowhere = client("ec2", endpoint, "af-south-1")

    assert everywhere.describe_instance_types(InstanceTypes=["p5.48xlarge"])["InstanceTypes"]
    with pytest.raises(ClientError, match="InvalidInstanceType"):
        nowhere.describe_instance_types(InstanceTypes=["p5.48xlarge"])


def test_a_region_that_is_not_sold_refuses_the_credentials(endpoint: str) -> None:
    with pytest.raises(ClientError, match="AuthFailure"):
        client("ec2", endpoint, "eu-isoe-west-1").describe_availability_zones()


def test_few_machine_types_score_low(endpoint: str) -> None:
    ec2 = client("ec2", endpoint)

    def scores(*names: str) -> list[int]:
        found = ec2.get_spot_placement_scores(
            InstanceTypes=names,
            TargetCapacity=1,
            SingleAvailabilityZone=True,
            RegionNames=["us-east-1"],
        )
        return [row["Score"] for row in found["SpotPlacementScores"]]

    assert max(scores("g6.xlarge")) <= 3
    assert max(scores("g6.xlarge", "g6.2xlarge", "g6.4xlarge")) > 3
    assert len(scores("g6.xlarge")) <= 10


def test_the_price_list_is_narrowed_by_its_filters(endpoint: str) -> None:
    def count(**filters: tuple[str, str]) -> int:
        asked = [{"Field": f, "Type": kind, "Value": v} for f, (kind, v) in filters.items()]
        pages = client("pricing", endpoint).get_paginator("get_products")
        found = pages.paginate(ServiceCode="AmazonEC2", Filters=asked)
        return sum(len(page["PriceList"]) for page in found)

    region = ("TERM_MATCH", "eu-north-1")
    every = count(regionCode=region)

    assert count(regionCode=region, operatingSystem=("EQUALS", "Linux")) * 3 == every * 2
    assert count(regionCode=region, operatingSystem=("NONE_OF", "Linux")) * 3 == every
    assert count(regionCode=region, instanceType=("ANY_OF", "p5.48xlarge,g6.xlarge")) == 6
    assert count(regionCode=region, instanceType=("CONTAINS", "p5.")) == 3
    assert count(regionCode=("ANY_OF", "eu-north-1,atlantis-1")) == every


def test_a_seed_sows_the_same_faults_again_and_spares_the_first_question() -> None:
    def states(seed: int) -> dict[str, str]:
        cloud = AwsSandbox()
        endpoint = cloud.start(list_prices("aws"), fault_seed=seed)["BROKER_AWS_ENDPOINT"]
        try:
            rows = client("ec2", endpoint).describe_regions(AllRegions=True)["Regions"]
        finally:
            cloud.stop()
        return {row["RegionName"]: row["OptInStatus"] for row in rows}

    assert states(1) == states(1)
    assert states(1) != states(2)
    assert list(states(1).values()).count("not-opted-in") == 1
    assert len(states(1)) == len({offer.region for offer in list_prices("aws")}) - 1


def test_it_can_be_stopped_twice_and_started_again() -> None:
    cloud = AwsSandbox()
    for _ in range(2):
        endpoint = cloud.start(list_prices("aws"))["BROKER_AWS_ENDPOINT"]
        assert client("ec2", endpoint).describe_regions()["Regions"]
        cloud.stop()
        cloud.stop()
