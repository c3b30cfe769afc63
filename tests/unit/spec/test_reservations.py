"""What `reservations` says, and what is wrong with it."""

from datetime import UTC, datetime

import pytest

from broker.domain.geography import RegionKey
from broker.domain.money import Money
from broker.domain.offers import CapacityType
from tests.fakes.specs import codes_of, findings_of, fleet_text, spec_of

PAID = "name: block, at: aws/us-east-1, machine-type: p5.48xlarge, nodes: 8"
BLOCK = f"{PAID}, capacity: capacity-block"


def test_every_key_arrives() -> None:
    extra = f"reservations: [{{{PAID}, zone: use1-az4, monthly: 180000, ends: 2027-01-01T00:00Z}}]"

    (paid,) = spec_of(fleet_text(extra=extra)).reservations
    assert (paid.name, paid.region) == ("block", RegionKey.parse("aws/us-east-1"))
    assert (paid.machine_type, paid.zone, paid.nodes) == ("p5.48xlarge", "use1-az4", 8)
    assert paid.monthly == Money.parse("180000")
    assert paid.ends == datetime(2027, 1, 1, tzinfo=UTC)


def test_what_is_not_said_is_unknown() -> None:
    (paid,) = spec_of(fleet_text(extra=f"reservations: [{{{PAID}}}]")).reservations

    assert (paid.zone, paid.monthly, paid.ends) == (None, None, None)
    assert paid.capacity_type is CapacityType.RESERVED


def test_a_capacity_block_is_told_from_a_reservation() -> None:
    extra = f"reservations: [{{{BLOCK}, zone: use1-az4, ends: 2027-01-01T00:00Z}}]"

    (paid,) = spec_of(fleet_text(extra=extra)).reservations
    assert paid.capacity_type is CapacityType.CAPACITY_BLOCK


def test_a_capacity_block_has_a_zone_and_an_end() -> None:
    found = codes_of(fleet_text(extra=f"reservations: [{{{BLOCK}}}]"))

    assert [each for each, _ in found] == ["key-missing", "key-missing"]


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        (PAID.replace("us-east-1", "us-east-9"), "region-unknown"),
        (PAID.replace("nodes: 8", "nodes: 0"), "value-wrong"),
        (PAID.replace(", machine-type: p5.48xlarge", ""), "key-missing"),
        (f"{PAID}}}, {{{PAID}", "name-repeated"),
        (f"{PAID}, monthly: 9}}, {{{PAID}, ends: 2027-01-01T00:00Z", "name-repeated"),
        (f"{PAID}, capacity: spot", "value-wrong"),
    ],
)
def test_what_is_wrong_has_its_code(stated: str, code: str) -> None:
    found = codes_of(fleet_text(extra=f"reservations: [{{{stated}}}]"))

    assert [each for each, _ in found] == [code]


def test_a_group_on_azure_may_have_the_name_of_its_resource_group_before_it() -> None:
    there = PAID.replace("name: block", "name: Capacity_1/gpus")

    (paid,) = spec_of(fleet_text(extra=f"reservations: [{{{there}}}]")).reservations
    assert paid.name == "Capacity_1/gpus"


@pytest.mark.parametrize(
    "other",
    [
        PAID.replace("p5.48xlarge", "p5e.48xlarge"),
        PAID.replace("us-east-1", "eu-central-1"),
        f"{PAID}, zone: use1-az4",
    ],
)
def test_one_name_is_that_of_several_where_the_cloud_tells_them_apart(other: str) -> None:
    both = spec_of(fleet_text(extra=f"reservations: [{{{PAID}}}, {{{other}}}]")).reservations

    assert [paid.name for paid in both] == ["block", "block"]
    assert both[0].key != both[1].key


def test_two_that_nobody_can_tell_apart_are_shown_by_the_line_of_the_first() -> None:
    (found,) = findings_of(fleet_text(extra=f"reservations: [{{{PAID}}}, {{{PAID}}}]"))

    assert "at the same place and of the same machine type" in found.summary
    assert found.hint == "Write one entry with the nodes of both, or the zone of each."
