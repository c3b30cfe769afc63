"""Machine types that are offered before they are described, and accelerators that are new."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pytest
from moto.ec2.models.instance_types import INSTANCE_TYPES

from broker.domain.geography import RegionKey
from broker.domain.regions import RegionResult, RegionStatus
from providers.aws.accelerators import bundled_tables, known_accelerators
from providers.aws.calls import AwsCalls
from providers.aws.reading import Descriptions, Reading
from tests.fakes.stand_ins import NOW

REGION = RegionKey.parse("aws/us-west-2")


class FewCalls(AwsCalls):
    """Answers in the form of boto3 what a test gives it: the offerings, and their descriptions."""

    def __init__(self, described: Mapping[str, Mapping[str, Any] | None]) -> None:
        self._described = described
        self.described: list[str] = []
        self.item = PRICE

    def zones(self) -> list[Mapping[str, Any]]:
        return [{"ZoneId": "usw2-az1", "ZoneName": "us-west-2a", "GroupName": "us-west-2"}]

    def offerings(self) -> list[Mapping[str, Any]]:
        return [{"InstanceType": name, "Location": "usw2-az1"} for name in self._described]

    def machine_types(self, names: Sequence[str]) -> list[Mapping[str, Any]]:
        self.described += names
        found = [self._described[name] for name in names]
        return [row for row in found if row is not None]

    def products(self, names: Sequence[str], places: Sequence[str]) -> list[str]:
        return [self.item] if self.item else []

    def spot_prices(self, names: Sequence[str], since: datetime) -> list[Mapping[str, Any]]:
        return []

    def savings_plans(self, names: Sequence[str]) -> list[Mapping[str, Any]]:
        return []

    def quotas(self) -> list[Mapping[str, Any]]:
        return []

    def capacity_blocks(self, name: str) -> list[Mapping[str, Any]]:
        return []

    def placement_scores(self, names: Sequence[str], nodes: int) -> list[Mapping[str, Any]]:
        return []

    def reservations(self) -> list[Mapping[str, Any]]:
        return []


P5 = INSTANCE_TYPES["p5.48xlarge"]

DOLLAR = {"unit": "Hrs", "pricePerUnit": {"USD": "1"}}
PRICE = json.dumps(
    {
        "product": {"attributes": {"instanceType": "p5.48xlarge", "regionCode": "us-west-2"}},
        "terms": {"OnDemand": {"term": {"priceDimensions": {"rate": DOLLAR}}}},
    }
)


@pytest.fixture
def descriptions() -> Descriptions:
    return Descriptions(known_accelerators(bundled_tables()))


def read(calls: FewCalls, descriptions: Descriptions) -> RegionResult:
    return Reading(REGION, calls, NOW).result(descriptions, "aws")


def test_a_type_that_is_offered_and_not_described_is_named(descriptions: Descriptions) -> None:
    damaged = {"InstanceType": "p8.48xlarge", "GpuInfo": {"Gpus": [{"Count": 8}]}}
    calls = FewCalls({"p5.48xlarge": P5, "p7.48xlarge": None, "p8.48xlarge": damaged})
    result = read(calls, descriptions)

    assert result.status is RegionStatus.OK
    assert calls.described.count("p7.48xlarge") == 2, "it may have settled by then"
    assert {offer.machine_type for offer in result.offers} == {"p5.48xlarge"}
    assert [(f.code, f.subject, f.detail) for f in result.findings] == [
        (
            "machine-type-unreadable",
            "aws/us-west-2/p7.48xlarge",
            "It is offered, and not described.",
        ),
        ("machine-type-unreadable", "aws/us-west-2/p8.48xlarge", "KeyError: 'MemoryInfo'"),
    ]


def test_a_new_accelerator_is_offered_and_warned_of(descriptions: Descriptions) -> None:
    gpu = {"Count": 8, "Manufacturer": "NVIDIA", "Name": "R100", "MemoryInfo": {"SizeInMiB": 9}}
    row = {**P5, "InstanceType": "p9.48xlarge", "GpuInfo": {"Gpus": [gpu]}}
    result = read(FewCalls({"p9.48xlarge": row}), descriptions)

    assert {offer.accelerator.name for offer in result.offers} == {"R100"}
    assert [finding.code for finding in result.findings] == ["accelerator-unknown"]


def test_an_empty_price_list_is_warned_of(descriptions: Descriptions) -> None:
    calls = FewCalls({"p5.48xlarge": P5})
    calls.item = ""
    result = read(calls, descriptions)

    assert {offer.price for offer in result.offers} == {None}
    assert [finding.code for finding in result.findings] == ["prices-missing"]


def test_each_type_is_described_once_for_all_regions(descriptions: Descriptions) -> None:
    first, second = FewCalls({"p5.48xlarge": P5}), FewCalls({"p5.48xlarge": P5})
    read(first, descriptions)
    read(second, descriptions)

    assert (first.described, second.described) == (["p5.48xlarge"], [])


def test_types_without_an_accelerator_are_not_even_described(descriptions: Descriptions) -> None:
    calls = FewCalls({"m7i.large": None, "c7g.xlarge": None})
    result = read(calls, descriptions)

    assert calls.described == []
    assert (result.status, result.offers, result.findings) == (RegionStatus.OK, (), ())
    assert result.fetched_at == NOW
